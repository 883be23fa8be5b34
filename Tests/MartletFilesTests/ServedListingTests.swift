import Foundation
import Glibc
import MartletFiles
import MartletReactor
import TestSupport
import Testing

@Suite("Listings over a socket")
struct ServedListingTests {
    static let accept = "Accept: application/json"

    @Test("every link of the HTML listing of odd names leads to the right octets")
    func htmlLinks() throws {
        let server = try FileServer(try OddNames.makeTree(), options: Self.withHidden)
        let page = try StrictHTML(try server.get("/").content)
        let links = page.links.filter { $0.hasPrefix("./") && !$0.hasPrefix("./?") }
        #expect(links.count == Set(OddNames.all).count + Set(OddNames.all.map(OddNames.folderName)).count)
        var found: [[UInt8]] = []
        for link in links {
            let target = "/" + link.dropFirst(2)
            guard link.hasSuffix("/") else {
                found.append(Array(try server.get(target).content.dropFirst("file ".utf8.count)))
                continue
            }
            let folder = try StrictHTML(try server.get(target).content)
            for inner in folder.links where inner.hasPrefix("./") && !inner.hasPrefix("./?") {
                #expect(try server.get(target + inner.dropFirst(2)).text.hasPrefix("inner "), "\(link)\(inner)")
            }
            // The breadcrumb and the way up lead to the root.
            #expect(folder.links.contains("../"))
        }
        #expect(Set(found) == Set(OddNames.all))
    }

    @Test("every href of the JSON listing of odd names leads to the right octets")
    func jsonLinks() throws {
        let server = try FileServer(try OddNames.makeTree(), options: Self.withHidden)
        let listing = try Self.json(try server.get("/", Self.accept))
        #expect(listing.path == "/")
        var found: Set<[UInt8]> = []
        for entry in listing.entries where entry.type == "file" {
            let bytes = try server.get("/" + entry.href.dropFirst(2)).content
            let name = Array(bytes.dropFirst("file ".utf8.count))
            #expect(entry.name == String(decoding: name, as: UTF8.self))
            #expect(entry.size == bytes.count)
            found.insert(name)
        }
        #expect(found == Set(OddNames.all))
        for entry in listing.entries where entry.type == "directory" {
            let target = "/" + entry.href.dropFirst(2)
            let inner = try Self.json(try server.get(target, Self.accept))
            #expect(inner.path == target)
            #expect(inner.entries.count >= 1)
            for file in inner.entries {
                #expect(try server.get(target + file.href.dropFirst(2)).text.hasPrefix("inner "), "\(target)")
            }
        }
    }

