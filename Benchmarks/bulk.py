"""Large things: a folder of 100,000 entries, uploads of 1 GB, events to 1,000 clients. Functions as those of scale.py."""

import contextlib
import re
import selectors
import time

import connections
import peers
import processes
import rounds
import works as work_module
from rounds import spread
from scale import compared, few, result
from uploads import FormUpload, PlainUpload
from works import Work

ENTRIES = 100_000
UPLOAD = 1_000_000_000
LISTENERS = 1000
EVENTS = 100


def listing(rivals, works, root, setting):
    """A folder of 100,000 entries"""
    folder = root / "many"
    names = work_module.make_folder(folder, ENTRIES)
    rows, raw = [], {}
    for name, peer in compared(rivals, ("martlet", "lighttpd", "nginx")).items():
        # Martlet gives a page of the first 1,000, and finds these by reading the whole folder.
        expected = names[:1000] if name == "martlet" else names
        work = Work("listing100k", "", "/many/", tuple(expected))
        with peers.start(peer, work, [setting.server_cpu]) as server:
            work.check(server.port)
            samples = [_list(server, work) for _ in range(few(setting))]
            _, page = work_module.curl(work.url(server.port))
        raw[name] = samples
        entries = len(set(re.findall(rb"entry-\d+\.txt", page)))
        milliseconds = spread([sample["cpu"] for sample in samples], "{:.1f}")
        rows.append([peer.name, f"{entries:,}", f"{len(page):,}", milliseconds])
    columns = ["server", "entries in the answer", "octets", "CPU, ms"]
    return result(f"A folder of {ENTRIES:,} entries, of which Martlet lists 1,000 a page", columns, rows, raw=raw)


def _list(server, work):
    before = processes.cpu_time(server.pid)
    work_module.curl(work.url(server.port))
    used = processes.cpu_time(server.pid) - before
    return {"cpu": used.total * 1e3}


def uploads(rivals, works, root, setting):
    """An upload of 1 GB, by PUT and by a form"""
    rows, raw = [], {}
    for what, upload in [("PUT", PlainUpload), ("multipart/form-data", FormUpload)]:
        with _handlers(rivals, setting) as server:
            samples = [_upload(server, upload) for _ in range(few(setting))]
        raw[what] = samples
        rows.append([
            what,
            spread([sample["cpu"] for sample in samples], "{:.0f}"),
            spread([sample["per_second"] for sample in samples], "{:,.0f}"),
            f"{max(sample['resident'] for sample in samples) / 2**20:.1f}",
        ])  # fmt: skip
    columns = ["sent by", "CPU, ms", "MB/s", "resident at most, MiB"]
    return result("An upload of 1 GB, counted and dropped (Martlet)", columns, rows, raw=raw)


def _handlers(rivals, setting):
    port = processes.free_port()
    return peers.start_command(rivals["martlet"].handlers(port), port, [setting.server_cpu], "/route")


def _upload(server, kind):
    upload = kind(server.port, UPLOAD)
    before = processes.cpu_time(server.pid)
    start = time.monotonic()
    upload.start()
    resident = 0
    while upload.is_alive():
        resident = max(resident, processes.memory(server.pid)[0])
        upload.join(0.02)
    elapsed = time.monotonic() - start
    used = processes.cpu_time(server.pid) - before
    if not upload.answer.endswith(f"\r\n\r\n{UPLOAD}\n".encode()):
        raise RuntimeError(f"an upload got {upload.answer!r}")
    return {"cpu": used.total * 1e3, "per_second": UPLOAD / elapsed / 1e6, "resident": resident}


def events(rivals, works, root, setting):
    """Server-sent events to 1,000 clients"""
    with _handlers(rivals, setting) as server, contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(connections.connect(server.port, number)) for number in range(LISTENERS)]
        selector = stack.enter_context(selectors.DefaultSelector())
        for listener in listeners:
            listener.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            _read_until(listener, b"welcome")
            selector.register(listener, selectors.EVENT_READ)
        _tell(server, selector, 1)
        samples = [_tell(server, selector, EVENTS) for _ in range(few(setting))]
    rows = [[
        f"{LISTENERS:,}",
        spread([sample["cpu"] for sample in samples]),
        spread([sample["per_second"] for sample in samples], "{:,.0f}"),
    ]]  # fmt: skip
    columns = ["clients", "CPU, us an event delivered", "events/s"]
    return result(f"Server-sent events, each to {LISTENERS:,} clients (Martlet)", columns, rows, raw=samples)


def _read_until(connection, text):
    received = b""
    while text not in received:
        if not (octets := connection.recv(4096)):
            raise RuntimeError(f"the events ended: {received!r}")
        received += octets


def _tell(server, selector, count):
    """Has `count` events sent to everybody, and waits until all have them; each event has one exclamation mark."""
    total = count * LISTENERS
    before = processes.cpu_time(server.pid)
    start = time.monotonic()
    with connections.connect(server.port) as teller:
        teller.sendall(f"POST /tell/{count} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
        received = 0
        while received < total:
            ready = selector.select(20)
            if not ready:
                raise RuntimeError(f"{total - received} of {total} events did not come")
            for key, _ in ready:
                received += key.fileobj.recv(65536).count(b"!")
        elapsed = time.monotonic() - start
        used = processes.cpu_time(server.pid) - before
        _read_until(teller, f"\r\n\r\n{total}\n".encode())
    if received != total:
        raise RuntimeError(f"{received} events came of {total}")
    return {"cpu": used.total / total * 1e6, "per_second": total / elapsed}


ALL = {"listing100k": listing, "uploads": uploads, "events": events}
