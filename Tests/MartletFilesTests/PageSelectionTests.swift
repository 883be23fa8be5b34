import Testing

@testable import MartletFiles

@Suite("The order and the pages of a listing")
struct PageSelectionTests {
    @Test(
        "names are in the order people expect",
        arguments: [
            ["file1", "File2", "file2a", "file10", "FILE11"],
            ["a", "B", "c", "D"],
            ["A", "a", "AA", "aa", "Ab"],
            ["01", "1", "2", "010", "10", "a"],
            ["x9999999999999999999999", "x10000000000000000000000"],
            ["a-1", "a1", "a_1"],
            ["v1.2.9", "v1.2.10", "v1.10.0"],
            ["", "0", "a"],
        ]
    )
    func naturalOrder(names: [String]) {
        #expect(names.reversed().sorted(by: Self.precedes) == names)
    }

    @Test("equal numbers with more zeros and letters of another case are told apart by their bytes")
    func ties() {
        #expect(Self.precedes("a01", "a1"))
        #expect(!Self.precedes("a1", "a01"))
        #expect(Self.precedes("A1", "a1"))
        #expect(!Self.precedes("a1", "a1"))
    }

    @Test("the order of names is total and consistent, whatever the bytes")
    func totalOrder() {
        var generator = Xorshift(state: 7)
        let alphabet = Array("019aAbB-_.".utf8) + [0xFF, 0xC3]
        let names = (0..<60).map { _ in
            (0..<Int(generator.next() % 6)).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
        }
        for a in names {
            for b in names {
                let order = NaturalOrder.compare(a.span, b.span)
                #expect((order == 0) == (a == b))
                #expect(order.signum() == -NaturalOrder.compare(b.span, a.span).signum())
                for c in names where order < 0 && NaturalOrder.compare(b.span, c.span) < 0 {
                    #expect(NaturalOrder.compare(a.span, c.span) < 0, "\(a) \(b) \(c)")
                }
            }
        }
    }

    static let sample = [
        file("b.txt", size: 30, modified: 3), file("A.txt", size: 10, modified: 2), directory("zoo", modified: 5),
        file("c.txt", size: 10, modified: 9), directory("Bar", modified: 7),
    ]

    @Test(
        "directories come first in every order, and equal entries are in the order of their names",
        arguments: [
            (ListingOrder(.name, .ascending), ["Bar", "zoo", "A.txt", "b.txt", "c.txt"]),
            (ListingOrder(.name, .descending), ["zoo", "Bar", "c.txt", "b.txt", "A.txt"]),
            (ListingOrder(.size, .ascending), ["Bar", "zoo", "A.txt", "c.txt", "b.txt"]),
            (ListingOrder(.size, .descending), ["Bar", "zoo", "b.txt", "A.txt", "c.txt"]),
            (ListingOrder(.date, .ascending), ["zoo", "Bar", "A.txt", "b.txt", "c.txt"]),
            (ListingOrder(.date, .descending), ["Bar", "zoo", "c.txt", "b.txt", "A.txt"]),
        ]
    )
    func sorted(order: ListingOrder, expected: [String]) {
        let page = page(of: Self.sample, order: order)
        #expect(page.entries.map(\.text) == expected)
        #expect(!page.hasMore)
    }

    @Test("following the pages meets every entry once and in order", arguments: everyOrder, [1, 2, 7, 100])
    func allPages(order: ListingOrder, limit: Int) throws {
        var generator = Xorshift(state: 11)
        let entries = (0..<100).map { number in
            DirectoryEntry(
                name: Array("File\(number)\(number % 3 == 0 ? ".a&b" : "")".utf8),
                kind: number % 10 == 0 ? .directory : .file,
                size: Int(generator.next() % 5),
                modified: Int(generator.next() % 7) - 3
            )
        }
        let whole = page(of: entries, order: order).entries
        var met: [DirectoryEntry] = []
        var query = ListingQuery(order: order)
        while true {
            let page = page(of: entries, order: query.order, after: query.after, limit: limit)
            #expect(page.entries.count == min(limit, entries.count - met.count))
            met += page.entries
            guard let next = Listing(path: [], query: query, page: page).next else {
                break
            }
            // The way of the key: into a link and back.
            var text: [UInt8] = []
            next.append(to: &text)
            query = try #require(ListingQuery(query: text.dropFirst()))
            #expect(query == next)
        }
        #expect(met == whole)
        #expect(Set(met).count == 100)
    }

