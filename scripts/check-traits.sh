#!/bin/sh
# Builds and tests MartletCompression with every coding it can have.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh traits
swift test --traits Brotli,Zstd --scratch-path .build/traits --filter '^MartletCompressionTests\.'
