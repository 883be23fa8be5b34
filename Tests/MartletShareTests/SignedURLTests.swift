import Glibc
import HTTPTypes
import MartletReactor
import MartletWire
import TestSupport
import Testing

@testable import Martlet
@testable import MartletShare

@Suite("A signed URL lets in", .timeLimit(.patient))
struct SignedURLTests {
    private let desk: Desk

    init() throws { desk = try Desk() }

    @Test("without a share nobody is let in; with one the file comes, for no cache to keep")
    func granted() async throws {
        #expect(try await desk.get("/a.txt").status == .forbidden)
        let target = try desk.target("/a.txt")
        let response = try await desk.get(target)
        #expect(response.status == .ok)
        #expect(response.fields[.cacheControl] == "private, no-cache")
        #expect(response.fields[.referrerPolicy] == "no-referrer")
        #expect(response.fields[.setCookie] == nil)
        #expect(try await desk.send(.head, target).status == .ok)
    }

    @Test("the handler hears that the request is granted, and only then")
    func heard() async throws {
        let desk = try Desk(others: .passedOn)
        #expect(try await desk.get("/granted").text == "no")
        #expect(try await desk.get(desk.target("/granted")).text == "yes")
        #expect(try await desk.get("/granted?share=1.9.0.p.AAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA").text == "no")
        #expect(try await desk.send(.post, desk.target("/granted")).text == "no")
    }

    @Test("only GET and HEAD are granted", arguments: [HTTPRequest.Method.post, .put, .delete, .options])
    func methods(method: HTTPRequest.Method) async throws {
        #expect(try await desk.send(method, desk.target("/a.txt")).status == .forbidden)
    }

    @Test("when its time is over it is answered with 410")
    func expiry() async throws {
        let target = try desk.target("/a.txt", for: .seconds(600))
        desk.clock.advance(599)
        #expect(try await desk.get(target).status == .ok)
        desk.clock.advance(1)
        #expect(try await desk.get(target).status == .gone)
        #expect(try await desk.get("/a.txt").status == .forbidden)
    }

    @Test("a share is for its path alone, and for its query")
    func path() async throws {
        let target = try desk.target("/a%20b/c.txt?v=2&w")
        let token = try #require(target.split(separator: "share=").last)
        #expect(try await desk.get(target).status == .ok)
        // The same path, spelled otherwise; the parameter anywhere.
        #expect(try await desk.get("/a%20b/./%63.txt?v=2&w&share=\(token)").status == .ok)
        #expect(try await desk.get("/a%20b/c.txt?v=2&share=\(token)&w").status == .ok)
        for other in [
            "/a%20b/d.txt?v=2&w&", "/a%20b/c.txt/?v=2&w&", "/a%20b/?v=2&w&", "/a%20b/c.txt?v=3&w&", "/a%20b/c.txt?",
            "/a%20b%2Fc.txt?v=2&w&",
        ] {
            #expect(try await desk.get("\(other)share=\(token)").status == .forbidden, "\(other)")
        }
    }

