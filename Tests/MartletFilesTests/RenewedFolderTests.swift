import TestSupport
import Testing

@Suite("A folder that is made anew", .timeLimit(.patient))
struct RenewedFolderTests {
    @Test("the folder that takes the place of one that was removed is served")
    func renewed() async throws {
        let server = try FileServer(["index.html": "old", "below/page.html": "old"])
        #expect(try server.get("/").text == "old")
        #expect(try server.get("/below/page.html").text == "old")
        for round in 1...3 {
            guard try run("rm", arguments: ["-r", server.folder.path]).status == 0 else { return }
            #expect(try server.get("/below/page.html").status == 404)
            guard try run("mkdir", arguments: [server.folder.path]).status == 0 else { return }
            try server.folder.write("index.html", "new \(round)")
            try server.folder.write("below/page.html", "new \(round)")
            #expect(try server.get("/").text == "new \(round)")
            #expect(try server.get("/below/page.html").text == "new \(round)")
        }
    }
}
