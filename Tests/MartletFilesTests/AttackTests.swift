import Glibc
import MartletReactor
import Synchronization
import TestSupport
import Testing

@testable import MartletFiles

@Suite("Nothing from outside the folder is ever served")
struct AttackTests {
    /// How the look-up is kept beneath the folder.
    enum LookUp: CaseIterable {
        case openat2, walk
    }

    static let secret = "TOP-SECRET"

    /// root/ is served; what is beside it must never be.
    private func server(_ lookUp: LookUp, options: FilesOptions = FilesOptions()) throws -> FileServer {
        let folder = try TemporaryDirectory()
        for name in ["secret.txt", "root.txt", "beside/secret.txt", "rootsecret"] {
            try folder.write(name, Self.secret)
        }
        try folder.write("root/public.txt", "public")
        try folder.write("root/dir/inner.txt", "inner")
        let outside = folder.path
        let links = [
            "relative": "../secret.txt", "absolute": "\(outside)/secret.txt", "passwd": "/etc/passwd",
            "up": "..", "beside": "../beside", "slash": "/", "chain1": "chain2", "chain2": "dir/chain3",
            "dir/chain3": "../../secret.txt", "dir/up": "../..", "loop": "loop", "loop1": "loop2", "loop2": "loop1",
            "dangling": "nosuch", "self": "/proc/self/root/etc/passwd", "cwd": "/proc/self/cwd",
            "roundabout":
                "../root/public.txt", "itself": "\(outside)/root/public.txt", "mem": "/proc/self/environ",
        ]
        for (name, target) in links { try folder.link("root/\(name)", to: target) }
        try folder.link("root/good", to: "public.txt")
        try folder.link("root/dir/good", to: "../public.txt")
        try folder.link("root/gooddir", to: "dir")
        let root = try FileRoot(
            path: folder.path(of: "root"),
            followsLinks: options.followsLinks,
            hasOpenBeneath: lookUp == .openat2
        )
        return try FileServer(folder, Files(root: root, options: options))
    }

    static let dots = [
        "/../secret.txt", "/../../secret.txt", "/../../../../../../etc/passwd", "/dir/../../secret.txt",
        "/dir/../../../secret.txt", "/./../secret.txt", "/.//..//secret.txt", "//../secret.txt", "/..//secret.txt",
        "/%2e%2e/secret.txt", "/%2E%2E/secret.txt", "/.%2e/secret.txt", "/%2e./secret.txt", "/%2e%2e%2fsecret.txt",
        "/..%2fsecret.txt", "/..%2Fsecret.txt", "/dir%2f..%2f..%2fsecret.txt", "/dir/%2e%2e/%2e%2e/secret.txt",
        "/..%5csecret.txt", "/..%5Csecret.txt", "/%5c..%5csecret.txt", "/dir%5c..%5c..%5csecret.txt",
        "/%252e%252e/secret.txt", "/%252e%252e%252fsecret.txt", "/..%252fsecret.txt", "/%25%32%65%25%32%65/secret.txt",
        "/%25252e%25252e/secret.txt", "/..%c0%afsecret.txt", "/%c0%ae%c0%ae/secret.txt", "/%c0%2e%c0%2e/secret.txt",
        "/%e0%80%af..%e0%80%afsecret.txt", "/..%ef%bc%8fsecret.txt", "/%ef%bc%8e%ef%bc%8e/secret.txt",
        "/..%u2215secret.txt", "/%u002e%u002e/secret.txt", "/..;/secret.txt", "/..;x=y/secret.txt", "/...//secret.txt",
        "/..../secret.txt", "/..%00/secret.txt", "/..%0d%0a/secret.txt", "/..%20/secret.txt", "/..%09/secret.txt",
        "/.../...//secret.txt", "/..%ff/secret.txt", "/secret.txt", "/../root.txt", "/../rootsecret", "/..rootsecret",
        "/%2e%2e", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    ]
    static let shapes = [
        "/public.txt%00", "/public.txt%00.html", "/%00", "/dir%00/inner.txt", "//etc/passwd", "///etc/passwd",
        "/etc/passwd", "/%2fetc%2fpasswd", "/%2fetc/passwd", "/dir%2finner.txt", "/dir/%2f/inner.txt",
        "http://localhost/../secret.txt", "http://localhost/%2e%2e/secret.txt", "http://localhost//etc/passwd",
        "http://localhost/..%2fsecret.txt", "http://../secret.txt", "http://localhost/dir/../../secret.txt",
        "file:///etc/passwd", "file://localhost/etc/passwd", "http:/etc/passwd", "http:///etc/passwd", "..",
        "../secret.txt", "secret.txt", "./secret.txt", "\\..\\secret.txt", "/..\\secret.txt", "/%", "/%2", "/%zz",
        "/public.txt%", "/proc/self/root/etc/passwd", "/public.txt#/../../secret.txt", "/~root/", "/C:/secret.txt",
        "/public.txt::$DATA", "/public.txt.", "/PUBLIC.TXT", "/public.txt%20", "/public.txt/", "/public.txt/.",
        "/public.txt/../../secret.txt",
    ]
    static let links = [
        "/relative", "/absolute", "/passwd", "/up/secret.txt", "/up/", "/up", "/up/root/public.txt",
        "/beside/secret.txt",
        "/beside/", "/slash/etc/passwd", "/slash/", "/chain1", "/chain2", "/dir/chain3", "/dir/up/secret.txt",
        "/dir/up/", "/loop", "/loop1", "/loop/x", "/dangling", "/self", "/cwd/", "/roundabout", "/itself", "/mem",
        "/up%2fsecret.txt", "/dir/up/../up/secret.txt", "/up/../up/secret.txt",
    ]

