#!/usr/bin/env python3
"""Scans `martlet --tls` with testssl.sh and sslscan, and sends it records that hardly any client sends.

Usually run by scripts/check-tls.sh, which installs what is needed. BIN is the folder of the program.
"""

import json
import os
import pathlib
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

from tlslite.api import HandshakeSettings, TLSConnection
from tlslite.constants import AlertDescription, ContentType
from tlslite.errors import TLSRemoteAlert
from tlslite.messages import Alert, ApplicationData

#: What testssl.sh says of every certificate of a CA that only this machine knows, and of those for thirty days.
OF_TRUST = {"cert_chain_of_trust", "cert_trust", "cert_crlDistributionPoints", "cert_revocation", "cert_notAfter", "cert_expirationStatus",
            "DNS_CAArecord", "overall_grade", "grade_cap_reason_1", "cert_extlifeSpan"}  # fmt: skip
SEVERE = {"MEDIUM", "HIGH", "CRITICAL"}
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def main():
    with tempfile.TemporaryDirectory(prefix="martlet-tls-") as name:
        folder = pathlib.Path(name)
        site = folder / "site"
        site.mkdir()
        (site / "index.html").write_text("<!doctype html><title>Hello</title><p>Hello.\n")
        environment = {**os.environ, "HOME": name, "XDG_DATA_HOME": str(folder / "data")}
        command = [str(pathlib.Path(os.environ["BIN"]) / "martlet"), "--tls", "-p", "0", str(site)]
        log = open(folder / "log", "w+")
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            port = wait_for_port(folder / "log")
            for check in (records, sslscan, testssl):
                check(port, folder)
                print(f"{check.__name__}: passed")
        finally:
            process.terminate()
            process.wait(timeout=10)
        reload_under_load(folder, site, environment)
        print("reload_under_load: passed")


def wait_for_port(log):
    for _ in range(200):
        if found := re.search(r"https://(?:localhost|127\.0\.0\.1):(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.05)
    sys.exit(f"martlet --tls did not start:\n{log.read_text()}")


def expect(condition, message):
    if not condition:
        sys.exit(f"check-tls: {message}")


# MARK: Reload


def reload_under_load(folder, site, environment):
    """The certificate is swapped 20 times while wrk asks, on connections that stay and on new ones."""
    pairs = [certificate(folder, number) for number in range(2)]
    chain, key = folder / "chain.pem", folder / "key.pem"

    def swap(number):
        # Two files cannot change at one moment: a broken pair is refused and the next look finds the whole one.
        for source, target in zip(pairs[number % 2], (chain, key)):
            fresh = target.with_suffix(".new")
            fresh.write_bytes(source.read_bytes())
            fresh.rename(target)

    swap(0)
    log = folder / "reload.log"
    command = [str(pathlib.Path(os.environ["BIN"]) / "martlet"), "--tls-cert", str(chain), "--tls-key", str(key), "-q",
               "-p", "0", str(site)]  # fmt: skip
    with open(log, "w") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        port = port_of(process.pid)
        loads = [start_wrk(port), start_wrk(port, "-H", "Connection: close")]
        seen = set()
        for number in range(1, 21):
            time.sleep(0.4)
            swap(number)
            process.send_signal(signal.SIGHUP)
            seen.add(presented(port))
        for load in loads:
            text, _ = load.communicate(timeout=60)
            expect("Non-2xx" not in text and "Socket errors" not in text, f"a request failed during reloads:\n{text}")
            expect(int(re.search(r"(\d+) requests in", text)[1]) > 100, f"wrk asked too little:\n{text}")
        expect(len(seen) == 2, "the certificate did not change")
    finally:
        process.terminate()
        process.wait(timeout=10)


def certificate(folder, number):
    chain, key = folder / f"chain-{number}.pem", folder / f"key-{number}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
               "-subj", f"/CN=number {number}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
               "-keyout", str(key), "-out", str(chain)]  # fmt: skip
    subprocess.run(command, capture_output=True, check=True, timeout=20)
    return chain, key


def port_of(pid):
    """Where a quiet server listens."""
    for _ in range(200):
        listing = subprocess.run(["ss", "-ltnpH"], capture_output=True, text=True, timeout=10).stdout
        if found := re.search(rf"127\.0\.0\.1:(\d+).*pid={pid},", listing):
            return int(found[1])
        time.sleep(0.05)
    sys.exit("martlet with certificates did not start")


