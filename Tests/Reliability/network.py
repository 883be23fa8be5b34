"""Network namespaces: a balancer and its servers, each a host of its own. All are gone when the program ends."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys

#: Addresses inside the namespaces; nobody outside sees them.
PREFIX = "10.77.0."
CLONE_NEWNET = 0x40000000
PR_SET_CHILD_SUBREAPER = 36

libc = ctypes.CDLL(None, use_errno=True)


def need_root(what):
    """Ends with 77, which stands for a test that was left out."""
    if os.geteuid() != 0:
        print(f"{what}: left out: it makes network namespaces and mounts, which needs root.")
        sys.exit(77)


def adopt_orphans():
    """Whoever's parent ends becomes a child of this process: successors can be waited for."""
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_in_order():
    """A signal to end undoes what was made, as an error does."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def network(count):
    """A namespace with a bridge, which this process enters, and `count` more at its ports: yields their hosts."""
    name = f"martlet-{os.getpid()}"
    made = []
    own = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        made.append(f"{name}-b")
        run("ip", "netns", "add", made[0])
        enter(f"/run/netns/{made[0]}")
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "bridge", "type", "bridge")
        run("ip", "addr", "add", f"{PREFIX}1/24", "dev", "bridge")
        run("ip", "link", "set", "bridge", "up")
        hosts = []
        for number in range(1, count + 1):
            host = Host(f"{name}-{number}", f"port{number}", f"{PREFIX}{10 + number}")
            made.append(host.namespace)
            host.make()
            hosts.append(host)
        yield hosts
    finally:
        if libc.setns(own, CLONE_NEWNET) == 0:
            for each in made:
                subprocess.run(["ip", "netns", "del", each], check=False)
        os.close(own)


def enter(path):
    """Has this thread, and those that it starts, live in a namespace."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(fd)


class Host:
    """A namespace at a port of the bridge."""

    def __init__(self, namespace, port, address):
        self.namespace = namespace
        self.port = port
        self.address = address

    def make(self):
        run("ip", "netns", "add", self.namespace)
        run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "eth0", "netns", self.namespace)
        run("ip", "-n", self.namespace, "link", "set", "lo", "up")
        run("ip", "-n", self.namespace, "addr", "add", f"{self.address}/24", "dev", "eth0")
        run("ip", "-n", self.namespace, "link", "set", "eth0", "up")
        run("ip", "link", "set", self.port, "master", "bridge", "up")

    def command(self, command):
        """A command as it is run on this host."""
        return ["ip", "netns", "exec", self.namespace, *command]

    def cut_off(self):
        run("ip", "link", "set", self.port, "down")

    def connect(self):
        run("ip", "link", "set", self.port, "up")
