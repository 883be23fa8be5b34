import HTTPTypes
import MartletWire
import TestSupport
import Testing

@Suite("Refillable, an array that is filled again and again")
struct RefillableTests {
    @Test(
        "holds what a plain array holds, whatever is added and removed, and copies do not follow",
        arguments: 1...8 as ClosedRange<UInt64>
    )
    func model(seed: UInt64) {
        var generator = SplitMix(seed: seed)
        var octets = Refillable<UInt8>()
        var model: [UInt8] = []
        for step in 0..<1500 {
            // Without a copy the change is made in place.
            let copy = Bool.random(using: &generator) ? octets : nil
            let before = model
            switch Int.random(in: 0..<12, using: &generator) {
            case 0..<3:
                let octet = UInt8.random(in: 0...255, using: &generator)
                octets.append(octet)
                model.append(octet)
            case 3..<8:
                let longest = Bool.random(using: &generator) ? 20 : 300
                let added = (0..<Int.random(in: 0..<longest, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                octets.append(copying: added.span)
                model += added
            case 8:
                octets.removeAll()
                model.removeAll()
            case 9, 10:
                let index = Int.random(in: 0...model.count, using: &generator)
                octets.removeAll(from: index)
                model.removeSubrange(index...)
            default:
                octets.reserveCapacity(Int.random(in: 0..<1000, using: &generator))
            }
            guard Self.holds(octets, model) else {
                Issue.record("step \(step): \(Array(octets)) instead of \(model)")
                return
            }
            if let copy, !Self.holds(copy, before) {
                Issue.record("step \(step): the copy is \(Array(copy)) instead of \(before)")
                return
            }
        }
    }

    /// Whether every way to read gives just what is in `model`.
    private static func holds(_ octets: Refillable<UInt8>, _ model: [UInt8]) -> Bool {
        let middle = model.count / 3..<model.count
        let span = octets.span
        let pointed = unsafe octets.withUnsafeBufferPointer { unsafe Array($0) }
        return octets.count == model.count && octets.isEmpty == model.isEmpty && Array(octets) == model
            && span.count == model.count && span.indices.allSatisfy { span[$0] == model[$0] }
            && octets.indices == model.indices && octets.last == model.last
            && Array(octets[middle]) == Array(model[middle])
            && pointed == model
    }

    @Test("what is added after a removal goes over what was held and on behind it", arguments: [0, 1, 250, 255, 256])
    func acrossTheEnd(kept: Int) {
        let first = (0..<256).map { UInt8($0) }
        let second = [UInt8](repeating: 0xEE, count: 300)
        var octets = Refillable<UInt8>()
        octets.append(copying: first.span)
        let copy = octets
        octets.removeAll(from: kept)
        octets.append(copying: second.span)
        #expect(Array(octets) == first[..<kept] + second)
        #expect(Array(copy) == first)
        octets.removeAll(from: kept)
        for octet in second { octets.append(octet) }
        octets.append(1)
        #expect(Array(octets) == first[..<kept] + second + [1])
        #expect(Array(copy) == first)
    }

    @Test("elements of more than one octet are kept whole")
    func numbers() {
        var numbers = Refillable<Int>()
        for number in 0..<20 { numbers.append(number << 40) }
        let copy = numbers
        numbers.removeAll(from: 18)
        for number in 1...4 { numbers.append(-number) }
        #expect(Array(numbers) == (0..<18).map { $0 << 40 } + [-1, -2, -3, -4])
        #expect(Array(copy) == (0..<20).map { $0 << 40 })
    }

    @Test("a span without octets changes nothing")
    func emptySpan() {
        var octets = Refillable<UInt8>()
        octets.append(copying: Span())
        #expect(octets.isEmpty)
        octets.append(7)
        octets.append(copying: Span())
        #expect(Array(octets) == [7])
        octets.removeAll()
        octets.append(copying: Span())
        #expect(octets.isEmpty)
        #expect(octets.first == nil)
    }
}

/// All that Swift's own ways to show a value say of it.
private func shown(_ value: some Any) -> [String] {
    var dumped = ""
    dump(value, to: &dumped)
    return [String(describing: value), String(reflecting: value), dumped]
}

@Suite("What a head held before shows nowhere")
struct StaleContentTests {
    private static let long =
        "POST /secret/secret?secret=secret HTTP/1.1\r\nHost: secret.example\r\nAuthorization: Basic secret\r\n"
        + "Cookie: secret=secret\r\nX-Secret:secret\r\nContent-Length: 6\r\n\r\n"
    private static let short = "GET /a HTTP/1.0\r\nA: b\r\n\r\n"

    private static func read(_ text: String, into head: inout RequestHead) throws {
        var parser = RequestParser()
        #expect(try parser.parse(Array(text.utf8).span, into: &head) == text.utf8.count)
    }

    @Test("neither described nor dumped, of what is behind the count")
    func refillable() {
        var octets = Refillable<UInt8>()
        octets.append(copying: Array("secret".utf8).span)
        octets.removeAll(from: 1)
        var fresh = Refillable<UInt8>()
        fresh.append(UInt8(ascii: "s"))
        #expect(shown(octets) == shown(fresh))
        #expect(Mirror(reflecting: octets).children.allSatisfy { !"\($0.value)".contains("101") })  // e
        octets.removeAll()
        #expect(shown(octets) == shown(Refillable<UInt8>()))
    }

    @Test("a short head in the place of a long one looks like a head that never held more")
    func heads() throws {
        var head = RequestHead()
        try Self.read(Self.long, into: &head)
        try Self.read(Self.short, into: &head)
        var fresh = RequestHead()
        try Self.read(Self.short, into: &fresh)
        #expect(shown(head) == shown(fresh))
        #expect(shown(head.fields) == shown(fresh.fields))
        #expect(shown(head.path) == shown(fresh.path))
        for text in shown(head) + shown(head.fields) + shown(head.path) {
            #expect(!text.lowercased().contains("secret"))
        }
        head.reset()
        #expect(shown(head) == shown(RequestHead()))
    }

    @Test("fields that were emptied look like new ones")
    func fields() {
        var fields = Fields(.cookie, "secret")
        fields.append(.accept, "secret")
        fields.removeAll(keepingCapacity: true)
        #expect(shown(fields) == shown(Fields()))
        fields.append(.accept, "a")
        #expect(shown(fields) == shown(Fields(.accept, "a")))
    }

    @Test(
        "a refused head leaves nothing to the next one, which is refused before its request line is complete",
        arguments: [
            "HEAD /" + String(repeating: "x", count: 100), "HEAD / HTTP/3.0\r\n", "HEAD /secret x HTTP/1.1\r\n",
            "HEAD / HTTP/1.1\r\nHost: secret\r\nX : y\r\n",
        ]
    )
    func refused(first: String) throws {
        var limits = HeadLimits()
        limits.requestLine = 64
        var parser = RequestParser(limits: limits)
        var head = RequestHead()
        #expect(throws: RequestError.self) { try parser.parse(Array(first.utf8).span, into: &head) }
        #expect(head.method == .head)
        parser.reset()
        #expect(throws: RequestError.bareLineFeed) { try parser.parse(Array("GET /\n".utf8).span, into: &head) }
        #expect(head.method == .get)
        #expect(shown(head) == shown(RequestHead()))
    }
}
