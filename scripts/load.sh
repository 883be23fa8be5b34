#!/bin/sh
# Many idle and slow clients beside a fast one. Settings come from the environment: see Benchmarks/load.py.
set -eu
cd "$(dirname "$0")/.."
# Like `make release`: with the runtime inside, the program starts in half the time.
build="swift build -c release --static-swift-stdlib"
$build --product martlet
BIN=$($build --show-bin-path) exec python3 Benchmarks/load.py
