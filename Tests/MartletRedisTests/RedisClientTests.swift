import Glibc
import MartletReactor
import TestSupport
import Testing

@testable import MartletRedis

/// Waits that no machine is too busy for; for the tests that are not about waiting.
private var patient: RedisOptions {
    var options = RedisOptions()
    options.connectTimeout = .seconds(60)
    options.commandTimeout = .seconds(60)
    options.longestPause = .milliseconds(1)
    return options
}

@Suite("The client and a real redis-server", .timeLimit(.patient))
struct RedisClientTests {
    @Test("commands and their answers", arguments: [RedisServer.Place.unix, .loopback])
    func commands(place: RedisServer.Place) async throws {
        let server = try RedisServer(place)
        let redis = try RedisClient(url: server.place, options: patient)
        #expect(try await redis.send(["PING"]) == .simple("PONG"))
        #expect(try await redis.send(["SET", "key", "a\r\nb"]) == .simple("OK"))
        #expect(try await redis.send(["GET", "key"]).text == "a\r\nb")
        #expect(try await redis.send(["GET", "none"]) == .null)
        #expect(try await redis.send(["INCRBY", "n", "41"]) == .integer(41))
        #expect(try await redis.send([Array("GET".utf8), Array("n".utf8)]) == .bulk(Array("41".utf8)))
        #expect(
            try await redis.send(["EVAL", "return {1, {'x'}, false}", "0"])
                == .array([.integer(1), .array([.bulk([0x78])]), .null])
        )
        if place == .loopback {
            // Of a name's addresses, ::1 may come first, where nobody listens.
            let port = server.place.drop { $0 != ":" }
            let named = try RedisClient(url: "redis://localhost\(port)", options: patient)
            #expect(try await named.send(["GET", "n"]).text == "41")
        }
        await #expect(throws: RedisError.refused("WRONGTYPE Operation against a key holding the wrong kind of value")) {
            try await redis.send(["LPUSH", "key", "x"])
        }
        #expect(try await redis.send(["PING"]) == .simple("PONG"))
    }

    @Test("a thousand commands at once have each its own answer, over one connection")
    func concurrent() async throws {
        let server = try RedisServer()
        let redis = try RedisClient(url: server.place, options: patient)
        try await withThrowingTaskGroup(of: (Int, RESPValue).self) { group in
            for number in 0..<1000 {
                group.addTask { (number, try await redis.send(["ECHO", "\(number)"])) }
            }
            for try await (number, answer) in group { #expect(answer.text == "\(number)") }
        }
        let info = try await redis.send(["INFO", "stats"]).text ?? ""
        #expect(info.contains("total_connections_received:1\r\n"))
    }

    @Test("a password, a user and a database")
    func login() async throws {
        let server = try RedisServer(.loopback, password: "let me/in")
        let redis = try RedisClient(url: "redis://:let%20me%2Fin@\(server.place)/3", options: patient)
        _ = try await redis.send(["ACL", "SETUSER", "ann", "on", ">p:w", "~*", "+@all"])
        _ = try await redis.send(["SET", "where", "three"])
        let ann = try RedisClient(url: "redis://ann:p:w@\(server.place)/3", options: patient)
        #expect(try await ann.send(["ACL", "WHOAMI"]).text == "ann")
        #expect(try await ann.send(["GET", "where"]).text == "three")
        var options = patient
        options.user = "ann"
        options.password = "p:w"
        let other = try RedisClient(url: server.place, options: options)
        #expect(try await other.send(["GET", "where"]) == .null)
        #expect("\(redis)" == server.place)
    }

    @Test("a wrong password, or none, is told in the server's words, and no command goes out")
    func wrongPassword() async throws {
        let server = try RedisServer(.loopback, password: "right")
        for (url, reason) in [("redis://:wrong@", "WRONGPASS"), ("redis://", "NOAUTH")] {
            let redis = try RedisClient(url: url + server.place, options: patient)
            let error = await #expect(throws: RedisError.self) { try await redis.send(["PING"]) }
            guard case .unreachable(let text) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            #expect(text.contains(reason) && text.contains(server.place) && !text.contains("wrong@"))
        }
    }

    @Test("a server that is killed fails the commands under way, cancelled or not, and is used again once it is back")
    func killed() async throws {
        let server = try RedisServer()
        let redis = try RedisClient(url: server.place, options: patient)
        for _ in 1...3 {
            #expect(try await redis.send(["PING"]) == .simple("PONG"))
            let results = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let task = Task { try await redis.send(["PING"]) }
                        if number % 4 == 0 { task.cancel() }
                        do {
                            _ = try await task.value
                            return true
                        } catch is RedisError {
                            return false
                        } catch is CancellationError {
                            return false
                        }
                    }
                }
                try server.kill()
                return try await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(results.count == 200)
            let error = await #expect(throws: RedisError.self) { try await redis.send(["PING"]) }
            if case .unreachable = error {
            } else if case .lost = error {
            } else {
                Issue.record("\(String(describing: error))")
            }
            try server.restart()
            try await eventually("it is back") { (try? await redis.send(["PING"])) != nil }
        }
    }

    @Test("a server that hangs hits the time-out; then commands fail at once, until it goes on")
    func frozen() async throws {
        let server = try RedisServer()
        var options = patient
        options.commandTimeout = .milliseconds(200)
        options.connectTimeout = .milliseconds(200)
        options.longestPause = .seconds(600)
        let redis = try RedisClient(url: server.place, options: options)
        try await eventually("it answers") { (try? await redis.send(["SET", "a", "b"])) != nil }
        server.freeze()
        let error = await #expect(throws: RedisError.self) { try await redis.send(["GET", "a"]) }
        guard case .timedOut(let text) = error else { throw error ?? .busy(0) }
        #expect(text.contains("did not answer in 0.2 seconds"))
        // The pauses grow: soon one is longer than anybody waits, and a command fails before it could have timed out.
        try await eventually("a command fails at once") {
            let start = Instant.now()
            _ = try? await redis.send(["GET", "a"])
            return start.duration(to: .now()).count < 150_000_000
        }
        server.thaw()
        try await eventually("it is used again") { await (try? redis.send(["GET", "a"]))?.text == "b" }
    }

    @Test("a command that is cancelled ends at once, and the others' answers stay theirs")
    func cancelled() async throws {
        let server = try RedisServer()
        let redis = try RedisClient(url: server.place, options: patient)
        _ = try await redis.send(["PING"])
        server.freeze()
        let doomed = (0..<50).map { number in Task { try await redis.send(["ECHO", "doomed \(number)"]) } }
        let others = (0..<50).map { number in Task { try await redis.send(["ECHO", "\(number)"]) } }
        for task in doomed { task.cancel() }
        for task in doomed { await #expect(throws: CancellationError.self) { try await task.value } }
        server.thaw()
        for (number, task) in others.enumerated() { #expect(try await task.value.text == "\(number)") }
    }

    @Test("commands that would change or hold up the connection of all are refused before they are sent")
    func refused() async throws {
        let redis = try RedisClient(url: "unix:/nowhere")
        for words in [
            ["MULTI"], ["select", "1"], ["SUBSCRIBE", "a"], ["BLPOP", "a", "0"], ["Client", "reply", "off"], [], [""],
            ["XREAD", "block", "0", "STREAMS", "a", "$"],
            ["xreadgroup", "GROUP", "g", "c", "COUNT", "1", "BLOCK", "0", "STREAMS", "a", ">"],
        ] {
            let error = await #expect(throws: RedisError.self) { try await redis.send(words) }
            if case .command = error { continue }
            Issue.record("\(words): \(String(describing: error))")
        }
    }

    @Test("nobody there is told at once, with the place")
    func nobody() async throws {
        let redis = try RedisClient(url: "unix:/nowhere/redis.sock")
        await #expect(
            throws: RedisError.unreachable(
                "Redis cannot be reached: connect to unix:/nowhere/redis.sock: No such file or directory"
            )
        ) { try await redis.send(["PING"]) }
        let name = try RedisClient(url: "redis://redis.invalid", options: patient)
        let error = await #expect(throws: RedisError.self) { try await name.send(["PING"]) }
        let text = error?.description ?? ""
        #expect(text.contains("redis.invalid"), "\(text)")
    }

    @Test("a client that is let go of leaves no thread and no descriptor")
    func release() async throws {
        let server = try RedisServer()
        let observer = try RedisClient(url: server.place, options: patient)
        for _ in 0..<5 {
            let redis = try RedisClient(url: server.place, options: patient)
            _ = try await redis.send(["PING"])
        }
        try await eventually("their connections are closed") {
            try await observer.send(["INFO", "clients"]).text?.contains("connected_clients:1\r\n") == true
        }
    }
}

