#!/bin/sh
# Builds what is measured and measures it. Settings come from the environment: see Benchmarks/bench.py.
set -eu
cd "$(dirname "$0")/.."
# Like `make release`: with the runtime inside, the program starts in half the time.
build="swift build -c release --static-swift-stdlib"
$build --product martlet
$build --product hello
BIN=$($build --show-bin-path) exec python3 Benchmarks/bench.py
