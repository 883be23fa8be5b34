import Martlet
import MartletWebSocket
import TestSupport
import Testing

@Suite("WebSockets over a live server, in octets", .timeLimit(.patient))
struct LiveTests {
    @Test("messages come back as they went, and a close is answered with its code")
    func echoes() async throws {
        try await LiveServer.run(socket: echo) { server in
            let socket = try server.connect()
            try socket.send(hex("81 85 37 fa 21 3d 7f 9f 4d 51 58"))
            try socket.expect(hex("81 05 48 65 6c 6c 6f"))
            try socket.send(
                masked(.binary, [], isFinal: false) + masked(.ping, "hi".utf8) + masked(.continuation, [1, 2])
            )
            try socket.expect(hex("8a 02 68 69 82 02 01 02"))
            try socket.send(hex("88 82 00 00 00 00 03 e8"))
            try socket.expectLast(hex("88 02 03 e8"))
        }
    }

    @Test("messages of every length class come back", arguments: [0, 125, 126, 127, 128, 65535, 65536, 1 << 20])
    func sizes(size: Int) async throws {
        try await LiveServer.run(socket: echo) { server in
            let socket = try server.connect()
            let octets = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try socket.send(masked(.binary, octets))
            try socket.expect(FrameWriter.frame(.binary, octets))
            try socket.send(masked(.close, []))
            try socket.expectLast(hex("88 00"))
        }
    }

    @Test("a frame that comes octet by octet, right behind the handshake")
    func drip() async throws {
        try await LiveServer.run(socket: echo) { server in
            let socket = try TestSocket.connect(to: server.address)
            try socket.send(Array(server.handshake().utf8) + masked(.text, "one".utf8).prefix(3))
            _ = try socket.receive(through: "\r\n\r\n")
            for octet in masked(.text, "one".utf8).dropFirst(3) { try socket.send([octet]) }
            try socket.expect(hex("81 03 6f 6e 65"))
        }
    }

    /// What a client sends, and all that the server says before it hangs up: from its limit of 100 octets.
    static let violations: [([UInt8], UInt16, Violation)] = [
        (hex("c1 80 00 00 00 00"), 1002, .reservedBit), (hex("83 80 00 00 00 00"), 1002, .unknownOpcode(3)),
        (hex("81 00"), 1002, .notMasked), (hex("82 fe 00 7d"), 1002, .lengthNotMinimal),
        (hex("89 fe 00 7e"), 1002, .controlTooLong), (hex("09 80"), 1002, .controlFragmented),
        (hex("80 80"), 1002, .nothingToContinue), (hex("88 81 00 00 00 00 03"), 1002, .closeOfOneOctet),
        (hex("88 82 00 00 00 00 03 ed"), 1002, .closeCode(1005)), (hex("81 81 00 00 00 00 ff"), 1007, .notUTF8),
        (hex("82 e5"), 1009, .messageTooLong(limit: 100)),
    ]

    @Test("what breaks the protocol is told so by a close, then the end", arguments: violations)
    func refused(octets: [UInt8], code: UInt16, violation: Violation) async throws {
        var limits = WebSocket.Limits()
        limits.message = 100
        let errors = Record<String>()
        let handler: @Sendable (WebSocket) async throws -> Void = { socket in
            do { try await echo(socket) } catch let error as WebSocket.ConnectionError {
                errors.append("\(error)")
                throw error
            }
        }
        try await LiveServer.run(limits: limits, socket: handler) { server in
            let socket = try server.connect()
            try socket.send(masked(.text, "ok".utf8) + octets + masked(.text, "lost".utf8))
            let close = FrameWriter.closePayload(code: code, reason: violation.description)
            try socket.expectLast(hex("81 02 6f 6b") + FrameWriter.frame(.close, close))
            socket.finishSending()
            #expect(errors.all == ["the WebSocket client broke the protocol (\(code)): \(violation)"])
            #expect(!server.log.lines.contains { $0.hasPrefix("error") })
        }
    }

