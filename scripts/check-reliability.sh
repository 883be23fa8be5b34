#!/bin/sh
# Whether requests fail while servers behind HAProxy are restarted, upgraded, killed, frozen or cut off, and while one
# without a balancer is succeeded: scripts/check-reliability.sh [--seconds N] [--successions N] [--only balancer|alone] [--update]
# Makes network namespaces, which needs root; otherwise it says so and is left out (77).
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh reliability
scripts/release.sh --product martlet
exec python3 Tests/Reliability/reliability.py "$(scripts/release.sh --show-bin-path)/martlet" "$@"
