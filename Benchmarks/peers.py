"""The servers that are compared, and how each is started for a work."""

import getpass
import os
import pathlib
import re
import shutil
import string
import subprocess

from processes import Server, free_port

HERE = pathlib.Path(__file__).resolve().parent
#: Where peers are built.
BUILT = HERE.parent / ".build" / "peers"


def binary_folder():
    """Where `swift build -c release` puts programs; $BIN says otherwise."""
    if folder := os.environ.get("BIN"):
        return pathlib.Path(folder)
    return HERE.parent / ".build" / "release"


class Unavailable(Exception):
    """Why a peer is left out."""


class Peer:
    name = ""
    #: Whether thousands of idle connections can be asked of it.
    keeps_many = True

    def __init__(self, folder, root):
        self.folder = folder / type(self).__name__.lower()
        self.folder.mkdir(exist_ok=True)
        self.root = root

    @classmethod
    def prepare(cls):
        """Installs or builds what is missing; raises `Unavailable`."""

    def command(self, work, port, workers=1):
        raise NotImplementedError

    def version(self):
        return self.name


class Martlet(Peer):
    name = "Martlet"

    def hello(self, port, workers=1):
        return [str(binary_folder() / "hello"), str(port), str(workers)]

    def handlers(self, port, routes=0):
        return [str(binary_folder() / "handlers"), str(port), str(self.root), str(routes)]

    def files(self, port, logs=False, workers=1, secure=False):
        log = ["--log-file", str(self.folder / "access.log")] if logs else []
        tls = ["--tls-cert", str(certificate(self.folder.parent))] if secure else []
        return [str(binary_folder() / "martlet"), str(self.root), "-q", "-p", str(port), "--bind", "127.0.0.1",
                "--threads", str(workers), *log, *tls]  # fmt: skip

    def front(self, port, backend):
        return [str(binary_folder() / "martlet"), "front", "--to", f"http://127.0.0.1:{backend}", "-q", "-p", str(port),
                "--bind", "127.0.0.1", "--threads", "1"]  # fmt: skip

    def command(self, work, port, workers=1):
        if work.handlers:
            return self.handlers(port)
        return self.hello(port, workers) if work.is_hello else self.files(port, work.logs, workers, work.secure)

    def version(self):
        return _first_line([str(binary_folder() / "martlet"), "--version"])


class Limit(Peer):
    """What writes a canned answer and parses nothing: limit.c."""

    name = "limit"

    @classmethod
    def prepare(cls):
        compile_c("limit.c")

    def command(self, work, port, workers=1):
        return [str(BUILT / "limit"), str(port)] + (["close"] if work.closes else [])

    def version(self):
        return "limit: Benchmarks/limit.c"


class Nginx(Peer):
    name = "nginx"

    @classmethod
    def prepare(cls):
        _install("nginx")

    def command(self, work, port, workers=1):
        user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
        log = self.folder / "access.log" if work.logs else "off"
        backend = work.backend or 1
        tls = f"ssl; ssl_certificate {certificate(self.folder.parent)}; ssl_certificate_key {certificate(self.folder.parent)}"
        path = _fill(self, "nginx.conf", port, user=user, workers=workers, access_log=log, backend=backend,
                     ssl=tls if work.secure else "")  # fmt: skip
        return [_system_program("nginx"), "-p", str(self.folder), "-c", str(path)]

    def version(self):
        text = subprocess.run([_system_program("nginx"), "-v"], capture_output=True, text=True, timeout=10).stderr
        return re.sub(r".*nginx/", "nginx ", text.strip())


class Lighttpd(Peer):
    name = "lighttpd"

    @classmethod
    def prepare(cls):
        _install("lighttpd")

    def command(self, work, port, workers=1):
        log = self.folder / "access.log" if work.logs else ""
        tls = f'server.modules += ("mod_openssl")\nssl.engine = "enable"\nssl.pemfile = "{certificate(self.folder.parent)}"'
        path = _fill(self, "lighttpd.conf", port, access_log=log, ssl=tls if work.secure else "")
        return [_system_program("lighttpd"), "-D", "-f", str(path)]

    def version(self):
        return _first_line([_system_program("lighttpd"), "-v"]).split(" (")[0].replace("/", " ")


class Go(Peer):
    name = "Go"

    @classmethod
    def prepare(cls):
        _install("go")
        environment = {**os.environ, "GO111MODULE": "off", "GOCACHE": str(BUILT / "go-cache")}
        _build(["go", "build", "-o", str(BUILT / "go"), str(HERE / "peers" / "main.go")], environment)

    def command(self, work, port, workers=1):
        return ["env", f"GOMAXPROCS={workers}", str(BUILT / "go"), str(port), str(self.root)]

    def version(self):
        return "Go net/http " + _first_line(["go", "version"]).split()[2].removeprefix("go")


