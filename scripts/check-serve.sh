#!/bin/sh
# `make serve` as a newcomer runs it: it must answer with the sample site, and stop cleanly.
set -eu
cd "$(dirname "$0")/.."
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
log=$(mktemp)
make serve PORT="$port" >"$log" 2>&1 &
make=$!
trap 'kill "$make" 2>/dev/null || true; rm -f "$log"' EXIT
tries=0
until curl -fsS -o /dev/null "http://127.0.0.1:$port/" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 1200 ] || ! kill -0 "$make" 2>/dev/null; then
        cat "$log" >&2
        echo "make serve did not answer." >&2
        exit 1
    fi
    sleep 0.5
done
curl -fsS "http://127.0.0.1:$port/" | grep -q '<title>Welcome to Martlet</title>'
curl -fsS "http://127.0.0.1:$port/files/" | grep -q 'Index of /files/'
grep -q "http://127.0.0.1:$port/" "$log"
# Ctrl-C reaches the whole process group of a terminal; here the server itself.
pkill -INT -P "$make" martlet || pkill -INT -f "martlet Site --port $port"
wait "$make"
echo "make serve works."