def start_wrk(port, *more):
    command = ["wrk", "-t1", "-c16", "-d10s", "--timeout", "10s", *more, f"https://127.0.0.1:{port}/"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def presented(port):
    """The certificate that new connections get."""
    return ssl.get_server_certificate(("127.0.0.1", port))


# MARK: Scanners


def testssl(port, folder):
    report = folder / "testssl.json"
    command = ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--jsonfile", str(report), f"localhost:{port}"]
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600, check=False)
    findings = json.loads(report.read_text())
    expect(len(findings) > 100, f"testssl.sh found only {len(findings)} things to say")
    names = {finding["id"]: finding["finding"] for finding in findings}
    expect("offered" in names["TLS1_3"] and "not" in names["TLS1_1"], "testssl.sh did not see the protocols")
    severe = [f"{each['id']}: {each['finding']}" for each in findings
              if each["severity"] in SEVERE and each["id"].split()[0] not in OF_TRUST]  # fmt: skip
    expect(not severe, "testssl.sh says:\n" + "\n".join(severe))


def sslscan(port, folder):
    output = subprocess.run(["sslscan", "--no-colour", f"localhost:{port}"], capture_output=True, text=True, timeout=120)
    text = output.stdout
    protocols = dict(re.findall(r"^((?:SSL|TLS)v[\d.]+)\s+(enabled|disabled)$", text, re.M))
    enabled = {name for name, state in protocols.items() if state == "enabled"}
    expect(enabled == {"TLSv1.2", "TLSv1.3"}, f"sslscan sees {enabled}")
    expect("Compression enabled" not in text, "sslscan sees compression")  # Its OpenSSL may not know any.
    expect("not supported" in text.partition("renegotiation:")[2][:80], "sslscan sees renegotiation")
    ciphers = re.findall(r"^(?:Preferred|Accepted)\s+TLSv1.2\s+\d+ bits\s+(\S+)", text, re.M)
    expect(len(ciphers) >= 3, "sslscan saw no cipher suites")
    expect(all(re.fullmatch(r"ECDHE-ECDSA-(AES(128|256)-GCM-SHA\d+|CHACHA20-POLY1305)", each) for each in ciphers),
           f"sslscan sees {ciphers}")  # fmt: skip


# MARK: Records


def records(port, folder):
    for version in ((3, 3), (3, 4)):
        for case in (one_octet_a_record, empty_records, coalesced, closed_first, end_without_notice):
            answer = case(connect(port, version))
            expect(answer.startswith(b"HTTP/1.1 200 "), f"{case.__name__}, {version}: {answer[:60]!r}")
    key_update(connect(port, (3, 4)))
    oversized_record(connect(port, (3, 4)))
    renegotiation(port)
    hello = client_hello(port)
    split_hello(port, hello)
    expect_alert(port, hello_with_alpn(port, b"h2"), AlertDescription.no_application_protocol)
    expect_alert(port, b"\x16\x03\x01\x00\x04\x02\x00\x00\x00", AlertDescription.unexpected_message)
    expect_alert(port, b"\x16\x03\x01\xff\xff" + bytes(100), AlertDescription.record_overflow)
    expect_alert(port, old_hello(hello), AlertDescription.protocol_version)


def connect(port, version):
    connection = TLSConnection(socket.create_connection(("127.0.0.1", port), timeout=10))
    settings = HandshakeSettings()
    settings.minVersion = settings.maxVersion = version
    connection.handshakeClientCert(settings=settings, serverName="localhost", alpn=[b"http/1.1"])
    connection.ignoreAbruptClose = False
    return connection


def bare(connection):
    """Its socket, without the buffer that tlslite puts around it."""
    return getattr(connection.sock, "socket", connection.sock)


def read_all(connection):
    answer = b""
    while octets := connection.read(max=65536):
        answer += octets
    return answer


def one_octet_a_record(connection):
    for number in range(len(REQUEST)):
        connection.write(REQUEST[number : number + 1])
    return read_all(connection)


def empty_records(connection):
    for part in (b"", REQUEST[:10], b"", b"", REQUEST[10:], b""):
        send_record(connection, part)
    return read_all(connection)


def send_record(connection, octets):
    for _ in connection._sendMsg(ApplicationData().create(bytearray(octets)), False):
        pass


