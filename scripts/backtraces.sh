#!/bin/sh
# Writes the backtraces of docs/how-it-works.md anew, from a server that is made to trap. With --peers it prints those of
# Python's servers instead, from packages in a virtual environment outside the repository.
set -eu
cd "$(dirname "$0")/.."
if [ "${1:-}" = --peers ]; then
    peers=${TMPDIR:-/tmp}/martlet-peers
    [ -x "$peers/bin/python" ] || python3 -m venv "$peers"
    "$peers/bin/pip" install --quiet --disable-pip-version-check django==5.2.19 cherrypy==18.10.0 cheroot==11.1.2 waitress==3.0.2
    exec "$peers/bin/python" scripts/python-stacks.py
fi
swift build --product TrapProbe
exec python3 scripts/backtraces.py "$(swift build --show-bin-path)/TrapProbe"
