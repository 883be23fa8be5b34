import Glibc
import Martlet
import MartletReactor
import TestSupport
import Testing

/// Writes down what it is told, in words.
private final class Notes: ServerObserver {
    let all = Record<String>()
    let loops = Record<ObservedLoop>()

    func observer(of loop: ObservedLoop) -> any LoopObserver {
        loops.append(loop)
        return Notebook(all)
    }

    /// What was noted but for octets, which come as the kernel delivers them.
    var events: [String] { all.all.filter { !$0.hasPrefix("sent") && !$0.hasPrefix("received") } }

    /// Octets, both ways.
    func sum(_ direction: String) -> Int {
        all.all.filter { $0.hasPrefix(direction) }.reduce(0) { $0 + (Int($1.split(separator: " ")[1]) ?? 0) }
    }
}

private final class Notebook: LoopObserver {
    let notes: Record<String>

    init(_ notes: Record<String>) {
        self.notes = notes
    }

    func connectionOpened() { notes.append("opened") }
    func connectionClosed() { notes.append("closed") }
    func connectionRefused() { notes.append("refused") }
    func acceptFailed() { notes.append("accept failed") }
    func handshakeEnded(_ outcome: HandshakeOutcome) { notes.append("handshake \(outcome.label)") }
    func received(_ octets: Int) { notes.append("received \(octets)") }
    func sent(_ octets: Int) { notes.append("sent \(octets)") }
    func requestBegan(_ method: ObservedMethod) { notes.append("began \(method.name)") }
    func requestEnded(_ request: ObservedRequest) {
        let route = request.route?.text ?? "-"
        let content = "\(request.contentReceived) in \(request.contentSent) out"
        notes.append("ended \(request.method.name) \(route) \(request.status) \(content)")
    }
    func loopEnded() { notes.append("loop ended") }
}

/// Lets a connection through whose first octet is "+", after one that is "=" as a resumed one, and no other.
private final class Doorkeeper: SecureStream {
    private var isResumed = false

    override func handshake() -> Handshake {
        var first: UInt8 = 0
        guard unsafe recv(socket.fd, &first, 1, 0) == 1 else { return .wouldBlock }
        isResumed = first == UInt8(ascii: "=")
        let isWelcome = isResumed || first == UInt8(ascii: "+")
        return isWelcome ? .done : .failed(SecurityFailure("bad_greeting", "it does not begin with a plus"))
    }

    override var session: SecureSession? { SecureSession(version: "D", cipher: "none", isResumed: isResumed) }
}

private struct Doorkeepers: StreamSecurity {
    func protect(_ socket: Socket) -> SecureStream? { Doorkeeper(socket) }
}

private func closing(_ target: String) -> String {
    "GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
}

@Suite("An observer is told of every request and connection once", .timeLimit(.patient))
struct ServerObserverTests {
    /// What an observer was told while a server with one loop ran.
    private func notes(
        _ handler: any Handler,
        configure: @escaping (inout ServerConfiguration) -> Void = { _ in },
        _ body: @escaping @concurrent @Sendable (RunningServer, Notes) async throws -> Void
    ) async throws -> Notes {
        let notes = Notes()
        try await withServer(
            handler,
            configure: {
                $0.observer = notes
                configure(&$0)
            },
            { try await body($0, notes) }
        )
        return notes
    }

