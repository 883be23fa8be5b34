import Glibc
import Martlet
import MartletFiles
import TestSupport
import Testing

@Suite("A folder that is made anew", .timeLimit(.patient))
struct RenewedFolderTests {
    @Test("the folder that takes the place of one that was removed is served")
    func renewed() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("site/index.html", "old")
        try folder.write("site/below/page.html", "old")
        try await withServer(try Files(folder.path(of: "site"))) { server in
            func get(_ path: String) throws -> String {
                let socket = try server.connect()
                try socket.send("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                return WireAnswer(try socket.receiveAll()).map { "\($0.status) \($0.text)" } ?? ""
            }
            #expect(try get("/") == "200 old")
            #expect(try get("/below/page.html") == "200 old")
            for round in 1...3 {
                guard try run("rm", arguments: ["-r", folder.path(of: "site")]).status == 0 else { return }
                #expect(try get("/below/page.html").hasPrefix("404"))
                try folder.write("site/index.html", "new \(round)")
                try folder.write("site/below/page.html", "new \(round)")
                #expect(try get("/") == "200 new \(round)")
                #expect(try get("/below/page.html") == "200 new \(round)")
            }
        }
    }
}