    @Test(
        "attack targets answer 400 or 404, or 421 where they are not for http",
        .rfc("9110-17.3-01", "3986-2.4-02", "3986-7.3-01", "3986-7.3-02", "3986-7.3-03"),
        arguments: LookUp.allCases
    )
    func targets(lookUp: LookUp) throws {
        let server = try server(lookUp)
        let all = Self.dots + Self.shapes + Self.links
        #expect(all.count > 100)
        for target in all {
            for method in ["GET", "HEAD"] {
                let answer = try server.ask(method, target, ["Accept-Encoding: gzip, br"])
                // "/%2e%2e" is the root itself, which is listed.
                let mayBeListed = target == "/%2e%2e"
                let refusals = target.hasPrefix("file:") ? [400, 421] : [400, 404]
                #expect(refusals.contains(answer.status) || mayBeListed, "\(method) \(target): \(answer.status)")
                #expect(!answer.text.contains(Self.secret) && !answer.text.contains("root:"), "\(method) \(target)")
            }
        }
    }

    @Test("links that stay inside are followed by the kernel, and by the walk none at all")
    func innerLinks() throws {
        let kernel = try server(.openat2)
        #expect(try kernel.get("/good").text == "public")
        #expect(try kernel.get("/dir/good").text == "public")
        #expect(try kernel.get("/gooddir/inner.txt").text == "inner")
        #expect(try kernel.get("/gooddir")["Location"] == "/gooddir/")
        let walk = try server(.walk)
        for target in ["/good", "/dir/good", "/gooddir/inner.txt", "/gooddir/"] {
            #expect(try walk.get(target).status == 404, "\(target)")
        }
        #expect(try walk.get("/public.txt").text == "public")
        #expect(try walk.get("/dir/inner.txt").text == "inner")
        #expect(try walk.get("/dir/").text.contains("inner.txt"))
    }

    @Test("a listing shows what can be fetched, and no link that leads outside", arguments: LookUp.allCases)
    func listing(lookUp: LookUp) throws {
        let page = try server(lookUp).get("/").text
        let shown = page.split(separator: "href=\"./").dropFirst().map { $0.prefix { $0 != "\"" } }
            .filter { !$0.hasPrefix("?") }
        #expect(shown == (lookUp == .openat2 ? ["dir/", "gooddir/", "good", "public.txt"] : ["dir/", "public.txt"]))
    }

    @Test("--follow-symlinks opens exactly what it says")
    func following() throws {
        var options = FilesOptions()
        options.followsLinks = true
        let server = try server(.openat2, options: options)
        for target in ["/relative", "/absolute", "/chain1", "/beside/secret.txt"] {
            #expect(try server.get(target).text == Self.secret, "\(target)")
        }
        #expect(try server.get("/up/root/public.txt").text == "public")
        for target in Self.dots + ["/loop", "/dangling", "/loop1/x"] where target != "/%2e%2e" {
            let answer = try server.get(target)
            #expect([400, 404].contains(answer.status), "\(target)")
        }
    }

