#!/usr/bin/env bash
# Formatting, lints, licences and sources of dependencies, types of the browser code. Stops at nothing: says all faults.
source "$(dirname "$0")/env.sh"

failed=()
check() {
    local name="$1"
    shift
    say "$name"
    if "$@"; then note "ok"; else failed+=("$name"); fi
}

# The version is pinned, so that the same tree is judged alike everywhere. Built once into the cache.
CARGO_DENY=0.20.2
deny() {
    if ! command -v cargo-deny > /dev/null && [ ! -x "$AIKSTE_CACHE/tools/bin/cargo-deny" ]; then
        note "building cargo-deny $CARGO_DENY into $AIKSTE_CACHE/tools (once; some minutes)"
        CARGO_TARGET_DIR="$AIKSTE_CACHE/tools/target" CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --debug --locked \
            --root "$AIKSTE_CACHE/tools" "cargo-deny@$CARGO_DENY" || return 1
        rm -rf "$AIKSTE_CACHE/tools/target"
    fi
    # Not `advisories`: that needs a download of its own; docs/SECURITY.md says how it is done.
    PATH="$PATH:$AIKSTE_CACHE/tools/bin" cargo deny --locked --log-level error check --hide-inclusion-graph bans licenses sources
}

check "Rust: formatting" cargo fmt --all --check
check "Rust: clippy" cargo clippy --locked --workspace --all-targets -- -D warnings
check "Rust: licences and sources of dependencies" deny
if [ -f web/ui/package.json ]; then
    check "Browser code: types and lints" npm --prefix web/ui run --silent check
fi

if [ "${#failed[@]}" -gt 0 ]; then die "failed: $(printf '%s; ' "${failed[@]}")"; fi
