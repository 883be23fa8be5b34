#!/bin/sh
# Many idle and slow clients beside a fast one, many uploads at once. Settings come from the environment: see
# Benchmarks/load.py and streams.py.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product martlet
scripts/release.sh --product handlers
BIN=$(scripts/release.sh --show-bin-path)
export BIN
python3 Benchmarks/load.py
python3 Benchmarks/streams.py
