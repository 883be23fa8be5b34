#!/bin/sh
# Instructions and allocations, case by case; fails when they are more than Benchmarks/limits.tsv allows. Settings come
# from the environment: see Benchmarks/micro.py.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product micro
mkdir -p .build/micro
# valgrind cannot read the debug information.
strip -g -o .build/micro/program "$(scripts/release.sh --show-bin-path)/micro"
exec python3 Benchmarks/micro.py .build/micro/program .build/micro
