#!/usr/bin/env bash
# Installs what is missing, builds, fills ./data with the demonstration city, starts the server, says where to click.
# Ctrl+C ends it. `LISTEN=127.0.0.1:9000 make run` listens elsewhere; `PROFILE=release make run` builds with optimisation;
# `SIMULATORS=1 make run` also offers simulated ways of identification.
source "$(dirname "$0")/env.sh"

export AIKSTE_SERVER_LISTEN="${LISTEN:-${AIKSTE_SERVER_LISTEN:-127.0.0.1:8080}}"
export AIKSTE_DATA_DIR="${AIKSTE_DATA_DIR:-./data}"
# Only here: in a city, nobody signs in as somebody made up.
export AIKSTE_DEMO_ACCOUNTS="${AIKSTE_DEMO_ACCOUNTS:-true}"

scripts/install.sh run
scripts/build.sh
say "Filling $AIKSTE_DATA_DIR with the demonstration city"
aikste demo fill || die "the demonstration city could not be filled in."

# Where to click, once the server says that it listens.
welcome() {
    local url="$1"
    cat >&2 << EOF

    Aikštė runs. Its people are fictional, and its data is in $AIKSTE_DATA_DIR.

      1. Open              $url
      2. Sign in at        ${url}prisijungti   as the first person there: she or he hosts receptions
      3. Open a reception: ${url}priemimai     choose a coming one, "Pradėti priėmimą": you are in its lobby
      4. In a second browser window (a private one, or another browser), sign in as a resident, or enter
         anonymously: the same reception, "Eiti į laukiamąjį"
      5. The host records and ends; the replay is at ${url}archyvas

    Ctrl+C ends it. "make clean-data" removes everything it has made.

EOF
}

# Only beside a server for trying out: `SIMULATORS=1 make run`.
if [ -n "${SIMULATORS:-}" ]; then source scripts/simulators.sh; fi

say "Starting"
serve() {
    aikste serve | while IFS= read -r line; do
        printf '%s\n' "$line"
        case "$line" in Aikštė:*) welcome "${line#Aikštė: }" ;; esac
    done
}
# The server catches Ctrl+C itself and takes leave of its rooms: wait for it.
trap '' INT
serve
