"""Starts Martlet and its peers, each with the same folder, on free ports."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

HERE = pathlib.Path(__file__).parent
PEERS = ["nginx", "apache", "lighttpd", "go", "node", "python"]
TITLES = {"nginx": "nginx", "apache": "Apache", "lighttpd": "lighttpd", "go": "Go", "node": "Node", "python": "Python"}
PROGRAMS = {
    "nginx": "/usr/sbin/nginx",
    "apache": "/usr/sbin/apache2",
    "lighttpd": "/usr/sbin/lighttpd",
    "go": "/usr/bin/go",
    "node": "/usr/bin/node",
    "python": "/usr/bin/python3",
}
VERSION = {
    "nginx": ["-v"], "apache": ["-v"], "lighttpd": ["-v"], "go": ["version"], "node": ["--version"],
    "python": ["--version"],
}
# 2020-01-01, and a time that has not come.
PAST, FUTURE = 1577836800, 4102444800
FILES = {
    "index.html": "<!DOCTYPE html><title>The page</title>\n",
    "hello.txt": "hello\n",
    "digits.txt": "0123456789",
    "empty.txt": "",
    "probe.txt": "the probe\n",
    "a b.txt": "a space\n",
    "%41.txt": "a percent sign\n",
    "future.txt": "from the future\n",
    "long.txt": "0123456789" * 1000,
    "folder/index.html": "a folder\n",
    "bare/file.txt": "a folder without a page\n",
}


def make_site(folder):
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        when = FUTURE if name == "future.txt" else PAST
        os.utime(path, (when, when))
    (folder.parent / "outside.txt").write_text("outside of the site\n")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Running:
    """A server's process group, and its port."""

    def __init__(self, command, port, work):
        self.port = port
        with open(work / "server.log", "wb") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=work, start_new_session=True
            )
        self.wait()

    def wait(self):
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        raise SystemExit(f"{self.process.args[0]} does not listen on port {self.port}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(5)
        except (subprocess.TimeoutExpired, ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_martlet(program, site, work):
    work.mkdir()
    port = free_port()
    return Running([str(pathlib.Path(program).resolve()), str(port), str(site)], port, work)


def start_peer(name, site, work):
    work.mkdir()
    port = free_port()
    program = PROGRAMS[name]
    if name in ("nginx", "apache", "lighttpd"):
        for script in ("echo.cgi", "deaf.cgi"):
            shutil.copy(HERE / "peers" / script, work / script)
            (work / script).chmod(0o755)
        text = (HERE / "peers" / f"{name}.conf").read_text()
        for key, value in {"WORK": work, "SITE": site, "PORT": port}.items():
            text = text.replace(f"@{key}@", str(value))
        (work / "server.conf").write_text(text)
        configuration = str(work / "server.conf")
        command = {
            "nginx": [program, "-p", str(work), "-c", configuration],
            "apache": [program, "-f", configuration, "-DFOREGROUND"],
            "lighttpd": [program, "-D", "-f", configuration],
        }[name]
    elif name == "go":
        environment = {**os.environ, "GOCACHE": str(work / "cache"), "GO111MODULE": "off"}
        built = work / "server"
        subprocess.run([program, "build", "-o", built, HERE / "peers/server.go"], check=True, env=environment, cwd=work)
        command = [str(built), str(port), str(site)]
    else:
        script = HERE / "peers" / ("server.mjs" if name == "node" else "server.py")
        command = [program, str(script), str(port), str(site)]
    return Running(command, port, work)


def version(name):
    run = subprocess.run([PROGRAMS[name], *VERSION[name]], capture_output=True, text=True)
    for word in (run.stdout + run.stderr).replace("/", " ").split():
        digits = word.removeprefix("go").removeprefix("v")
        if digits[:1].isdigit():
            return digits
    return "?"


def missing():
    return [name for name in PEERS if not os.path.exists(PROGRAMS[name])]
