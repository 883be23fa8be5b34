#!/bin/sh
# What httplint, the linter behind REDbot, says of Martlet's answers. Its Python environment is made outside the repository.
set -eu
cd "$(dirname "$0")/.."
version=2026.10.4
environment=${XDG_CACHE_HOME:-$HOME/.cache}/martlet/judges-$version
if ! "$environment/bin/python" -c "import httplint" 2>/dev/null; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check "httplint==$version"
fi
scripts/release.sh --product martlet
swift build --product ServerFuzzer
BIN=$(scripts/release.sh --show-bin-path)
FUZZED=$(swift build --show-bin-path)/ServerFuzzer
export BIN FUZZED
exec "$environment/bin/python" scripts/judges.py
