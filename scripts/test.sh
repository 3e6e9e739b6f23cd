#!/usr/bin/env bash
# Installs what the tests need and runs every test there is. A phase that fails does not stop the later ones, unless
# they cannot run without it. The last lines say why what failed failed, and count: `N passed, N failed`.
source "$(dirname "$0")/env.sh"

logs="$AIKSTE_CACHE/logs"
mkdir -p "$logs"
summary=()
reasons=""
passed=0
failed=0

# Adds what a log's test runners counted (cargo test, vitest).
count() {
    local log="$1" p f
    p="$(sed 's/\x1b\[[0-9;]*m//g' "$log" | awk '/^test result: /{p+=$4} /^ *Tests .*passed/{for(i=2;i<=NF;i++) if($i ~ /^passed/) p+=$(i-1)} END{print p+0}')"
    f="$(sed 's/\x1b\[[0-9;]*m//g' "$log" | awk '/^test result: /{f+=$6} /^ *Tests .*failed/{for(i=2;i<=NF;i++) if($i ~ /^failed/) f+=$(i-1)} END{print f+0}')"
    passed=$((passed + p))
    failed=$((failed + f))
    counted=$((p + f))
    counted_failed=$f
}

# What a log says of each failed test: its name and six lines from where it broke off (Rust: its first panic, which may be
# that of a process inside of it), and a compiler's first errors. Of a log that says nothing of the kind, its end.
why() {
    local log="$1" found
    found="$(sed 's/\x1b\[[0-9;]*m//g' "$log" | awk '
        /^---- .* stdout ----$/ { left = 0; waits = $2; next }
        / panicked at / && waits != "" { print "---- " waits; waits = ""; left = 6 }
        / FAIL  / && !seen[$0]++ { left = 6 }
        /^ *(stack backtrace:|note: run with `RUST_BACKTRACE)/ { left = 0 }
        /^error(\[|: )/ && !/^error: test failed/ && ++errors <= 5 { left = 6 }
        left > 0 && NF { print "    " $0; left-- }')"
    if [ -z "$found" ]; then found="$(sed 's/\x1b\[[0-9;]*m//g' "$log" | tail -n 6)"; fi
    # No line is longer than 400 bytes, and no character is cut in two.
    awk '{ print substr($0, 1, 400) }' <<< "$found" | iconv -c -f UTF-8 -t UTF-8
}

# phase NAME COMMAND…: runs it, keeps its log, counts its tests; a phase without tests counts as one.
phase() {
    local name="$1" log started status=0
    shift
    log="$logs/$(echo "$name" | tr -c 'a-z0-9\n' '-').log"
    say "$name"
    started=$SECONDS
    "$@" 2>&1 | tee "$log" || status=$?
    count "$log"
    if [ "$counted" -eq 0 ]; then
        if [ "$status" -eq 0 ]; then passed=$((passed + 1)); fi
    fi
    if [ "$status" -ne 0 ] && [ "$counted_failed" -eq 0 ]; then failed=$((failed + 1)); fi
    if [ "$status" -ne 0 ]; then reasons+="$(printf '\n==> Why "%s" failed\n' "$name"; why "$log")"$'\n'; fi
    summary+=("$(printf '%5ds  %-6s  %s' $((SECONDS - started)) "$([ "$status" -eq 0 ] && echo ok || echo FAILED)" "$name")")
    return "$status"
}

finish() {
    say "Summary (logs in $logs)"
    printf '    %s\n' "${summary[@]}" >&2
    printf '    %5ds          together\n' "$SECONDS" >&2
    printf '%s\n' "$reasons"
    printf '%d passed, %d failed\n' "$passed" "$failed"
    if [ "$failed" -gt 0 ]; then exit 1; fi
    exit 0
}

phase "install" scripts/install.sh test || finish
phase "build" scripts/build.sh all || finish
phase "lint" scripts/lint.sh || true
if [ -f web/ui/package.json ]; then
    phase "browser code: unit tests" npm --prefix web/ui test || true
fi
# Parts beside their code, then the whole from outside (tests/tests/it), with real browsers.
phase "rust tests" cargo test --locked --workspace --no-fail-fast || true
finish
