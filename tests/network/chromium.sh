#!/bin/sh
# Chromium in the network namespace AIKSTE_NAMESPACE; a driver starts it in place of the browser that AIKSTE_CHROMIUM names.
exec nsenter --net="/run/netns/$AIKSTE_NAMESPACE" -- "$AIKSTE_CHROMIUM" "$@"
