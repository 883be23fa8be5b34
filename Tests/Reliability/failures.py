#!/usr/bin/env python3
"""What docs/failures.md says of disks, files, clocks and descriptors that fail, tried out with the real program.

Usually run by scripts/check-failures.sh.
"""

import argparse
import contextlib
import email.utils
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time

import load
import network
from replicas import free_port, wait_until

CLONE_NEWNS = 0x20000


def expect(condition, problem):
    if not condition:
        raise AssertionError(problem)


class Server:
    """The program, with its messages in a file."""

    def __init__(self, program, folder, *arguments, prefix=(), **environment):
        self.port = free_port()
        self.errors = folder / "messages"
        command = [*prefix, program, str(folder / "site"), "--port", str(self.port), *map(str, arguments)]
        with open(self.errors, "w") as errors:
            self.process = subprocess.Popen(command, stdout=errors, stderr=errors, env={**os.environ, **environment})
        self.pid = self.process.pid

    def __enter__(self):
        wait_until("the server answers", 20, self.answers)
        return self

    def __exit__(self, problem, *_):
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(20)
        expect(problem or status in (0, -signal.SIGKILL), f"it ended with {status}")

    def answers(self):
        expect(self.process.poll() is None, f"it ended: {self.messages()}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 2).close()
            return True

    def client(self, context=None):
        return load.Client(("127.0.0.1", self.port), context, patience=20)

    def messages(self):
        return self.errors.read_text()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_bytes().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.pid}/status").read_text())[1])


def ask_numbered(client, numbers):
    for number in numbers:
        answer = client.ask("GET", f"/small.txt?{number}")
        expect((answer.status, answer.content) == (200, load.SMALL), f"request {number}: {answer.status}")


def logged(path):
    """The numbers that a log has, each line of which must be whole."""
    found = []
    for line in path.read_bytes().decode().splitlines():
        match = re.fullmatch(r'\S+ - - \[[^\]]+\] "GET /small\.txt\?(\d+) HTTP/1\.1" 200 \d+', line)
        expect(match, f"a broken line: {line!r}")
        found.append(int(match[1]))
    return found


# MARK: Disks and files


def full_disk(program, folder):
    """disk full: the server serves on; lines wait and are written later; what is lost is counted and told"""
    disk = folder / "disk"
    disk.mkdir()
    network.run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk))
    log, filler = disk / "access.log", disk / "filler"
    with Server(program, folder, "--log-file", log, "--threads", 2) as server:
        clients = [server.client() for _ in range(4)]

        def fill():
            with open(filler, "ab", buffering=0) as file, contextlib.suppress(OSError):
                while file.write(bytes(4096)):
                    pass

        def ask(numbers):
            for number in numbers:
                ask_numbered(clients[number % 4], [number])

        ask(range(100))
        fill()
        ask(range(100, 2000))
        expect(len(logged(log)) < 2000, "the disk was not full")
        expect("the access log cannot be written: No space left on device" in server.messages(), server.messages())
        filler.unlink()
        wait_until("the lines are written", 5, lambda: len(logged(log)) == 2000)
        expect(sorted(logged(log)) == list(range(2000)), "lines are lost or doubled")
        expect("lost" not in server.messages(), server.messages())
        # More than what waits in memory, which is 256 KiB for each loop.
        fill()
        ask(range(2000, 14_000))
        filler.unlink()
        wait_until("the loss is told", 5, lambda: "lines are lost" in server.messages())
        time.sleep(0.5)
        lost = sum(map(int, re.findall(r"No space left on device\): (\d+) lines are lost", server.messages())))
        expect(len(set(logged(log))) + lost == 14_000, f"{len(logged(log))} logged, {lost} told as lost")
        expect(len(server.messages().splitlines()) < 12, f"it talks too much:\n{server.messages()}")
        ask(range(14_000, 14_010))
    expect(len(logged(log)) + lost == 14_010, "lines are missing at the end")
    network.run("umount", str(disk))


