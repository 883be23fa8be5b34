#!/bin/sh
# What `make dist` makes can be shipped: the package unpacks, its program is stripped and serves, its pages read well.
set -eu
cd "$(dirname "$0")/.."
make dist
root=$(mktemp -d)
served=
trap '[ -z "$served" ] || kill "$served" 2>/dev/null || true; rm -rf "$root"' EXIT
fail() {
    echo "$1" >&2
    exit 1
}
the() { [ $# = 1 ] && [ -f "$1" ] && echo "$1" || fail "dist/ should have one such file: $*"; }
package=$(the dist/*.deb)
archive=$(the dist/*.tar.gz)
debug=$(the dist/*.debug)

dpkg-deb --extract "$package" "$root/package"
program=$root/package/usr/bin/martlet
dpkg-deb --field "$package" Depends | grep -q 'libssl3' || fail "The package does not say that it needs OpenSSL."
dpkg-deb --field "$package" Depends | grep -q 'libqrencode4' || fail "The package does not say that it needs libqrencode."
dpkg-deb --field "$package" Depends | grep -qF 'libc6 (>= 2.36)' || fail "The package does not say which libc it needs."
! dpkg-deb --contents "$package" | grep -v ' root/root ' || fail "Files of the package belong to somebody."
(cd "$root/package" && dpkg-deb --ctrl-tarfile "$OLDPWD/$package" | tar -xO ./md5sums | md5sum --check --quiet)
for file in man/man1/martlet.1.gz man/man5/martlet.toml.5.gz doc/martlet/copyright doc/martlet/changelog.gz doc/martlet/README.md \
    bash-completion/completions/martlet zsh/vendor-completions/_martlet fish/vendor_completions.d/martlet.fish; do
    [ -s "$root/package/usr/share/$file" ] || fail "The package has no $file."
done
# As it will be installed: systemd-analyze looks for the program.
unit=$root/package/lib/systemd/system/martlet@.service
sed "s#/usr/bin/martlet#$program#" "$unit" >"$root/martlet@8001.service"
faults=$(systemd-analyze verify --man=no "$root/martlet@8001.service" 2>&1)
[ -z "$faults" ] || fail "systemd finds faults with the unit: $faults"
bash -n "$root/package/usr/share/bash-completion/completions/martlet"
zcat "$root/package/usr/share/man/man1/martlet.1.gz" >"$root/martlet.1"
zcat "$root/package/usr/share/man/man5/martlet.toml.5.gz" >"$root/martlet.toml.5"
for flag in $({ "$program" --help && "$program" front --help && "$program" share --help && "$program" trust install --help; } | grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -e '--.*'); do
    grep -qF "\\fB$(echo "$flag" | sed 's/-/\\-/g')\\fR" "$root/martlet.1" || fail "The manual page has no $flag."
done
for signal in TERM QUIT HUP USR1 USR2; do
    sed -n '/^\.SH SIGNALS/,/^\.SH SEE/p' "$root/martlet.1" | grep -q "^.fB.*$signal" || fail "The manual page does not explain $signal."
done
for page in martlet.1 martlet.toml.5; do
    faults=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$root/$page" 2>&1 >/dev/null)
    [ -z "$faults" ] || fail "man finds faults with $page: $faults"
done
# The settings that the page of the file has are those that the program prints.
for key in $("$program" --print-config | sed -n 's/^#* *\([a-z0-9-]*\)\( =\|:\| is not set\).*# default$/\1/p'); do
    grep -qF "\\fB$(echo "$key" | sed 's/-/\\-/g')\\fR =" "$root/martlet.toml.5" || fail "martlet.toml.5 has no $key."
done
lintian --fail-on error,warning --tag-display-limit 0 "$package" 2>/dev/null || fail "lintian finds faults with the package."

readelf -SW "$program" | grep -q ' \.symtab ' && fail "The program is not stripped."
readelf -lW "$program" | grep 'GNU_STACK' | grep -q 'RW ' || fail "The program's stack is executable."
readelf -dW "$program" | grep -qE 'R(UN)?PATH' && fail "The program has a run path."
readelf -lW "$program" | grep -q 'GNU_RELRO' || fail "The program's relocations stay writable."
scripts/linkage.sh "$program" tls
identity() { readelf -n "$1" 2>/dev/null | sed -n 's/.*Build ID: //p'; }
[ -n "$(identity "$program")" ] && [ "$(identity "$program")" = "$(identity "$debug")" ] || fail "The debug information is another program's."
readelf -p .gnu_debuglink "$program" | grep -qF "$(basename "$debug")" || fail "The program does not name its debug information."

tar --extract --gzip --file "$archive" --directory "$root"
cmp "$root"/martlet-*/martlet "$program"
for file in LICENSE README.md copyright martlet.1 martlet.toml.5 completions/martlet.bash completions/_martlet completions/martlet.fish; do
    [ -s "$root"/martlet-*/"$file" ] || fail "The archive has no $file."
done

# In an empty environment: nothing of the toolchain helps.
mkdir "$root/site"
echo "From the package." >"$root/site/index.txt"
env -i PATH=/usr/bin:/bin "$program" "$root/site" --port 0 --threads 2 >"$root/banner" 2>"$root/log" &
served=$!
tries=0
until url=$(grep -oE 'http://127[^ ]*' "$root/banner"); do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] && kill -0 "$served" 2>/dev/null || fail "The package's program does not start: $(cat "$root/log")"
    sleep 0.1
done
curl -fsS "${url}index.txt" | cmp - "$root/site/index.txt"
resident=$(awk '/^VmRSS:/ { print $2 * 1024 }' "/proc/$served/status")
echo "Idle with two loops it holds $resident octets."
# Two of them are pages of libssl and libcrypto, which it shares with whoever else uses these.
[ "$resident" -le 13000000 ] || fail "That is more than 13 MB: try scripts/startup-order.sh."
kill -INT "$served"
wait "$served" || fail "The package's program does not stop as asked."
served=
echo "What make dist makes can be shipped."