@Suite("The client and servers that do not keep to the protocol", .timeLimit(.patient))
struct OddServerTests {
    @Test(
        "what is no answer closes the connection, and the next one works",
        arguments: [
            ("HTTP/1.1 400 Bad Request\r\n\r\n", "no answer of RESP2 begins with the octet 72"),
            ("$99999999\r\n", "more than 1048576 octets"),
            ("*2\r\n" + String(repeating: "*1\r\n", count: 40), "arrays in each other"),
            ("+PONG\r\n+PONG\r\n", "what nobody asked"),
        ]
    )
    func garbage(answer: String, reason: String) async throws {
        let fake = try FakeRedis(
            { socket in
                try socket.greet()
                try socket.hear(TestSocket.ping)
                try socket.send(answer)
                try socket.awaitEnd()
            },
            { socket in
                try socket.greet()
                try socket.hear(TestSocket.ping)
                try socket.send("+again\r\n")
                try socket.awaitEnd()
            }
        )
        let redis = try RedisClient(url: fake.place, options: patient)
        if answer.hasPrefix("+PONG") {
            #expect(try await redis.send(["PING"]) == .simple("PONG"))
        } else {
            let error = await #expect(throws: RedisError.self) { try await redis.send(["PING"]) }
            guard case .malformed(let text) = error else { throw error ?? .busy(0) }
            #expect(text.contains(reason))
        }
        try await eventually("it is connected again") { await (try? redis.send(["PING"])) == .simple("again") }
    }

