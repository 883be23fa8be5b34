/// The kinds of requests that an observer has seen on a loop, numbered as they came. Finding one allocates nothing, and
/// hashes no text.
package struct ObservedKinds: Sendable {
    /// Requests that metrics do not tell apart.
    package struct Kind: Sendable {
        package let method: ObservedMethod
        /// Held, so that nobody else can get its identity.
        package let route: RoutePattern?
        package let status: Int
    }

    /// Kinds that are told apart; a server has a few for each route.
    package static let limit = 2000

    package private(set) var all: [Kind] = []
    /// An open hash table: keys, each with its index in `all`. At most half full.
    private var slots: [(key: UInt64, index: Int)] = Array(repeating: (0, 0), count: 64)
    /// The kind of the last request: most often that of the next.
    private var last: (key: UInt64, index: Int) = (0, 0)

    package init() {}

    /// The number of a request's kind; nil when there are too many.
    package mutating func index(of request: borrowing ObservedRequest) -> Int? {
        let key = Self.key(of: request)
        if key == last.key { return last.index }
        var slot = place(of: key)
        while slots[slot].key != key {
            guard slots[slot].key != 0 else { return add(request, key, at: slot) }
            slot = (slot + 1) & (slots.count - 1)
        }
        last = slots[slot]
        return last.index
    }

    /// One number for each kind, never zero: an object's address is a multiple of 16, and has 52 bits at most.
    private static func key(of request: borrowing ObservedRequest) -> UInt64 {
        let route = request.route.map { UInt64(UInt(bitPattern: ObjectIdentifier($0))) } ?? 0
        let status = UInt64(truncatingIfNeeded: request.status) & 0x3FF
        return (route >> 4) << 14 | UInt64(request.method.rawValue) << 10 | status | 1 << 63
    }

    private func place(of key: UInt64) -> Int {
        Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & (slots.count - 1)
    }

    private mutating func add(_ request: borrowing ObservedRequest, _ key: UInt64, at slot: Int) -> Int? {
        let index = all.count
        guard index < Self.limit else { return nil }
        all.append(Kind(method: request.method, route: request.route, status: request.status & 0x3FF))
        slots[slot] = (key, index)
        last = (key, index)
        if all.count * 2 > slots.count { grow() }
        return index
    }

    private mutating func grow() {
        let entries = slots.filter { $0.key != 0 }
        slots = Array(repeating: (0, 0), count: slots.count * 2)
        for entry in entries {
            var slot = place(of: entry.key)
            while slots[slot].key != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = entry
        }
    }
}
