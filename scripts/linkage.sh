#!/bin/sh
# Programs hold the runtimes of Swift and C++ and link the C library alone; martlet, for TLS the system's OpenSSL, for password
# files libcrypt, for QR codes libqrencode. One on the library holds no Foundation; of the command line, the argument parser alone may bring a part of it.
# scripts/linkage.sh PROGRAM [tls] checks what another one links.
set -eu
cd "$(dirname "$0")/.."
fail() {
    echo "$1" >&2
    exit 1
}
links() {
    echo "$(basename "$1") links:"
    libraries=$(ldd "$1" | sed 's/ (0x.*//; s/ => .*//; s/^[[:space:]]*//' | sort)
    echo "$libraries" | sed 's/^/    /'
    may='linux-vdso|libc|libm|(/.*/)?ld-linux[a-z0-9-]*'
    [ "${2-}" != tls ] || may="$may|libssl|libcrypto|libcrypt|libqrencode|libpthread" # The last for libqrencode's sake.
    ! echo "$libraries" | grep -vE "^($may)\\.so\\.[0-9]+$" || fail "$1 links more than it may."
}
if [ $# -gt 0 ]; then
    links "$@"
    exit
fi
scripts/release.sh --product hello
scripts/release.sh --product martlet
bin=$(scripts/release.sh --show-bin-path)
links "$bin/hello"
links "$bin/martlet" tls
# The runtime is inside, so the symbols tell; module names are spelled out in them.
foundation='\$s(10Foundation|20FoundationEssentials|28FoundationInternationalization)[A-Z]'
nm "$bin/hello" | grep -qE '\$s7Martlet' || fail "The symbols cannot be read: this check would see nothing."
nm "$bin/martlet" | grep -qE "$foundation" || fail "Not even the argument parser's Foundation is seen: the pattern is wrong."
! nm "$bin/hello" | grep -E -m 3 "$foundation" || fail "The library brings Foundation: find the import."
! nm "$bin/martlet" | grep -E -m 3 '\$s(10Foundation|28FoundationInternationalization)[A-Z]' ||
    fail "The command line brings more of Foundation than its essentials."
! grep -rnE --exclude-dir=MartletJSON '^ *(public |internal |package |private |@_exported )*import Foundation' Sources || fail "Sources import Foundation."
echo "No Foundation in the library; only its essentials in the command line."
