"""What /proc tells of a server: CPU time, memory, descriptors. And how to start and end one."""

import dataclasses
import os
import signal
import socket
import subprocess
import time

TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class CPUTime:
    """Seconds of CPU time."""

    user: float
    system: float

    def __sub__(self, earlier):
        return CPUTime(self.user - earlier.user, self.system - earlier.system)


def _stat(pid):
    """The fields of /proc/PID/stat after the name, which may hold spaces; None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def tree(pid):
    """The process and all its descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(name)):
            parents[int(name)] = int(fields[1])
    found = [pid]
    for parent in found:
        found += [child for child, its in parents.items() if its == parent]
    return found


def cpu_time(pid):
    """Of the process with its threads, its descendants, and those that it has waited for."""
    user = system = 0
    for each in tree(pid):
        if fields := _stat(each):
            user += int(fields[11]) + int(fields[13])
            system += int(fields[12]) + int(fields[14])
    return CPUTime(user * TICK, system * TICK)


def memory(pid):
    """Octets resident, summed over the process and its descendants: (all, without pages of files)."""
    sums = {"VmRSS:": 0, "RssAnon:": 0}
    for each in tree(pid):
        with open(f"/proc/{each}/status") as file:
            for line in file:
                words = line.split()
                if words[0] in sums:
                    sums[words[0]] += int(words[1]) * 1024
    return sums["VmRSS:"], sums["RssAnon:"]


def descriptors(pid):
    """Open descriptors of one process."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def first_answer(port, path, within=10.0):
    """Tries until a request is answered; the first octets of the answer."""
    deadline = time.monotonic() + within
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
                connection.sendall(request)
                if answer := connection.recv(4096):
                    return answer
        except (ConnectionRefusedError, ConnectionResetError):
            time.sleep(0.0002)
    raise TimeoutError(f"nothing answers at port {port}")


class Server:
    """A server process: started on one CPU, ended with the `with` block."""

    def __init__(self, command, port, cpu=None, path="/"):
        self.port = port
        self.path = path
        # CPU before the program begins: no other process stands between, whose time would count.
        pin = (lambda: os.sched_setaffinity(0, {cpu})) if cpu is not None else None
        self.process = subprocess.Popen(
            command, preexec_fn=pin, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self.pid = self.process.pid
        self.output = ""

    def wait_until_it_answers(self):
        try:
            return first_answer(self.port, self.path)
        except TimeoutError:
            self.stop()
            raise TimeoutError(f"no answer: {self.output}") from None

    def stop(self):
        """Asks the process to end, then its whole tree by force."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                for pid in reversed(tree(self.pid)):
                    os.kill(pid, signal.SIGKILL)
                self.process.wait(timeout=5)
        if not self.process.stderr.closed:
            self.output = self.process.stderr.read().decode(errors="replace")
            self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
