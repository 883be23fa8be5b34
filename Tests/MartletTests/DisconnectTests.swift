import Glibc
import TestSupport
import Testing

@testable import Martlet

@Suite("Clients that go away take nothing with them", .timeLimit(.patient))
struct DisconnectTests {
    /// How a client ends a connection.
    enum End: CaseIterable {
        case close, reset, finish
    }

    private static func end(_ socket: inout TestSocket?, _ how: End) {
        switch how {
        case .close: break
        case .reset: socket?.reset()
        case .finish: return socket?.finishSending() ?? ()
        }
        socket = nil
    }

    @Test(
        "in the middle of a head or of content: the connection is gone, nothing is answered",
        .rfc("9112-8-02", "9112-6.3-10"),
        arguments: End.allCases
    )
    func midRequest(how: End) async throws {
        let seen = Record<String>()
        let handler = Waiting { request in
            do {
                _ = try await request.body.collect(upTo: 100)
                seen.append("complete")
            } catch {
                seen.append("\(type(of: error))")
                throw error
            }
            return .text("")
        }
        try await withServer(handler) { server in
            for request in ["GET / HT", "GET / HTTP/1.1\r\nHost: a\r\n", ""] {
                var socket: TestSocket? = try server.connect()
                let kept = how == .finish ? socket : nil
                try socket?.send(request)
                Self.end(&socket, how)
                if let kept { #expect(try kept.receiveAll() == []) }
            }
            for rest in ["Content-Length: 5\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nabc"] {
                var socket: TestSocket? = try server.connect()
                try socket?.send("POST / HTTP/1.1\r\nHost: a\r\n" + rest)
                Self.end(&socket, how)
                socket = nil
            }
            // One is the listener.
            try await eventually("every connection is closed") { server.descriptors() == 1 }
            #expect(!seen.all.contains("complete"))
        }
    }

    @Test(
        "while an async handler waits: its task is cancelled and cleans up",
        .rfc("9112-9.5-02"),
        arguments: [End.close, .reset]
    )
    func whileWaiting(how: End) async throws {
        let seen = Record<String>()
        let handler = Waiting { request in
            defer { seen.append("cleaned up") }
            seen.append("started")
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                seen.append("cancelled: \(Task.isCancelled)")
                throw error
            }
            return .text("never")
        }
        try await withServer(handler) { server in
            var socket: TestSocket? = try server.connect()
            try socket?.send(get())
            try await eventually("the handler waits") { seen.all == ["started"] }
            Self.end(&socket, how)
            try await eventually("the handler has ended") { seen.all.count == 3 }
            #expect(seen.all == ["started", "cancelled: true", "cleaned up"])
            try await eventually("every connection is closed") { server.descriptors() == 1 }
        }
    }

    /// Says when it is left, and how.
    private struct Outer: Middleware {
        let seen: Record<String>

        func respond(to request: Request, next: Next) async throws -> Response {
            defer { seen.append("middleware left") }
            do {
                return try await next(request)
            } catch {
                seen.append("middleware: \(type(of: error))")
                throw error
            }
        }
    }