    @Test(
        "files and folders swapped for links while they are served give themselves or 404",
        arguments: LookUp.allCases
    )
    func swapped(lookUp: LookUp) throws {
        let server = try server(lookUp)
        let folder = server.folder
        try folder.write("root/swap/file.txt", "fine")
        try folder.write("root/file.txt", "fine")
        let stop = Flag()
        let swapper = try Thread(name: "swapper") {
            let (root, beside) = (folder.path(of: "root"), folder.path(of: "beside"))
            while !stop.isSet {
                // A file for a link to the secret, a folder for a link to a folder with a file of the same name.
                _ = unsafe symlink("../beside/secret.txt", "\(root)/.link")
                _ = unsafe Glibc.rename("\(root)/file.txt", "\(root)/.file")
                _ = unsafe Glibc.rename("\(root)/.link", "\(root)/file.txt")
                _ = unsafe Glibc.rename("\(root)/swap", "\(root)/.swap")
                _ = unsafe symlink(beside, "\(root)/swap")
                _ = unsafe Glibc.rename("\(root)/dir/inner.txt", "\(root)/dir/.inner")
                _ = unsafe Glibc.rename("\(root)/dir/.inner", "\(root)/dir/inner.txt")
                _ = unsafe unlink("\(root)/swap")
                _ = unsafe Glibc.rename("\(root)/.swap", "\(root)/swap")
                _ = unsafe Glibc.rename("\(root)/.file", "\(root)/file.txt")
            }
        }
        defer {
            stop.set()
            swapper.join()
        }
        try folder.write("beside/file.txt", Self.secret)
        var counts: [String: Int] = [:]
        for _ in 0..<50 {
            var requests: [UInt8] = []
            for target in ["/file.txt", "/swap/file.txt", "/swap/secret.txt", "/dir/inner.txt"] {
                for _ in 0..<10 { requests += FileServer.head("GET", target) }
            }
            let socket = try server.connect()
            try socket.send(requests + FileServer.head("GET", "/", ["Connection: close"]))
            let text = String(decoding: try socket.receiveAll(), as: UTF8.self)
            #expect(!text.contains(Self.secret))
            for answer in text.split(separator: "HTTP/1.1 ") { counts[String(answer.prefix(3)), default: 0] += 1 }
        }
        #expect(counts.values.reduce(0, +) == 50 * 41)
        #expect(counts.keys.sorted() == ["200", "404"], "\(counts)")
    }

    @Test("FIFOs, sockets and devices answer 404 at once", .rfc("9110-17.3-02"), arguments: LookUp.allCases)
    func special(lookUp: LookUp) throws {
        let server = try server(lookUp)
        try server.folder.makeFIFO("root/fifo")
        let socket = server.folder.path(of: "root/socket")
        let bound = try ListeningSocket.bind(.unix(path: socket), count: 1)
        defer { for one in bound { one.close() } }
        for target in ["/fifo", "/socket", "/fifo/", "/fifo/x"] {
            #expect(try server.get(target).status == 404, "\(target)")
        }
        let page = try server.get("/").text
        #expect(!page.contains("fifo") && !page.contains("socket"))
    }

    @Test("/dev as the root hangs on nothing and serves no device", .rfc("9110-17.3-02"))
    func devices() throws {
        let server = try FileServer(try TemporaryDirectory(), at: "/dev")
        for name in ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "stdin", "stdout", "fd/0", "nosuch"] {
            #expect([403, 404].contains(try server.get("/\(name)").status), "\(name)")
        }
        let listing = try server.get("/")
        #expect(listing.status == 200)
        #expect(!listing.text.contains("urandom"))
    }

    @Test("/proc as the root hangs on nothing, and its links out of it are closed")
    func proc() throws {
        let server = try FileServer(try TemporaryDirectory(), at: "/proc")
        let process = getpid()
        for target in [
            "/self/root/etc/passwd", "/self/root/", "/self/cwd/", "/self/exe", "/self/fd/0", "/self/fd/1", "/self/fd/3",
            "/\(process)/root/etc/passwd", "/\(process)/exe", "/thread-self/root/etc/passwd", "/1/root/etc/passwd",
            "/\(process)/task/\(process)/root/etc/passwd", "/self/ns/net", "/self/map_files/x",
        ] {
            let answer = try server.get(target)
            #expect([403, 404].contains(answer.status), "\(target): \(answer.status)")
        }
        #expect(try server.get("/").status == 200)
        #expect(try !server.get("/self/fd/").text.contains("href=\"./0\""))
        // Files without a size of their own: an answer, whatever it holds.
        for target in ["/self/status", "/self/environ", "/uptime", "/self/mem"] {
            #expect(try server.get(target).status == 200, "\(target)")
        }
    }
}

/// Set once by one thread, seen by another.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }

    func set() {
        value.store(true, ordering: .relaxed)
    }
}
