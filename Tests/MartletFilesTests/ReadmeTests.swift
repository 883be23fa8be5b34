import Martlet
import MartletFiles
import MartletReactor
import TestSupport
import Testing

/// The README's handler that also serves files, letter for letter.
struct Site: Handler {
    let files: Files

    func respond(to request: Request) async throws -> Response {
        guard request.path.segments == ["api", "time"] else { return try await files.respond(to: request) }
        return .text("\(WallClock.seconds())\n")
    }
}

@Suite("What the README shows")
struct ReadmeTests {
    @Test("its handler with files stands in it as it is tested here")
    func text() throws {
        let root = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
        let readme = try contents(ofFile: "\(root)/README.md")
        let source = try contents(ofFile: "\(#filePath)")
        let start = try #require(source.firstRange(of: "struct Site: Handler {"))
        let end = try #require(source[start.lowerBound...].firstRange(of: "\n}\n"))
        #expect(readme.contains(source[start.lowerBound..<end.upperBound]))
    }

    @Test("a handler that hands some requests on to Files answers them all: pages, listings and its own")
    func site() async throws {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", "Hello")
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        let server = Server(configuration: configuration, handler: Site(files: try Files(folder.path)))
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
