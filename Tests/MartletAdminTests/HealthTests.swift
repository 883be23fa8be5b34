import Glibc
import Martlet
import MartletAdmin
import MartletReactor
import TestSupport
import Testing

extension Router {
    /// Greets, at `/hello/:name`.
    static var hello: Router {
        get throws { try Router { Route("/hello/:name") { request in .text(request.parameters["name"] ?? "") } } }
    }
}

@Suite("Health", .timeLimit(.patient))
struct HealthTests {
    @Test("a server is ready from when it says so until it drains, and alive all the time")
    func readiness() async throws {
        try await withSite(Router.hello) { site in
            try #expect(site.page("/readyz").status == 503)
            try #expect(site.page("/readyz").text == "starting\n")
            site.admin.readiness = .ready
            let ready = try site.page("/readyz")
            #expect(ready.status == 200 && ready.text == "ok\n" && ready["Cache-Control"] == "no-store")
            site.admin.readiness = .draining
            try #expect(site.page("/readyz").status == 503)
            try #expect(site.page("/readyz").text == "draining\n")
            try #expect(site.page("/livez").text == "ok\n")
            try #expect(site.page("/livez").status == 200)
        }
    }

    @Test("HEAD says the same without content")
    func head() async throws {
        try await withSite(Router.hello) { site in
            let answer = try site.page("/readyz", method: "HEAD")
            #expect(answer.status == 503 && answer.content.isEmpty)
            #expect(answer["Content-Length"] == "9")
            try #expect(site.page("/livez", method: "HEAD").status == 200)
            try #expect(site.page("/livez", method: "POST").status == 405)
        }
    }

    @Test("a check that objects is named with its reason, on a line of its own")
    func checks() async throws {
        try await withSite(Router.hello) { site in
            let isUp = Locked(false)
            site.admin.addReadinessCheck("database") { isUp.withLock { $0 } ? nil : "no\nroute" }
            site.admin.addReadinessCheck("disk") { nil }
            site.admin.readiness = .draining
            try #expect(site.page("/readyz").text == "draining\ndatabase: no route\n")
            site.admin.readiness = .ready
            try #expect(site.page("/readyz").text == "database: no route\n")
            isUp.withLock { $0 = true }
            try #expect(site.page("/readyz").text == "ok\n")
        }
    }

    @Test("a loop that is held up is found dead after the limit, and alive again when it answers")
    func heldUp() async throws {
        let release = Locked(false)
        let handler = ImmediatelyBlocking(until: release)
        try await withSite(handler, livenessLimit: .milliseconds(600)) { site in
            let stuck = try TestSocket.connect(to: site.server.addresses[0])
            try stuck.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            try await eventually("it is found dead") { try site.page("/livez").status == 503 }
            try #expect(site.page("/livez").text.hasPrefix("martlet-0 has not answered for "))
            // The other pages do not wait for it either.
            try #expect(#require(site.metrics().value("martlet_loop_lag_seconds", ["loop": "martlet-0"])) >= 0.6)
            try #expect(site.page("/status").text.contains("silent for"))
            release.withLock { $0 = true }
            try await eventually("it lives again") { try site.page("/livez").status == 200 }
        }
    }

    @Test(
        "by TCP the pages are for addresses and localhost: a site that lets its name point here gets 421",
        arguments: [
            ("127.0.0.1:9000", 200), ("[::1]:9000", 200), ("localhost", 200), ("LOCALHOST:1", 200), ("10.0.0.7", 200),
            ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("localhost.evil.example:9000", 421),
        ]
    )
    func host(host: String, status: Int) async throws {
        try await withSite(Router.hello) { site in
            try #expect(site.page("/livez", host: host).status == status)
            try #expect(site.page("/nothing", host: host).status == (status == 200 ? 404 : 421))
        }
    }

    @Test("by a Unix socket any host will do; the pages at an address of other machines have to be asked for")
    func addresses() async throws {
        let directory = try TemporaryDirectory()
        let admin = Admin(version: "1")
        let server = try admin.server(at: .unix(path: directory.path(of: "admin")))
        try server.start()
        try await running([server]) {
            try #expect(Site.ask(server.addresses[0], "/livez", host: "any.example").status == 200)
        }
        #expect(throws: AdminError.self) { try admin.server(at: .anyIPv4(port: 0)) }
        let error = #expect(throws: AdminError.self) { try admin.server(at: .ipv4(0xC000_0201, port: 9000)) }
        try #expect("\(#require(error))".contains("192.0.2.1:9000"))
        _ = try admin.server(at: .anyIPv4(port: 0), allowsOtherMachines: true)
    }

    @Test("after its last server has stopped a process is alive: there is no loop that could be stuck")
    func stopped() async throws {
        let admin = Admin(version: "1", livenessLimit: .milliseconds(1))
        let server = try observedServer(Router.hello, admin)
        let pages = try admin.server(at: .loopback(port: 0))
        try pages.start()
        try await running([pages]) {
            server.stop(grace: .zero)
            await server.waitUntilStopped()
            try #expect(Site.ask(pages.addresses[0], "/livez", host: "[::1]").status == 200)
        }
    }
}

/// Holds its loop up until it is released.
private struct ImmediatelyBlocking: ImmediateHandler {
    let released: Locked<Bool>

    init(until released: Locked<Bool>) {
        self.released = released
    }

    func respondImmediately(to request: Request) throws -> Response? {
        try eventuallyAtOnce("it is released") { released.withLock { $0 } }
        return .text("")
    }

    func respond(to request: Request) async throws -> Response { .text("") }
}
