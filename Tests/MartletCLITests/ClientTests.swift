import Glibc
import MartletReactor
import TestSupport
import Testing

@Suite("Real clients")
struct ClientTests {
    /// 100 kB in which every line differs.
    static let lines = Array((0..<10_000).map { "line \(10_000 + $0)\n" }.joined().utf8)

    private func folder() throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try folder.write("root/lines.txt", Self.lines)
        try folder.setModified("root/lines.txt", 1_767_323_045)
        return folder
    }

    // MARK: curl

    @Test("curl: ranges", arguments: [("0-9", "line 10000"), ("10-20", "\nline 10001"), ("-5", "9999\n")])
    func curlRanges(range: String, expected: String) throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")].quietly)
        let result = try Tool.curl("--range", range, "\(martlet.url)lines.txt")
        #expect(result.text == expected)
        #expect(result.status == 0)
    }

    @Test("curl: an interrupted download goes on (-C -)")
    func curlResume() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")])
        try folder.write("part", Self.lines[..<33_333])
        let result = try Tool.curl(
            "-C",
            "-",
            "-o",
            folder.path(of: "part"),
            "-w",
            "%{http_code} %{size_download}",
            "\(martlet.url)lines.txt"
        )
        #expect(result.text == "206 \(Self.lines.count - 33_333)")
        #expect(try octets(ofFile: folder.path(of: "part")) == Self.lines)
    }

    @Test(
        "curl: only when newer (-z)",
        arguments: [
            ("Fri, 02 Jan 2026 03:04:05 GMT", "304 0"), ("Thu, 01 Jan 2026 00:00:00 GMT", "200 110000"),
            ("-Thu, 01 Jan 2026 00:00:00 GMT", "412 "), ("-Sat, 03 Jan 2026 00:00:00 GMT", "200 110000"),
        ]
    )
    func curlTimeCondition(time: String, expected: String) throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")])
        let result = try Tool.curl(
            "-z",
            time,
            "-o",
            "/dev/null",
            "-w",
            "%{http_code} %{size_download}",
            "\(martlet.url)lines.txt"
        )
        #expect(result.text.hasPrefix(expected), "\(result.text)")
    }

    @Test("curl: the file's own time and tag come back as conditions")
    func curlConditions() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")])
        let copy = folder.path(of: "copy")
        _ = try Tool.curl("-R", "-o", copy, "--etag-save", "\(copy).tag", "\(martlet.url)lines.txt")
        let code = "%{http_code}"
        #expect(try Tool.curl("-z", copy, "-o", "/dev/null", "-w", code, "\(martlet.url)lines.txt").text == "304")
        let tag = try Tool.curl(
            "--etag-compare",
            "\(copy).tag",
            "-o",
            "/dev/null",
            "-w",
            code,
            "\(martlet.url)lines.txt"
        )
        #expect(tag.text == "304")
    }

    @Test("curl: HTTP/1.0, with and without keep-alive")
    func curlOldVersion() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")])
        let url = "\(martlet.url)lines.txt"
        let once = try Tool.curl("--http1.0", "-D", "-", "-o", folder.path(of: "copy"), url)
        #expect(once.text.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(once.text.contains("\r\nConnection: close\r\n"))
        #expect(try octets(ofFile: folder.path(of: "copy")) == Self.lines)
        let kept = try Tool.curl(
            "--http1.0",
            "-H",
            "Connection: keep-alive",
            "-o",
            "/dev/null",
            "-o",
            "/dev/null",
            "-w",
            "%{num_connects} ",
            url,
            url
        )
        #expect(kept.text == "1 0 ")
    }

    @Test("curl: HEAD")
    func curlHead() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")])
        let answer = try #require(WireAnswer(try Tool.curl("--head", "\(martlet.url)lines.txt").output))
        #expect(answer.status == 200)
        #expect(answer["Content-Length"] == "110000")
        #expect(answer["Content-Type"] == "text/plain; charset=utf-8")
        #expect(answer.content.isEmpty)
    }

    @Test("curl: a hundred files side by side (--parallel)")
    func curlParallel() throws {
        let folder = try TemporaryDirectory()
        for number in 1...100 { try folder.write("root/f\(number)", "content of \(number)") }
        try folder.makeDirectory("out")
        let martlet = try Martlet([folder.path(of: "root")].quietly)
        let result = try Tool.curl(
            "--parallel",
            "--parallel-max",
            "20",
            "--fail",
            "-o",
            folder.path(of: "out/f#1"),
            "\(martlet.url)f[1-100]"
        )
        #expect(result.status == 0, "\(result.errorText)")
        for number in 1...100 {
            #expect(try contents(ofFile: folder.path(of: "out/f\(number)")) == "content of \(number)")
        }
    }

    @Test("curl: a compressed sidecar comes out as the original (--compressed)")
    func curlCompressed() throws {
        let folder = try folder()
        let zipped = try Tool.run("gzip", ["--keep", "--best", folder.path(of: "root/lines.txt")])
        #expect(zipped.status == 0)
        let martlet = try Martlet([folder.path(of: "root")])
        let result = try Tool.curl(
            "--compressed",
            "-o",
            folder.path(of: "copy"),
            "-w",
            "%{size_download}",
            "\(martlet.url)lines.txt"
        )
        #expect(Int(result.text) == (try octets(ofFile: folder.path(of: "root/lines.txt.gz"))).count)
        #expect(try octets(ofFile: folder.path(of: "copy")) == Self.lines)
        let plain = try Tool.curl("\(martlet.url)lines.txt")
        #expect(plain.output == Self.lines)
    }

    @Test("curl: an upload gets 405, whatever its size", arguments: [10, 3_000_000])
    func curlUpload(size: Int) throws {
        let folder = try folder()
        try folder.setSize("upload", size)
        let martlet = try Martlet([folder.path(of: "root")])
        let put = try Tool.curl("-i", "-T", folder.path(of: "upload"), "\(martlet.url)new.txt")
        #expect(put.text.contains("HTTP/1.1 405 Method Not Allowed\r\n"), "\(put.errorText)")
        #expect(put.text.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"))
        let post = try Tool.curl("-w", "%{http_code}", "-d", "@\(folder.path(of: "upload"))", "\(martlet.url)lines.txt")
        #expect(post.text.hasSuffix("405"))
        #expect(unsafe access(folder.path(of: "root/new.txt"), F_OK) != 0)
    }

    @Test("curl: paths as they are (--path-as-is) lead nowhere")
    func curlPaths() throws {
        let folder = try folder()
        try folder.write("secret", "secret")
        let martlet = try Martlet([folder.path(of: "root")])
        for path in ["../secret", "%2e%2e/secret", "..%2fsecret", "//../secret"] {
            let result = try Tool.curl("--path-as-is", "-w", "%{http_code}", "\(martlet.url)\(path)")
            #expect(result.text.hasSuffix("404") && !result.text.contains("secret"))
        }
    }

    // MARK: wget

    @Test("wget: a mirror of a tree is the tree, byte for byte")
    func wgetMirror() throws {
        let folder = try TemporaryDirectory()
        let names = [
            "plain.txt", "with space.txt", "100%.txt", "#1.txt", "a;b&c=d.txt", "wéird \u{E9}.txt", "e\u{301}.txt",
            "日本.txt",
            "quote\"s'.txt", "(brackets) [x].txt", "a+b,c@d!.txt", "deep/er/and deeper/x.txt", "deep/empty.txt",
            "<tag>.txt", "colon:name.txt", "$HOME.txt", "~tilde.txt", "back`tick.txt",
        ]
        for (index, name) in names.enumerated() {
            try folder.write("tree/\(name)", index % 5 == 0 ? [] : Self.lines[..<(index * 1000)])
        }
        let martlet = try Martlet([folder.path(of: "tree")])
        let result = try Tool.run(
            "wget",
            [
                "--no-verbose", "--mirror", "--no-parent", "--no-host-directories", "--restrict-file-names=nocontrol",
                "--reject-regex", "[?]", "--tries=1", "--timeout=20", "-P", folder.path(of: "out"), martlet.url,
            ],
            environment: ["LC_ALL": "C.UTF-8"]
        )
        #expect(result.status == 0, "\(result.errorText)")
        for name in names {
            let copy = try octets(ofFile: folder.path(of: "out/\(name)"))
            #expect(copy == (try octets(ofFile: folder.path(of: "tree/\(name)"))), "\(name)")
        }
        let log = try martlet.stop(SIGINT).errorText
        #expect(log.contains("\"GET /with%20space.txt HTTP/1.1\" 200"))
    }

    @Test("wget: a POST gets 405 with Allow")
    func wgetPost() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")])
        let result = try Tool.run(
            "wget",
            ["--server-response", "--tries=1", "--post-data", "a=b", "-O", "/dev/null", "\(martlet.url)lines.txt"]
        )
        #expect(result.status == 8)
        #expect(result.errorText.contains("HTTP/1.1 405 Method Not Allowed"))
        #expect(result.errorText.contains("Allow: GET, HEAD, OPTIONS"))
    }

    @Test("wget: goes on with what it has (--continue)")
    func wgetContinue() throws {
        let folder = try folder()
        let martlet = try Martlet([folder.path(of: "root")])
        try folder.write("out/lines.txt", Self.lines[..<50_000])
        let result = try Tool.run(
            "wget",
            ["--no-verbose", "--continue", "--tries=1", "-P", folder.path(of: "out"), "\(martlet.url)lines.txt"]
        )
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try octets(ofFile: folder.path(of: "out/lines.txt")) == Self.lines)
        #expect(try martlet.stop().errorText.contains(" 206 60000\n"))
    }

    // MARK: Python

    @Test("Python: http.client, urllib and html.parser get on with it")
    func python() throws {
        let folder = try folder()
        for name in ["<script>alert(1)<.txt", "a\" onclick=\"x", "new\nline", "100% ü&amp;.txt"] {
            try folder.write("root/odd/\(name)", "content of \(name)")
        }
        let martlet = try Martlet([folder.path(of: "root")])
        let result = try Tool.python("clients.py", [martlet.url])
        #expect(result.status == 0, "\(result.errorText)")
        #expect(result.text == "ok\n")
    }

    // MARK: Chromium

    @Test("Chromium loads the sample site and its listing without a complaint, and looks at both in every light")
    func chromium() throws {
        let martlet = try Martlet([Tool.repository() + "/Site"])
        let pages = [martlet.url, "\(martlet.url)files/", "\(martlet.url)files/relative.html"]
        let result = try Tool.python("browse.py", pages, timeout: .seconds(90))
        #expect(result.status == 0, "\(result.errorText)")
        let lines = result.text.split(separator: "\n")
        #expect(lines.count == 3, "\(result.text)")
        for line in lines { #expect(line.hasSuffix("complaints: none"), "\(line)") }
    }
}

extension [String] {
    /// With a log that goes nowhere: -q would also hush the line that the tests wait for.
    var quietly: [String] { self + ["--log-file", "/dev/null"] }
}
