#!/bin/sh
# Builds the reference of every product with DocC into .build/reference; missing comments, warnings and broken links fail.
# To read it: .build/release/martlet .build/reference, then http://127.0.0.1:8000/documentation/
set -eu
cd "$(dirname "$0")/.."
work=.build/docc
reference=.build/reference
modules=$(scripts/symbols.sh "$work/graphs")
scripts/check-docs.sh "$work/graphs"
rm -rf "$work/archives" "$reference"
mkdir -p "$work/archives"
for module in $modules; do
    catalog=Sources/$module/Documentation.docc
    [ -d "$catalog" ] || { echo "$module has no $catalog." >&2; exit 1; }
    # A doc comment tells of the parameters that need words; check-docs.sh looks that they are there.
    docc convert "$catalog" --additional-symbol-graph-dir "$work/graphs/$module" \
        --output-path "$work/archives/$module.doccarchive" \
        --fallback-display-name "$module" --fallback-bundle-identifier "martlet.$module" \
        --fallback-default-module-kind Library --warnings-as-errors \
        --disable-parameters-and-returns-validation
done
docc merge "$work"/archives/*.doccarchive --output-path "$reference" --synthesized-landing-page-name Martlet
echo "The reference is in $reference."
