#!/usr/bin/env python3
"""CHANGELOG.md as Debian's packages have it: scripts/debian-changelog.py PACKAGE VERSION MAINTAINER <CHANGELOG.md
The latest version, which need not have a date yet, gets the one of SOURCE_DATE_EPOCH."""
import email.utils
import os
import re
import sys
import textwrap
import time

package, version, maintainer = sys.argv[1:]
date = email.utils.formatdate(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
latest = re.split(r"^## ", sys.stdin.read(), flags=re.M)[1]
points = re.findall(r"^- (.*(?:\n  .*)*)", latest, re.M)
print(f"{package} ({version}) unstable; urgency=medium\n")
for point in points:
    print(textwrap.fill(" ".join(point.split()), 78, initial_indent="  * ", subsequent_indent="    "))
print(f"\n -- {maintainer}  {date}")
