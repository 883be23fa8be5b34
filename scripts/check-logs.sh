#!/bin/sh
# Whether logrotate loses or cuts lines of the access log, in each of its ways: scripts/check-logs.sh [REQUESTS]
# REQUESTS are those of each way (default 1,000,000).
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh reliability
scripts/release.sh --product martlet
exec python3 Tests/Reliability/logs.py "$(scripts/release.sh --show-bin-path)/martlet" --requests "${1:-1000000}"
