import HTTPTypes
import Martlet
import MartletFiles
import MartletWire
import TestSupport
import Testing

@Suite("What RFC 9111 asks of an origin server")
struct FreshnessTests {
    /// Requests for every kind of answer that a folder has.
    static let requests: [(method: String, target: String, fields: [String], status: Int)] = [
        ("GET", "/a.txt", [], 200), ("HEAD", "/a.txt", [], 200), ("GET", "/", [], 200), ("OPTIONS", "/a.txt", [], 204),
        ("GET", "/a.txt", ["Range: bytes=1-2"], 206), ("GET", "/a.txt", ["Range: bytes=1-1,900-901"], 206),
        ("GET", "/dir", [], 301), ("GET", "/a.txt", ["If-None-Match: *"], 304), ("GET", "/a b", [], 400),
        ("GET", "/none", [], 404), ("GET", "/none", ["Accept: text/html"], 404), ("PUT", "/a.txt", [], 405),
        ("GET", "/a.txt", ["If-Match: \"x\""], 412), ("GET", "/a.txt", ["Range: bytes=9999-"], 416),
        ("GET", "/a.txt", ["Expect: x"], 417), ("BREW", "/a.txt", [], 501),
        ("GET", "/a.txt", ["Age: 5", "Warning: 199 a \"b\"", "Pragma: no-cache", "Cache-Control: no-cache"], 200),
    ]

    private func server(_ freshness: FilesOptions.Freshness = .revalidate) throws -> FileServer {
        let folder = try TemporaryDirectory()
        try folder.write("a.txt", pattern(1000))
        try folder.write("dir/b.txt", "b")
        var options = FilesOptions()
        options.freshness = freshness
        return try FileServer(folder, options: options)
    }

    @Test(
        "no answer has Age, Warning or Pragma, nor Expires beside Cache-Control, nor a cookie",
        .rfc("9111-5.1-03", "9111-5.5-01", "9111-5.4-01", "9111-7.3-01", "7239-4-03")
    )
    func absent() throws {
        let server = try server()
        for request in Self.requests {
            let answer = try server.ask(request.method, request.target, request.fields)
            #expect(answer.status == request.status, "\(request.method) \(request.target)")
            for name in ["Age", "Warning", "Pragma", "Expires", "Set-Cookie", "Forwarded"] {
                #expect(answer[name] == nil, "\(name) of \(request.status)")
            }
        }
    }

    @Test(
        "Cache-Control is made of directives that have an argument where one is defined, of digits, without quotes",
        .rfc("9111-5.2-04", "9111-5.2.2.1-01"),
        arguments: [
            (FilesOptions.Freshness.revalidate, "no-cache"), (.seconds(0), "max-age=0"),
            (.seconds(3600), "max-age=3600"),
            (.seconds(.max), "max-age=\(Int.max)"), (.seconds(-1), "max-age=0"), (.seconds(.min), "max-age=0"),
        ]
    )
    func directives(freshness: FilesOptions.Freshness, value: String) throws {
        let server = try server(freshness)
        for request in Self.requests {
            let answer = try server.ask(request.method, request.target, request.fields)
            switch request.status {
            case 200 where request.target == "/": #expect(answer["Cache-Control"] == "no-cache")
            case 200, 206, 304: #expect(answer["Cache-Control"] == value)
            case 204: #expect(answer["Cache-Control"] == nil)
            case 301: #expect(answer["Cache-Control"] == "no-cache")
            default: #expect(answer["Cache-Control"] == "no-store")
            }
        }
    }
}
