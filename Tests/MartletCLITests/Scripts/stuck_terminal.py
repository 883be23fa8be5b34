"""Runs a server whose log goes to a terminal that nobody reads; it must serve and stop all the same.

Usage: stuck_terminal.py PROGRAM ARGUMENT...; the program prints its URL on its first line of standard output.
Prints "ok" and the exit code.
"""

import http.client
import os
import pty
import re
import signal
import subprocess
import sys

master, slave = pty.openpty()
server = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=slave)
address = re.search(rb"http://([^/]+)/", server.stdout.readline()).group(1).decode()
client = http.client.HTTPConnection(address, timeout=20)
# A terminal holds a few thousand octets; this is some hundred thousand.
for number in range(5000):
    client.request("GET", f"/nosuch?{number}")
    client.getresponse().read()
server.send_signal(signal.SIGTERM)
print("ok", server.wait(timeout=20))
