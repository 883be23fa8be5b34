#!/bin/sh
# Writes packaging/startup.order, the functions that run from the start of the program to its first answer.
# A name that is gone does no harm; a list that is old costs memory (scripts/check-dist.sh has the limit): then run this.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh order
scripts/release.sh --product martlet
program=$(scripts/release.sh --show-bin-path)/martlet
work=$(mktemp -d)
traced=
trap '[ -z "$traced" ] || kill "$traced" 2>/dev/null || true; rm -rf "$work"' EXIT
# valgrind cannot read this compiler's debug information.
strip --strip-debug -o "$work/martlet" "$program"
echo Hello >"$work/hello.txt"
valgrind --tool=callgrind --demangle=no --callgrind-out-file="$work/calls" \
    "$work/martlet" "$work" --port 0 --threads 2 >"$work/banner" 2>"$work/log" &
traced=$!
until url=$(grep -oE 'http://127[^ ]*' "$work/banner"); do
    kill -0 "$traced" || { cat "$work/log" >&2; exit 1; }
    sleep 0.1
done
curl -fsS -o /dev/null "${url}hello.txt"
kill -INT "$traced"
wait "$traced"
traced=
# The program's own symbols only. The lines are 'fn=(id) name', with '2 and so on after the name of one that recurs.
nm "$work/martlet" | cut -d ' ' -f 3- | LC_ALL=C sort -u >"$work/symbols"
sed -nE "s/^c?fn=\([0-9]+\) ([^']+).*/\1/p" "$work/calls" | LC_ALL=C sort -u >"$work/called"
LC_ALL=C comm -12 "$work/symbols" "$work/called" >packaging/startup.order
rm "$program" # The list is no input that the build knows of: this makes it link again.
echo "$(wc -l <packaging/startup.order) functions run at the start."
