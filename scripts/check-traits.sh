#!/bin/sh
# Builds and tests without TLS, TOML and QR, and with every coding that MartletCompression can have.
set -eu
cd "$(dirname "$0")/.."
scripts/setup.sh traits
swift test --traits Brotli,Zstd --scratch-path .build/traits --filter '^(MartletCompressionTests|MartletServiceTests)\.'
program=$(swift build --traits Brotli,Zstd --scratch-path .build/traits --show-bin-path)/martlet
! ldd "$program" | grep -E 'libqrencode' || { echo "Without the trait QR, martlet links libqrencode all the same." >&2; exit 1; }
! ldd "$program" | grep -E 'libssl|libcrypto' || { echo "Without the trait TLS, martlet links OpenSSL all the same." >&2; exit 1; }
if message=$("$program" --tls 2>&1); then
    echo "Without the trait TLS, martlet --tls does something." >&2
    exit 1
fi
echo "$message" | grep -q "built without TLS" || { echo "Without the trait TLS, --tls says: $message" >&2; exit 1; }
for arguments in "share /" "--shares /"; do
    # shellcheck disable=SC2086 # two words
    if message=$("$program" $arguments 2>&1); then
        echo "Without the trait TLS, martlet $arguments does something." >&2
        exit 1
    fi
    echo "$message" | grep -q "built without TLS" || { echo "Without the trait TLS, $arguments says: $message" >&2; exit 1; }
done
echo "Without the trait TLS nothing needs OpenSSL."
if message=$("$program" --qr 2>&1); then
    echo "Without the trait QR, martlet --qr does something." >&2
    exit 1
fi
echo "$message" | grep -q "built without QR" || { echo "Without the trait QR, --qr says: $message" >&2; exit 1; }
echo "Without the trait QR nothing needs libqrencode."
if message=$("$program" --config /dev/null 2>&1); then
    echo "Without the trait TOML, martlet --config does something." >&2
    exit 1
fi
echo "$message" | grep -q "built without TOML" || { echo "Without the trait TOML, --config says: $message" >&2; exit 1; }
MARTLET_THREADS=0 "$program" 2>&1 | grep -q MARTLET_THREADS || { echo "Without the trait TOML, the environment says nothing." >&2; exit 1; }
echo "Without the trait TOML files of settings are refused."