class SwiftPeer(Peer):
    """Built as scripts/release.sh builds Martlet."""

    product = ""
    repository = ""
    flags = ("--static-swift-stdlib",)

    @classmethod
    def prepare(cls):
        _build(["swift", "build", "-c", "release", "-Xswiftc", "-enforce-exclusivity=unchecked", *cls.flags,
                "--package-path", str(HERE / "peers"), "--scratch-path", str(BUILT / "swift"),
                "--product", cls.product])  # fmt: skip

    def program(self):
        return str(BUILT / "swift" / "release" / self.product)

    def version(self):
        manifest = (HERE / "peers" / "Package.swift").read_text()
        return f"{self.name} " + re.search(rf'{self.repository}", exact: "([^"]+)"', manifest)[1]


class Hummingbird(SwiftPeer):
    name = "Hummingbird"
    product = "HummingbirdPeer"
    repository = "hummingbird"

    def command(self, work, port, workers=1):
        what = work.path[1:] if work.path in ("/hello", "/form") else "files"
        return [self.program(), what, str(port), str(self.root)]


class FlyingFox(SwiftPeer):
    name = "FlyingFox"
    product = "FlyingFoxPeer"
    repository = "FlyingFox"
    flags = ()  # It takes Foundation's client of HTTP, and with the static one libcurl, which has to be installed.
    keeps_many = False

    def command(self, work, port, workers=1):
        return [self.program(), str(port), str(self.root)]


class Python(Peer):
    name = "Python"
    keeps_many = False  # A thread for each connection.
    program = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else shutil.which("python3")

    def command(self, work, port, workers=1):
        what = "hello" if work.is_hello else "files"
        return [self.program, str(HERE / "peers" / "server.py"), what, str(port), str(self.root)]

    def version(self):
        return _first_line([self.program, "--version"]) + " http.server"


#: In the order of the tables.
ALL = {
    "limit": Limit, "martlet": Martlet, "lighttpd": Lighttpd, "nginx": Nginx, "go": Go, "hummingbird": Hummingbird,
    "flyingfox": FlyingFox, "python": Python,
}  # fmt: skip


def prepare(names):
    """Makes ready those of ALL that are in `names`, and Martlet; why others are left out."""
    ready, left_out = {}, {}
    for name, peer in ALL.items():
        if name != "martlet" and name not in names:
            continue
        try:
            peer.prepare()
            ready[name] = peer
        except Unavailable as reason:
            left_out[peer.name] = str(reason)
    return ready, left_out


def start(peer, work, cpus, workers=1):
    """Starts `peer` for `work` and waits until it answers."""
    port = free_port()
    return start_command(peer.command(work, port, workers), port, cpus, work.path, work.secure)


def start_command(command, port, cpus, path="/", secure=False):
    server = Server(command, port, cpus, path, secure)
    server.wait_until_it_answers()
    return server


def certificate(folder):
    """A P-256 key and a certificate for 127.0.0.1 of its own making, in one file; made once."""
    path = folder / "server.pem"
    if not path.exists():
        key = folder / "key.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                   "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                   "-keyout", str(key), "-out", str(path)]  # fmt: skip
        subprocess.run(command, capture_output=True, check=True, timeout=20)
        path.write_text(path.read_text() + key.read_text())
    return path


def compile_c(name, *libraries):
    """Compiles a file of this folder; the program."""
    program = BUILT / pathlib.Path(name).stem
    _build(["clang", "-O2", "-o", str(program), str(HERE / name), *libraries])
    return program


def _install(name):
    """Only where the program is missing: scripts/setup.sh looks for the exact package."""
    if _system_program(name):
        return
    result = subprocess.run([str(HERE.parent / "scripts" / "setup.sh"), f"bench-{name}"])
    if result.returncode != 0 or not _system_program(name):
        raise Unavailable("it could not be installed")


def _build(command, environment=None):
    BUILT.mkdir(parents=True, exist_ok=True)
    try:
        result = subprocess.run(command, capture_output=True, text=True, env=environment)
    except OSError as error:
        raise Unavailable(f"it could not be built: {error}") from None
    if result.returncode != 0:
        print(result.stdout + result.stderr)
        raise Unavailable(f"it could not be built: {' '.join(command[:2])} failed")


def _system_program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin")


def _fill(peer, name, port, **values):
    """Writes a peer's configuration with the names in it filled in."""
    text = string.Template((HERE / "peers" / name).read_text()).substitute(
        values, folder=peer.folder, root=peer.root, port=port
    )
    path = peer.folder / f"{port}.conf"
    path.write_text(text)
    return path


def _first_line(command):
    result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    return (result.stdout or result.stderr).strip().splitlines()[0]
