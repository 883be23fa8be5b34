/// The line before a chunk's data: `chunk-size [ chunk-ext ] CRLF`, taken octet by octet (RFC 9112 §7.1, §7.1.1).
///
/// Extensions are checked against their grammar and ignored; white space stands only where the grammar has it.
struct ChunkLine: Sendable {
    private enum State {
        case size
        /// After the size or a value: white space, or `;`, or the end.
        case afterElement
        /// White space was seen there, so a `;` must follow.
        case beforeSemicolon
        case beforeName
        case name
        case afterName
        case beforeValue
        case token
        case quoted
        case escaped
        case lineFeed
    }

    /// The most digits of a size: as many as 64 bits need.
    private static let digits = 16

    private var state = State.size
    private var digitCount = 0
    /// The size of the chunk's data in octets; final once `take` returned true.
    private(set) var size = 0
    /// The octets of the line before its CRLF that were taken.
    private(set) var count = 0

    /// The octets of extensions that were taken.
    var extensionCount: Int { count - digitCount }

    /// Takes the next octet; whether the line is complete with it.
    mutating func take(_ octet: UInt8) throws(RequestError) -> Bool {
        if state == .lineFeed {
            guard octet == 0x0A else { throw .bareCarriageReturn }
            return true
        }
        if octet == 0x0A { throw .bareLineFeed }
        if octet == 0x0D, try endsHere() {
            state = .lineFeed
            return false
        }
        count += 1
        if state == .size, OctetSet.hexValue(octet) != nil {
            try takeDigit(octet)
        } else {
            state = try next(octet)
        }
        return false
    }

    /// Whether the line may end now; throws if not.
    private func endsHere() throws(RequestError) -> Bool {
        switch state {
        case .size where digitCount == 0: throw .invalidChunkSize
        case .size, .afterElement, .name, .token: return true
        default: throw .invalidChunkExtension
        }
    }

    private mutating func takeDigit(_ octet: UInt8) throws(RequestError) {
        digitCount += 1
        guard digitCount <= Self.digits, size <= Int.max >> 4, let value = OctetSet.hexValue(octet) else {
            throw .chunkTooLarge
        }
        size = size << 4 | Int(value)
    }

    /// The state after an octet that is neither a size's digit nor part of the line's end.
    private func next(_ octet: UInt8) throws(RequestError) -> State {
        let isSpace = OctetSet.isWhitespace(octet)
        let isSemicolon = octet == UInt8(ascii: ";")
        let isToken = OctetSet.token.contains(octet)
        switch state {
        case .size:
            guard digitCount > 0, isSpace || isSemicolon else { throw .invalidChunkSize }
            return isSpace ? .beforeSemicolon : .beforeName
        case .afterElement, .beforeSemicolon:
            if isSpace { return .beforeSemicolon }
            if isSemicolon { return .beforeName }
        case .beforeName:
            if isSpace { return .beforeName }
            if isToken { return .name }
        case .name, .afterName:
            if isToken, state == .name { return .name }
            if isSpace { return .afterName }
            if isSemicolon { return .beforeName }
            if octet == UInt8(ascii: "=") { return .beforeValue }
        case .beforeValue:
            if isSpace { return .beforeValue }
            if isToken { return .token }
            if octet == UInt8(ascii: "\"") { return .quoted }
        case .token:
            if isToken { return .token }
            if isSpace { return .beforeSemicolon }
            if isSemicolon { return .beforeName }
        case .quoted:
            if octet == UInt8(ascii: "\"") { return .afterElement }
            if octet == UInt8(ascii: "\\") { return .escaped }
            if isSpace || octet > 0x20 && octet != 0x7F { return .quoted }
        case .escaped:
            if isSpace || octet > 0x20 && octet != 0x7F { return .quoted }
        case .lineFeed:
            break
        }
        throw .invalidChunkExtension
    }
}