    static let everyOrder = ListingOrder.Property.allCases.flatMap { property in
        ListingOrder.Direction.allCases.map { ListingOrder(property, $0) }
    }

    @Test("a page that is just full has no next page")
    func justFull() {
        let entries = ["a", "b", "c"].map { file($0) }
        #expect(!page(of: entries, limit: 3).hasMore)
        #expect(page(of: entries, limit: 2).hasMore)
        #expect(!page(of: entries, after: ListingKey(entries[0], in: ListingOrder()), limit: 2).hasMore)
        #expect(page(of: entries, after: ListingKey(entries[2], in: ListingOrder())).entries.isEmpty)
    }

    @Test("an entry that is gone does not hide those after it")
    func keyOfRemovedEntry() {
        let gone = ListingKey(file("b"), in: ListingOrder())
        #expect(page(of: [file("a"), file("c")], after: gone).entries.map(\.text) == ["c"])
    }

    @Test("a limit out of range is taken for the nearest one", arguments: [(Int.min, 1), (0, 1), (Int.max, 1_000)])
    func limits(limit: Int, expected: Int) {
        let entries = (0..<1_500).map { file("\($0)") }
        #expect(page(of: entries, limit: limit).entries.count == expected)
    }

    @Test("a selection never holds more than two pages, whatever comes")
    func boundedMemory() {
        var selection = PageSelection(order: ListingOrder(.name, .descending), limit: 10)
        for number in 0..<10_000 {
            selection.offer(file("\(number)"))
            #expect(selection.held <= 20)
        }
        #expect(selection.page().entries.map(\.text) == (9_990..<10_000).reversed().map { "\($0)" })
    }

    @Test(
        "a query is read",
        arguments: [
            ("", ListingQuery()),
            ("sort=size", ListingQuery(order: ListingOrder(.size))),
            ("sort=date&order=desc", ListingQuery(order: ListingOrder(.date, .descending))),
            ("order=desc", ListingQuery(order: ListingOrder(.name, .descending))),
            ("utm_source=x&&sort=name&flag&=&after", ListingQuery()),
            ("after=f0.a%20b.txt", ListingQuery(after: ListingKey(file("a b.txt"), in: ListingOrder()))),
            ("after=d0.a%2eb", ListingQuery(after: ListingKey(directory("a.b"), in: ListingOrder()))),
            (
                "sort=date&after=f-5.",
                ListingQuery(
                    order: ListingOrder(.date),
                    after: ListingKey(file("", modified: -5), in: ListingOrder(.date))
                )
            ),
        ]
    )
    func queries(text: String, expected: ListingQuery) {
        #expect(ListingQuery(query: Array(text.utf8)) == expected)
    }

    @Test(
        "a query whose value makes no sense is refused, not taken for the first page",
        arguments: [
            "sort=colour", "sort=", "order=up", "after=", "after=x0.a", "after=f.a", "after=f0", "after=fx.a",
            "after=f99999999999999999999.a", "after=f0.%", "after=f0.%4", "after=f0.%zz", "sort=Size",
        ]
    )
    func badQueries(text: String) {
        #expect(ListingQuery(query: Array(text.utf8)) == nil)
    }

    static func precedes(_ first: String, _ second: String) -> Bool {
        NaturalOrder.compare(first.utf8.span, second.utf8.span) < 0
    }

    private func page(
        of entries: [DirectoryEntry],
        order: ListingOrder = ListingOrder(),
        after: ListingKey? = nil,
        limit: Int = 1_000
    ) -> PageSelection.Page {
        var selection = PageSelection(order: order, after: after, limit: limit)
        for entry in entries {
            selection.offer(entry)
        }
        return selection.page()
    }
}

/// A small generator with a fixed seed, so that a failure comes again.
private struct Xorshift {
    var state: UInt64

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
}
