/// What a peer did that ends its connection, each with the close code that tells it so (RFC 6455 §7.4.1).
package enum Violation: Error, Equatable, Sendable {
    case reservedBit
    case unknownOpcode(UInt8)
    case notMasked
    case masked
    case lengthNotMinimal
    case lengthTooLarge
    case controlTooLong
    case controlFragmented
    case nothingToContinue
    case messageUnfinished
    case closeOfOneOctet
    case closeCode(UInt16)
    case notUTF8
    case messageTooLong(limit: Int)

    /// 1002, 1007 or 1009.
    package var closeCode: UInt16 {
        switch self {
        case .notUTF8: 1007
        case .messageTooLong: 1009
        default: 1002
        }
    }
}

extension Violation: CustomStringConvertible {
    /// For the peer's developer: short enough for a Close frame.
    package var description: String {
        switch self {
        case .reservedBit: "a reserved bit is set, and no extension was agreed"
        case .unknownOpcode(let code): "\(code) is no opcode"
        case .notMasked: "a client must mask its frames"
        case .masked: "a server must not mask its frames"
        case .lengthNotMinimal: "a length has to be in its shortest form"
        case .lengthTooLarge: "the first bit of a length must be 0"
        case .controlTooLong: "a control frame has at most 125 octets"
        case .controlFragmented: "a control frame cannot be fragmented"
        case .nothingToContinue: "there is no message to continue"
        case .messageUnfinished: "the message before is not finished"
        case .closeOfOneOctet: "a close code has two octets"
        case .closeCode(let code): "\(code) is no close code to send"
        case .notUTF8: "a text is not valid UTF-8"
        case .messageTooLong(let limit): "a message has at most \(limit) octets here"
        }
    }
}
