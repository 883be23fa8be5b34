#!/bin/sh
# Builds what is measured and measures it. Settings come from the environment: see Benchmarks/bench.py.
set -eu
cd "$(dirname "$0")/.."
swift build -c release --product martlet
swift build -c release --product hello
BIN=$(swift build -c release --show-bin-path) exec python3 Benchmarks/bench.py
