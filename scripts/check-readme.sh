#!/bin/sh
# The README's library example is Examples/echo, letter for letter, and does what the README says.
set -eu
cd "$(dirname "$0")/.."
awk '/^```swift$/ { inside = !found; found = 1; next } /^```$/ { inside = 0 } inside' README.md | diff - Examples/echo/main.swift

swift build --product echo
bin=$(swift build --show-bin-path)
"$bin/echo" &
echo=$!
trap 'kill "$echo" 2>/dev/null || true' EXIT
tries=0
until curl -fsS -o /dev/null http://127.0.0.1:8000/ 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$echo" 2>/dev/null; then
        echo "Examples/echo does not answer on port 8000." >&2
        exit 1
    fi
    sleep 0.1
done
test "$(curl -fsS -d hello http://127.0.0.1:8000/)" = hello
curl -fsS http://127.0.0.1:8000/ | grep -q '<p>Hello, 127.0.0.1!'
test "$(curl -s -o /dev/null -w '%{http_code}' -X PUT http://127.0.0.1:8000/)" = 405
test "$(curl -fsS http://127.0.0.1:8000/hello/Ada%20L)" = 'Hello, Ada L!'
for target in $(grep -oE '`make [a-z]+' README.md CONTRIBUTING.md | sed 's/.*make //' | sort -u); do
    grep -q "^$target:" Makefile || { echo "There is no make $target." >&2; exit 1; }
done
help=$("$bin/martlet" --help && "$bin/martlet" front --help && "$bin/martlet" share --help)
for flag in $(grep -oE '(^|[ `])--[a-z][a-z-]+' README.md | tr -d ' `' | sort -u); do
    case $flag in --generate-completion-script | --help | --filter | --disable-default-traits) continue ;; esac
    echo "$help" | grep -q -- "$flag" || { echo "martlet has no $flag." >&2; exit 1; }
done
for example in Examples/*/; do
    example=$(basename "$example")
    grep -q "(Examples/$example)" README.md || { echo "The README does not name Examples/$example." >&2; exit 1; }
done
for path in $(grep -ohE '\]\([A-Za-z][A-Za-z0-9./_-]*\)' README.md | tr -d '])('); do
    [ -e "$path" ] || { echo "The README links $path, which is not there." >&2; exit 1; }
done
echo "The README holds."
