/// From a peer's octets, cut anywhere, to messages and control frames: RFC 6455 §5 and §8.1 as a state machine, without I/O.
///
/// What is wrong is refused at the first octet that shows it. Nothing grows beyond the limit, and nothing is set aside for
/// octets that were only announced.
package struct MessageReader: Sendable {
    /// What came in.
    package enum Event: Equatable, Sendable {
        case text(String)
        case binary([UInt8])
        case ping([UInt8])
        case pong([UInt8])
        /// The peer's last frame; what follows it is dropped (RFC 6455 §5.5.1). `code` is nil when it gave none.
        case close(code: UInt16?, reason: String)
    }

    /// The end that the frames come from.
    package enum Sender: Sendable {
        case client
        case server
    }

    private enum Phase {
        case head
        case payload(FrameHead, received: Int)
        case closed
        case failed(Violation)
    }

    private let limit: Int
    private var phase = Phase.head
    private var heads: FrameHeadParser
    /// What kind of message has begun and is not finished.
    private var kind: Opcode?
    private var message: [UInt8] = []
    private var control: [UInt8] = []
    private var validator = UTF8Validator()

    /// - Parameter limit: octets that a message may have, all its frames together.
    package init(from sender: Sender, limit: Int) {
        self.limit = max(0, limit)
        heads = FrameHeadParser(expectsMask: sender == .client)
    }

    /// Takes octets from `offset` on, which moves behind what was used, up to the next event.
    /// - Returns: nil when all of `bytes` is used.
    /// - Throws: the same violation ever after.
    package mutating func next(_ bytes: Span<UInt8>, offset: inout Int) throws(Violation) -> Event? {
        do throws(Violation) {
            return try advance(bytes, &offset)
        } catch {
            phase = .failed(error)
            (message, control) = ([], [])
            throw error
        }
    }

    private mutating func advance(_ bytes: Span<UInt8>, _ offset: inout Int) throws(Violation) -> Event? {
        while true {
            switch phase {
            case .failed(let violation):
                throw violation
            case .closed:
                offset = bytes.count
                return nil
            case .head:
                guard offset < bytes.count else { return nil }
                let head = try heads.take(bytes[offset])
                offset += 1
                // The order of frames and the limit are checked as soon as the head tells, before the last of it is there.
                if let begun = head ?? heads.begun { try check(begun) }
                if let head { begin(head) }
            case .payload(let head, let received):
                let count = min(head.length - received, bytes.count - offset)
                try take(bytes.extracting(offset..<(offset + count)), head, received)
                offset += count
                guard received + count == head.length else {
                    phase = .payload(head, received: received + count)
                    return nil
                }
                phase = .head
                if let event = try finish(head) { return event }
            }
        }
    }

    private func check(_ head: FrameHead) throws(Violation) {
        guard !head.opcode.isControl else { return }
        if head.opcode == .continuation {
            guard kind != nil else { throw .nothingToContinue }
        } else {
            guard kind == nil else { throw .messageUnfinished }
        }
        guard head.length <= limit - message.count else { throw .messageTooLong(limit: limit) }
    }

    private mutating func begin(_ head: FrameHead) {
        phase = .payload(head, received: 0)
        guard head.opcode == .text || head.opcode == .binary else { return }
        kind = head.opcode
        validator = UTF8Validator()
    }

    private mutating func take(_ bytes: Span<UInt8>, _ head: FrameHead, _ received: Int) throws(Violation) {
        if head.opcode.isControl {
            Masking.append(bytes, key: head.mask, at: received, to: &control)
            return
        }
        let start = message.count
        Masking.append(bytes, key: head.mask, at: received, to: &message)
        guard kind == .text else { return }
        var validator = validator
        guard validator.accept(message.span.extracting(start...)) else { throw .notUTF8 }
        self.validator = validator
    }

    private mutating func finish(_ head: FrameHead) throws(Violation) -> Event? {
        if head.opcode.isControl {
            let payload = control
            control = []
            return try event(head.opcode, payload)
        }
        guard head.isFinal else { return nil }
        let (payload, isText) = (message, kind == .text)
        (message, kind) = ([], nil)
        guard isText else { return .binary(payload) }
        guard validator.isComplete else { throw .notUTF8 }
        return .text(String(decoding: payload, as: UTF8.self))
    }

    private mutating func event(_ opcode: Opcode, _ payload: [UInt8]) throws(Violation) -> Event {
        switch opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong(payload)
        default:
            let event = try Self.close(payload)
            phase = .closed
            return event
        }
    }

    /// A code in two octets and a reason in UTF-8, or nothing (RFC 6455 §5.5.1).
    private static func close(_ payload: [UInt8]) throws(Violation) -> Event {
        guard !payload.isEmpty else { return .close(code: nil, reason: "") }
        guard payload.count >= 2 else { throw .closeOfOneOctet }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        guard CloseCodes.canBeSent(code) else { throw .closeCode(code) }
        var validator = UTF8Validator()
        guard validator.accept(payload.span.extracting(2...)), validator.isComplete else { throw .notUTF8 }
        return .close(code: code, reason: String(decoding: payload[2...], as: UTF8.self))
    }
}
