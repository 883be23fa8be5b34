#!/bin/sh
# The release build, the same for what is served, measured and shipped: scripts/release.sh [more arguments of swift build]
set -eu
cd "$(dirname "$0")/.."
# The runtimes of Swift and C++ go inside: the program starts in half the time and runs where no Swift is installed. Of
# two directories that have libstdc++, the first one's counts: this one has no shared library.
mkdir -p .build/archives
ln -sf "$(clang -print-file-name=libstdc++.a)" .build/archives/libstdc++.a
set -- -Xswiftc -L -Xswiftc "$PWD/.build/archives" -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
    --static-swift-stdlib --disable-local-rpath "$@"
# Two things that only lld can do. Addresses to relocate are a bitmap, not a megabyte that is read at every start (glibc
# 2.36). What runs at every start stands together, so that fewer pages are touched.
set -- -Xswiftc -use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs \
    -Xlinker "--symbol-ordering-file=$PWD/packaging/startup.order" -Xlinker --no-warn-symbol-ordering "$@"
# Dynamic exclusivity checks are for finding bugs: debug builds and the sanitizers make them, this one does not.
exec swift build -c release -Xswiftc -enforce-exclusivity=unchecked "$@"
