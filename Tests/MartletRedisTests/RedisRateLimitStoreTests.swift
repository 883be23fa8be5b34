import Glibc
import Logging
import Martlet
import MartletReactor
import TestSupport
import Testing

@testable import MartletRedis

@Suite("Servers that share a limit in Redis", .timeLimit(.patient))
struct RedisRateLimitStoreTests {
    private static var patient: RedisOptions {
        var options = RedisOptions()
        options.connectTimeout = .seconds(60)
        options.commandTimeout = .seconds(60)
        options.longestPause = .milliseconds(1)
        return options
    }

    /// Two servers, each with a client of its own, behind one limit each of the same name.
    private func withTwoServers(
        _ redis: RedisServer,
        whenAway: RateLimit.WhenAway = .allow,
        _ body: ([Server], CapturedLog) async throws -> Void
    ) async throws {
        let log = CapturedLog()
        let servers = try (0..<2).map { _ in
            let store = RedisRateLimitStore(try RedisClient(url: redis.place, options: Self.patient))
            var configuration = ServerConfiguration()
            configuration.addresses = [.loopback(port: 0)]
            configuration.threads = 2
            configuration.holdUpWarning = nil
            configuration.logger = Logger(label: "test") { _ in log }
            return try Server(configuration: configuration) {
                Group(
                    "/api",
                    middleware: [RateLimit(10, per: .seconds(3600), named: "t", in: store, whenAway: whenAway)]
                ) {
                    Route("/x") { _ in .text("ok") }
                }
            }
        }
        for server in servers { try server.start() }
        let result: Result<Void, any Error>
        do { result = .success(try await body(servers, log)) } catch { result = .failure(error) }
        for server in servers {
            server.stop(grace: .zero)
            await server.waitUntilStopped()
            server.join()
        }
        try result.get()
    }

