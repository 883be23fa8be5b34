#!/bin/sh
# What each kind of handler allocates for a request; fails when it is more than Benchmarks/mallocs.py allows.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product handlers
library=$(mktemp --suffix=.so)
trap 'rm -f "$library"' EXIT
clang -O1 -shared -fPIC -o "$library" Benchmarks/mallocs.c
python3 Benchmarks/mallocs.py "$(scripts/release.sh --show-bin-path)/handlers" "$library"
