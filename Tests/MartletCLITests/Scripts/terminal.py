"""Runs a program on a terminal of its own, lets it print for as long as it has something to say, ends it with Ctrl-C.

Usage: terminal.py LINES PROGRAM [ARGUMENT...]; prints what the terminal showed up to so many lines, and the exit code.
"""

import os
import pty
import select
import sys

lines = int(sys.argv[1])
process, terminal = pty.fork()
if process == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while shown.count(b"\n") < lines:
    ready, _, _ = select.select([terminal], [], [], 20)
    if not ready:
        sys.exit(f"only {shown!r} after 20 s")
    try:
        shown += os.read(terminal, 65536)
    except OSError:
        break
os.write(terminal, b"\x03")
_, status = os.waitpid(process, 0)
sys.stdout.write(shown.decode().replace("\r\n", "\n"))
print(f"exit {os.waitstatus_to_exitcode(status)}")