    @Test("returning from the handler closes with 1000, and messages meanwhile are dropped")
    func returns() async throws {
        try await LiveServer.run(socket: { try await $0.send("bye") }) { server in
            let socket = try server.connect()
            try socket.expect(hex("81 03 62 79 65 88 02 03 e8"))
            try socket.send(masked(.text, "late".utf8) + masked(.ping, []) + masked(.close, [0x03, 0xE8]))
            try socket.expectLast([])
        }
    }

    @Test("a client that does not answer a close is left after a while")
    func unanswered() async throws {
        var limits = WebSocket.Limits()
        limits.closing = .milliseconds(50)
        try await LiveServer.run(limits: limits, socket: { _ in }) { server in
            let socket = try server.connect()
            try socket.expectLast(hex("88 02 03 e8"))
        }
    }

    @Test("nor does a client that goes on sending hold a handler that has closed and iterates on")
    func unansweredFlood() async throws {
        var limits = WebSocket.Limits()
        limits.closing = .milliseconds(50)
        let hasEnded = Locked(false)
        let closing: @Sendable (WebSocket) async throws -> Void = { socket in
            defer { hasEnded.withLock { $0 = true } }
            try await socket.close()
            while try await socket.receive() != nil {}
        }
        try await LiveServer.run(limits: limits, socket: closing) { server in
            let socket = try server.connect(timeout: .seconds(50))
            // The client's last word is not heard before the handler's end: nothing but the limit can end it.
            while !hasEnded.withLock({ $0 }) { try socket.send(masked(.text, "x".utf8)) }
            try socket.expect(hex("88 02 03 e8"))
        }
    }

    @Test("an error in the handler closes with 1011 and is for the log, not for the client")
    func fails() async throws {
        struct Broken: Error {}
        try await LiveServer.run(socket: { _ in throw Broken() }) { server in
            let socket = try server.connect()
            try socket.expect(hex("88 02 03 f3"))
            try socket.send(masked(.close, [0x03, 0xF3]))
            try socket.expectLast([])
            try await eventually("it is logged") { server.log.lines.contains { $0.contains("Broken()") } }
        }
    }

    @Test("after close nothing is sent, and iterating ends with the client's answer")
    func closes() async throws {
        let seen = Record<String>()
        let handler: @Sendable (WebSocket) async throws -> Void = { socket in
            let code = try #require(WebSocket.CloseCode(rawValue: 4001))
            try await socket.close(code, reason: "enough")
            await #expect(throws: WebSocket.ConnectionError.closed) { try await socket.send("more") }
            try await socket.close()
            for try await message in socket { seen.append("\(message)") }
            seen.append("\(socket.closure?.code?.rawValue ?? 0) \(socket.closure?.reason ?? "")")
        }
        try await LiveServer.run(socket: handler) { server in
            let socket = try server.connect()
            try socket.expect(hex("88 08 0f a1 65 6e 6f 75 67 68"))
            try socket.send(
                masked(.text, "x".utf8) + masked(.ping, []) + masked(.close, hex("0f a2") + Array("fine".utf8))
            )
            try socket.expectLast([])
            #expect(seen.all == ["text(\"x\")", "4002 fine"])
        }
    }

    @Test("a server that stops closes with 1001", arguments: [true, false])
    func stops(isIterating: Bool) async throws {
        let handler: @Sendable (WebSocket) async throws -> Void = { socket in
            if isIterating { try await echo(socket) } else { try await Task.sleep(for: .seconds(3600)) }
        }
        try await LiveServer.run(socket: handler) { server in
            let socket = try server.connect()
            server.server.stop(grace: .seconds(3600))
            try socket.expectLast(hex("88 02 03 e9"))
            try socket.send(masked(.close, [0x03, 0xE9]))
            socket.finishSending()
            await server.server.waitUntilStopped()
            #expect(!server.log.lines.contains { $0.hasPrefix("error") })
        }
    }

    @Test("a connection that ends without a close is lost")
    func lost() async throws {
        let seen = Record<String>()
        let handler: @Sendable (WebSocket) async throws -> Void = { socket in
            do { try await echo(socket) } catch { seen.append("\(error)") }
        }
        try await LiveServer.run(socket: handler) { server in
            let socket = try server.connect()
            try socket.send(masked(.text, "x".utf8) + masked(.text, "cut".utf8).dropLast())
            try socket.expect(hex("81 01 78"))
            socket.finishSending()
            try await eventually("the handler hears of it") { seen.all == ["the WebSocket connection was lost"] }
        }
    }

