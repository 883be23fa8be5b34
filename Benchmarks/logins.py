"""What wrong passwords cost those who are let in. Functions as those of scale.py."""

import base64
import contextlib
import http.client
import itertools
import math
import statistics
import subprocess
import sys
import threading
import time

import peers
import processes
import rounds
from rounds import spread
from scale import result, target

#: "right", by bcrypt at cost 10.
HASH = "$2b$10$KBJubj93fABSoU4IsZwsyuv1MvPopRr.jbXlIOCL/YoEIIL8HJeiK"
#: Wrong passwords a second, as the attack tries them.
WRONG = 50
#: Requests a second of the one who is let in.
PACE = 200
#: Seconds of a round: fewer hold too few requests for a 99th percentile.
LENGTH = 5

ATTACKS = {
    "nobody": "alone",
    "one": f"beside {WRONG} wrong passwords a second from one address",
    "many": f"beside {WRONG} wrong passwords a second, each from another address",
}


def credentials(password):
    return {"Authorization": "Basic " + base64.b64encode(f"alice:{password}".encode()).decode()}


def logins(rivals, works, root, setting):
    """Requests with the right password beside wrong ones (bcrypt at cost 10)"""
    martlet = rivals["martlet"]
    users = martlet.folder / "users"
    users.write_text(f"alice:{HASH}\n")
    port = processes.free_port()
    command = [*martlet.files(port, workers=2), "--auth-file", str(users)]
    samples = {name: [] for name in ATTACKS}
    # One that wrong passwords were tried on remembers the peer: each round has a server of its own.
    for _ in range(setting.rounds):
        for name in ATTACKS:
            with peers.start_command(command, port, setting.both_cpus, "/file1k.html") as server:
                samples[name].append(one_round(server, name))
    rows = []
    for name, label in ATTACKS.items():
        answers = sorted(samples[name][0]["wrong"].items())
        rows.append(
            [
                label,
                *(spread([sample[key] for sample in samples[name]], "{:.2f}") for key in ("p50", "p99")),
                ", ".join(f"{status}: {count}" for status, count in answers) or "-",
            ]
        )
    more = statistics.median(
        its["p99"] - mine["p99"] for its, mine in zip(samples["one"], samples["nobody"], strict=True)
    )
    targets = [target(f"99th percentile of others' requests beside {WRONG} wrong passwords a second: more", more, 1, " ms")]
    columns = ["requests", "median, ms", "99th percentile, ms", "answers to the wrong ones, in a round"]
    return result("Wrong passwords", columns, rows, targets, samples)


def one_round(server, attack):
    statuses = {}
    attacker = None
    if attack != "nobody":
        # A process of its own: here its work would be measured, too.
        attacker = subprocess.Popen([sys.executable, __file__, str(server.port), attack], stdout=subprocess.PIPE)
        attacker.stdout.readline()
    times = ask_paced(server.port)
    if attacker:
        for line in attacker.communicate(timeout=60)[0].decode().split():
            statuses[line] = statuses.get(line, 0) + 1
    return {"p50": percentile(times, 50), "p99": percentile(times, 99), "wrong": statuses}


def ask_paced(port):
    """How long each of the answers took, in ms. One that is late takes nothing of the next one's time."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    fields = credentials("right")
    times = []

    def ask():
        connection.request("GET", "/file1k.html", headers=fields)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise ValueError(f"the right password is answered {answer.status}")

    ask()  # The password is looked up; not counted.
    start = time.perf_counter()
    for number in range(PACE * LENGTH):
        due = start + number / PACE
        with contextlib.suppress(ValueError):
            time.sleep(due - time.perf_counter())
        began = time.perf_counter()
        ask()
        times.append((time.perf_counter() - began) * 1000)
    connection.close()
    return times


def percentile(values, percent):
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]


def attack(port, kind):
    """Tries wrong passwords for as long as a round takes, each on a thread of its own, and prints the answers."""

    def attempt(number):
        source = f"127.0.1.{number % 250 + 1}" if kind == "many" else "127.0.0.2"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
        try:
            connection.request("GET", "/file1k.html", headers=credentials(f"wrong{number}"))
            print(connection.getresponse().status, flush=True)
        except OSError as error:
            print(type(error).__name__, flush=True)
        connection.close()

    print("ready", flush=True)
    start = time.perf_counter()
    threads = []
    for number in itertools.count():
        due = number / WRONG
        if due > LENGTH:
            break
        time.sleep(max(0, start + due - time.perf_counter()))
        threads.append(threading.Thread(target=attempt, args=(number,)))
        threads[-1].start()
    for thread in threads:
        thread.join()


ALL = {"logins": logins}

if __name__ == "__main__":
    attack(int(sys.argv[1]), sys.argv[2])
