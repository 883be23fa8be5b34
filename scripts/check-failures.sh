#!/bin/sh
# What docs/failures.md says of full disks, clocks that jump and descriptors that run out, tried out. Makes mounts and
# namespaces, which needs root; otherwise it says so and is left out (77).
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh reliability
scripts/release.sh --product martlet
exec python3 Tests/Reliability/failures.py "$(scripts/release.sh --show-bin-path)/martlet" "$@"
