#!/usr/bin/env bash
# Measures, in a release build: (1) join to first decoded picture in Chromium over loopback, 20 joins; (2) server CPU for each
# forwarded packet with 1 publisher and 50 subscribers, beside the kernel's own part; (3) a token issued and
# spent, and a log of 100,000 records verified. `bench.sh join`, `forward` or `civic` does one of them. Read the ratios: absolute numbers are this machine's.
PROFILE="${PROFILE:-release}"
source "$(dirname "$0")/env.sh"

what="${1:-all}"
scripts/install.sh test
note "$(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), kernel $(uname -r), load $(cut -d' ' -f1-3 /proc/loadavg)"

if [ "$what" = all ] || [ "$what" = forward ]; then
    say "Building the headless clients (release; the first time takes minutes)"
    cargo build --locked --profile "$PROFILE" --package tests --bin bench
    say "CPU for each forwarded packet"
    "$CARGO_TARGET_DIR/$(profile_dir)/bench" "${SUBSCRIBERS:-50}" "${SECONDS_A_RUN:-10}" "${RUNS:-3}"
fi
if [ "$what" = all ] || [ "$what" = civic ]; then
    say "Tokens, and the civic log"
    cargo bench --locked --package civic-api --bench civic
fi
if [ "$what" = all ] || [ "$what" = join ]; then
    scripts/build.sh
    say "Join to first decoded picture"
    node tests/browser/bench-join.mjs "$CARGO_TARGET_DIR/$(profile_dir)/aikste" "${JOINS:-20}"
fi
