"""Servers as they are run beside each other: started, signalled, followed through their successors."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time


def wait_until(what, seconds, is_so):
    """Waits for something that others bring about."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Replica:
    """A martlet and, after an upgrade, its successors. `host` is where it runs; None: here."""

    def __init__(self, program, folder, arguments, address, port, admin, host=None):
        self.address, self.port, self.admin, self.host = address, port, admin, host
        command = [program, str(folder), "--bind", address, "--port", str(port), "--admin", f"{address}:{admin}"]
        self.command = command + arguments
        self.name = host.namespace.rpartition("-")[2] if host else "1"
        self.process = None
        #: Those that gave way to a successor and may still finish something.
        self.ending = []

    def start(self):
        command = self.host.command(self.command) if self.host else self.command
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid
        self.wait_until_ready()

    def wait_until_ready(self):
        wait_until(f"{self.name} is ready", 30, lambda: self.readiness() == 200)

    def readiness(self):
        """The status of /readyz; None when nobody answers."""
        connection = http.client.HTTPConnection(self.address, self.admin, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def send(self, number):
        os.kill(self.process, number)

    def stop(self, number=signal.SIGTERM):
        """Ends it; its exit status."""
        self.send(number)
        return self.wait()

    def wait(self):
        ended = []

        def has_ended():
            # A successor is its predecessor's child until that ends, some seconds after it.
            with contextlib.suppress(ChildProcessError):
                done, status = os.waitpid(self.process, os.WNOHANG)
                if done:
                    ended.append(os.waitstatus_to_exitcode(status))
            return bool(ended)

        wait_until(f"{self.name} ends", 60, has_ended)
        self.process = None
        return ended[0]

    def upgrade(self):
        """Has a successor take its place: returns when that serves. This process must adopt orphans."""
        old = self.process
        adopted = set(children(os.getpid()))
        self.send(signal.SIGUSR2)

        def successors():
            # One whose parent has ended already is a child of this process.
            return children(old) or list(set(children(os.getpid())) - adopted - {old, *self.ending})

        wait_until("a successor is there", 30, successors)
        self.process = successors()[0]
        self.ending.append(old)
        # It steps back once its successor serves: it no longer has the socket that listens.
        wait_until("the successor serves", 30, lambda: not listens(old))
        self.reap()

    def reap(self):
        """Takes leave of predecessors that have ended."""
        for each in list(self.ending):
            try:
                done, status = os.waitpid(each, os.WNOHANG)
            except ChildProcessError:
                continue  # Its parent, a predecessor too, has not ended yet.
            if done:
                self.ending.remove(each)
                if status != 0:
                    raise RuntimeError(f"a predecessor ended with {os.waitstatus_to_exitcode(status)}")

    def reload(self):
        before = generation(self.process)
        self.send(signal.SIGHUP)
        wait_until("a new generation serves", 30, lambda: generation(self.process) != before)

    def end(self):
        """Whatever happened before, nothing is left."""
        for each in [*self.ending, *([self.process] if self.process else [])]:
            try:
                os.kill(each, signal.SIGKILL)
                os.waitpid(each, 0)
            except (ProcessLookupError, ChildProcessError):
                pass


def children(pid):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == pid:
                found.append(int(name))
    return found


def listens(pid):
    """Whether a process has a TCP socket that listens."""
    try:
        with open(f"/proc/{pid}/net/tcp") as file:
            listening = {line.split()[9] for line in file.readlines()[1:] if line.split()[3] == "0A"}
        return any(inode in listening for inode in sockets(pid))
    except (FileNotFoundError, ProcessLookupError):
        return False


def sockets(pid):
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            target = os.readlink(f"/proc/{pid}/fd/{name}")
        except FileNotFoundError:
            continue
        if target.startswith("socket:["):
            yield target[8:-1]


def generation(pid):
    """The threads that serve: a reload makes others."""
    return sorted(os.listdir(f"/proc/{pid}/task"), key=int)[-1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
