#!/bin/sh
# Fuzzes a live server: scripts/fuzz-server.sh [seconds=60] [--seed N [--only CASE]]. See docs/standards/fuzzing.md.
#
# The debug build is the one that the tests have made, and checks the most. CONFIGURATION=release plays more cases, in a
# build folder of its own: the tests' support cannot be linked as our releases are.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
configuration=${CONFIGURATION:-debug}
folder=.build
[ "$configuration" = debug ] || folder=.build/fuzz-server
swift build -c "$configuration" --scratch-path "$folder" --product ServerFuzzer
exec "$folder/$configuration/ServerFuzzer" --seconds "$seconds" --corpus Fuzz/Corpus/Server "$@"
