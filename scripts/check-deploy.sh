#!/bin/bash
# Whether what deploy/ holds is what its engines take: haproxy, nginx and systemd read their files themselves; what nothing
# in Debian reads is looked through by check-deploy.py. Every flag and variable named there must be one that martlet has.
#
#   scripts/check-deploy.sh [PROGRAM]     default: the debug build's martlet, built if need be
set -euo pipefail
cd "$(dirname "$0")/.."
program=${1:-}
if [ -z "$program" ]; then
    swift build --product martlet >&2
    program=$(swift build --show-bin-path)/martlet
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$PATH:/usr/sbin

# silent COMMAND...: it must succeed, and say nothing but "valid".
silent() {
    local said
    if ! said=$("$@" 2>&1) || grep -qiE 'warn|alert|error|emerg|unknown|ignor' <<<"$said"; then
        printf '%s says:\n%s\n' "$1" "$said" >&2
        return 1
    fi
}

silent haproxy -c -f deploy/haproxy/haproxy.cfg
echo "haproxy takes its file."

# Its own log and process id go elsewhere: it need not be root, and nothing runs.
silent nginx -t -p "$work" -e "$work/error.log" -c "$PWD/deploy/nginx/nginx.conf" -g "pid $work/pid;"
echo "nginx takes its file."

# The program need not be installed. An instance's file stands for the template, whose name is no unit's.
for port in 8001 8002; do
    sed 's,^ExecStart=/usr/bin/martlet ,ExecStart=/bin/true ,' 'deploy/systemd/martlet@.service' >"$work/martlet@$port.service"
done
cp deploy/systemd/martlet.target "$work"
said=$(systemd-analyze verify "$work"/martlet@*.service "$work/martlet.target" 2>&1) || { echo "$said" >&2; exit 1; }
[ -z "$said" ] || { echo "systemd-analyze verify says: $said" >&2; exit 1; }
systemd-analyze security --offline=yes --threshold=19 --no-pager "$work/martlet@8001.service" >"$work/exposure" || {
    grep -E '^(✗|→)' "$work/exposure" >&2
    exit 1
}
echo "systemd takes its units;$(sed -n 's/.*Overall exposure level for .*: \([0-9.]*\).*/ exposure \1/p' "$work/exposure") of 10, less than 2."

"$program" --experimental-dump-help >"$work/help.json"
python3 scripts/check-deploy.py "$work/help.json"
