import Martlet
import MartletFiles
import MartletReactor
import TestSupport
import Testing

@Suite("Files under a prefix")
struct MountTests {
    /// Sends one request to a server with these routes and takes what comes back.
    private static func get(_ target: String, _ folder: TemporaryDirectory, _ fields: String...) throws -> WireAnswer {
        let files = try Files(folder.path)
        let only = try Files(file: "my file.txt", in: folder.path)
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 1
        let server = try Server(configuration: configuration) {
            Route("/files/**", files)
            Route("/t/:tenant/**", files)
            Route("/one/**", only)
        }
        try server.start()
        defer {
            server.stop(grace: .zero)
            server.join()
        }
        let socket = try TestSocket.connect(to: try #require(server.addresses.first), timeout: .seconds(30))
        try socket.send(FileServer.head("GET", target, fields + ["Connection: close"]))
        return try #require(WireAnswer(try socket.receiveAll()))
    }

    private static func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "Hello")
        try folder.write("my file.txt", "mine")
        try folder.write("sub/b.txt", "deep")
        try folder.write("sub/.hidden", "secret")
        try folder.write("x y/c.txt", "spaced")
        return folder
    }

    @Test(
        "a file is found by what follows the prefix",
        arguments: [
            ("/files/a.txt", 200, "Hello"), ("/files/sub/b.txt", 200, "deep"), ("/files/x%20y/c.txt", 200, "spaced"),
            ("/t/acme/a.txt", 200, "Hello"), ("/t/a%2Fb/a.txt", 200, "Hello"), ("/one/my%20file.txt", 200, "mine"),
            ("/files/../files/a.txt", 200, "Hello"), ("/files/nosuch", 404, nil), ("/files/files/a.txt", 404, nil),
            ("/files/sub/.hidden", 404, nil), ("/files/sub%2Fb.txt", 404, nil), ("/files/../a.txt", 404, nil),
            ("/files/%2e%2e/%2e%2e/etc/passwd", 404, nil), ("/one/a.txt", 404, nil), ("/a.txt", 404, nil),
        ] as [(String, Int, String?)]
    )
    func found(target: String, status: Int, text: String?) throws {
        let answer = try Self.get(target, try Self.folder())
        #expect(answer.status == status)
        if let text { #expect(answer.text == text) } else { #expect(!answer.text.contains("secret")) }
    }

    @Test(
        "a redirect leads to the whole path",
        arguments: [
            ("/files", 308, "/files/"), ("/files?a=b", 308, "/files/?a=b"), ("/files/sub", 301, "/files/sub/"),
            ("/files/sub?a=b", 301, "/files/sub/?a=b"), ("/files/x%20y", 301, "/files/x%20y/"),
            ("/t/a%20b/sub", 301, "/t/a%20b/sub/"), ("/t/a%2F%2Fb/sub", 301, "/t/a%2F%2Fb/sub/"),
            ("/one/?q", 302, "/one/my%20file.txt?q"), ("//files//sub", 301, "/files/sub/"),
        ]
    )
    func redirects(target: String, status: Int, location: String) throws {
        let answer = try Self.get(target, try Self.folder())
        #expect(answer.status == status)
        #expect(answer["Location"] == location)
    }

    @Test("listings link within the mount: no way up at its root, one below it")
    func listings() throws {
        let folder = try Self.folder()
        let root = try Self.get("/files/", folder).text
        #expect(root.contains("href=\"./sub/\""))
        #expect(!root.contains("href=\"../\""))
        let below = try Self.get("/files/sub/", folder).text
        #expect(below.contains("href=\"./b.txt\""))
        #expect(below.contains("href=\"../\""))
        #expect(!below.contains("hidden"))
    }
}
