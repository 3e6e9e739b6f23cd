#!/usr/bin/env bash
# Installs what is missing, and only that: `install.sh run` (to build and start), `install.sh test` (browsers and the
# rest that only tests need, too). On Debian 12 and later by apt-get; elsewhere it says what it wants. Quick when
# nothing is missing.
source "$(dirname "$0")/env.sh"

what="${1:-run}"
case "$what" in run | test) ;; *) die "usage: scripts/install.sh [run|test]" ;; esac

# --- What must be there already -------------------------------------------------------------------------------------

command -v cargo > /dev/null || die "no Rust toolchain: cargo is not in the PATH. See https://rustup.rs (Rust 1.95 or newer)."
command -v node > /dev/null || die "no Node.js: version 20 or newer is needed, with npm."
node_major="$(node -p 'process.versions.node.split(".")[0]')"
[ "$node_major" -ge 20 ] || die "Node.js $(node --version) is too old: 20 or newer is needed."
command -v npm > /dev/null || die "npm is missing: it comes with Node.js, or as the package 'npm'."

# --- System packages ------------------------------------------------------------------------------------------------

packages=(
    gcc libc6-dev                                        # the linker, and the C in SQLite and in the crypto library
    pkg-config libglib2.0-dev                            # finds GStreamer
    libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev # headers for the recorder
    gstreamer1.0-plugins-base gstreamer1.0-plugins-good  # what the recorder plugs together
    ca-certificates
)
if [ "$what" = test ]; then
    packages+=(
        chromium firefox-esr # the two engines that are tested
        ffmpeg               # makes the cameras and microphones, judges the recordings
        postgresql           # the second database
        coturn               # the relay that calls go through
        iproute2 iptables util-linux python3 # networks that are broken on purpose
        xmlsec1              # checks our signatures for the simulator of the state gateway
        fonts-dejavu-core    # draws Lithuanian in headless browsers
        # a WHIP publisher that is not ours: webrtcbin, its ICE, its bindings for Python
        gstreamer1.0-plugins-bad gstreamer1.0-nice python3-gi gir1.2-gst-plugins-base-1.0 gir1.2-gst-plugins-bad-1.0
    )
fi

# Which of the packages are not installed.
missing_packages() {
    local have
    # dpkg-query fails when it has never heard of one of them: that is what is asked here, not a fault.
    have=" $(dpkg-query -W -f='${db:Status-Abbrev}${Package}\n' "${packages[@]}" 2> /dev/null | sed -n 's/^ii *//p' | tr '\n' ' ' || true)"
    for package in "${packages[@]}"; do
        case "$have" in *" $package "*) ;; *) echo "$package" ;; esac
    done
}

install_packages() {
    local missing sudo=""
    if ! command -v apt-get > /dev/null; then
        note "no apt-get here: make sure that these (or their like) are installed: ${packages[*]}"
        return
    fi
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "Installing system packages: ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo > /dev/null || die "neither root nor sudo. Let root run: apt-get install ${missing[*]}"
        sudo="sudo"
    fi
    export DEBIAN_FRONTEND=noninteractive
    local apt=($sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0)
    "${apt[@]}" update || die "apt-get update failed."
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" || die "apt-get install failed."
}

# --- Rust components ------------------------------------------------------------------------------------------------

install_components() {
    [ "$what" = test ] || return 0
    local missing=()
    cargo fmt --version > /dev/null 2>&1 || missing+=(rustfmt)
    cargo clippy --version > /dev/null 2>&1 || missing+=(clippy)
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "Installing Rust components: ${missing[*]}"
    rustup component add "${missing[@]}" || die "rustup could not add ${missing[*]}."
}

# --- npm packages ---------------------------------------------------------------------------------------------------

# `npm ci`, unless it was done for this very package-lock.json with this Node.js.
install_npm() {
    local dir="$1" stamp wanted
    [ -f "$dir/package-lock.json" ] || return 0
    stamp="$dir/node_modules/.installed"
    wanted="$(sha256sum < "$dir/package-lock.json") node $node_major"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return 0; fi
    say "Installing npm packages in $dir"
    (cd "$dir" && npm ci --no-audit --no-fund --loglevel=error) || die "npm ci failed in $dir."
    echo "$wanted" > "$stamp"
}

install_packages
install_components
install_npm web/ui
if [ "$what" = test ]; then
    install_npm tests/browser
    install_npm tests/providers
fi
note "everything for 'make $what' is installed."
