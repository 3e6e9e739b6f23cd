#!/usr/bin/env bash
# Builds the browser code (only when it changed) and the binary that embeds it; with `all`, every test and program, too.
source "$(dirname "$0")/env.sh"

# What the browser code is made from: its own files, and the texts it shares with the server.
ui_sources() {
    find web/ui web/locales web/styles -type f \
        -not -path '*/node_modules/*' -not -path '*/dist/*' -print0 |
        sort -z | xargs -0 sha256sum | sha256sum
}

build_ui() {
    [ -f web/ui/package.json ] || return 0
    local stamp=web/ui/node_modules/.built now
    now="$(ui_sources)"
    if [ -f web/ui/dist/.vite/manifest.json ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then
        note "the browser code has not changed."
        return 0
    fi
    say "Building the browser code (npm run build)"
    (cd web/ui && npm run --silent build) || die "the browser code does not build."
    ui_sources > "$stamp"
}

build_ui
note "into $CARGO_TARGET_DIR"
if [ "${1:-}" = all ]; then
    # The same selection of packages as `cargo test --workspace`, so that nothing is built twice.
    say "Building everything (cargo build --workspace --all-targets; the first time takes minutes)"
    cargo build --locked --profile "$PROFILE" --workspace --all-targets || die "it does not build."
else
    say "Building aikste (cargo build --profile $PROFILE; the first time takes minutes)"
    cargo build --locked --profile "$PROFILE" --package web --bin aikste || die "aikste does not build."
fi
