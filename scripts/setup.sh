#!/bin/sh
# Installs the Debian packages that a job needs and that are missing: scripts/setup.sh build|docs|judges|test|traits|tls|differences|standards|micro|bench[-nginx|-lighttpd|-go|-apache2]|dist|order|deploy|reliability
# As root or through sudo; else prints the line to run.
set -eu

missing=""
need() { # need PACKAGE COMMAND-OR-FILE
    case "$2" in
    /*) [ -e "$2" ] || missing="$missing $1" ;;
    *) command -v "$2" >/dev/null 2>&1 || missing="$missing $1" ;;
    esac
}

if ! command -v swift >/dev/null 2>&1; then
    echo "The Swift toolchain (6.3 or later) is not on the PATH. See https://www.swift.org/install/linux/" >&2
    exit 1
fi

case "${1:-build}" in
build) ;;
docs) need python3 python3 ;;
judges)
    need python3 python3
    need python3-venv /usr/share/doc/python3-venv
    ;;
test)
    need openssl openssl
    need curl curl
    need wget wget
    need libnss3-tools certutil
    need zbar-tools zbarimg # Reads the QR codes that are drawn.
    need python3 /usr/bin/python3
    need python3-websockets /usr/lib/python3/dist-packages/websockets/__init__.py
    # What `martlet front` stands in front of.
    need python3-waitress /usr/lib/python3/dist-packages/waitress/__init__.py
    need python3-django /usr/lib/python3/dist-packages/django/__init__.py
    # What runs as CGI scripts.
    need php-cgi php-cgi
    need libcgi-pm-perl /usr/share/perl5/CGI.pm
    # Reads what /metrics says.
    need python3-prometheus-client /usr/lib/python3/dist-packages/prometheus_client/__init__.py
    need nginx-light /usr/sbin/nginx
    need redis-server redis-server
    need chromium chromium
    need util-linux setpriv
    need procps ps
    need systemd systemd-analyze
    need libsqlite3-dev /usr/include/sqlite3.h # Examples/notes
    # Who writes password files, and who logs in.
    need apache2-utils htpasswd
    need whois mkpasswd
    need python3-requests /usr/lib/python3/dist-packages/requests/__init__.py
    # What FastCGI and SCGI are spoken with. Debian names php-fpm's program after its version.
    need php-fpm "$(ls /usr/sbin/php-fpm* 2>/dev/null | head -1 || true)"
    need libfcgi-perl /usr/lib/*/perl5/*/FCGI.pm
    need uwsgi-core uwsgi-core
    need uwsgi-plugin-python3 /usr/lib/uwsgi/plugins/python3_plugin.so
    need python3-venv /usr/share/doc/python3-venv
    ;;
traits)
    need libbrotli-dev /usr/include/brotli/encode.h
    need libzstd-dev /usr/include/zstd.h
    need curl curl
    need python3 python3
    ;;
tls)
    need testssl.sh testssl
    need sslscan sslscan
    need wrk wrk
    need iproute2 ss
    need openssl openssl
    need python3 python3
    need python3-venv /usr/share/doc/python3-venv
    ;;
differences) need python3 /usr/bin/python3 ;;
standards)
    need nginx-light /usr/sbin/nginx
    need apache2 /usr/sbin/apache2
    need lighttpd /usr/sbin/lighttpd
    need golang-go /usr/bin/go
    need nodejs /usr/bin/node
    need python3 /usr/bin/python3
    ;;
micro)
    need valgrind valgrind
    need python3 python3
    ;;
bench)
    need openssl openssl
    need curl curl
    need wrk wrk
    need python3 python3
    need util-linux taskset
    ;;
dist)
    need dpkg-dev dpkg-shlibdeps
    need python3 python3
    need curl curl
    need man-db man
    need groff-base groff
    need lintian lintian
    need systemd systemd-analyze
    ;;
deploy)
    need haproxy /usr/sbin/haproxy
    need nginx-light /usr/sbin/nginx
    need systemd systemd-analyze
    need python3 python3
    need python3-yaml /usr/lib/python3/dist-packages/yaml/__init__.py
    ;;
order)
    need valgrind valgrind
    need curl curl
    ;;
reliability)
    need haproxy /usr/sbin/haproxy
    need iproute2 ip
    need logrotate /usr/sbin/logrotate
    need openssl openssl
    need util-linux prlimit
    need python3 python3
    ;;
# What is measured beside Martlet: each by itself, for it can be left out.
bench-nginx) need nginx-light /usr/sbin/nginx ;;
bench-lighttpd)
    need lighttpd /usr/sbin/lighttpd
    need lighttpd-mod-openssl /usr/lib/lighttpd/mod_openssl.so
    ;;
bench-go) need golang-go /usr/bin/go ;;
bench-apache2) need apache2-bin /usr/sbin/apache2 ;;
*)
    echo "usage: scripts/setup.sh build|docs|judges|test|traits|tls|differences|standards|micro|bench[-nginx|-lighttpd|-go|-apache2]|dist|order|deploy|reliability" >&2
    exit 64
    ;;
esac
need git git
need binutils nm
need libssl-dev /usr/include/openssl/ssl.h
need zlib1g-dev /usr/include/zlib.h
need libcrypt-dev /usr/include/crypt.h
need libtomlplusplus-dev /usr/include/toml++/toml.h
need libqrencode-dev /usr/include/qrencode.h
need libc6-dev /usr/include/linux/openat2.h
need libstdc++-12-dev /usr/lib/gcc/x86_64-linux-gnu/12/libstdc++.a
[ "$(uname -m)" = x86_64 ] || missing=$(echo "$missing" | sed 's/ libstdc++-12-dev//')

# What Debian has no longer comes from PyPI, outside the repository.
from_pypi() {
    [ "$1" = test ] || return 0
    flup=${XDG_CACHE_HOME:-$HOME/.cache}/martlet/flup-1.0.3
    [ ! -e "$flup/flup/server/fcgi.py" ] || return 0
    environment=$(mktemp -d)
    /usr/bin/python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --target "$flup" flup==1.0.3
    rm -rf "$environment"
}

if [ -z "$missing" ]; then
    from_pypi "${1:-build}"
    exit 0
fi
if [ "$(id -u)" = 0 ]; then
    sudo=""
elif sudo -n true 2>/dev/null; then
    sudo="sudo"
else
    echo "Some Debian packages are missing. Please run, then try again:" >&2
    echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086 # one word a package
$sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
from_pypi "${1:-build}"