def coalesced(connection):
    """Several records in one segment, and the last cut in two."""
    collected = bytearray()
    wire = bare(connection)
    for part in (REQUEST[:5], REQUEST[5:6], REQUEST[6:]):
        message = ApplicationData().create(bytearray(part))
        protected = protect(connection, message)
        collected += protected
    wire.sendall(bytes(collected[:-7]))
    time.sleep(0.02)
    wire.sendall(bytes(collected[-7:]))
    return read_all(connection)


def protect(connection, message):
    """The octets of a record, not sent."""

    class Catcher:
        def __init__(self):
            self.octets = bytearray()

        def send(self, data):
            self.octets += data
            return len(data)

    layer = connection._recordLayer
    socket_layer = layer._recordSocket
    catcher, real = Catcher(), socket_layer.sock
    socket_layer.sock = catcher
    try:
        for _ in layer.sendRecord(message):
            pass
    finally:
        socket_layer.sock = real
    return catcher.octets


def closed_first(connection):
    """A client that says close_notify behind its request still gets the answer."""
    connection.closeSocket = False
    connection.write(REQUEST)
    wire = bare(connection)
    wire.sendall(bytes(protect(connection, Alert().create(AlertDescription.close_notify))))
    return read_all(connection)


def end_without_notice(connection):
    """A client that ends without close_notify, as many do, still gets the answer."""
    wire = bare(connection)
    connection.write(REQUEST)
    wire.shutdown(socket.SHUT_WR)
    return read_all(connection)


def key_update(connection):
    for _ in connection.send_keyupdate_request(1):
        pass
    connection.write(REQUEST)
    expect(read_all(connection).startswith(b"HTTP/1.1 200 "), "after a KeyUpdate there is no answer")


def oversized_record(connection):
    """More than 2^14 + 256 octets in a record (RFC 8446 §5.2)."""
    wire = bare(connection)
    wire.sendall(b"\x17\x03\x03" + struct.pack(">H", 16641) + bytes(16641))
    try:
        octets = connection.read(max=100)
        expect(False, f"an oversized record was answered by {octets!r}")
    except TLSRemoteAlert as alert:
        expect(alert.description == AlertDescription.record_overflow, f"an oversized record: alert {alert}")


def renegotiation(port):
    command = ["openssl", "s_client", "-connect", f"localhost:{port}", "-tls1_2", "-legacy_renegotiation"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    process.stdin.write("R\n")
    process.stdin.flush()
    output, _ = process.communicate(timeout=20)
    expect("RENEGOTIATING" in output and "no renegotiation" in output, f"renegotiation was not refused: {output[-300:]}")


def client_hello(port):
    """The record of a ClientHello that OpenSSL makes."""
    return _hello(ssl.create_default_context(), "localhost")


def hello_with_alpn(port, *protocols):
    context = ssl.create_default_context()
    context.set_alpn_protocols([each.decode() for each in protocols])
    return _hello(context, "localhost")


def _hello(context, name):
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()


def old_hello(hello):
    """The same for TLS 1.1 at most: without supported_versions, the extension of TLS 1.3."""
    octets = bytearray(hello)
    octets[9:11] = b"\x03\x02"
    return bytes(octets.replace(b"\x00\x2b\x00\x05\x04\x03\x04\x03\x03", b"\xfa\xfa\x00\x05\x04\x03\x04\x03\x03"))


def split_hello(port, hello):
    """The ClientHello in many records, and each octet in a segment of its own."""
    body = hello[5:]
    pieces = [body[at : at + 50] for at in range(0, len(body), 50)]
    octets = b"".join(b"\x16\x03\x01" + struct.pack(">H", len(piece)) + piece for piece in pieces)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number in range(len(octets)):
            wire.sendall(octets[number : number + 1])
        answer = wire.recv(100)
    expect(answer[:1] == b"\x16" and answer[5:6] == b"\x02", f"a split ClientHello: {answer[:10]!r}")


def expect_alert(port, octets, description):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(octets)
        answer = b""
        while received := wire.recv(4096):
            answer += received
    name = AlertDescription.toStr(description)
    expect(answer[:1] == bytes([ContentType.alert]) and answer[5:7] == bytes([2, description]), f"no {name}: {answer!r}")


if __name__ == "__main__":
    main()
