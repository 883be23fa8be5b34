import Glibc
import HTTPTypes
import MartletReactor
import TestSupport
import Testing

@testable import Martlet

@Suite("Many tasks may write to a stream, and none is forgotten", .timeLimit(.patient))
struct StreamWriterTests {
    @Test("long writes of several tasks do not get into each other")
    func wholeWrites() async throws {
        let handler = Waiting { _ in
            .stream(type: "a/b") { writer in
                try await withThrowingTaskGroup { group in
                    for letter in "abcd".utf8 {
                        group.addTask { try await writer.write([UInt8](repeating: letter, count: 200_000)) }
                        group.addTask { @concurrent in
                            try await writer.write([UInt8](repeating: letter - 32, count: 200_000))
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("GET / HTTP/1.0\r\n\r\n")
            let received = try socket.receiveAll()
            let answer = try #require(WireAnswer(received))
            var runs: [(octet: UInt8, count: Int)] = []
            for octet in answer.content {
                if runs.last?.octet == octet { runs[runs.count - 1].count += 1 } else { runs.append((octet, 1)) }
            }
            #expect(runs.map(\.count) == Array(repeating: 200_000, count: 8))
        }
    }

    @Test("a task that still waits to write when the stream's function returns hears that it is over")
    func forgottenWriter() async throws {
        let ended = Record<String>()
        let handler = Waiting { _ in
            .stream(type: "a/b") { writer in
                let isWaiting = Gate()
                Task {
                    isWaiting.open()
                    do {
                        // More than the kernel takes from a client that does not read.
                        try await writer.write([UInt8](repeating: 0x61, count: 64 << 20))
                        ended.append("written")
                    } catch {
                        ended.append("\(type(of: error))")
                    }
                }
                await isWaiting.pass()
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect(receiveBuffer: 4096)
            try socket.send(get())
            try await eventually("the task hears of it") { ended.all == ["CancellationError"] }
        }
    }

    @Test("the output of a client that never quite catches up stays small")
    func slowButSteady() throws {
        let (near, far) = try TestSocket.pair()
        near.setOption(SOL_SOCKET, SO_SNDBUF, 4096)
        let flags = fcntl(near.fd, F_GETFL)
        _ = fcntl(near.fd, F_SETFL, flags | O_NONBLOCK)
        var output = Output()
        let piece = [UInt8](repeating: 0x61, count: 1000)
        var largest = 0
        for _ in 0..<40 { output.append(piece.span) }
        for _ in 0..<2000 {
            output.append(piece.span)
            _ = output.flush(to: Transport(Socket(fd: near.fd)))
            largest = max(largest, output.bytes.count)
            _ = try far.receive(upTo: 1000)
            #expect(output.pendingBytes > 0)
        }
        #expect(largest < 256 * 1024)
    }

    @Test("nothing that frames or routes a message can be sent as a trailer (RFC 9110 §6.5.1)")
    func trailers() async throws {
        let handler = Waiting { _ in
            .stream(type: "a/b") { writer in
                for name in ["Content-Length", "Transfer-Encoding", "Set-Cookie", "X-Sum"] {
                    writer.trailers.append(HTTPField.Name(name)!, "7")
                }
            }
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send(get("/", "TE: trailers", "Connection: close, TE"))
            let received = try socket.receiveAll()
            #expect(try #require(WireAnswer(received)).text == "0\r\nX-Sum: 7\r\n\r\n")
        }
    }

    @Test("interim responses come through middleware that changes fields, and cannot frame anything")
    func interimBehindMiddleware() async throws {
        struct Change: Middleware {
            func respond(to request: Request, next: Next) async throws -> Response {
                var request = request
                request.fields.append(.userAgent, "changed")
                return try await next(request)
            }
        }
        let router = try Router(middleware: [Change()]) {
            Route("/") { (request) async in
                var fields = Fields()
                fields.append(.contentLength, "7")
                fields.append(.link, "</a.css>")
                request.sendInterim(.earlyHints, fields)
                return .text("page")
            }
        }
        try await withServer(router) { server in
            let socket = try server.connect()
            try socket.send(get())
            try socket.expect("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n" + ok("page"))
        }
    }

    @Test("content that is too long is refused through the middleware of its route")
    func refusalThroughMiddleware() async throws {
        let router = try Router(middleware: [CORS()]) { Route(.post, "/") { _ in .text("") } }
        try await withServer(router) {
            $0.limits.body = 10
        } _: { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nContent-Length: 11\r\n\r\n")
            let received = try socket.receiveAll()
            let answer = try #require(WireAnswer(received))
            #expect(answer.status == 413)
            #expect(answer["Access-Control-Allow-Origin"] == "*")
            #expect(answer["Connection"] == "close")
        }
    }
}
