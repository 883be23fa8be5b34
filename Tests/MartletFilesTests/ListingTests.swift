import TestSupport
import Testing

@testable import MartletFiles

@Suite("A directory listing")
struct ListingTests {
    /// 2026-11-22T17:20:00Z.
    static let time = 1_795_368_000

    @Test("the row of a file: link, name, exact and readable size, time")
    func fileRow() {
        #expect(
            row(file("a b.txt", size: 12_345, modified: Self.time)) == """
                <tr><td><a href="./a%20b.txt"><bdi>a b.txt</bdi></a></td><td title="12345 B">12.3 kB</td>\
                <td><time datetime="2026-11-22T17:20:00Z">2026-11-22<span> 17:20</span></time></td></tr>

                """
        )
    }

    @Test("the row of a directory ends in a slash and has no size")
    func directoryRow() {
        #expect(
            row(directory("music", modified: Self.time)) == """
                <tr class="d"><td><a href="./music/"><bdi>music</bdi>/</a></td><td></td>\
                <td><time datetime="2026-11-22T17:20:00Z">2026-11-22<span> 17:20</span></time></td></tr>

                """
        )
    }

    @Test("what is not served is shown and not linked")
    func otherRow() {
        let row = row(DirectoryEntry(name: Array("fifo".utf8), kind: .other, size: 0, modified: 0))
        #expect(row.contains("<bdi>fifo</bdi>"))
        #expect(!row.contains("href"))
    }

    @Test(
        "a name is encoded in its link and shown whole, and cannot become markup",
        .rfc("3986-2.2-02", "3986-2.3-02", "3986-2.4-03", "3986-2.5-01", "3986-4.2-01", "9110-17.4-01"),
        arguments: [
            (Array("\"><script>".utf8), "%22%3E%3Cscript%3E", "&quot;&gt;&lt;script&gt;"),
            (Array("a&amp;'b".utf8), "a%26amp;%27b", "a&amp;amp;&#39;b"),
            (Array("javascript:alert(1)".utf8), "javascript%3Aalert(1)", "javascript:alert(1)"),
            (Array("a?b#c%d;e".utf8), "a%3Fb%23c%25d;e", "a?b#c%d;e"),
            (
                Array("new\nline\r\t\u{1}\u{7F}".utf8), "new%0Aline%0D%09%01%7F",
                "new<i>\\n</i>line<i>\\r</i><i>\\t</i><i>\\x01</i><i>\\x7F</i>"
            ),
            (Array("back\\nslash".utf8), "back%5Cnslash", "back\\nslash"),
            (Array("ü".utf8), "%C3%BC", "ü"),
            (Array("u\u{308}".utf8), "u%CC%88", "u\u{308}"),
            (Array("日本🐦".utf8), "%E6%97%A5%E6%9C%AC%F0%9F%90%A6", "日本🐦"),
            (Array("a\u{202E}gpj.exe".utf8), "a%E2%80%AEgpj.exe", "a<i>\\u202E</i>gpj.exe"),
            (
                Array("\u{85}\u{2028}\u{FEFF}".utf8), "%C2%85%E2%80%A8%EF%BB%BF",
                "<i>\\u0085</i><i>\\u2028</i><i>\\uFEFF</i>"
            ),
            ([0xFF, 0x61, 0xC3], "%FFa%C3", "<i>\\xFF</i>a<i>\\xC3</i>"),
            ([0xC0, 0xAF], "%C0%AF", "<i>\\xC0</i><i>\\xAF</i>"),
            ([0xE0, 0x80, 0xBC], "%E0%80%BC", "<i>\\xE0</i><i>\\x80</i><i>\\xBC</i>"),
            ([0xF0, 0x80, 0x80, 0xBC], "%F0%80%80%BC", "<i>\\xF0</i><i>\\x80</i><i>\\x80</i><i>\\xBC</i>"),
            ([0xED, 0xA0, 0x80], "%ED%A0%80", "<i>\\xED</i><i>\\xA0</i><i>\\x80</i>"),
            ([0xE2, 0x82, 0x3C], "%E2%82%3C", "<i>\\xE2</i><i>\\x82</i>&lt;"),
            ([0xF4, 0x90, 0x80, 0x80], "%F4%90%80%80", "<i>\\xF4</i><i>\\x90</i><i>\\x80</i><i>\\x80</i>"),
            (Array("-._~Az09".utf8), "-._~Az09", "-._~Az09"),
            (
                Array(repeating: UInt8(ascii: "x"), count: 255), String(repeating: "x", count: 255),
                String(repeating: "x", count: 255)
            ),
        ] as [([UInt8], String, String)]
    )
    func names(name: [UInt8], href: String, text: String) {
        let row = row(DirectoryEntry(name: name, kind: .file, size: 0, modified: 0))
        #expect(row.hasPrefix("<tr><td><a href=\"./\(href)\"><bdi>\(text)</bdi></a></td>"), "\(row)")
    }

    @Test("no name of any two bytes can leave its attribute or element")
    func anyBytes() {
        let plain = row(file("ab")).utf8.count { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "\"") }
        for first in UInt8.min...UInt8.max {
            for second in [UInt8(ascii: "<"), UInt8(ascii: "\""), 0x80, 0xFF] {
                let row = row(DirectoryEntry(name: [first, second], kind: .file, size: 0, modified: 0))
                let marks = row.split(separator: "<i>", omittingEmptySubsequences: false).count - 1
                let found = row.utf8.count { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: "\"") }
                #expect(found == plain + 2 * marks, "\(first) \(second)")
            }
        }
    }

    @Test("every directory above is a link, and the parent has a row")
    func breadcrumb() {
        let page = html(Listing(path: ["a", "b & c", "d"].map { Array($0.utf8) }, page: empty))
        #expect(page.contains("<title>Index of /a/b &amp; c/d/</title>"))
        #expect(
            page.contains(
                """
                <nav aria-label="Breadcrumb">
                <ol>
                <li><a href="../../../">Home</a></li>
                <li><a href="../../"><bdi>a</bdi></a></li>
                <li><a href="../"><bdi>b &amp; c</bdi></a></li>
                </ol>
                </nav>
                <h1><bdi>d</bdi></h1>
                """
            )
        )
        #expect(page.contains("<a href=\"../\" aria-label=\"Parent folder\">..</a>"))
    }

    @Test("a name in the path is escaped in the title too, without elements")
    func title() {
        let page = html(Listing(path: [[0x3C, 0xFF, 0x0A]], page: empty))
        #expect(page.contains("<title>Index of /&lt;\\xFF\\n/</title>"))
    }

    @Test("the root has no parent and no breadcrumb; an empty one says so")
    func root() {
        let page = html(Listing(path: [], page: empty))
        #expect(page.contains("<h1><bdi>Home</bdi></h1>\n<p>This folder is empty.</p>\n</main>"))
        #expect(!page.contains("Breadcrumb"))
        #expect(!page.contains(".."))
    }

    @Test("where the caller knows of no parent, none is linked")
    func noParent() {
        #expect(!html(Listing(path: [Array("a".utf8)], page: empty, hasParent: false)).contains("Parent folder"))
    }

    @Test(
        "the summary counts what is there",
        arguments: [
            ([directory("a")], "<p>1 folder</p>"),
            ([file("a", size: 1)], "<p>1 file, 1 B</p>"),
            (
                [directory("a"), directory("b"), file("c", size: 600), file("d", size: 600)],
                "<p>2 folders, 2 files, 1.2 kB</p>"
            ),
            ([file("a", size: .max), file("b", size: .max)], "<p>2 files, 9.2 EB</p>"),
            ([DirectoryEntry(name: [0x61], kind: .other, size: 5, modified: 0)], "<p>1 other</p>"),
        ]
    )
    func summary(entries: [DirectoryEntry], expected: String) {
        let page = html(Listing(path: [], page: PageSelection.Page(entries: entries, hasMore: false)))
        #expect(page.contains(expected))
    }

    @Test(
        "the header says how the listing is sorted, and links to the other ways",
        arguments: [
            (ListingOrder(.name, .ascending), "name", "ascending", "name", "desc"),
            (ListingOrder(.name, .descending), "name", "descending", "name", "asc"),
            (ListingOrder(.size, .descending), "size", "descending", "size", "asc"),
            (ListingOrder(.date, .ascending), "date", "ascending", "date", "desc"),
        ]
    )
    func currentHeader(order: ListingOrder, name: String, aria: String, sort: String, next: String) {
        let page = html(Listing(path: [], query: ListingQuery(order: order), page: oneFile))
        #expect(
            page.contains(
                "<th scope=\"col\" aria-sort=\"\(aria)\"><a rel=\"nofollow\" href=\"./?sort=\(sort)&amp;order=\(next)\">"
            )
        )
        #expect(page.split(separator: "aria-sort=\"").count == 2)
    }

    @Test("the first click sorts names from A, sizes from the biggest and dates from the newest")
    func otherHeaders() {
        let byName = html(Listing(path: [], page: oneFile))
        #expect(byName.contains("<th scope=\"col\"><a rel=\"nofollow\" href=\"./?sort=size&amp;order=desc\">Size</a>"))
        #expect(byName.contains("<th scope=\"col\"><a rel=\"nofollow\" href=\"./?sort=date&amp;order=desc\">Modified"))
        let bySize = html(Listing(path: [], query: ListingQuery(order: ListingOrder(.size)), page: oneFile))
        #expect(bySize.contains("<th scope=\"col\"><a rel=\"nofollow\" href=\"./?sort=name&amp;order=asc\">Name</a>"))
    }

    @Test("a page among others links to the first and the next one")
    func pages() {
        let order = ListingOrder(.size, .descending)
        let query = ListingQuery(order: order, after: ListingKey(file("z", size: 9), in: order))
        let page = PageSelection.Page(entries: [file("a b&c", size: 7)], hasMore: true)
        let middle = html(Listing(path: [], query: query, page: page, total: 25_000))
        #expect(middle.contains("<p>1 of 25,000 entries</p>"))
        #expect(
            middle.contains(
                """
                <nav class="pages" aria-label="Pages">
                <a rel="nofollow" href="./?sort=size&amp;order=desc">First page</a>
                <a rel="next nofollow" href="./?sort=size&amp;order=desc&amp;after=f7.a%20b%26c">Next page</a>
                </nav>
                """
            )
        )
        let last = html(
            Listing(path: [], query: query, page: PageSelection.Page(entries: page.entries, hasMore: false))
        )
        #expect(last.contains("First page"))
        #expect(!last.contains("Next page"))
        let first = html(Listing(path: [], query: ListingQuery(order: order), page: page))
        #expect(first.contains("<p>1 entry on this page</p>"))
        #expect(!first.contains("First page"))
        #expect(!html(Listing(path: [], page: oneFile)).contains("aria-label=\"Pages\""))
    }

    @Test("the page asks for nothing else: no script, and every resource is a data URI")
    func selfContained() {
        let page = html(Listing(path: [], page: oneFile))
        #expect(!page.contains("<script"))
        #expect(!page.contains("<img"))
        #expect(!page.contains("style=\""))
        #expect(page.split(separator: "<style>").count == 2)
        #expect(page.contains("<link rel=\"icon\" href=\"data:image/svg+xml,"))
        for reference in page.split(separator: "url(").dropFirst() {
            #expect(reference.hasPrefix("\"data:"))
        }
        for link in page.split(separator: "href=\"").dropFirst() {
            #expect(link.hasPrefix("data:") || link.hasPrefix("./"))
        }
    }

    @Test("the server's name is text")
    func serverName() {
        #expect(html(Listing(path: [], page: empty, serverName: "A<b>")).contains("<footer>A&lt;b&gt;</footer>"))
        #expect(!html(Listing(path: [], page: empty, serverName: "")).contains("<footer>"))
    }

    @Test("as JSON, whole")
    func json() {
        let order = ListingOrder()
        var bad = file("", size: 3, modified: Self.time)
        bad.name = [0x61, 0xFF, 0xC3, 0x28]
        let entries = [
            directory("a b", modified: Self.time), file("q\"\\\n\u{2028}ü", size: 7, modified: -1), bad,
            DirectoryEntry(name: Array("fifo".utf8), kind: .other, size: 1, modified: 0),
        ]
        let listing = Listing(
            path: [Array("p q".utf8), [0xFF]],
            query: ListingQuery(order: order),
            page: PageSelection.Page(entries: entries, hasMore: false)
        )
        #expect(
            String(decoding: listing.json(), as: UTF8.self) == """
                {"path": "/p%20q/%FF/", "entries": [
                {"name": "a b", "href": "./a%20b/", "type": "directory", "size": null, "modified": "2026-11-22T17:20:00Z"},
                {"name": "q\\"\\\\\\u000A\\u2028ü", "href": "./q%22%5C%0A%E2%80%A8%C3%BC", "type": "file", "size": 7, \
                "modified": "1969-12-31T23:59:59Z"},
                {"name": "a\u{FFFD}\u{FFFD}(", "href": "./a%FF%C3(", "type": "file", "size": 3, \
                "modified": "2026-11-22T17:20:00Z"},
                {"name": "fifo", "href": "./fifo", "type": "other", "size": null, "modified": "1970-01-01T00:00:00Z"}
                ], "next": null}

                """
        )
    }

    @Test("JSON of an empty root, and of a page with another one after it")
    func jsonPages() {
        #expect(
            String(decoding: Listing(path: [], page: empty).json(), as: UTF8.self)
                == "{\"path\": \"/\", \"entries\": [\n], \"next\": null}\n"
        )
        let page = PageSelection.Page(entries: [file("a&b")], hasMore: true)
        let json = String(decoding: Listing(path: [], page: page).json(), as: UTF8.self)
        #expect(json.hasSuffix("], \"next\": \"?sort=name&order=asc&after=f0.a%26b\"}\n"))
    }

    @Test(
        "sizes for people",
        arguments: [
            (0, "0 B"), (1, "1 B"), (999, "999 B"), (1_000, "1.0 kB"), (1_049, "1.0 kB"), (1_050, "1.1 kB"),
            (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (1_500_000, "1.5 MB"),
            (999_499_999, "999 MB"), (999_500_000, "1.0 GB"), (4_700_000_000, "4.7 GB"), (Int.max, "9.2 EB"),
            (-1, "0 B"), (Int.min, "0 B"), (999_950_000_000_000_000, "1.0 EB"),
        ]
    )
    func sizes(size: Int, expected: String) {
        var bytes: [UInt8] = []
        FileSize.append(size, to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test(
        "times in UTC, of any 64-bit number",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_799, "2000-02-29T23:59:59Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_795_368_000, "2026-11-22T17:20:00Z"), (1_798_761_599, "2026-12-31T23:59:59Z"),
            (-2_208_988_800, "1900-01-01T00:00:00Z"), (-62_167_219_200, "0000-01-01T00:00:00Z"),
            (-62_162_035_201, "0000-02-29T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
            (Int.max, "9999-12-31T23:59:59Z"), (Int.min, "0000-01-01T00:00:00Z"),
        ]
    )
    func times(seconds: Int, expected: String) {
        var bytes: [UInt8] = []
        UTCTime(secondsSince1970: seconds).appendISO8601(to: &bytes)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("one entry after the other has its own time, whatever the one before had")
    func timeElements() {
        var times = TimeElements()
        let order = [
            0, 59, 60, 61, 0, -1, -60, -61, -120, 1_795_368_000, 1_795_368_059, .max, .max, .min, 3_599, 3_600,
        ]
        for seconds in order {
            var (bytes, time) = ([UInt8](), [UInt8]())
            times.append(seconds, to: &bytes)
            UTCTime(secondsSince1970: seconds).appendISO8601(to: &time)
            let text = String(decoding: time, as: UTF8.self)
            #expect(
                String(decoding: bytes, as: UTF8.self)
                    == "<time datetime=\"\(text)\">\(text.prefix(10))<span> \(text.dropFirst(11).prefix(5))</span></time>"
            )
        }
    }

    private let empty = PageSelection.Page(entries: [], hasMore: false)
    private let oneFile = PageSelection.Page(entries: [file("a")], hasMore: false)

    private func html(_ listing: Listing) -> String {
        String(decoding: listing.html(), as: UTF8.self)
    }

    private func row(_ entry: DirectoryEntry) -> String {
        var bytes: [UInt8] = []
        var times = TimeElements()
        ListingMarkup.appendRow(entry, &times, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
