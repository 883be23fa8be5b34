#!/usr/bin/env bash
# Fuzzes MartletWire, and the codecs of MartletWebSocket and MartletRedis, with libFuzzer and AddressSanitizer; needs nothing but
# the Swift toolchain.
#
#   scripts/fuzz.sh [seconds=20] [target...]
#
# Each Fuzz/<Name>.swift is one target, Fuzz/Corpus/<Name>/ its seeds; everything made goes under .build/fuzz, the inputs
# found so far included. A first line "// Sources: FOLDER" compiles that folder in. FUZZ_JOBS targets run at once (default:
# one a processor). Exits 1 when a target crashes, with the path of the input; feed it to .build/fuzz/<Name> to see the
# crash again.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-20}
[ $# -gt 0 ] && shift
if [ $# -gt 0 ]; then targets=("$@"); else targets=($(basename -s .swift Fuzz/*.swift)); fi
jobs=${FUZZ_JOBS:-$(nproc)}
out=.build/fuzz
types=.build/checkouts/swift-http-types/Sources/HTTPTypes
mkdir -p "$out/log" "$out/crash"
[ -d "$types" ] || swift package resolve

flags=(
    -swift-version 6 -O -g -whole-module-optimization -parse-as-library -I "$out" -sanitize=address
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature InternalImportsByDefault
    -enable-upcoming-feature MemberImportVisibility -enable-upcoming-feature NonisolatedNonsendingByDefault
    -enable-experimental-feature Lifetimes -strict-memory-safety
)

# stale PRODUCT SOURCE...: whether the product is missing or older than a source or this script.
stale() {
    local product=$1
    shift
    [ ! -e "$product" ] || [ -n "$(find "$@" scripts/fuzz.sh -newer "$product" -print -quit)" ]
}

if stale "$out/HTTPTypes.o" "$types"; then
    echo "building HTTPTypes"
    versions=()
    for version in 1.0 1.1 1.2 1.3 1.6 1.7; do
        versions+=(-enable-experimental-feature "AvailabilityMacro=HTTPTypes $version:macOS 10.0")
    done
    swiftc -swift-version 5 -O -g -whole-module-optimization -parse-as-library -sanitize=address -suppress-warnings \
        -enable-upcoming-feature InternalImportsByDefault -enable-upcoming-feature MemberImportVisibility \
        "${versions[@]}" -module-name HTTPTypes -emit-module -emit-module-path "$out/HTTPTypes.swiftmodule" \
        -c "$types"/*.swift -o "$out/HTTPTypes.o"
fi
if stale "$out/MartletWire.o" Sources/MartletWire "$out/HTTPTypes.o"; then
    echo "building MartletWire"
    swiftc "${flags[@]}" -sanitize=fuzzer -module-name MartletWire -package-name martlet \
        -emit-module -emit-module-path "$out/MartletWire.swiftmodule" -c Sources/MartletWire/*.swift -o "$out/MartletWire.o"
fi
for name in "${targets[@]}"; do
    folder=$(sed -n '1s,^// Sources: ,,p' "Fuzz/$name.swift")
    if stale "$out/$name" "Fuzz/$name.swift" ${folder:+"$folder"} Fuzz/Support "$out/MartletWire.o"; then
        echo "building $name"
        swiftc "${flags[@]}" -sanitize=fuzzer -use-ld=lld -module-name "Fuzz$name" -package-name martlet \
            "Fuzz/$name.swift" ${folder:+"$folder"/*.swift} Fuzz/Support/*.swift "$out/MartletWire.o" "$out/HTTPTypes.o" -o "$out/$name"
        rm -f "Fuzz$name"-1.swift*  # The driver leaves its module here when a folder is compiled in.
    fi
done

# fuzz NAME: runs one target and prints one line about it.
fuzz() {
    local name=$1 log=$out/log/$1.log
    mkdir -p "$out/corpus/$name" "Fuzz/Corpus/$name"
    # Swift's own crash reporter stays off: it would wait for a process that libFuzzer has already caught.
    if SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=detect_leaks=0 "$out/$name" \
        -max_total_time="$seconds" -timeout=5 -rss_limit_mb=1024 -max_len=4096 -detect_leaks=0 -print_final_stats=1 \
        -artifact_prefix="$out/crash/$name-" "$out/corpus/$name" "Fuzz/Corpus/$name" >"$log" 2>&1; then
        echo "$name: $(grep -c . <(ls "$out/corpus/$name")) inputs," \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log") runs," \
            "$(grep -o 'cov: [0-9]*' "$log" | tail -1)"
    else
        echo "$name: FAILED: $(sed -n 's/.*Test unit written to //p' "$log" | tail -1) (log: $log)"
        grep -m 3 -E 'Fatal error|ERROR:|Precondition' "$log" | sed 's/^/    /' || true
        return 1
    fi
}

pids=()
status=0
for name in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n || status=1; done
    fuzz "$name" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || status=1; done
exit "$status"
