#!/bin/sh
# The tests of every library target under ThreadSanitizer and AddressSanitizer.
# The tests of the command line and the examples drive plain binaries with real clients and are left to `make test`. So are
# those that send each request in every way it can arrive, and those of the second parser: much work, and no code that the
# others do not run.
set -eu
cd "$(dirname "$0")/.."
left_out="OnTheWireTests|GrammarTests|FuzzFindingsTests"
for sanitizer in ${1:-thread address}; do
    echo "== $sanitizer sanitizer"
    swift build --build-tests --sanitize="$sanitizer" --scratch-path ".build/$sanitizer"
    # One target and few tests at a time: all at once would be too much for their time limits on two cores.
    for target in Reactor Daemon Wire "" Files JSON Compression WebSocket TLS Gateway Redis Admin CGI Auth Share Testing; do
        # XCTest has a leak of its own; the tests are Swift Testing's.
        [ "$sanitizer" = address ] && export MARTLET_HANDSHAKES=10000
        TSAN_OPTIONS="halt_on_error=1 suppressions=$PWD/scripts/thread-sanitizer.supp" \
            swift test --skip-build --sanitize="$sanitizer" --scratch-path ".build/$sanitizer" \
            --experimental-maximum-parallelization-width 8 --disable-xctest --filter "^Martlet${target}Tests\\." --skip "$left_out"
    done
done
