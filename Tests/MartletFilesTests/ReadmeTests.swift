import Martlet
import MartletFiles
import MartletReactor
import TestSupport
import Testing

@Suite("What the README shows")
struct ReadmeTests {
    /// The README's routes with files, letter for letter.
    private static func server(_ configuration: ServerConfiguration, _ folder: String) throws -> Server {
        try Server(configuration: configuration) {
            Route("/api/time") { _ in .text("\(WallClock.seconds())\n") }
            try Route("/**", Files(folder))
        }
    }

    @Test("its routes with files stand in it as they are tested here")
    func text() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let readme = try contents(ofFile: "\(root)/README.md").split(separator: "\n")
        let source = try contents(ofFile: "\(#filePath)").split(separator: "\n")
        let start = try #require(source.firstIndex { $0.contains("try Server(configuration: configuration) {") })
        let routes = source[(start + 1)...].prefix { $0.hasPrefix("            ") }.map { $0.dropFirst(8) }
        #expect(routes.count == 2)
        #expect(readme.contains(routes))
    }

    @Test("routes beside files answer them all: pages, listings and their own")
    func site() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "Hello")
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        let server = try Self.server(configuration, folder.path)
        try server.start()
        let address = try #require(server.addresses.first)
        for (target, expected) in [("/a.txt", "Hello"), ("/", "a.txt"), ("/api/time", "\n"), ("/nosuch", "404")] {
            let socket = try TestSocket.connect(to: address)
            try socket.send("GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            let answer = try #require(WireAnswer(try socket.receiveAll()))
            #expect(answer.text.contains(expected), "\(target)")
        }
        server.stop()
        await server.waitUntilStopped()
    }
}
