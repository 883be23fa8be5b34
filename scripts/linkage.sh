#!/bin/sh
# A program on the library links no Foundation; of the command line, the argument parser alone may bring a part of it.
set -eu
cd "$(dirname "$0")/.."
swift build -c release --product hello
swift build -c release --product martlet
bin=$(swift build -c release --show-bin-path)
status=0
for program in hello martlet; do
    echo "$program links:"
    ldd "$bin/$program" | sed 's/ (0x.*//; s/ => .*//; s/^[[:space:]]*/    /' | sort
done
if ldd "$bin/hello" | grep -i foundation; then
    echo "The library brings Foundation: find the import." >&2
    status=1
fi
if ldd "$bin/martlet" | grep -E 'libFoundation\.so|libFoundationInternationalization|FoundationNetworking'; then
    echo "The command line brings more of Foundation than its essentials." >&2
    status=1
fi
if grep -rlE '^ *(public |internal |package |private |@_exported )*import (Foundation|FoundationEssentials)' Sources; then
    echo "Sources import Foundation." >&2
    status=1
fi
exit $status