    @Test("the head of a listing: no script may run, nothing is kept")
    func head() throws {
        let server = try FileServer(["a.txt": "a"])
        let html = try server.get("/")
        #expect(
            html.head(masking: ["Date", "Content-Length"]) == """
                HTTP/1.1 200 OK
                Date: *
                Server: Martlet
                Content-Type: text/html; charset=utf-8
                Cache-Control: no-cache
                Vary: Accept
                X-Content-Type-Options: nosniff
                Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
                base-uri 'none'; form-action 'none'
                Content-Length: *
                Connection: close
                """
        )
        let head = try server.head("/")
        #expect(head["Content-Length"] == "\(html.content.count)")
        #expect(head.content.isEmpty)
        #expect(try server.get("/", "Range: bytes=0-1").status == 200)
    }

    @Test(
        "JSON comes to those who want it more than HTML",
        arguments: [
            ("application/json", true), ("application/*", true), ("application/json, */*;q=0.1", true),
            ("application/json;q=0.9, text/html;q=0.8", true), ("*/*", false), ("text/html", false), ("", false),
            ("text/html, application/json", false), ("text/html;q=0.5, application/json;q=0.4", false),
            ("application/json;q=0", false), ("image/png", false),
        ]
    )
    func negotiation(accept: String, isJSON: Bool) throws {
        let answer = try FileServer(["a.txt": "a"]).get("/", "Accept: \(accept)")
        #expect(answer["Content-Type"] == (isJSON ? "application/json" : "text/html; charset=utf-8"))
    }

    @Test(
        "a query that makes no sense answers 400",
        arguments: ["?sort=colour", "?order=up", "?after=x", "?after=%zz"]
    )
    func badQuery(query: String) throws {
        #expect(try FileServer(["a.txt": "a"]).get("/\(query)").status == 400)
    }

    @Test("an empty folder says so")
    func empty() throws {
        let server = try FileServer([:])
        #expect(try StrictHTML(try server.get("/").content).text.contains("This folder is empty."))
        #expect(try Self.json(try server.get("/", Self.accept)).entries.isEmpty)
    }

    // MARK: Large folders

    @Test(
        "pages of a large folder, by following the links, show each entry once and in order",
        arguments: ["name", "size", "date"],
        ["asc", "desc"]
    )
    func paging(sort: String, order: String) throws {
        // 100,000 take minutes in a debug build: MARTLET_TEST_ENTRIES=100000 when the time is there.
        let count = ProcessInfo.processInfo.environment["MARTLET_TEST_ENTRIES"].flatMap { Int($0) } ?? 4_500
        let server = try FileServer(try Self.makeFolder(entries: count))
        var target = "/?sort=\(sort)&order=\(order)"
        var seen: [Entry] = []
        var pages = 0
        while true {
            let listing = try Self.json(try server.get(target, Self.accept))
            let html = try StrictHTML(try server.get(target).content)
            let links = html.links.filter { $0.hasPrefix("./") && !$0.hasPrefix("./?") }
            #expect(links == listing.entries.map(\.href))
            #expect(html.links.contains("./\(listing.next ?? "nosuch")") == (listing.next != nil))
            seen += listing.entries
            pages += 1
            guard let next = listing.next, pages < 200 else { break }
            target = "/\(next)"
        }
        #expect(pages == (count + 999) / 1000)
        #expect(seen.count == count)
        #expect(Set(seen.map(\.name)).count == count)
        let keys = seen.map { sort == "size" ? "\($0.size ?? 0)" : sort == "date" ? $0.modified : $0.name }
        let pairs = zip(keys, keys.dropFirst())
        let isSorted =
            sort == "size"
            ? pairs.allSatisfy { (Int($0) ?? 0) <= (Int($1) ?? 0) } : pairs.allSatisfy { $0 <= $1 }
        let isReversed =
            sort == "size"
            ? pairs.allSatisfy { (Int($0) ?? 0) >= (Int($1) ?? 0) } : pairs.allSatisfy { $0 >= $1 }
        #expect(order == "asc" ? isSorted : isReversed)
    }

    @Test("while 100,000 entries are listed, another client of the same loop is answered")
    func largeFolder() async throws {
        let server = try FileServer(try Self.makeFolder(entries: 100_000))
        try server.folder.makeDirectory("small")
        try server.folder.write("small/a.txt", "small")
        let lister = try server.connect()
        let client = try server.connect()
        let head = FileServer.head("GET", "/?sort=size&order=desc", [Self.accept, "Connection: close"])
        let start = Instant.now()
        try lister.send(head)
        // Counts small answers until the listing's first octet is there.
        var answered = 0
        var slowest: UInt64 = 0
        var entry = pollfd(fd: lister.fd, events: Int16(POLLIN), revents: 0)
        while unsafe poll(&entry, 1, 0) == 0 {
            let asked = Instant.now()
            try client.send(FileServer.head("GET", "/small/a.txt"))
            let answer = try client.receive(through: "small")
            #expect(!answer.isEmpty)
            slowest = max(slowest, UInt64(asked.duration(to: Instant.now()).count))
            answered += 1
        }
        let took = start.duration(to: Instant.now())
        let listing = try Self.json(try #require(WireAnswer(try lister.receiveAll())))
        #expect(listing.entries.count == 1000)
        #expect(listing.next != nil)
        // How many and how fast depends on what else the machine does; a loop held up would answer none.
        print("100,000 entries in \(took), \(answered) answers meanwhile, slowest \(slowest) ns")
        #expect(answered >= 10)
    }

    // MARK: Tools

    private static var withHidden: FilesOptions {
        var options = FilesOptions()
        options.showsHidden = true
        return options
    }

    /// Links to 100 files of different sizes and times: much faster to make than files.
    private static func makeFolder(entries: Int) throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        for index in 0..<min(100, entries) {
            let name = "f\(100_000 + index)"
            try folder.write(name, [UInt8](repeating: 1, count: index))
            try folder.setModified(name, 1_767_323_045 + 3_600 * (index % 7))
        }
        for index in 100..<entries {
            let name = folder.path(of: "f\(100_000 + index)")
            guard unsafe Glibc.link(folder.path(of: "f\(100_000 + index % 100)"), name) == 0 else {
                throw SystemError(operation: "link \(name)")
            }
        }
        return folder
    }

    struct Entry: Decodable {
        let name: String
        let href: String
        let type: String
        let size: Int?
        let modified: String
    }

    struct JSONListing: Decodable {
        let path: String
        let entries: [Entry]
        let next: String?
    }

    private static func json(_ answer: WireAnswer) throws -> JSONListing {
        try JSONDecoder().decode(JSONListing.self, from: Data(answer.content))
    }
}
