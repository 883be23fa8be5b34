#!/bin/sh
# Many idle and slow clients beside a fast one. Settings come from the environment: see Benchmarks/load.py.
set -eu
cd "$(dirname "$0")/.."
swift build -c release --product martlet
BIN=$(swift build -c release --show-bin-path) exec python3 Benchmarks/load.py
