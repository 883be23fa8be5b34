#!/bin/sh
# The tests of the reactor, the wire, the server and the files under ThreadSanitizer and AddressSanitizer.
# The tests of the command line and the examples drive plain binaries with real clients and are left to `make test`.
set -eu
cd "$(dirname "$0")/.."
for sanitizer in ${1:-thread address}; do
    echo "== $sanitizer sanitizer"
    # XCTest has a leak of its own; the tests are Swift Testing's.
    TSAN_OPTIONS=halt_on_error=1 \
        swift test --sanitize="$sanitizer" --scratch-path ".build/$sanitizer" \
        --disable-xctest --skip MartletCLITests --skip ExamplesTests
done
