#!/bin/sh
# What is shipped, in dist/: the program as an archive and as a Debian package, and its debug information. From one commit
# in one place the files are the same every time, but for what the compiler itself does.
set -eu
cd "$(dirname "$0")/.."
scripts/release.sh --product martlet
program=$(scripts/release.sh --show-bin-path)/martlet
version=$("$program" --version | cut -d ' ' -f 2)
maintainer="The Martlet authors <authors@martlet.invalid>"
architecture=$(dpkg --print-architecture)
name=martlet-$version-linux-$architecture
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
umask 022

rm -rf dist
mkdir dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The program without its debug information, which stays beside it: debuggers find it by the link.
objcopy --only-keep-debug --compress-debug-sections "$program" "dist/$name.debug"
chmod 644 "dist/$name.debug"
archive=$work/$name
mkdir -p "$archive/completions"
strip --strip-all --remove-section=.comment -o "$archive/martlet" "$program"
objcopy --add-gnu-debuglink="dist/$name.debug" "$archive/martlet"

"$program" --experimental-dump-help | scripts/manual.py "$version" "$archive"
# It is read by a shell, not run: no first line for that.
"$program" --generate-completion-script bash | sed '1{/^#!/d}' >"$archive/completions/martlet.bash"
"$program" --generate-completion-script zsh >"$archive/completions/_martlet"
"$program" --generate-completion-script fish >"$archive/completions/martlet.fish"
cp LICENSE README.md packaging/copyright "$archive"
tar --create --directory="$work" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner "$name" |
    gzip -9n >"dist/$name.tar.gz"

root=$work/root
put() { install -D -m "$1" "$2" "$root/$3"; }
put 755 "$archive/martlet" usr/bin/martlet
put 644 "$archive/completions/martlet.bash" usr/share/bash-completion/completions/martlet
put 644 "$archive/completions/_martlet" usr/share/zsh/vendor-completions/_martlet
put 644 "$archive/completions/martlet.fish" usr/share/fish/vendor_completions.d/martlet.fish
put 644 "$archive/martlet.1" usr/share/man/man1/martlet.1
put 644 "$archive/martlet.toml.5" usr/share/man/man5/martlet.toml.5
scripts/debian-changelog.py martlet "$version" "$maintainer" <CHANGELOG.md >"$work/changelog"
put 644 "$work/changelog" usr/share/doc/martlet/changelog
put 644 README.md usr/share/doc/martlet/README.md
put 644 packaging/copyright usr/share/doc/martlet/copyright
# The target gathers the copies, so that one word starts and stops all: lintian knows only the usual ones.
mkdir -p "$root/usr/share/lintian/overrides"
echo 'martlet: systemd-service-file-refers-to-unusual-wantedby-target martlet.target [lib/systemd/system/martlet@.service]' \
    >"$root/usr/share/lintian/overrides/martlet"
chmod 644 "$root/usr/share/lintian/overrides/martlet"
# One copy for each port: systemctl enable --now martlet@8001
for unit in martlet@.service martlet.target; do put 644 "deploy/systemd/$unit" "lib/systemd/system/$unit"; done
for file in README.md haproxy/haproxy.cfg nginx/nginx.conf kubernetes/martlet.yaml container/Containerfile; do
    put 644 "deploy/$file" "usr/share/doc/martlet/examples/$file"
done
gzip -9n "$root/usr/share/man/man1/martlet.1" "$root/usr/share/man/man5/martlet.toml.5" "$root/usr/share/doc/martlet/changelog"

# dpkg-shlibdeps wants a source package around it, and does not know that the bitmap of relocations needs glibc 2.36.
mkdir -p "$work/debian" "$root/DEBIAN"
printf 'Source: martlet\n\nPackage: martlet\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O root/usr/bin/martlet | sed -n 's/^shlibs:Depends=//p')
cat >"$root/DEBIAN/control" <<EOF
Package: martlet
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $(du -k -s --apparent-size "$root" | cut -f 1)
Depends: $depends, libc6 (>= 2.36)
Section: web
Priority: optional
Description: small HTTP/1.1 server for files and folders
 One command serves a folder: with listings, ranges, entity tags and
 compressed sidecars, to this machine only unless told otherwise, with a
 limit on everything that a client can ask for.
EOF
(cd "$root" && find usr lib -type f | sort | xargs md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --build "$root" "dist/martlet_${version}_$architecture.deb" >/dev/null

echo "The program has $(stat -c %s "$archive/martlet") octets. In dist/:"
(cd dist && stat -c '%10s  %n' ./*)