    @Test("the route is told as it was written, never the path; what no route is for has none")
    func routes() async throws {
        let router = try Router {
            Route("/notes/:id") { _ in .text("note") }
            Route(.post, "/notes/:id") { request async throws in
                .text("\(try await request.body.collect(upTo: 10).count)")
            }
            Route("/mounted/**", try Router { Route("/x") { _ in throw HTTPError(.forbidden) } })
        }
        let notes = try await notes(router) { server, _ in
            _ = try server.answer(
                to: "GET /notes/1?q=2 HTTP/1.1\r\nHost: a\r\n\r\n" + "HEAD /notes/2 HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "POST /notes/3 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                    + "DELETE /notes/4 HTTP/1.1\r\nHost: a\r\n\r\n" + "FROB /notes/5 HTTP/1.1\r\nHost: a\r\n\r\n"
                    + "GET /mounted/x HTTP/1.1\r\nHost: a\r\n\r\n" + closing("/nowhere/at/all")
            )
        }
        let ended = notes.events.filter { $0.hasPrefix("ended") }.map { $0.replacing(#/ \d+ out/#, with: "") }
        #expect(
            ended == [
                "ended GET /notes/:id 200 0 in", "ended HEAD /notes/:id 200 0 in", "ended POST /notes/:id 200 3 in",
                "ended DELETE /notes/:id 405 0 in", "ended _OTHER /notes/:id 501 0 in",
                "ended GET /mounted/x 403 0 in", "ended GET - 404 0 in",
            ]
        )
    }

    @Test("everything that begins ends: answers, refusals, a client that goes before its answer, the loop itself")
    func balance() async throws {
        let gate = Gate()
        let handler = Waiting { request in
            if request.head.rawPath == "/wait" {
                gate.open()
                try await Task.sleep(for: .seconds(600))
            }
            return .text("hello")
        }
        let notes = try await notes(handler) { server, notes in
            _ = try server.answer(to: closing("/"))
            _ = try server.answer(to: "BROKEN\r\n\r\n")
            // The server lets go of a refused client only once that has gone.
            try await eventually("both are closed") { notes.events.filter { $0 == "closed" }.count == 2 }
            let waiting = try server.connect()
            try waiting.send(closing("/wait"))
            await gate.pass()
            waiting.reset()
            try await eventually("the reset is noticed") { notes.events.filter { $0 == "closed" }.count == 3 }
        }
        try await eventually("the loop has ended") { notes.events.last == "loop ended" }
        #expect(
            notes.events == [
                "opened", "began GET", "ended GET - 200 0 in 5 out", "closed",
                "opened", "began _OTHER", "ended _OTHER - 400 0 in 111 out", "closed",
                "opened", "began GET", "ended GET - 499 0 in 0 out", "closed", "loop ended",
            ]
        )
    }

    @Test("octets are counted both ways, streamed ones too")
    func octets() async throws {
        let handler = Waiting { _ in
            .stream(type: "text/plain") { writer in
                for _ in 0..<100 { try await writer.write([UInt8](repeating: 0x61, count: 10_000)) }
            }
        }
        let received = Locked(0)
        let notes = try await notes(handler) { server, _ in
            let socket = try server.connect()
            try socket.send(closing("/"))
            let count = try socket.receiveAll().count
            received.withLock { $0 = count }
        }
        #expect(notes.sum("sent") == received.withLock { $0 })
        #expect(notes.sum("received") == closing("/").utf8.count)
    }

    @Test("handshakes are told by what they came to")
    func handshakes() async throws {
        let notes = try await notes(echoPath, configure: { $0.security = Doorkeepers() }) { server, _ in
            for first in ["+", "=", "-"] {
                let socket = try server.connect()
                try socket.send(first + closing("https://a/"))
                _ = try socket.receiveAll(untilReset: true)
            }
        }
        #expect(
            notes.events.filter { $0.hasPrefix("handshake") } == [
                "handshake ok", "handshake resumed", "handshake bad_greeting",
            ]
        )
    }

    @Test("one connection too many is refused, and told so")
    func refused() async throws {
        let notes = try await notes(echoPath, configure: { $0.limits.connections = 1 }) { server, _ in
            let first = try server.connect()
            try first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try first.receive(through: "\r\n\r\n")
            _ = try server.connect().receiveAll()
        }
        #expect(notes.events.filter { $0 == "refused" }.count == 1)
        #expect(notes.events.contains { $0.hasPrefix("ended _OTHER - 503 ") })
    }

    @Test("a loop says what its connections are doing")
    func sample() async throws {
        let arrived = Gate()
        let leave = Gate()
        let handler = Waiting { request in
            arrived.open()
            await leave.pass()
            return .text("")
        }
        _ = try await notes(handler) { server, notes in
            let idle = try server.connect()
            try idle.send("GET / HT")
            let busy = try server.connect()
            try busy.send(closing("/"))
            await arrived.pass()
            let loop = try #require(notes.loops.all.first)
            #expect(loop.name == "martlet-0")
            try await eventually("one reads, one works") {
                let sample = await withCheckedContinuation { continuation in
                    loop.sample { continuation.resume(returning: $0) }
                }
                return sample[.reading] == 1 && sample[.handling] == 1 && sample[.idle] == 0
            }
            leave.open()
            _ = try busy.receiveAll()
        }
    }
}
