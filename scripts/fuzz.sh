#!/usr/bin/env bash
# Coverage-guided fuzzing of everything that reads bytes from outside: `fuzz.sh [SECONDS] [TARGET…]`, by default each
# target for 600 s, as many at once as there are cores. Needs a C++ compiler; the bodies are in src/fuzz.rs of each crate, the
# seeds in fuzz/seeds, what was learnt in the cache. A finding stays in fuzz/artifacts and fails the run.
source "$(dirname "$0")/env.sh"

seconds="${1:-600}"
shift || true
CARGO_FUZZ=0.13.2
tool="$(command -v cargo-fuzz || echo "$AIKSTE_CACHE/tools/bin/cargo-fuzz")"
if [ ! -x "$tool" ]; then
    note "building cargo-fuzz $CARGO_FUZZ into $AIKSTE_CACHE/tools (once)"
    CARGO_TARGET_DIR="$AIKSTE_CACHE/tools/target" cargo install --quiet --locked --root "$AIKSTE_CACHE/tools" "cargo-fuzz@$CARGO_FUZZ"
    rm -rf "$AIKSTE_CACHE/tools/target"
fi
export PATH="$(dirname "$tool"):$PATH"

targets=("$@")
if [ "${#targets[@]}" -eq 0 ]; then mapfile -t targets < <(sed -n 's/^name = "\(.*\)"/\1/p' fuzz/Cargo.toml | tail -n +2); fi

# No sanitizer: what is fuzzed is safe Rust, `unsafe` stands in one file that no target reaches, and without it a stable
# compiler will do. Overflows and broken assertions are caught.
say "Building ${#targets[@]} targets"
for target in "${targets[@]}"; do cargo fuzz build --sanitizer none "$target"; done

logs="$AIKSTE_CACHE/fuzz/logs"
mkdir -p "$logs"
# Says how one target did.
fuzz() {
    local target="$1" corpus="$AIKSTE_CACHE/fuzz/corpus/$1" status=0
    mkdir -p "$corpus" "fuzz/seeds/$target"
    cargo fuzz run --sanitizer none "$target" "$corpus" "fuzz/seeds/$target" -- -max_total_time="$seconds" \
        -max_len=4096 -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 > "$logs/$target.log" 2>&1 || status=$?
    local runs cover
    runs="$(sed -n 's/^stat::number_of_executed_units: *//p' "$logs/$target.log")"
    cover="$(grep -o 'cov: [0-9]* ft: [0-9]*' "$logs/$target.log" | tail -1)"
    printf '%-16s %12s runs  %-24s %s\n' "$target" "${runs:-?}" "$cover" "$([ "$status" -eq 0 ] && echo 'nothing found' || echo "FOUND SOMETHING: $logs/$target.log")"
    return "$status"
}
export -f fuzz
export seconds logs

say "Fuzzing each for $seconds s, $(nproc) at once"
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}' || die "something was found"
