import Glibc
import MartletReactor
import TestSupport
import Testing

@testable import MartletFiles

@Suite("Listings that several ask for")
struct SharedListingsTests {
    /// A pool with one thread, which is busy until `open` is called: what is asked for meanwhile waits.
    private final class Held: Sendable {
        let listings: SharedListings
        private let isOpen = Locked(false)
        private let task: Task<Void, any Error>

        init() async throws {
            let pool = ThreadPool(name: "list-test", threads: 1)
            let (isOpen, began) = (isOpen, Locked(false))
            listings = SharedListings(pool: pool)
            task = Task {
                try await pool.run {
                    began.withLock { $0 = true }
                    while !isOpen.value { sched_yield() }
                }
            }
            try await eventually("the only thread is busy") { began.value }
        }

        func open() async throws {
            isOpen.withLock { $0 = true }
            try await task.value
        }

        /// Waits until so many wait for the listing of `key` beside the one who asked first.
        func joined(_ key: SharedListings.Key, by count: Int) async throws {
            try await eventually("\(count) have joined") { listings.joined(key) == count }
        }
    }

    private static let key = SharedListings.Key(path: [], query: ListingQuery(), isJSON: false)

    @Test("all who ask before a listing is begun get that one")
    func shared() async throws {
        let held = try await Held()
        let made = Locked<UInt8>(0)
        let asking = (0..<20).map { _ in Task { try await held.listings.content(Self.key) { made.next() } } }
        try await held.joined(Self.key, by: 19)
        try await held.open()
        for task in asking { #expect(try await task.value == [1]) }
        #expect(made.value == 1)
    }

    @Test("who asks for a listing that has been begun gets the next one: the folder may have changed since")
    func begunIsClosed() async throws {
        let listings = SharedListings(pool: ThreadPool(name: "list-test", threads: 1))
        let (made, isOpen) = (Locked<UInt8>(0), Locked(false))
        let make: @Sendable () -> [UInt8] = {
            let content = made.next()
            while !isOpen.value { sched_yield() }
            return content
        }
        let first = Task { try await listings.content(Self.key, make) }
        try await eventually("the first is being made") { made.value == 1 }
        let later = (0..<5).map { _ in Task { try await listings.content(Self.key, make) } }
        try await eventually("the others wait together") { listings.joined(Self.key) == 4 }
        isOpen.withLock { $0 = true }
        #expect(try await first.value == [1])
        for task in later { #expect(try await task.value == [2]) }
        #expect(made.value == 2)
    }

    @Test("another folder, order, page or form is another listing")
    func keys() async throws {
        let held = try await Held()
        let after = ListingKey(file("a"), in: ListingOrder())
        let keys = [
            Self.key,
            SharedListings.Key(path: Array("a".utf8), query: ListingQuery(), isJSON: false),
            SharedListings.Key(path: [], query: ListingQuery(order: ListingOrder(.size)), isJSON: false),
            SharedListings.Key(path: [], query: ListingQuery(order: ListingOrder(.name, .descending)), isJSON: false),
            SharedListings.Key(path: [], query: ListingQuery(after: after), isJSON: false),
            SharedListings.Key(path: [], query: ListingQuery(), isJSON: true),
        ]
        let asking = keys.enumerated().map { index, key in
            Task { try await held.listings.content(key) { [UInt8(index)] } }
        }
        for key in keys { try await held.joined(key, by: 0) }
        try await held.open()
        for (index, task) in asking.enumerated() { #expect(try await task.value == [UInt8(index)]) }
    }

    @Test("whoever goes away goes at once, and the others get their listing all the same", arguments: [true, false])
    func cancelled(isLeader: Bool) async throws {
        let held = try await Held()
        let made = Locked<UInt8>(0)
        let leader = Task { try await held.listings.content(Self.key) { made.next() } }
        try await held.joined(Self.key, by: 0)
        let others = (0..<3).map { _ in Task { try await held.listings.content(Self.key) { made.next() } } }
        try await held.joined(Self.key, by: 3)
        let gone = isLeader ? leader : others[0]
        gone.cancel()
        // While the only thread is still busy.
        await #expect(throws: CancellationError.self) { try await gone.value }
        try await held.joined(Self.key, by: 2)
        try await held.open()
        for task in [leader] + others where task != gone { #expect(try await task.value == [1]) }
        #expect(made.value == 1)
    }

    @Test("nobody is left who waits for what all have gone away from")
    func allCancelled() async throws {
        let held = try await Held()
        let made = Locked<UInt8>(0)
        let asking = (0..<10).map { _ in Task { try await held.listings.content(Self.key) { made.next() } } }
        try await held.joined(Self.key, by: 9)
        for task in asking { task.cancel() }
        for task in asking { await #expect(throws: CancellationError.self) { try await task.value } }
        #expect(held.listings.joined(Self.key) == nil)
        try await held.open()
        #expect(made.value == 0)
    }

    @Test("a folder that cannot be read is an error for all who ask")
    func failed() async throws {
        let held = try await Held()
        let asking = (0..<5).map { _ in
            Task { try await held.listings.content(Self.key) { throw FileRoot.Failure.forbidden } }
        }
        try await held.joined(Self.key, by: 4)
        try await held.open()
        for task in asking { await #expect(throws: FileRoot.Failure.forbidden) { try await task.value } }
        #expect(held.listings.joined(Self.key) == nil)
    }

    @Test("where too many listings wait already, all who ask hear of it, and nobody is left waiting")
    func refused() async throws {
        let listings = SharedListings(pool: ThreadPool(name: "list-test", threads: 1, queueLimit: 0))
        let asking = (0..<5).map { _ in Task { try await listings.content(Self.key) { [1] } } }
        for task in asking { await #expect(throws: SystemError.self) { try await task.value } }
        #expect(listings.joined(Self.key) == nil)
    }
}

extension Locked {
    fileprivate var value: Value { withLock { $0 } }
}

extension Locked<UInt8> {
    /// Counts, and gives the count as the content of a listing.
    fileprivate func next() -> [UInt8] {
        withLock { count in
            count += 1
            return [count]
        }
    }
}
