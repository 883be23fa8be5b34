#!/bin/sh
# The size of martlet, stripped: with the runtimes of Swift and C++ inside, as it is shipped, and without.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product martlet
dynamic="-c release --scratch-path .build/dynamic"
# shellcheck disable=SC2086 # several words
swift build $dynamic --product martlet
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strip -o "$work/static" "$(scripts/release.sh --show-bin-path)/martlet"
# shellcheck disable=SC2086
program=$(swift build $dynamic --show-bin-path)/martlet
strip -o "$work/dynamic" "$program"
# The libraries of the toolchain that have to come along; the C and C++ libraries are the system's.
toolchain=$(dirname "$(dirname "$(realpath "$(command -v swift)")")")
libraries=$(ldd "$program" | sed -n 's/.* => \(.*\) (0x.*/\1/p' | grep "^$toolchain/")
printf '%10s octets  with the runtimes inside\n' "$(stat -c %s "$work/static")"
printf '%10s octets  without\n' "$(stat -c %s "$work/dynamic")"
# shellcheck disable=SC2086
printf '%10s octets  in the %s libraries that it needs then\n' "$(stat -L -c %s $libraries | awk "{ sum += \$1 } END { print sum }")" "$(echo "$libraries" | wc -l)"
