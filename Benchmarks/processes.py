"""What the system tells of a server: CPU time, memory, descriptors. And how to start and end one."""

import dataclasses
import os
import signal
import socket
import ssl
import subprocess
import time


@dataclasses.dataclass(frozen=True)
class CPUTime:
    """Seconds of CPU time."""

    user: float
    system: float

    @property
    def total(self):
        return self.user + self.system


@dataclasses.dataclass(frozen=True)
class CPUClock:
    """What the CPU clocks of a process and its descendants show."""

    #: To the nanosecond; and the parts in user code and in the kernel, counted in ticks.
    total: float
    user: int
    system: int

    def __sub__(self, earlier):
        """The time between two readings. The parts are as the ticks say."""
        user, system = self.user - earlier.user, self.system - earlier.system
        share = user / (user + system) if user + system else 0
        total = self.total - earlier.total
        return CPUTime(total * share, total * (1 - share))


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
    """Of the process with its threads, those that ended included, and its descendants."""
    total = user = system = 0
    for each in tree(pid):
        try:
            total += time.clock_gettime_ns(~each << 3 | 2)  # As clock_getcpuclockid(3) makes it.
        except OSError:
            continue  # It is gone.
        if fields := _stat(each):
            user += int(fields[11])
            system += int(fields[12])
    return CPUClock(total / 1e9, user, system)


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


def first_answer(port, path, within=10.0, secure=False):
    """Tries until a request is answered; the first octets of the answer."""
    context = ssl._create_unverified_context() if secure else None
    deadline = time.monotonic() + within
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=within) as connection:
                if context:
                    connection = context.wrap_socket(connection)
                connection.sendall(request)
                if answer := connection.recv(4096):
                    return answer
        except (ConnectionRefusedError, ConnectionResetError):
            time.sleep(0.0002)
    raise TimeoutError(f"nothing answers at port {port}")


class Server:
    """A server process: started on some CPUs, ended with the `with` block."""

    def __init__(self, command, port, cpus=None, path="/", secure=False):
        self.port = port
        self.path = path
        self.secure = secure
        # Before the program begins: no other process stands between, whose time would count.
        pin = (lambda: os.sched_setaffinity(0, cpus)) if cpus else None
        self.process = subprocess.Popen(
            command, preexec_fn=pin, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self.pid = self.process.pid
        self.output = ""

    def wait_until_it_answers(self):
        try:
            return first_answer(self.port, self.path, secure=self.secure)
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
