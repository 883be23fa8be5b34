#!/usr/bin/env bash
# Builds Examples/notes, a package of its own, and uses its API with curl as a client would; over a restart too.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$PWD/.build/notes
build=(swift build --package-path Examples/notes --scratch-path "$scratch")
"${build[@]}"
program=$("${build[@]}" --show-bin-path)/notes
folder=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || { kill "$server" && wait "$server" || true; }
    server=
}
trap 'stop; rm -rf "$folder"' EXIT

start() {
    "$program" 0 "$folder/notes.sqlite" 2>"$folder/log" &
    server=$!
    for _ in $(seq 200); do
        url=$(sed -n 's,.*Serving at \(http://[^ ]*\)/$,\1,p' "$folder/log")
        [ -z "$url" ] || return 0
        kill -0 "$server" || break
        sleep 0.05
    done
    echo "notes does not start:" >&2
    cat "$folder/log" >&2
    exit 1
}

count=0
# expect STATUS PATTERN TARGET [ARGUMENT-OF-CURL...]: sends a request; the whole answer must match the pattern.
expect() {
    local status=$1 pattern=$2 target=$3
    shift 3
    local answer
    answer=$(curl -sS -i --max-time 20 "$@" "$url$target" | tr -d '\r')
    count=$((count + 1))
    if ! grep -q "^HTTP/1.1 $status " <<<"$answer" || ! grep -qE -- "$pattern" <<<"$answer"; then
        printf 'expected %s and %s from %s %s, got:\n%s\n' "$status" "$pattern" "$target" "$*" "$answer" >&2
        exit 1
    fi
}
json='Content-Type: application/json'
problem='^Content-Type: application/problem\+json$'

start
expect 200 '^\{"count":0,"notes":\[\]\}$' /notes

# Make, read, change, remove.
expect 201 '^Location: /notes/1$' /notes -H "$json" -d '{"title":"Milk","text":"Two litres"}'
expect 200 '^ETag: "1-1"$' /notes/1
expect 200 '"text":"Two litres","title":"Milk"' /notes/1
expect 304 '^ETag: "1-1"$' /notes/1 -H 'If-None-Match: "1-1"'
expect 200 '^ETag: "1-2"$' /notes/1 -X PUT -H "$json" -H 'If-Match: "1-1"' -d '{"title":"Milk","text":"Three"}'
expect 200 '^ETag: "1-2"$' /notes/1 --head
expect 201 '"id":2,' /notes -H "$json" -d '{"title":"Röd \"grød\" <b>","text":"'"'; DROP TABLE note;--"'"}'
expect 204 '' /notes/2 -X DELETE -H 'If-Match: *'
expect 404 "$problem" /notes/2

# A lost update is refused, and so is one that does not say what it changes.
expect 412 "$problem" /notes/1 -X PUT -H "$json" -H 'If-Match: "1-1"' -d '{"title":"Milk","text":"Four"}'
expect 428 '"detail":"Say which version' /notes/1 -X PUT -H "$json" -d '{"title":"Milk","text":"Four"}'
expect 412 "$problem" /notes/1 -X DELETE -H 'If-Match: "1-1"'
expect 428 "$problem" /notes/1 -X DELETE
expect 200 '"text":"Three"' /notes/1

# What else a client can get wrong is told in JSON.
expect 409 '"detail":"Another note has this title\."' /notes -H "$json" -d '{"title":"Milk","text":""}'
expect 422 '"detail":"A note needs a title\."' /notes -H "$json" -d '{"title":" ","text":""}'
expect 400 '"detail":"The JSON lacks text\."' /notes -H "$json" -d '{"title":"x"}'
expect 400 "$problem" /notes -H "$json" -d '{"title":'
expect 415 '^Accept: application/json$' /notes -d 'title=x'
expect 405 '^Allow: GET, HEAD, POST, OPTIONS$' /notes -X DELETE
expect 404 "$problem" /notes/none
expect 404 "$problem" /nowhere
expect 404 "$problem" /notes/99 -X PUT -H "$json" -H 'If-Match: *' -d '{"title":"New","text":""}'
head -c 2000000 /dev/zero >"$folder/big"
expect 413 "$problem" /notes -H "$json" --data-binary "@$folder/big"

# Pages.
for number in $(seq 5); do expect 201 '' /notes -H "$json" -d "{\"title\":\"Note $number\",\"text\":\"\"}"; done
expect 200 '^Link: </notes\?after=4&limit=3>; rel="next"$' '/notes?limit=3'
expect 200 '"count":6,"next":"/notes\?after=4&limit=3","notes":\[\{"id":1,' '/notes?limit=3'
expect 200 '^\{"count":6,"notes":\[\{"id":5,.*"id":7,[^{]*\}\]\}$' '/notes?limit=3&after=4'
expect 400 '"detail":".*limit.* from 1 to 100' '/notes?limit=0'
expect 400 "$problem" '/notes?after=99999999999999999999'

# Twenty clients that change one version: one of them wins.
for number in $(seq 20); do
    curl -sS -o /dev/null -w '%{http_code}\n' -X PUT -H "$json" -H 'If-Match: "1-2"' \
        -d "{\"title\":\"Milk\",\"text\":\"$number\"}" "$url/notes/1" >>"$folder/codes" &
    clients+=($!)
done
wait "${clients[@]}"
[ "$(sort "$folder/codes" | uniq -c | tr -s ' \n' ' ')" = " 1 200 19 412 " ] || { sort "$folder/codes" | uniq -c; exit 1; }

# All is there after a restart, and numbers go on.
stop
start
expect 200 '^ETag: "1-3"$' /notes/1
expect 201 '^Location: /notes/8$' /notes -H "$json" -d '{"title":"After the restart","text":""}'
echo "Examples/notes holds: $count answers were right."
