#!/bin/sh
# Many idle and slow clients beside a fast one. Settings come from the environment: see Benchmarks/load.py.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product martlet
BIN=$(scripts/release.sh --show-bin-path) exec python3 Benchmarks/load.py
