# shellcheck shell=bash
# Sourced by every script: where things are, and how a script speaks. It starts nothing.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One folder for all builds, outside the checkout: a second clone then rebuilds only itself.
export AIKSTE_CACHE="${AIKSTE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/aikste}"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$AIKSTE_CACHE/target}"
export CARGO_TERM_PROGRESS_WHEN="${CARGO_TERM_PROGRESS_WHEN:-auto}"

# `make run` and `make test` share one profile, so that whoever did one has nearly done the other. It is `dev` because
# a first release build (thin LTO) takes several times as long on two cores, and the per-packet crates are optimised
# in `dev` too (Cargo.toml). A server for a city: `make run PROFILE=release`, or docs/OPERATIONS.md.
export PROFILE="${PROFILE:-dev}"

say() { printf '\n\033[1m==> %s\033[0m\n' "$*" >&2; }
note() { printf '    %s\n' "$*" >&2; }
die() {
    printf '\n\033[31merror:\033[0m %s\n' "$*" >&2
    exit 1
}

# The folder cargo puts a profile's programs into.
profile_dir() {
    if [ "$PROFILE" = dev ]; then echo debug; else echo "$PROFILE"; fi
}

# The built program.
aikste() { "$CARGO_TARGET_DIR/$(profile_dir)/aikste" "$@"; }