def read_only_log(program, folder):
    """read-only log file: an error at the start; at SIGUSR1 lines go on where they were"""
    logs = folder / "logs"
    logs.mkdir()
    log = logs / "access.log"
    with Server(program, folder, "--log-file", log) as server:
        client = server.client()
        ask_numbered(client, range(10))
        network.run("mount", "--bind", str(logs), str(logs))
        network.run("mount", "-o", "remount,bind,ro", str(logs))
        server.process.send_signal(signal.SIGUSR1)
        wait_until("it tells", 5, lambda: "a log goes on where it was" in server.messages())
        expect("Read-only file system" in server.messages(), server.messages())
        ask_numbered(client, range(10, 20))
        wait_until("lines go on", 5, lambda: logged(log) == list(range(20)))
        other = Server(program, folder, "--log-file", log)
        expect(other.process.wait(20) == 1, "a server starts whose log cannot be written")
        expect(f"cannot write the log file '{log}': Read-only file system" in other.messages(), other.messages())
        network.run("umount", str(logs))
        server.process.send_signal(signal.SIGUSR1)
        ask_numbered(client, range(20, 30))


def dead_process(program, folder):
    """PID file of a dead process: status says so with 1, start works; one that is held: start changes nothing"""
    home = folder / "home"
    home.mkdir(mode=0o700)
    environment = {**os.environ, "MARTLET_RUN_FOLDER": str(home)}
    port = free_port()

    def martlet(*arguments):
        done = subprocess.run([program, *arguments], env=environment, capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout + done.stderr

    name = f"check-{os.getpid()}"
    start = ("start", str(folder / "site"), "--port", str(port), "--name", name)
    first = None
    try:
        code, text = martlet(*start)
        expect(code == 0, f"it does not start: {text}")
        first = status_pid(martlet("status", name, "--json"))
        code, text = martlet(*start)
        expect((code, "runs already" in text) == (0, True), f"a second start under the same name ends with {code}: {text}")
        expect(status_pid(martlet("status", name, "--json")) == first, "a second start has changed something")
        os.kill(first, signal.SIGKILL)
        wait_until("it has ended", 5, lambda: martlet("status", name)[0] != 0)
        code, text = martlet("status", name)
        expect(code == 1, f"status ends with {code}: {text}")
        code, text = martlet("stop", name)
        code, text = martlet(*start)
        expect(code == 0, f"a start beside the PID file of a dead process ends with {code}: {text}")
        expect(status_pid(martlet("status", name, "--json")) != first, "the status is the dead one's")
    finally:
        martlet("stop", "--now", name)
    expect(martlet("status", name)[0] == 3, "status does not say that it was stopped")


def status_pid(result):
    found = re.search(r'"(?:pid|process)":\s*(\d+)', result[1])
    expect(result[0] == 0 and found, f"status: {result}")
    return int(found[1])


def stale_socket(program, folder):
    """Unix socket of a dead process: it is taken over; of a living one: start fails"""
    path = folder / "socket"
    arguments = ["--bind", f"unix:{path}"]

    def begin():
        command = [program, str(folder / "site"), *arguments]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def answers():
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.connect(str(path))
            client.sendall(b"GET /small.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.1 200 OK")

    first = begin()
    wait_until("it answers", 10, answers)
    second = begin()
    expect(second.wait(20) == 1, "two servers on one socket")
    second.stderr.close()
    expect(answers(), "the first one lost its socket")
    first.kill()
    first.wait()
    first.stderr.close()
    expect(path.exists(), "there is no stale socket to test with")
    third = begin()
    wait_until("it answers in place of the dead one", 10, answers)
    third.terminate()
    expect(third.wait(20) == 0, "it does not end well")
    third.stderr.close()
    expect(not path.exists(), "it leaves its socket behind")


# MARK: Clocks


def clock_jump(program, folder):
    """the clock jumps by an hour: no deadline comes early or late; Date, log and certificates follow"""
    library, clock = folder / "clock.so", folder / "clock"
    source = pathlib.Path(__file__).with_name("clock.c")
    network.run("clang", "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl")
    clock.write_bytes(struct.pack("q", 0))
    log = folder / "clock.log"
    pairs = [make_certificate(folder, number) for number in range(2)]
    chain, key = folder / "chain.pem", folder / "key.pem"

    def use(number):
        for made, used in zip(pairs[number], (chain, key)):
            fresh = used.with_suffix(".new")
            shutil.copy(made, fresh)
            fresh.rename(used)

    use(0)
    arguments = ["--log-file", log, "--tls-cert", chain, "--tls-key", key, "--head-timeout", 4, "--keep-alive-timeout", 60]
    environment = {"LD_PRELOAD": str(library), "CLOCK_FILE": str(clock)}
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with Server(program, folder, *arguments, **environment) as server:
        idle = server.client(context)
        ask_numbered(idle, [0])
        for number, hours in enumerate((1, 0, -1, 0), 1):
            late = context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), 20))
            late.sendall(b"GET / HTTP/1.1\r\n")
            begun = time.monotonic()
            with open(clock, "r+b") as file:
                file.write(struct.pack("q", hours * 3600))
            use(number % 2)
            for _ in range(10):
                answer = idle.ask("GET", f"/small.txt?{number}")
                expect(answer.status == 200, f"status {answer.status} after the jump")
                time.sleep(0.15)
            date = email.utils.parsedate_to_datetime(answer.fields["date"]).timestamp()
            expect(abs(date - time.time() - hours * 3600) < 3, f"Date is off by {date - time.time():.0f} s")
            line = log.read_text().splitlines()[-1]
            stamp = time.mktime(time.strptime(re.search(r"\[([^ ]+)", line)[1], "%d/%b/%Y:%H:%M:%S"))
            expect(abs(stamp - time.time() - hours * 3600) < 3, f"the log's time is off: {line}")
            # The head that does not come has its four seconds, no matter what the clock says.
            octets = late.recv(4096)
            waited = time.monotonic() - begun
            expect(octets.startswith(b"HTTP/1.1 408"), f"not 408: {octets[:60]}")
            expect(3.5 < waited < 8, f"the head had {waited:.1f} s")
            late.close()
            wait_until("the new certificate is used", 20, lambda: served_name(server, context) == f"site{number % 2}.test")
        expect(idle.socket is not None, "the idle connection was closed")


