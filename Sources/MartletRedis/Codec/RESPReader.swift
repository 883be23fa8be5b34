/// Reads answers in RESP2, at any pace: what it is given may end at any octet.
///
/// What is not valid is refused and not repaired: from there on nobody knows where an answer begins. Everything is
/// bounded by the length of one answer.
package struct RESPReader: Sendable {
    /// An array whose elements come.
    private struct Level {
        var elements: [RESPValue] = []
        var missing: Int
    }

    private enum State {
        /// A type and the text behind it, up to CR.
        case line
        /// The LF of a line.
        case lineEnd
        /// So many octets of a bulk.
        case bulk(missing: Int)
        /// The CR of a bulk, and its LF.
        case bulkReturn
        case bulkEnd
    }

    /// Arrays in arrays.
    package static let depthLimit = 32

    private let limit: Int
    private var state = State.line
    /// The line or the bulk that comes.
    private var octets: [UInt8] = []
    private var levels: [Level] = []
    /// Octets of this answer so far.
    private var used = 0

    /// A reader that refuses answers of more than `limit` octets, all told.
    package init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Reads from `offset` on, and moves that.
    /// - Returns: an answer, with `offset` behind it; nil when all was read and more is needed.
    /// - Throws: `RESPError`; the reader is of no use then.
    package mutating func next(_ input: Span<UInt8>, offset: inout Int) throws(RESPError) -> RESPValue? {
        while offset < input.count {
            var value: RESPValue?
            if case .bulk(let missing) = state {
                let count = min(missing, input.count - offset)
                for index in offset..<offset + count { octets.append(input[index]) }
                offset += count
                state = missing > count ? .bulk(missing: missing - count) : .bulkReturn
            } else {
                let octet = input[offset]
                offset += 1
                used += 1
                guard used <= limit else { throw tooLong }
                value = try take(octet)
            }
            while let complete = value {
                guard !levels.isEmpty else {
                    used = 0
                    return complete
                }
                levels[levels.count - 1].elements.append(complete)
                levels[levels.count - 1].missing -= 1
                value = levels[levels.count - 1].missing == 0 ? .array(levels.removeLast().elements) : nil
            }
        }
        return nil
    }

    private var tooLong: RESPError { RESPError("it answered with more than \(limit) octets") }

    private mutating func take(_ octet: UInt8) throws(RESPError) -> RESPValue? {
        switch state {
        case .line where octet == 0x0D:
            state = .lineEnd
        case .line:
            guard octet != 0x0A else { throw RESPError("a line of its answer has no CR") }
            octets.append(octet)
            if octets.count == 1, !Self.kinds.contains(octet) {
                throw RESPError("no answer of RESP2 begins with the octet \(octet)")
            }
        case .lineEnd:
            guard octet == 0x0A else { throw RESPError("a line of its answer has a CR inside") }
            state = .line
            return try endLine()
        case .bulkReturn:
            guard octet == 0x0D else { throw RESPError("a string of its answer is longer than it said") }
            state = .bulkEnd
        case .bulkEnd:
            guard octet == 0x0A else { throw RESPError("a string of its answer is longer than it said") }
            state = .line
            defer { octets = [] }
            return .bulk(octets)
        case .bulk:
            break  // Its octets were taken all at once.
        }
        return nil
    }

    private static let kinds = Array("+-:$*".utf8)

    private mutating func endLine() throws(RESPError) -> RESPValue? {
        let kind = octets.first
        let text = octets.dropFirst()
        octets = []
        switch kind {
        case UInt8(ascii: "+"):
            return .simple(String(decoding: text, as: UTF8.self))
        case UInt8(ascii: "-"):
            return .error(String(decoding: text, as: UTF8.self))
        case UInt8(ascii: ":"):
            return .integer(try number(text))
        case UInt8(ascii: "$"):
            guard let length = try length(text) else { return .null }
            used += length
            octets.reserveCapacity(length)
            state = length > 0 ? .bulk(missing: length) : .bulkReturn
        case UInt8(ascii: "*"):
            guard let count = try length(text) else { return .null }
            guard count > 0 else { return .array([]) }
            guard levels.count < Self.depthLimit else {
                throw RESPError("its answer has more than \(Self.depthLimit) arrays in each other")
            }
            levels.append(Level(missing: count))
        default:
            throw RESPError("a line of its answer is empty")
        }
        return nil
    }

    /// A length or a count that the rest of the answer has room for; nil for -1, which stands for null.
    private func length(_ text: ArraySlice<UInt8>) throws(RESPError) -> Int? {
        let number = try number(text)
        if number == -1 { return nil }
        guard number >= 0 else { throw RESPError("it announced \(number) octets or values") }
        guard number <= limit - used else { throw tooLong }
        return Int(number)
    }

    private func number(_ text: ArraySlice<UInt8>) throws(RESPError) -> Int64 {
        let digits = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+") ? text.dropFirst() : text
        // 19 digits are the most that fit.
        guard 1...19 ~= digits.count, digits.allSatisfy({ 0x30...0x39 ~= $0 }),
            let number = Int64(String(decoding: text, as: UTF8.self))
        else { throw RESPError("a number of its answer is none") }
        return number
    }
}
