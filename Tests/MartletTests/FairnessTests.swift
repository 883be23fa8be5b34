import Glibc
import Martlet
import TestSupport
import Testing

@Suite("Clients share a loop, and none takes its memory", .timeLimit(.patient))
struct FairnessTests {
    @Test("two clients that flood one loop are served in turns", arguments: [true, false])
    func floods(isImmediate: Bool) async throws {
        let order = Record<UInt16>()
        let gate = Gate()
        let holds = Gate()
        let function: @Sendable (Request) -> Response = { request in
            if request.head.rawPath == "/hold" {
                holds.open()
                while !gate.isOpen { usleep(500) }
                return .text("held")
            }
            order.append(request.peer.port ?? 0)
            return Response()
        }
        let handler: any Handler = isImmediate ? Immediate(function) : Waiting { function($0) }
        try await withServer(handler) { server in
            let clients = [try server.connect(), try server.connect()]
            let holder = try server.connect()
            // Nothing is served before both floods are in the kernel.
            try holder.send(get("/hold"))
            await holds.pass()
            for client in clients { try client.send(String(repeating: get(), count: 1000)) }
            gate.open()
            try holder.expect(ok("held"))
            for client in clients { _ = try client.receive(exactly: 1000 * 75) }
            let peers = order.all
            #expect(peers.count == 2000)
            // Once both are being served, neither is served for longer than a turn.
            let second = try #require(peers.firstIndex { $0 != peers[0] })
            let last = try #require(peers.lastIndex { $0 == peers[0] })
            var longest = 0
            var run = 0
            for index in second...max(second, last) {
                run = peers[index] == peers[index - 1] ? run + 1 : 1
                longest = max(longest, run)
            }
            #expect(second <= 64 && longest <= 64)
        }
    }

    @Test("a handler that reads as fast as its client sends leaves time for others")
    func fastReader() async throws {
        let order = Record<String>()
        let gate = Gate()
        let holds = Gate()
        let handler = Waiting { request in
            if request.head.rawPath == "/hold" {
                holds.open()
                while !gate.isOpen { usleep(500) }
                return .text("held")
            }
            for try await _ in request.body { order.append("chunk") }
            order.append(request.head.rawPath)
            return Response()
        }
        try await withServer(handler) { server in
            let holder = try server.connect()
            let upload = try server.connect()
            let other = try server.connect()
            try holder.send(get("/hold"))
            await holds.pass()
            // A thousand chunks are there at once.
            try upload.send("POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            try upload.send(String(repeating: "1\r\nx\r\n", count: 1000) + "0\r\n\r\n")
            try other.send(get("/other"))
            gate.open()
            _ = try other.receive(through: "\r\n\r\n")
            _ = try upload.receive(through: "\r\n\r\n")
            let all = order.all
            #expect(all.count == 1002)
            #expect(try #require(all.firstIndex(of: "/other")) < 200)
        }
    }

    @Test("a download and a small request share a loop: the small one does not wait for the big one")
    func downloadAndRequest() async throws {
        let size = 256 << 20
        let big = [UInt8](repeating: 1, count: size)
        let handler = Immediate { request in
            request.head.rawPath == "/big" ? .content(big, type: "a/b") : .text("small")
        }
        try await withServer(handler) { server in
            let download = try server.connect()
            try download.send(get("/big"))
            var received = try download.receive(exactly: 1000).count
            for _ in 0..<20 {
                #expect(try server.answer(to: get("/", "Connection: close")) == ok("small", connection: "close"))
                received += try download.receive().count
            }
            #expect(received < size)
            // Events of the downloading client do not earn it more turns.
            for _ in 0..<200 { try download.send("\r") }
            download.reset()
        }
    }

    @Test("a thousand connections with half a head each cost a buffer each, and no more")
    func halfHeads() async throws {
        let child = try ChildProcess(builtExecutable("TrapProbe"), arguments: ["sync"])
        let port = try #require(try child.readLine().flatMap { UInt16($0) })
        func half() throws -> TestSocket {
            let socket = try TestSocket.connect(to: .loopback(port: port))
            try socket.send("GET / HTTP/1.1\r\nHost: a\r\nX: y")
            return socket
        }
        /// A refusal means that the loop has come to everything that was sent before.
        func roundTrip() throws {
            let socket = try TestSocket.connect(to: .loopback(port: port))
            try socket.send("GET / HTTP/1.1\r\n\r\n")
            #expect(try masked(socket.receiveAll()).hasPrefix("HTTP/1.1 400 "))
        }
        var sockets = try (0..<100).map { _ in try half() }
        try roundTrip()
        let before = try residentBytes(of: child.process)
        sockets += try (0..<1000).map { _ in try half() }
        try roundTrip()
        let each = (try residentBytes(of: child.process) - before) / 1000
        print("memory of a connection with half a head: \(each) octets")
        #expect(each < 24 * 1024 || isSanitized)
        // They are alive: the limit is not what kept them small.
        try sockets[1000].send("\u{1}")
        #expect(try masked(sockets[1000].receiveAll()).hasPrefix("HTTP/1.1 400 "))
    }
}