    @Test(
        "cancellation reaches what the handler started, and passes by the middleware",
        arguments: [End.close, .reset]
    )
    func cancelsChildren(how: End) async throws {
        let seen = Record<String>()
        let handler = Waiting { _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for child in 1...2 {
                    group.addTask {
                        try await withTaskCancellationHandler {
                            seen.append("started")
                            try await Task.sleep(for: .seconds(3600))
                        } onCancel: {
                            seen.append("child \(child) cancelled")
                        }
                    }
                }
                defer { seen.append("handler left") }
                try await group.waitForAll()
            }
            return .text("never")
        }
        let endpoint = Endpoint(.handler(handler), middleware: [Outer(seen: seen)])
        try await withServer(SingleEndpoint(endpoint)) { server in
            var socket: TestSocket? = try server.connect()
            try socket?.send(get())
            try await eventually("the handler waits") { seen.all == ["started", "started"] }
            Self.end(&socket, how)
            try await eventually("all have ended") { seen.all.last == "middleware left" }
            #expect(Set(seen.all.dropFirst(2).prefix(2)) == ["child 1 cancelled", "child 2 cancelled"])
            #expect(seen.all.dropFirst(4) == ["handler left", "middleware: CancellationError", "middleware left"])
            try await eventually("every connection is closed") { server.descriptors() == 1 }
            #expect(server.log.lines == [])
        }
    }

    @Test(
        "at once behind the request: the handler's task is cancelled as well",
        arguments: [get(), "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"]
    )
    func rightBehind(request: String) async throws {
        let ended = Record<Bool>()
        let gate = Gate()
        let holds = Gate()
        let handler = Waiting { request in
            if request.head.rawPath == "/hold" {
                // Blocks the loop, so that the other client's request and its end are one event.
                holds.open()
                while !gate.isOpen { usleep(500) }
                return .text("held")
            }
            _ = try await request.body.collect(upTo: 10)
            defer { ended.append(Task.isCancelled) }
            try await Task.sleep(for: .seconds(3600))
            return .text("never")
        }
        try await withServer(handler) { server in
            let holder = try server.connect()
            var socket: TestSocket? = try server.connect()
            try holder.send(get("/hold"))
            await holds.pass()
            try socket?.send(request)
            socket = nil
            gate.open()
            try holder.expect(ok("held"))
            try await eventually("the handler has ended") { ended.all == [true] }
        }
    }

    @Test("while a big answer is sent", arguments: [End.close, .reset], [true, false])
    func whileSending(how: End, isFile: Bool) async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.write("big", [UInt8](repeating: 1, count: 32 << 20))
        let handler = Immediate { _ in
            isFile
                ? Response(body: .file(try openFile(path), 0..<32 << 20))
                : .content([UInt8](repeating: 1, count: 32 << 20), type: "a/b")
        }
        try await withServer(handler) { server in
            for _ in 0..<5 {
                var socket: TestSocket? = try server.connect(receiveBuffer: 8192)
                try socket?.send(get())
                _ = try socket?.receive(exactly: 100_000)
                Self.end(&socket, how)
            }
            try await eventually("every connection is closed") { server.descriptors() == 1 }
            try await eventually("every file is closed") { openDescriptors(of: path) == 0 }
        }
    }

    @Test("a client that only finishes sending still gets the whole answer", arguments: [true, false])
    func halfClosed(isImmediate: Bool) async throws {
        let text = String(repeating: "x", count: 8 << 20)
        let handler: any Handler = isImmediate ? Immediate { _ in .text(text) } : Waiting { _ in .text(text) }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/1") + get("/2"))
            socket.finishSending()
            let received = try masked(socket.receiveAll())
            #expect(received == ok(text) + ok(text))
        }
    }

    @Test(
        "a client that only finishes sending does not cancel its request; asked by an interim response, it gets the answer",
        .rfc("9112-9.6-09"),
        arguments: ["", "Connection: close\r\n"]
    )
    func halfClosedWaiting(fields: String) async throws {
        let gate = Gate()
        let handler = Waiting { request in
            let content = try await request.body.collect(upTo: 1 << 20)
            await gate.pass()
            try Task.checkCancellation()
            return .text("\(content.count)")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: 1000000\r\n\r\n")
            try socket.send(String(repeating: "x", count: 1_000_000))
            socket.finishSending()
            try socket.expect("HTTP/1.1 100 Continue\r\n\r\n")
            gate.open()
            try #expect(masked(socket.receiveAll()) == ok("1000000", connection: fields.isEmpty ? nil : "close"))
        }
    }

    @Test("an HTTP/1.0 client that finishes sending gets its answer, and nothing before it")
    func halfClosedOld() async throws {
        let handler = Waiting { _ in
            try await Task.sleep(for: .milliseconds(1500))  // Longer than a server waits before it asks.
            return .text("done")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("GET / HTTP/1.0\r\n\r\n")
            socket.finishSending()
            try #expect(masked(socket.receiveAll()) == ok("done", connection: "close"))
        }
    }

    @Test("a half-closed client of a file gets all of it")
    func halfClosedFile() async throws {
        let directory = try TemporaryDirectory()
        let content = (0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        let path = try directory.write("big", content)
        try await withServer(Immediate { _ in Response(body: .file(try openFile(path), 0..<content.count)) }) {
            server in
            let socket = try server.connect(receiveBuffer: 8192)
            try socket.send(get())
            socket.finishSending()
            let received = try socket.receiveAll()
            #expect(received.suffix(content.count).elementsEqual(content))
        }
    }

    @Test("a handler that outlives its client, and then its server, does no harm")
    func outlives() async throws {
        let gate = Gate()
        let seen = Record<String>()
        let handler = Waiting { request in
            seen.append("started")
            await gate.pass()
            do {
                _ = try await request.body.collect(upTo: 10)
            } catch {
                seen.append("\(type(of: error))")
            }
            return .text("too late")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
            try await eventually("the handler waits") { seen.all == ["started"] }
            server.server.stop(grace: .zero)
            await server.server.waitUntilStopped()
            gate.open()
            try await eventually("the handler has ended") { seen.all == ["started", "CancellationError"] }
        }
    }
}
