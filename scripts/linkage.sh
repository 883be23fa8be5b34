#!/bin/sh
# A program on the library links no Foundation; of the command line, the argument parser alone may bring a part of it.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product hello
scripts/release.sh --product martlet
bin=$(scripts/release.sh --show-bin-path)
for program in hello martlet; do
    echo "$program links:"
    ldd "$bin/$program" | sed 's/ (0x.*//; s/ => .*//; s/^[[:space:]]*/    /' | sort
done
fail() {
    echo "$1" >&2
    exit 1
}
# The runtime is inside, so the symbols tell; module names are spelled out in them.
foundation='\$s(10Foundation|20FoundationEssentials|28FoundationInternationalization)[A-Z]'
for program in hello martlet; do
    ! ldd "$bin/$program" | grep -i foundation || fail "$program links a Foundation library."
done
nm "$bin/hello" | grep -qE '\$s7Martlet' || fail "The symbols cannot be read: this check would see nothing."
nm "$bin/martlet" | grep -qE "$foundation" || fail "Not even the argument parser's Foundation is seen: the pattern is wrong."
! nm "$bin/hello" | grep -E -m 3 "$foundation" || fail "The library brings Foundation: find the import."
! nm "$bin/martlet" | grep -E -m 3 '\$s(10Foundation|28FoundationInternationalization)[A-Z]' ||
    fail "The command line brings more of Foundation than its essentials."
! grep -rnE --exclude-dir=MartletJSON '^ *(public |internal |package |private |@_exported )*import Foundation' Sources || fail "Sources import Foundation."
echo "No Foundation in the library; only its essentials in the command line."
