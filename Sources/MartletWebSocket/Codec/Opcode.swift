/// What a frame is (RFC 6455 §5.2).
package enum Opcode: UInt8, Sendable {
    /// A further frame of the message that has begun.
    case continuation = 0x0
    /// The first or only frame of a text.
    case text = 0x1
    /// The first or only frame of a binary message.
    case binary = 0x2
    /// The peer's last frame (§5.5.1).
    case close = 0x8
    /// To be answered by a pong (§5.5.2).
    case ping = 0x9
    /// The answer to a ping, or a sign of life (§5.5.3).
    case pong = 0xA

    /// Control frames are short, whole, and may come between the frames of a message (RFC 6455 §5.5).
    package var isControl: Bool { rawValue & 0x8 != 0 }
}