    @Test("whatever is changed in a share makes it worthless")
    func tampered() async throws {
        for path in ["/a.txt", "/f/"] {
            let target = try desk.target(path, times: 3)
            let token = String(try #require(target.split(separator: "share=").last))
            for index in token.indices {
                for other in ["0", "9", "A", "B", ".", "-", "%41"] where String(token[index]) != other {
                    let changed = token[..<index] + other + token[token.index(after: index)...]
                    #expect(try await desk.get("\(path)?share=\(changed)").status == .forbidden, "\(changed)")
                }
            }
            for changed in ["", "1", token + "A", String(token.dropLast()), token + "=", "x"] {
                #expect(try await desk.get("\(path)?share=\(changed)").status == .forbidden, "\(changed)")
            }
            #expect(try await desk.get("\(target)&share=\(token)").status == .forbidden)
            #expect(try await desk.get(target).status == .ok)
        }
    }

    @Test("a share for one server or site is nothing to another with the same key, and none to one with another key")
    func audience() async throws {
        let target = try desk.target("/a.txt")
        #expect(try await desk.serving(for: "other").get(target).status == .forbidden)
        #expect(try await Desk().get(target).status == .forbidden)
        #expect(try await desk.serving(for: "site").get(target).status == .ok)
    }

    @Test("a folder's share is for all below it, and for what keeps cookies without another use")
    func folder() async throws {
        let target = try desk.target("/f/", times: 1)
        let token = try #require(target.split(separator: "share=").last)
        #expect(try await desk.get("/f?share=\(token)").status == .forbidden)
        #expect(try await desk.get("/?share=\(token)").status == .forbidden)
        #expect(try await desk.get("/fg/a.txt?share=\(token)").status == .forbidden)
        let response = try await desk.get(target)
        let line = try #require(response.fields[.setCookie])
        #expect(line.hasPrefix("share=1."))
        #expect(line.contains("; Path=/f/") && line.contains("; HttpOnly") && line.contains("; SameSite=Lax"))
        #expect(line.contains("; Max-Age=600"))
        #expect(try await desk.get("/f/x?sort=name&share=\(token)").status == .gone)
        let cookie = String(line.prefix { $0 != ";" })
        for path in ["/f/", "/f/x", "/f/g/h.txt?sort=name", target] {
            let response = try await desk.get(path, cookie: cookie)
            #expect(response.status == .ok)
            #expect(response.fields[.setCookie] == nil)
        }
        #expect(try await desk.get("/a.txt", cookie: cookie).status == .forbidden)
        // What a link has is no cookie, and what a cookie has no link: one is not counted.
        #expect(try await desk.get("/f/x", cookie: "share=\(token)").status == .forbidden)
        #expect(try await desk.get("/f/x?\(cookie)").status == .forbidden)
        desk.clock.advance(600)
        #expect(try await desk.get("/f/", cookie: cookie).status == .forbidden)
    }

    @Test("when the key is removed all shares are over at once, on a server that runs too; the next key is taken up")
    func removedKey() async throws {
        let target = try desk.target("/a.txt")
        let response = try await desk.get(desk.target("/f/"))
        let line = try #require(response.fields[.setCookie])
        let cookie = String(line.prefix { $0 != ";" })
        #expect(try await desk.get("/f/x", cookie: cookie).status == .ok)
        #expect(unsafe unlink("\(desk.folder.path)/key") == 0)
        #expect(try await desk.get(target).status == .forbidden)
        #expect(try await desk.get("/f/x", cookie: cookie).status == .forbidden)
        #expect(throws: ShareError.self) { try desk.target("/a.txt") }
        // As martlet share makes it.
        _ = try ShareFolder.open(desk.folder.path)
        #expect(try await desk.get(target).status == .forbidden)
        #expect(try await desk.get(desk.target("/a.txt")).status == .ok)
        // Another one takes its place, and is none.
        try desk.directory.write("shares/new", "short\n")
        #expect(unsafe rename("\(desk.folder.path)/new", "\(desk.folder.path)/key") == 0)
        #expect(try await desk.get(target).status == .forbidden)
    }

    @Test("a folder's share does not open what other servers answer below it")
    func exceptions() async throws {
        let desk = try desk.serving(for: "site", except: ["/api", "/x/y/"])
        let token = try #require(try desk.target("/").split(separator: "share=").last)
        #expect(try await desk.get("/apis?share=\(token)").status == .ok)
        for path in ["/api", "/api/", "/api/v1", "/%61pi/v1", "/x/y", "/x/y/z", "/b/../api"] {
            #expect(try await desk.get("\(path)?share=\(token)").status == .forbidden, "\(path)")
        }
        #expect(try await desk.get("/x?share=\(token)").status == .ok)
    }

    @Test(
        "nor what they answer below a path that no URL could hold as it is written",
        arguments: [
            ("/caf\u{E9}", "/caf%C3%A9/x"), ("/a b", "/a%20b"), ("/a%20b", "/a%20b/c"), ("/%c3%a9", "/%C3%A9"),
            ("/", "/anything"), ("/a/", "/a/b"),
        ]
    )
    func exceptions(path: String, target: String) async throws {
        let desk = try desk.serving(for: "site", except: [path])
        let token = try #require(try desk.target("/").split(separator: "share=").last)
        #expect(try await desk.get("\(target)?share=\(token)").status == .forbidden)
        if path != "/" { #expect(try await desk.get("/other?share=\(token)").status == .ok) }
    }

    @Test("what is no path, no time and no count cannot be shared")
    func noShare() throws {
        for target in ["a", "", "/a b", "/%", "/a#b", "/\u{e4}", "/a?share=1"] {
            #expect(throws: ShareError.self, "\(target)") { try Share(target, for: .seconds(1)) }
        }
        #expect(throws: ShareError.self) { try Share("/", for: .zero) }
        #expect(throws: ShareError.self) { try Share("/", for: .seconds(367 * 86_400)) }
        #expect(throws: ShareError.self) { try Share("/", for: .seconds(1), times: 0) }
        #expect(throws: ShareError.self) { try Share("/", for: .seconds(1), times: 10_001) }
    }

    @Test("the signature is half of an HMAC with SHA-256 (RFC 4231, test case 2 with a longer key)")
    func code() throws {
        // Key of 131 octets 0xaa, as in test case 6.
        let key = try #require(ShareKey([UInt8](repeating: 0xAA, count: 131)))
        let message = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        let code: [UInt8] = [
            0x60, 0xE4, 0x31, 0x59, 0x1E, 0xE0, 0xB6, 0x7F, 0x0D, 0x8A, 0x26, 0xAA, 0xCB, 0xF5, 0xB7, 0x7F,
        ]
        #expect(key.signature(of: message) == Base64.encode(code, as: .url))
        #expect(key.isSignature(Base64.encode(code, as: .url), of: message))
        #expect(!key.isSignature("", of: message))
        #expect(ShareKey([UInt8](repeating: 0, count: 31)) == nil)
    }
}
