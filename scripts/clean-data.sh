#!/usr/bin/env bash
# Removes ./data: database, recordings, keys. Asks first, unless YES=1.
source "$(dirname "$0")/env.sh"

[ -d data ] || { note "there is no ./data."; exit 0; }
if [ "${YES:-}" != 1 ]; then
    read -r -p "Remove $(pwd)/data ($(du -sh data | cut -f1)) with everything in it? [y/N] " answer
    [ "$answer" = y ] || die "nothing was removed."
fi
rm -rf data
note "removed ./data."
