#!/usr/bin/env bash
# Measures, in a release build, and writes docs/benchmarks/<date>-<machine>.md:
#   bench.sh table      CPU of each forwarded packet, latency, loss, memory, joins: ours, the kernel's own part, Janus
#   bench.sh ramp       the same, with more and more subscribers, until a server gives out
#   bench.sh page       writes the page from what the two above have kept
#   bench.sh join       join to first decoded picture in Chromium over loopback, 20 joins
#   bench.sh layers     how soon layers that nobody watches are let go, and come back; with real browsers
#   bench.sh civic      a token issued and spent, a log of 100,000 records verified, sign-ins a minute
#   bench.sh soak       a call of 30 for 10 minutes: flat memory, everybody hears and sees who speaks
# Without an argument: table, ramp, page, civic, join. Nothing else may run on the machine meanwhile. docs/benchmarks/README.md says more.
#   RUNS=3 SECONDS_A_RUN=5 LOADS="1x10 1x100 1x100s 1x500 10x10 50x50a" SERVERS=floor,ours,ours2,janus1,janus MINUTES=10
#   RESULTS=file that runs are appended to (a new one each day)   BENCH_UNDER="a command that starts each measurement"
PROFILE="${PROFILE:-release}"
source "$(dirname "$0")/env.sh"

what="${1:-all}"
day=$(date +%F)
cores=$(nproc)
model=$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)
machine="$cores × $model, Linux $(uname -r)"
name=$(printf '%s-core-%s' "$cores" "$model" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9\n' '-')
results="${RESULTS:-$AIKSTE_CACHE/bench-$day.jsonl}"
bench() { ${BENCH_UNDER:-} "$CARGO_TARGET_DIR/$(profile_dir)/bench" "$@"; }
wants() { [ "$what" = "$1" ] || { [ "$what" = all ] && [ "$1" != soak ] && [ "$1" != layers ]; }; }

scripts/install.sh test
note "$machine, load $(cut -d' ' -f1-3 /proc/loadavg)"
mkdir -p "$(dirname "$results")"

if [ "$what" != join ] && [ "$what" != civic ] && [ "$what" != layers ]; then
    say "Building the headless clients (release; the first time takes minutes)"
    cargo build --locked --profile "$PROFILE" --package tests --bin bench
fi
if wants table || wants ramp; then
    command -v janus >/dev/null || note "Janus is not installed (apt-get install janus): its columns stay empty"
fi
if wants table; then
    say "Each load on each server"
    for _ in $(seq "${RUNS:-3}"); do
        for load in ${LOADS:-1x10 1x100 1x100s 1x500 10x10 50x50a}; do
            bench run --scenarios "$load" --servers "${SERVERS:-floor,ours,ours2,janus1,janus}" \
                --seconds "${SECONDS_A_RUN:-5}" --out "$results"
        done
        # As much for each of two shards as for one.
        bench run --scenarios 10x50 --servers ours --seconds "${SECONDS_A_RUN:-5}" --out "$results"
        bench run --scenarios 10x100 --servers ours2 --seconds "${SECONDS_A_RUN:-5}" --out "$results"
    done
fi
if wants ramp; then
    say "Until they give out"
    bench ramp --scenario 10x40 --server ours --step 15 --most 160 --out "$results"
    bench ramp --scenario 1x400 --server ours --step 200 --most 1600 --out "$results"
    bench ramp --scenario 10x10 --server janus1 --step 10 --most 60 --out "$results"
    bench ramp --scenario 10x10 --server janus --step 10 --most 40 --out "$results"
fi
if wants page; then
    page="docs/benchmarks/$day-${name%-}.md"
    bench report "$results" --machine "$machine" --date "$day" >"$page"
    say "$page"
    cat "$page"
fi
if wants soak; then
    say "A long call"
    bench soak --participants "${PARTICIPANTS:-30}" --minutes "${MINUTES:-10}"
fi
if wants civic; then
    say "Tokens, and the civic log"
    cargo bench --locked --package civic-api --bench civic
    scripts/build.sh
    say "Sign-ins"
    node tests/browser/bench-signin.mjs "$CARGO_TARGET_DIR/$(profile_dir)/aikste" "${SIGN_INS:-1000}"
fi
if wants join; then
    scripts/build.sh
    say "Join to first decoded picture"
    node tests/browser/bench-join.mjs "$CARGO_TARGET_DIR/$(profile_dir)/aikste" "${JOINS:-20}"
fi
if [ "$what" = layers ]; then
    scripts/build.sh
    say "Layers let go and taken back"
    node tests/browser/bench-layers.mjs "$CARGO_TARGET_DIR/$(profile_dir)/aikste"
fi
