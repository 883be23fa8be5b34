#!/bin/sh
# The release build, the same for what is served, measured and shipped: scripts/release.sh [more arguments of swift build]
set -eu
cd "$(dirname "$0")/.."
# The Swift runtime goes inside: the program starts in half the time and runs where no Swift is installed.
# Dynamic exclusivity checks are for finding bugs: debug builds and the sanitizers make them, this one does not.
exec swift build -c release --static-swift-stdlib -Xswiftc -enforce-exclusivity=unchecked "$@"
