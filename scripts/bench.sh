#!/bin/sh
# Builds what is measured and measures it. Settings come from the environment: see Benchmarks/bench.py.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product martlet
scripts/release.sh --product hello
scripts/release.sh --product handlers
BIN=$(scripts/release.sh --show-bin-path) exec python3 Benchmarks/bench.py
