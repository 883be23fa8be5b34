#!/bin/sh
# Writes what each library product offers as symbol graphs into DIRECTORY/PRODUCT, for check-docs.sh and docs.sh, and
# prints the products. scripts/symbols.sh DIRECTORY
set -eu
out=$1
cd "$(dirname "$0")/.."
swift build >&2
bin=$(swift build --show-bin-path)
rm -rf "$out"
# MartletReactor is no product, but `import Martlet` brings its addresses and files along.
for module in $(sed -n 's/.*\.library(name: "\(.*\)", targets.*/\1/p' Package.swift) MartletReactor; do
    mkdir -p "$out/$module"
    swift symbolgraph-extract -module-name "$module" -output-dir "$out/$module" \
        -target "$(uname -m)-unknown-linux-gnu" -I "$bin/Modules" -I "$bin/CMartlet.build" -I "$bin/CMartletTLS.build" \
        -I "$bin/CMartletTOML.build" -I "$bin/CMartletAuth.build" \
        -I Sources/CMartletOpenSSL -I Sources/CQREncode -I Sources/CZlib \
        -minimum-access-level public -skip-synthesized-members -skip-inherited-docs -emit-extension-block-symbols >&2
    echo "$module"
done