    /// Sends a request on a connection of its own; the status, and Retry-After.
    private func get(_ server: Server) async throws -> (status: String, wait: Int?) {
        let address = server.addresses[0]
        let pool = Self.clients
        let text = try await pool.run {
            let socket = try TestSocket.connect(to: address)
            try socket.send("GET /api/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return String(decoding: try socket.receiveAll(), as: UTF8.self)
        }
        let wait = text.split(separator: "\r\n").first { $0.hasPrefix("Retry-After: ") }.flatMap {
            Int($0.dropFirst(13))
        }
        return (String(text.dropFirst(9).prefix(3)), wait)
    }

    private static let clients = ThreadPool(name: "clients", threads: 8)

    @Test("all of them together let through what the limit allows, and not one request more")
    func shared() async throws {
        let redis = try RedisServer()
        try await withTwoServers(redis) { servers, log in
            let answers = try await withThrowingTaskGroup(of: (status: String, wait: Int?).self) { group in
                for number in 0..<60 {
                    let server = servers[number % 2]
                    group.addTask { try await get(server) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == "200" } == 10)
            let refused = answers.filter { $0.status == "429" }
            #expect(refused.count == 50)
            // One request in 360 s.
            #expect(refused.allSatisfy { 1...360 ~= $0.wait ?? 0 })
            #expect(log.lines == [])
        }
    }

    @Test(
        "when Redis is away the user decides, and the log is told once; when it is back the limit is",
        arguments: [
            (RateLimit.WhenAway.allow, "200"), (.refuse, "503"),
        ]
    )
    func away(whenAway: RateLimit.WhenAway, status: String) async throws {
        let redis = try RedisServer()
        try await withTwoServers(redis, whenAway: whenAway) { servers, log in
            for _ in 0..<5 { for server in servers { #expect(try await get(server).status == "200") } }
            #expect(try await get(servers[0]).status == "429")
            try redis.kill()
            for server in servers {
                for _ in 0..<20 { #expect(try await get(server).status == status) }
            }
            #expect(log.lines.filter { $0 == "warning: The store of a rate limit fails." }.count >= 2)
            #expect(log.lines.filter { $0.contains("store") }.count < 20)
            try redis.restart()
            // It is empty, and has no script.
            try await eventually("the limit holds again") { try await get(servers[0]).status == "429" }
            try await eventually("for the other too") { try await get(servers[1]).status == "429" }
        }
    }

    /// A store, and a client to look into its server.
    private func store(_ redis: RedisServer) throws -> (RedisRateLimitStore, RedisClient) {
        let client = try RedisClient(url: redis.place, options: Self.patient)
        return (RedisRateLimitStore(client, prefix: "p:"), client)
    }

    @Test("a burst, then the rate: the bucket fills as time goes by, and its key goes when it is full")
    func rate() async throws {
        let redis = try RedisServer()
        let (store, client) = try store(redis)
        for _ in 1...3 { #expect(try await store.take("a", interval: .seconds(60), burst: 3) == nil) }
        let wait = try #require(try await store.take("a", interval: .seconds(60), burst: 3))
        #expect(wait > .seconds(1) && wait <= .seconds(60))
        #expect(try await store.take("b", interval: .seconds(60), burst: 1) == nil)
        guard case .integer(let milliseconds) = try await client.send(["PTTL", "p:a"]) else { throw TestFailure() }
        #expect(120_000...180_000 ~= milliseconds)
        #expect(try await store.take("c", interval: .milliseconds(20), burst: 1) == nil)
        try await eventually("one more") { try await store.take("c", interval: .milliseconds(20), burst: 1) == nil }
        try await eventually("its key is gone") { try await client.send(["EXISTS", "p:c"]) == .integer(0) }
    }

    private struct TestFailure: Error {}

    @Test("a server's clock that was set back makes a peer wait for one request, not until it has caught up")
    func clock() async throws {
        let redis = try RedisServer()
        let (store, client) = try store(redis)
        _ = try await client.send(["SET", "p:a", "9000000000000000"])
        let wait = try #require(try await store.take("a", interval: .milliseconds(50), burst: 5))
        #expect(wait <= .milliseconds(50))
        try await eventually("it passes") { try await store.take("a", interval: .milliseconds(50), burst: 5) == nil }
    }

    @Test("numbers at the edge, and keys that are none of ours, do no harm")
    func extremes() async throws {
        let redis = try RedisServer()
        let (store, client) = try store(redis)
        #expect(try await store.take("tiny", interval: .nanoseconds(1), burst: .max) == nil)
        #expect(try await store.take("huge", interval: .seconds(Int64.max), burst: .max) == nil)
        #expect(try await store.take("huge", interval: .seconds(Int64.max), burst: .max) != nil)
        _ = try await client.send(["SET", "p:word", "word"])
        #expect(try await store.take("word", interval: .seconds(60), burst: 1) == nil)
        _ = try await client.send(["LPUSH", "p:list", "x"])
        await #expect(throws: RedisError.self) { try await store.take("list", interval: .seconds(1), burst: 1) }
    }

    @Test("the script is known by its digest, and is brought again when the server forgot it")
    func digest() async throws {
        let redis = try RedisServer()
        let (store, client) = try store(redis)
        #expect(
            try await client.send(["SCRIPT", "LOAD", RedisRateLimitStore.script]).text == RedisRateLimitStore.digest
        )
        for _ in 1...2 {
            _ = try await client.send(["SCRIPT", "FLUSH"])
            _ = try await client.send(["CONFIG", "RESETSTAT"])
            _ = try await store.take("a", interval: .seconds(1), burst: 1000)
            _ = try await store.take("a", interval: .seconds(1), burst: 1000)
            let stats = try await client.send(["INFO", "commandstats"]).text ?? ""
            #expect(stats.contains("cmdstat_eval:calls=1,") && stats.contains("cmdstat_evalsha:calls=2,"))
        }
    }
}
