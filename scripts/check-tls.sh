#!/bin/sh
# What testssl.sh, sslscan and a client that breaks the rules on purpose find of `martlet --tls`.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh tls
version=0.8.2
environment=${XDG_CACHE_HOME:-$HOME/.cache}/martlet/tlslite-$version
if ! "$environment/bin/python" -c "import tlslite" 2>/dev/null; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check "tlslite-ng==$version"
fi
scripts/release.sh --product martlet
BIN=$(scripts/release.sh --show-bin-path)
export BIN
exec "$environment/bin/python" scripts/check-tls.py