    @Test("an answer may come octet by octet, and is lost when the connection ends inside")
    func pieces() async throws {
        let fake = try FakeRedis { socket in
            try socket.greet()
            try socket.hear(TestSocket.ping + TestSocket.ping)
            for octet in "$5\r\nhello\r\n$5\r\nhal".utf8 { try socket.send([octet]) }
        }
        let redis = try RedisClient(url: fake.place, options: patient)
        let both = (0..<2).map { _ in Task { try await redis.send(["PING"]) } }
        var lost = 0
        for task in both {
            do {
                #expect(try await task.value.text == "hello")
            } catch RedisError.lost(let text) {
                #expect(text.contains("closed by the server"))
                lost += 1
            }
        }
        #expect(lost == 1)
    }

    @Test("a server that accepts and says nothing is given up in time, and one that is loading is told so")
    func silent() async throws {
        let fake = try FakeRedis(
            { try $0.awaitEndAfterPing() },
            { socket in
                try socket.hear(TestSocket.ping)
                try socket.send("-LOADING Redis is loading the dataset in memory\r\n")
                try socket.awaitEnd()
            }
        )
        var options = patient
        options.connectTimeout = .milliseconds(100)
        let redis = try RedisClient(url: fake.place, options: options)
        let error = await #expect(throws: RedisError.self) { try await redis.send(["PING"]) }
        #expect(error?.description.contains("no answer in 0.1 seconds") == true)
        try await eventually("the second attempt") {
            do {
                _ = try await redis.send(["PING"])
            } catch {
                return "\(error)".contains("LOADING Redis is loading the dataset in memory")
            }
            return false
        }
    }

    @Test("of too many commands the last fail, and Redis Cluster's answers are explained")
    func limits() async throws {
        let fake = try FakeRedis { socket in
            try socket.greet()
            try socket.hear(TestSocket.ping)
            try socket.send("-MOVED 3999 127.0.0.1:6381\r\n")
            try socket.awaitEnd()
        }
        var options = patient
        options.maximumWaiting = 0
        let full = try RedisClient(url: fake.place, options: options)
        await #expect(throws: RedisError.busy(0)) { try await full.send(["PING"]) }
        let redis = try RedisClient(url: fake.place, options: patient)
        let error = await #expect(throws: RedisError.self) { try await redis.send(["PING"]) }
        #expect(error?.description == "Redis Cluster is not supported: MOVED 3999 127.0.0.1:6381")
    }
}

extension TestSocket {
    fileprivate func awaitEndAfterPing() throws {
        try hear(Self.ping)
        try awaitEnd()
    }
}
