import Glibc
import HTTPTypes
import Martlet
import MartletCGI
import MartletReactor
import MartletWire
import TestSupport
import Testing

/// Pages of a real php-fpm.
@Suite("php-fpm", .timeLimit(.patient)) struct PHPTests {
    /// Runs a site that answers with the PHP scripts of a folder and passes everything else to `otherwise`.
    private func withPHP(
        _ files: [String: String],
        on place: PHPServer.Place = .unix,
        fallback: String? = nil,
        workers: Int = 3,
        threads: Int = 1,
        options: ApplicationOptions = ApplicationOptions(),
        configure: (inout ServerConfiguration) -> Void = { _ in },
        otherwise: (@Sendable (Request) throws -> Response)? = nil,
        _ body: @escaping @concurrent @Sendable (FastCGISite, _ folder: String) async throws -> Void
    ) async throws {
        let php = try await PHPServer(place, workers: workers)
        for (name, text) in files { try php.folder.write("site/\(name)", text) }
        let folder = php.folder.path(of: "site")
        let handler = try FastCGI(
            php.place,
            .folder(folder, fallback: fallback),
            options: options,
            otherwise: otherwise.map(Otherwise.init)
        )
        try await withFastCGISite(threads: threads, configure: configure, handler) { site in
            try await body(site, folder)
        }
        withExtendedLifetime(php) {}
    }

    private struct Otherwise: Handler {
        let function: @Sendable (Request) throws -> Response
        func respond(to request: Request) async throws -> Response { try function(request) }
    }

    static let variables = """
        <?php
        header('Content-Type: text/plain');
        foreach (['DOCUMENT_ROOT', 'SCRIPT_FILENAME', 'SCRIPT_NAME', 'PATH_INFO', 'PATH_TRANSLATED', 'QUERY_STRING',
            'REQUEST_URI', 'REQUEST_METHOD', 'PHP_SELF', 'SERVER_PROTOCOL', 'GATEWAY_INTERFACE', 'REMOTE_ADDR',
            'SERVER_NAME', 'CONTENT_TYPE', 'CONTENT_LENGTH', 'HTTP_X_TEST', 'HTTP_AUTHORIZATION', 'HTTP_PROXY'] as $name)
            echo $name, '=', $_SERVER[$name] ?? '(none)', "\\n";
        """

    @Test("a page has its variables, on a Unix socket and on TCP", arguments: [PHPServer.Place.unix, .loopback])
    func variables(place: PHPServer.Place) async throws {
        try await withPHP(["sub/vars.php": Self.variables], on: place) { site, folder in
            let fields = "X-Test: 1\r\nAuthorization: Basic YTpi\r\nProxy: http://evil/\r\n"
            let answer = try site.ask("/sub/vars.php/more/path%20x?a=b&c", "GET", fields)
            #expect(answer.status == 200)
            #expect(
                answer.text == """
                    DOCUMENT_ROOT=\(folder)
                    SCRIPT_FILENAME=\(folder)/sub/vars.php
                    SCRIPT_NAME=/sub/vars.php
                    PATH_INFO=/more/path x
                    PATH_TRANSLATED=\(folder)/more/path x
                    QUERY_STRING=a=b&c
                    REQUEST_URI=/sub/vars.php/more/path%20x?a=b&c
                    REQUEST_METHOD=GET
                    PHP_SELF=/sub/vars.php/more/path x
                    SERVER_PROTOCOL=HTTP/1.0
                    GATEWAY_INTERFACE=CGI/1.1
                    REMOTE_ADDR=127.0.0.1
                    SERVER_NAME=a.test
                    CONTENT_TYPE=(none)
                    CONTENT_LENGTH=(none)
                    HTTP_X_TEST=1
                    HTTP_AUTHORIZATION=(none)
                    HTTP_PROXY=(none)

                    """
            )
        }
    }

    @Test("a form, a file and content in chunks arrive")
    func content() async throws {
        let form = "<?php header('Content-Type: application/json'); echo json_encode($_POST);"
        let upload =
            "<?php $f = $_FILES['file']; echo $f['name'], ' ', $f['size'], ' ', md5_file($f['tmp_name']), ' ', $_POST['note'];"
        let raw =
            "<?php $c = file_get_contents('php://input'); echo strlen($c), ' ', $_SERVER['CONTENT_LENGTH'], ' ', md5($c);"
        try await withPHP(["form.php": form, "upload.php": upload, "raw.php": raw]) { site, folder in
            let urlEncoded = "Content-Type: application/x-www-form-urlencoded\r\n"
            let answer = try site.ask("/form.php", "POST", urlEncoded, body: Array("a=1&b=%C3%A9+x".utf8))
            #expect(answer.text == #"{"a":"1","b":"\u00e9 x"}"#)

            // More than is sent with the head, and more than a record holds.
            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            let boundary = "----martlet"
            let body =
                Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n".utf8)
                + Array(
                    "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n".utf8
                )
                + content + Array("\r\n--\(boundary)--\r\n".utf8)
            let multipart = "Content-Type: multipart/form-data; boundary=\(boundary)\r\n"
            let uploaded = try site.ask("/upload.php", "POST", multipart, body: body).text
            let path = try TemporaryDirectory()
            let sum = try run("md5sum", arguments: [path.write("a", content)]).text.prefix(32)
            #expect(uploaded == "a.bin 3000000 \(sum) hello")

            let client = try site.connect()
            let text = String(repeating: "0123456789", count: 20_000)
            try client.send(
                "POST /raw.php HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            try client.send("5\r\nfirst\r\n\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n0\r\n\r\n")
            let heard = String(decoding: try client.receiveAll(), as: UTF8.self)
            let whole = try run("md5sum", arguments: [path.write("b", "first\(text)")]).text.prefix(32)
            #expect(heard.contains("\r\n200005 200005 \(whole)\r\n"))
        }
    }

    @Test("an answer of 50 MB comes octet for octet")
    func large() async throws {
        let page = """
            <?php
            header('Content-Type: application/octet-stream');
            for ($i = 0; $i < 800; $i++) echo str_repeat(pack('N', $i), 16384);
            """
        try await withPHP(["big.php": page]) { site, _ in
            let client = try site.connect()
            try client.send("GET /big.php HTTP/1.0\r\nHost: a\r\n\r\n")
            #expect(String(decoding: try client.receive(through: "\r\n\r\n"), as: UTF8.self).hasPrefix("HTTP/1.1 200 "))
            var position = 0
            var isRight = true
            while true {
                let octets = try client.receive(upTo: 1 << 20)
                if octets.isEmpty { break }
                for octet in octets {
                    let number = UInt32(position / 65_536)
                    if octet != UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * (position % 4))) { isRight = false }
                    position += 1
                }
            }
            #expect(position == 800 * 65_536)
            #expect(isRight)
        }
    }

    @Test("status, fields and redirects are the page's")
    func heads() async throws {
        let files = [
            "teapot.php":
                "<?php http_response_code(418); header('X-Own: yes'); setcookie('a', 'b'); setcookie('c', 'd'); echo 'short';",
            "away.php": "<?php header('Location: https://example.org/x');",
            "near.php": "<?php header('Location: /teapot.php?y=1', true, 303);",
            "beside.php": "<?php header('Location: teapot.php');",
            "none.php": "<?php http_response_code(204);",
            "length.php": "<?php header('Content-Length: 5'); echo 'hello';",
        ]
        try await withPHP(files) { site, _ in
            let teapot = try site.ask("/teapot.php")
            #expect(teapot.status == 418)
            #expect(teapot["X-Own"] == "yes")
            #expect(teapot["Set-Cookie"] == "a=b, c=d")
            #expect(teapot["Content-Type"]?.lowercased() == "text/html; charset=utf-8")
            #expect(teapot.text == "short")
            let away = try site.ask("/away.php")
            #expect(away.status == 302)
            #expect(away["Location"] == "https://example.org/x")
            let near = try site.ask("/near.php")
            #expect(near.status == 303)
            #expect(near["Location"] == "/teapot.php?y=1")
            let beside = try site.ask("/beside.php")
            #expect(beside.status == 302)
            #expect(beside["Location"] == "teapot.php")
            try #expect(site.ask("/none.php").status == 204)
            let length = try site.ask("/length.php")
            #expect(length["Content-Length"] == "5")
            #expect(length.text == "hello")
            let head = try site.ask("/length.php", "HEAD")
            #expect(head.status == 200)
            #expect(head.content.isEmpty)
        }
    }

    @Test("what a page says on its standard error is logged with its name, and a crash is a 500")
    func errors() async throws {
        let files = [
            "log.php": "<?php error_log(\"first line\\nsecond line\"); echo 'fine';",
            "throw.php": "<?php throw new RuntimeException('gone wrong');",
        ]
        try await withPHP(files) { site, folder in
            try #expect(site.ask("/log.php").text == "fine")
            try await eventually("it is logged") { site.log.contains("second line") }
            #expect(
                site.log.lines.contains {
                    $0.hasPrefix("warning: script \(folder)/log.php: ") && $0.contains("first line")
                }
            )
            let answer = try site.ask("/throw.php")
            #expect(answer.status == 500)
            #expect(!answer.text.contains("gone wrong"))
            try await eventually("it is logged") { site.log.contains("gone wrong") }
        }
    }

    @Test("a client that leaves ends its page")
    func clientLeaves() async throws {
        let page = """
            <?php
            ignore_user_abort(true);
            while (!connection_aborted()) { echo str_repeat('x', 8192); flush(); }
            file_put_contents(__DIR__ . '/gone', 'yes');
            """
        try await withPHP(["endless.php": page]) { site, folder in
            let client = try site.connect()
            try client.send("GET /endless.php HTTP/1.1\r\nHost: a\r\n\r\n")
            _ = try client.receive(exactly: 1_000_000)
            client.reset()
            try await eventually("the page has noticed") { unsafe access("\(folder)/gone", F_OK) == 0 }
        }
    }

    @Test("a client that does not read holds its page up, and nothing grows")
    func slowClient() async throws {
        let page = """
            <?php
            for ($i = 0; $i < 400; $i++) { echo str_repeat('x', 65536); flush(); }
            file_put_contents(__DIR__ . '/done', 'yes');
            """
        try await withPHP([
            "big.php": page, "small.php": "<?php echo file_exists(__DIR__ . '/done') ? 'done' : 'not yet';",
        ]) {
            site,
            _ in
            let client = try site.connect(receiveBuffer: 16_384)
            try client.send("GET /big.php HTTP/1.0\r\nHost: a\r\n\r\n")
            _ = try client.receive(upTo: 1000)
            // The other page is made meanwhile.
            for _ in 0..<20 { try #expect(site.ask("/small.php").text == "not yet") }
            let rest = try client.receiveAll()
            #expect(rest.count > 400 * 65_536 - 1000)
        }
    }

    // MARK: Connections

    @Test("one worker serves request after request over one connection")
    func keepsConnection() async throws {
        try await withPHP(["pid.php": "<?php echo getmypid();"]) { site, _ in
            let pids = try (0..<10).map { _ in try site.ask("/pid.php").text }
            #expect(Set(pids).count == 1, "\(pids)")
        }
    }

    @Test("a connection that rests on one loop is no worker that another loop lacks")
    func loopsShareWorkers() async throws {
        var options = ApplicationOptions()
        options.keptConnections = 1
        options.restTimeout = .seconds(3600)
        try await withPHP(["pid.php": "<?php echo getmypid();"], workers: 1, threads: 2, options: options) { site, _ in
            // Each lands on either loop.
            for _ in 0..<40 { try #expect(site.ask("/pid.php").status == 200) }
        }
    }

    @Test("a worker that was ended between two requests is no failure")
    func restarted() async throws {
        let page = "<?php echo getmypid();"
        try await withPHP(["pid.php": page]) { site, _ in
            let first = try site.ask("/pid.php").text
            guard let process = Int32(first) else { throw NoAnswer(octets: first) }
            kill(process, SIGKILL)
            try await eventually("it is gone") { kill(process, 0) != 0 }
            let second = try site.ask("/pid.php")
            #expect(second.status == 200)
            #expect(second.text != first)
        }
    }

    // MARK: Which script

    @Test("nothing but a file with the suffix is ever run")
    func onlyScripts() async throws {
        let evil = "<?php echo 'EVIL';"
        let files = [
            "photo.jpg": evil, "text.php.txt": evil, "X.PHP": evil, ".hidden.php": evil, ".git/x.php": evil,
            "dir.php/inner.txt": evil, "dir.php/real.php": "<?php echo 'real';", "sub/index.php": "<?php echo 'index';",
        ]
        try await withPHP(files, otherwise: { .text("other \($0.path)") }) { site, folder in
            let outside = try TemporaryDirectory()
            try outside.write("out.php", evil)
            #expect(unsafe symlink("\(outside.path)/out.php", "\(folder)/link.php") == 0)
            #expect(unsafe symlink("real.php", "\(folder)/dir.php/inside.php") == 0)
            for path in [
                "/photo.jpg/x.php", "/photo.jpg/.php", "/text.php.txt/y.php", "/missing.php", "/missing.php/x",
                "/link.php",
                "/X.PHP", "/x.pHp", "/.hidden.php", "/.git/x.php", "/sub%2Findex.php", "/%2e%2e/out.php",
            ] {
                let answer = try site.ask(path)
                #expect(answer.status == 404, "\(path): \(answer.text)")
                #expect(!answer.text.contains("EVIL") && !answer.text.contains("<?php"), "\(path)")
            }
            try #expect(site.ask("/photo.jpg").text == "other /photo.jpg")
            try #expect(site.ask("/photo.jpg%00.php").status == 400)
            try #expect(site.ask("/dir.php/real.php").text == "real")
            try #expect(site.ask("/dir.php/inside.php").text == "real")
            try #expect(site.ask("/dir.php/inner.txt").text == "other /dir.php/inner.txt")
            try #expect(site.ask("/sub/").text == "index")
            let redirect = try site.ask("/sub?a=1")
            #expect(redirect.status == 308)
            #expect(redirect["Location"] == "/sub/?a=1")
            try #expect(site.ask("/x", "TRACE").status == 501)
        }
    }

    @Test("a front controller answers what is no file, and finds the path in REQUEST_URI")
    func frontController() async throws {
        let page = """
            <?php echo $_SERVER['REQUEST_METHOD'], ' ', $_SERVER['REQUEST_URI'], ' ', $_SERVER['SCRIPT_NAME'], ' [',
                $_SERVER['PATH_INFO'] ?? '', ']';
            """
        let file: @Sendable (Request) throws -> Response = { request in
            guard request.path.description == "/style.css" else { throw HTTPError(.notFound) }
            return .text("style")
        }
        try await withPHP(["index.php": page], fallback: "index.php", otherwise: file) { site, _ in
            try #expect(site.ask("/style.css").text == "style")
            try #expect(site.ask("/blog/5?x=1").text == "GET /blog/5?x=1 /index.php []")
            try #expect(site.ask("/style.css", "POST").text == "POST /style.css /index.php []")
            try #expect(site.ask("/").text == "GET / /index.php []")
        }
    }

    @Test("below a mount, names begin with it")
    func mounted() async throws {
        let php = try await PHPServer()
        try php.folder.write("site/a.php", "<?php echo $_SERVER['SCRIPT_NAME'], ' ', $_SERVER['PATH_INFO'];")
        let handler = try FastCGI(php.place, .folder(php.folder.path(of: "site")))
        let one = try FastCGI(php.place, .file(php.folder.path(of: "site/a.php")))
        let router = try Router {
            Route("/app/**", handler)
            Route("/one/**", one)
        }
        try await withFastCGISite(router) { site in
            try #expect(site.ask("/app/a.php/x").text == "/app/a.php /x")
            try #expect(site.ask("/one/x/").text == "/one /x/")
            try #expect(site.ask("/app/b.php").status == 404)
        }
        withExtendedLifetime(php) {}
    }
}
