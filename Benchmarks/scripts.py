"""What a program for each request costs: CGI scripts. Functions as those of scale.py."""

import contextlib
import dataclasses
import os
import pathlib
import shutil
import statistics
import subprocess

import peers
import processes
import rounds
from rounds import spread
from scale import result, target
from wrk import load

#: More at once only makes more of them wait.
CONNECTIONS = 8


class Apache(peers.Peer):
    """The event MPM with mod_cgid, whose processes are started by a small one beside the server."""

    name = "Apache"

    @classmethod
    def prepare(cls):
        peers._install("apache2")

    def version(self):
        words = peers._first_line([peers._system_program("apache2"), "-v"]).split("/")
        return f"Apache {words[1].split()[0]}"


def cgi(rivals, works, root, setting):
    """A CGI script in C that prints a header and a line: requests a second, all processes on one CPU"""
    folder = root / "cgi-bin"
    folder.mkdir()
    shutil.copy(peers.compile_c("script.c"), folder / "hello")
    work = dataclasses.replace(works["hello"], path="/cgi-bin/hello", connections=CONNECTIONS)
    commands = {"martlet": lambda port: rivals["martlet"].handlers(port)}
    names = {"martlet": rivals["martlet"].name}
    if "lighttpd" in rivals:
        commands["lighttpd"] = lambda port: _lighttpd(rivals["lighttpd"], port)
        names["lighttpd"] = "lighttpd, mod_cgi"
    with contextlib.suppress(peers.Unavailable):
        Apache.prepare()
        apache = Apache(rivals["martlet"].folder.parent, root)
        commands["apache"] = lambda port: _apache(apache, port)
        names["apache"] = f"{apache.version()}, mod_cgid"
    with contextlib.ExitStack() as stack:
        loads = {}
        for name, command in commands.items():
            port = processes.free_port()
            server = peers.start_command(command(port), port, [setting.server_cpu], work.path)
            stack.enter_context(server)
            work.check(port)
            loads[name] = lambda server=server: load(server, work, setting.seconds, [setting.client_cpu])
        names["bare"] = "none: a C program starts it and reads"
        loads["bare"] = lambda: _bare(folder / "hello", setting)
        for ask in loads.values():
            ask()  # Warms caches; not counted.
        samples = rounds.in_turns(loads, setting.rounds)
    rates = {name: [sample["per_second"] for sample in values] for name, values in samples.items()}
    rows = [[names[name], spread(values, "{:,.0f}")] for name, values in rates.items()]
    own = statistics.median(rates["martlet"])
    targets = [target("a CGI request, on one CPU", 1000 / own, 5, " ms")]
    if others := [values for name, values in rates.items() if name not in ("martlet", "bare")]:
        fastest = max(others, key=statistics.median)
        ratios = [its / mine for its, mine in zip(fastest, rates["martlet"], strict=True)]
        targets.append(target("CGI: the faster of the others' rates against Martlet's", statistics.median(ratios), 1 / 1.5))
    return result("CGI scripts", ["server", "requests/s on one CPU"], rows, targets, samples)


def _bare(script, setting):
    command = ["taskset", "-c", str(setting.server_cpu), peers.compile_c("spawn.c"), script, str(setting.seconds)]
    return {"per_second": float(subprocess.check_output(command))}


def _lighttpd(peer, port):
    return [peers._system_program("lighttpd"), "-D", "-f", str(peers._fill(peer, "lighttpd-cgi.conf", port))]


def _apache(peer, port):
    for name in ("cgid.sock", "error.log"):
        (peer.folder / name).unlink(missing_ok=True)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    modules = pathlib.Path("/usr/lib/apache2/modules")
    path = peers._fill(peer, "apache.conf", port, user=user, modules=modules)
    return [peers._system_program("apache2"), "-D", "FOREGROUND", "-f", str(path)]


ALL = {"cgi": cgi}