def make_certificate(folder, number):
    paths = folder / f"chain{number}.pem", folder / f"key{number}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         f"/CN=site{number}.test", "-addext", f"subjectAltName=DNS:site{number}.test,DNS:localhost", "-out", paths[0], "-keyout", paths[1]],
        check=True, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return paths


def served_name(server, context):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), 20)) as client:
        der = client.getpeercert(binary_form=True)
        return re.search(rb"site\d\.test", der)[0].decode()


# MARK: Memory and descriptors


def reloads(program, folder):
    """hundreds of reloads: each leaves nothing behind, neither memory nor threads nor descriptors"""
    chain, key = make_certificate(folder, 0)

    def anonymous(pid):
        return int(re.search(r"RssAnon:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])

    with Server(program, folder, "--tls-cert", chain, "--tls-key", key) as server:
        # It says so when it takes signals.
        wait_until("it is ready", 10, lambda: " at https://" in server.messages())

        def reload(times):
            for _ in range(times):
                done = server.messages().count("the configuration was read again")
                server.process.send_signal(signal.SIGHUP)
                wait_until("it is reloaded", 10, lambda: server.messages().count("the configuration was read again") > done)
            time.sleep(0.5)
            return anonymous(server.pid), server.descriptors(), len(os.listdir(f"/proc/{server.pid}/task"))

        before, after = reload(50), reload(200)
        print(f"    KiB, descriptors, threads after 50 reloads: {before}, after 250: {after}", flush=True)
        expect(after[0] < before[0] + 512, "memory grew")
        expect(after[1:] == before[1:], "descriptors or threads are left")



LIMIT = 400
ATTEMPTS = 100_000


def descriptors(program, folder):
    """descriptors run out: others are turned away at once, those inside are served and /livez too; all comes back"""
    arguments = ["--quiet", "--threads", 2, "--keep-alive-timeout", 600, "--admin", admin := free_port()]
    with Server(program, folder, *arguments, prefix=["prlimit", f"--nofile={LIMIT}"]) as server:
        first = server.client()
        ask_numbered(first, [0])
        at_start = server.descriptors()
        held = [first]
        while len(held) < LIMIT:
            client = server.client()
            try:
                ask_numbered(client, [len(held)])
            except (OSError, load.Wrong, AssertionError):
                client.close()
                break
            held.append(client)
        expect(LIMIT / 2 < len(held) < LIMIT * 3 / 4, f"only {len(held)} connections fit")
        print(f"    {len(held)} connections held with {LIMIT} descriptors", flush=True)
        memory, cpu, begun = server.resident(), server.cpu(), time.monotonic()
        turned_away, served = storm(server.port)
        lasted = time.monotonic() - begun
        spent = server.cpu() - cpu
        for client in held:
            ask_numbered(client, [1])
        complaints = server.messages().count("descriptors run out") + server.messages().count("Too many open files")
        print(f"    {turned_away} turned away and {served} served in {lasted:.0f} s, {spent / ATTEMPTS * 1e6:.0f} us of CPU time each; "
              f"{complaints} complaints; memory {memory} -> {server.resident()} KiB", flush=True)  # fmt: skip
        expect(turned_away + served == ATTEMPTS, "some were left waiting")
        expect(turned_away > ATTEMPTS / 2, "descriptors did not run out")
        expect(0 < complaints <= 2 * (lasted + 2), f"{complaints} complaints in {lasted:.0f} s")
        expect(server.resident() < memory * 1.1 + 1024, "memory grew")
        alive = load.Client(("127.0.0.1", admin)).ask("GET", "/livez", keeps=False).status
        expect(alive == 200, f"/livez says {alive}")
        # A connection that waits must not keep the loop busy.
        waiting = [socket.create_connection(("127.0.0.1", server.port), 5) for _ in range(20)]
        time.sleep(0.5)
        cpu = server.cpu()
        time.sleep(2)
        expect(server.cpu() - cpu < 0.3, f"{server.cpu() - cpu:.2f} s of CPU time while nothing happens")
        for client in held[1:] + waiting:
            client.close()
        ask_numbered(first, [2])
        wait_until("descriptors come back", 5, lambda: server.descriptors() <= at_start + 1)
        ask_numbered(server.client(), range(3, 10))


def storm(port):
    """Connections one after the other, by several at once; how many were turned away, and how many served."""
    counts = []

    def work():
        turned_away = served = 0
        for _ in range(ATTEMPTS // 4):
            octets = b""
            with socket.socket() as client, contextlib.suppress(ConnectionError):
                client.settimeout(20)
                client.connect(("127.0.0.1", port))
                client.sendall(b"GET /small.txt HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                octets = client.recv(4096)
            if octets.startswith(b"HTTP/1.1 200 OK"):
                served += 1
            elif not octets or octets.startswith(b"HTTP/1.1 503"):
                turned_away += 1
        counts.append((turned_away, served))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(count[0] for count in counts), sum(count[1] for count in counts)


CASES = (full_disk, read_only_log, dead_process, stale_socket, clock_jump, reloads, descriptors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("--case", action="append", choices=[case.__name__ for case in CASES])
    given = parser.parse_args()
    network.need_root("failures")
    network.end_in_order()
    os.environ["TZ"] = "UTC"
    # Mounts that only this process and its children see.
    if network.libc.unshare(CLONE_NEWNS) != 0:
        sys.exit("failures: no mount namespace can be made")
    network.run("mount", "--make-rprivate", "/")
    failed = []
    for case in CASES:
        if given.case and case.__name__ not in given.case:
            continue
        with tempfile.TemporaryDirectory(prefix="martlet-failures-") as name:
            folder = pathlib.Path(name)
            load.write_site(folder / "site")
            try:
                case(given.program, folder)
                print(f"ok: {case.__doc__}", flush=True)
            except (AssertionError, OSError, load.Wrong, subprocess.SubprocessError) as problem:
                failed.append(case.__name__)
                print(f"FAILED: {case.__doc__}:\n    {type(problem).__name__}: {problem}", flush=True)
            for mounted in ("disk", "logs"):
                if os.path.ismount(folder / mounted):
                    subprocess.run(["umount", "--lazy", str(folder / mounted)], check=False)
    if failed:
        sys.exit(f"failures: {', '.join(failed)}")
    print("failures: all end as documented")


if __name__ == "__main__":
    main()
