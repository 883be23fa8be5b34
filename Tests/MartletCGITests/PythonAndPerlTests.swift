import Glibc
import Martlet
import MartletCGI
import MartletReactor
import TestSupport
import Testing

/// Applications of other makers, in other languages, through FastCGI and SCGI.
@Suite("FastCGI and SCGI servers", .timeLimit(.patient)) struct PythonAndPerlTests {
    /// Who listens.
    enum Maker: String, CaseIterable {
        case flupFastCGI, flupSCGI, uwsgiFastCGI, uwsgiSCGI

        var isFastCGI: Bool { self == .flupFastCGI || self == .uwsgiFastCGI }
    }

    /// One application, for all that speak WSGI.
    static let application = """
        import hashlib, sys
        def application(environ, start_response):
            length = int(environ.get('CONTENT_LENGTH') or 0)
            path = environ.get('PATH_INFO', '')
            if path == '/big':
                start_response('200 OK', [('Content-Type', 'application/octet-stream')])
                return [bytes([i % 251]) * 65536 for i in range(160)]
            if path == '/error':
                environ['wsgi.errors'].write('a complaint\\n')
                environ['wsgi.errors'].flush()
            if path == '/no':
                start_response('403 Forbidden', [('Content-Type', 'text/plain'), ('X-Own', 'yes')])
                return [b'no']
            content = environ['wsgi.input'].read(length) if length else b''
            text = ' '.join([environ['REQUEST_METHOD'], environ.get('SCRIPT_NAME', ''), path,
                environ.get('QUERY_STRING', ''), str(len(content)), hashlib.md5(content).hexdigest()])
            start_response('200 OK', [('Content-Type', 'text/plain'), ('Content-Length', str(len(text)))])
            return [text.encode()]

        """

    /// Where scripts/setup.sh puts what Debian does not have.
    private static func flup() throws -> String {
        let cache = unsafe getenv("XDG_CACHE_HOME").map { unsafe String(cString: $0) }
        let home = unsafe try #require(getenv("HOME").map { unsafe String(cString: $0) })
        return "\(cache ?? "\(home)/.cache")/martlet/flup-1.0.3"
    }

    /// A running application, and where it listens: a Unix socket, for no other test can take that meanwhile.
    private struct Running {
        let child: ChildProcess
        let folder: TemporaryDirectory
        let place: String
    }

    private func start(_ maker: Maker) async throws -> Running {
        let folder = try TemporaryDirectory()
        let path = folder.path(of: "app.sock")
        let script = try folder.write("app.py", Self.application + Self.main)
        let child: ChildProcess
        switch maker {
        case .flupFastCGI, .flupSCGI:
            child = try ChildProcess(
                "/usr/bin/python3",
                arguments: [script, maker.isFastCGI ? "fcgi" : "scgi", path],
                environment: ["PYTHONPATH": try Self.flup()]
            )
        case .uwsgiFastCGI, .uwsgiSCGI:
            child = try ChildProcess(
                "uwsgi",
                arguments: [
                    "--plugins", "python3", maker.isFastCGI ? "--fastcgi-socket" : "--scgi-socket", path,
                    "--wsgi-file", script, "--need-app", "--die-on-term", "--disable-logging",
                ]
            )
        }
        try await eventually("\(maker) listens") { (try? TestSocket.connect(to: .unix(path: path))) != nil }
        return Running(child: child, folder: folder, place: "unix:\(path)")
    }

    private static let main = """
        if __name__ == '__main__':
            import importlib
            server = importlib.import_module('flup.server.' + sys.argv[1])
            server.WSGIServer(application, bindAddress=sys.argv[2]).run()

        """

    @Test("a Python application behind flup and uWSGI", arguments: Maker.allCases)
    func python(maker: Maker) async throws {
        let running = try await start(maker)
        let handler: any Handler = maker.isFastCGI ? try FastCGI(running.place) : try SCGI(running.place)
        let router = try Router { Route("/app/**", handler) }
        try await withFastCGISite(router) { site in
            let empty = "d41d8cd98f00b204e9800998ecf8427e"
            try #expect(site.ask("/app/a/b?c=d").text == "GET /app /a/b c=d 0 \(empty)")
            let no = try site.ask("/app/no")
            #expect(no.status == 403)
            #expect(no["X-Own"] == "yes")
            #expect(no.text == "no")

            let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
            let folder = try TemporaryDirectory()
            let sum = try run("md5sum", arguments: [folder.write("a", content)]).text.prefix(32)
            try #expect(site.ask("/app/put", "PUT", body: content).text == "PUT /app /put  1000000 \(sum)")
            let client = try site.connect()
            try client.send(
                "POST /app/c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            try client.send("1\r\na\r\n0\r\n\r\n")
            let answer = try site.take(client)
            #expect(answer.text == "POST /app /c  1 0cc175b9c0f1b6a831c399e269772661")

            let big = try site.ask("/app/big").content
            #expect(big == (0..<160).flatMap { [UInt8](repeating: UInt8($0 % 251), count: 65_536) })
            try #expect(site.ask("/app/error").status == 200)
            if maker == .flupFastCGI {
                try await eventually("it is logged") { site.log.contains("a complaint") }
            }
        }
        withExtendedLifetime(running) {}
    }

    @Test("Perl's FCGI.pm, over the library that FastCGI began with, on connections that it keeps")
    func perl() async throws {
        let folder = try TemporaryDirectory()
        let script = try folder.write(
            "app.pl",
            #"""
            use FCGI;
            my $socket = FCGI::OpenSocket($ARGV[0], 5) or die "no socket";
            my $request = FCGI::Request(\*STDIN, \*STDOUT, \*STDERR, \%ENV, $socket);
            my $count = 0;
            while ($request->Accept() >= 0) {
                $count++;
                my $content = '';
                if ($ENV{PATH_INFO} ne '/unread') { read(STDIN, $content, $ENV{CONTENT_LENGTH} || 0); }
                print STDERR "noted $count\n";
                print "Content-Type: text/plain\r\n\r\n";
                print "$count $ENV{REQUEST_METHOD} $ENV{PATH_INFO} ", length($content), "\n";
                print "x" x 1000000 if $ENV{PATH_INFO} eq '/big';
            }
            """#
        )
        let path = folder.path(of: "app.sock")
        let child = try ChildProcess("perl", arguments: [script, path])
        try await eventually("it listens") { (try? TestSocket.connect(to: .unix(path: path))) != nil }
        let handler = try FastCGI("unix:\(path)")
        try await withFastCGISite(handler) { site in
            // It serves one connection at a time: without keeping that, or with a second, this would not come on.
            try #expect(site.ask("/a").text == "1 GET /a 0\n")
            try #expect(site.ask("/b", "POST", body: Array(repeating: 1, count: 200_000)).text == "2 POST /b 200000\n")
            try #expect(site.ask("/big").content.count == 1_000_000 + "3 GET /big 0\n".utf8.count)
            try #expect(site.ask("/unread", "POST", body: Array(repeating: 1, count: 10)).text == "4 POST /unread 0\n")
            try #expect(site.ask("/c").text == "5 GET /c 0\n")
            try await eventually("it is logged") { site.log.contains("noted 5") }
        }
        withExtendedLifetime(child) {}
    }
}
