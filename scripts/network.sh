#!/usr/bin/env bash
# Measures calls over broken networks (needs root): loss and delay, a link that becomes narrow, a change of address, firewalls,
# lip-sync; and how soon a replay is there and the tile of whoever leaves is gone. The same tests as in `make test`, but longer,
# and held to what they are meant to reach on a machine with time to spare. `network.sh NAME` runs those whose name contains it;
# what was seen is printed as JSON.
source "$(dirname "$0")/env.sh"

scripts/install.sh test
scripts/build.sh
export AIKSTE_TEST_NETWORK_MEASURE=1
cargo test --locked --package tests --test it --no-run
for test in ${1:-network:: reach::behind_a_firewall call:: replay::}; do
    cargo test --locked --package tests --test it "$test" -- --nocapture --test-threads=1
done