    @Test("a silent client is pinged; a pong keeps it, silence ends it", .enabled(if: !isSanitized, "it is about time"))
    func pings() async throws {
        var limits = WebSocket.Limits()
        limits.ping = .milliseconds(100)
        let seen = Record<String>()
        let handler: @Sendable (WebSocket) async throws -> Void = { socket in
            do { try await echo(socket) } catch { seen.append("\(error)") }
        }
        try await LiveServer.run(limits: limits, socket: handler) { server in
            let socket = try server.connect()
            for _ in 0..<3 {
                try socket.expect(hex("89 00"))
                try socket.send(masked(.pong, []))
            }
            try socket.expect(hex("89 00"))
            try await eventually("the handler hears of it") { seen.all == ["the WebSocket connection was lost"] }
        }
    }

    @Test("messages sent from many tasks stay whole")
    func manySenders() async throws {
        let handler: @Sendable (WebSocket) async throws -> Void = { socket in
            try await withThrowingTaskGroup { group in
                for number: UInt8 in 0..<50 {
                    group.addTask { try await socket.send(.binary([UInt8](repeating: number, count: 70_000))) }
                }
                try await group.waitForAll()
            }
        }
        try await LiveServer.run(socket: handler) { server in
            let socket = try server.connect()
            var reader = MessageReader(from: .server, limit: 1 << 20)
            var numbers = Set<UInt8>()
            var closed = false
            while !closed {
                let octets = try socket.receive()
                guard !octets.isEmpty else { break }
                var offset = 0
                while let event = try reader.next(octets.span, offset: &offset) {
                    switch event {
                    case .binary(let message):
                        #expect(message.count == 70_000 && Set(message).count == 1)
                        numbers.insert(message[0])
                    default: closed = event == .close(code: 1000, reason: "")
                    }
                }
            }
            #expect(closed && numbers.count == 50)
        }
    }

    @Test("a flood of pings is answered in order and holds nobody up")
    func pingFlood() async throws {
        var limits = WebSocket.Limits()
        limits.ping = nil
        try await LiveServer.run(limits: limits, socket: echo) { server in
            let socket = try server.connect(timeout: .seconds(50))
            let other = try server.connect(timeout: .seconds(50))
            let count = 5_000
            let flood = Task { try socket.send((0..<count).flatMap { _ in masked(.ping, [0x61]) }) }
            try other.send(masked(.text, "x".utf8))
            try other.expect(hex("81 01 78"))
            let pongs = try socket.receive(exactly: count * 3)
            #expect(pongs == (0..<count).flatMap { _ in hex("8a0161") })
            try await flood.value
        }
    }

    private static let hasPythonClient = (try? run("python3", arguments: ["-c", "import websockets"]).status) == 0

    @Test(
        "Python's websockets: echo, pieces, pings, closing, a message too long",
        .enabled(if: hasPythonClient, "python3-websockets is missing")
    )
    func python() async throws {
        try await LiveServer.run(protocols: ["chat"], socket: echo) { server in
            let result = try run(
                "python3",
                arguments: [script("client.py"), "\(server.address.port ?? 0)"],
                environment: ["no_proxy": "127.0.0.1"]
            )
            #expect(result.status == 0, "\(result.text)\(result.errorText)")
        }
    }

    @Test("Chromium sends and receives texts and octets, and closes cleanly")
    func chromium() async throws {
        try await LiveServer.run(protocols: ["chat"], socket: echo) { server in
            let url = "http://127.0.0.1:\(server.address.port ?? 0)/"
            let browse = script("../../MartletCLITests/Scripts/browse.py")
            let result = try run("python3", arguments: [browse, url], timeout: .seconds(90))
            #expect(
                result.text.hasPrefix("'chat grüße,70000 4000 true', 0 links, complaints: none"),
                "\(result.text)"
            )
        }
    }

    /// A file of the folder Scripts.
    private func script(_ name: String, file: String = #filePath) -> String {
        "\(file.prefix(through: file.lastIndex(of: "/") ?? file.startIndex))Scripts/\(name)"
    }
}
