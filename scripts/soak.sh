#!/bin/sh
# Mixed load, connections that come and go, slow clients, TLS and reloads, for a while; then memory and descriptors must be
# what they were: scripts/soak.sh [SECONDS] (default 1800)
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh reliability
scripts/release.sh --product martlet
exec python3 Tests/Reliability/soak.py "$(scripts/release.sh --show-bin-path)/martlet" --seconds "${1:-1800}"
