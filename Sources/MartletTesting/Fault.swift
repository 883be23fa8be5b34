/// Something that goes wrong with an answer, at a named point of it: what a client has to cope with.
///
/// ```swift
/// server.enqueue(.text("Hello"), fault: .reset(at: .midBody))
/// server.inject(.delay(.seconds(1), at: .beforeHead).oneIn(10, seed: 7))
/// ```
public struct Fault: Sendable, Hashable {
    /// Where in an exchange a fault happens.
    public enum Stage: Sendable, Hashable, CaseIterable {
        /// When the connection is there, before anything of the request is read, and before the handshake of TLS.
        case accept
        /// When the request has been read, before the first octet of the answer.
        case beforeHead
        /// In the middle of the answer's head.
        case midHead
        /// In the middle of the content; after the head when there is none. In chunked content between two chunks.
        case midBody
        /// Before the last chunk of a chunked answer; before the last octet of another, which is that of the head when
        /// there is no content.
        case beforeEnd
    }

    enum Action: Sendable, Hashable {
        case stall
        case delay(Duration)
        case drip(octets: Int, every: Duration)
        case reset
        case halfClose
        case truncate
        case badChunk
        case garbage
    }

    /// Where it happens.
    public let stage: Stage
    let action: Action
    private var n: Int?
    private var seed: UInt64 = 0

    init(_ action: Action, at stage: Stage) {
        self.action = action
        self.stage = stage
    }
}

extension Fault {
    /// Says nothing more, and keeps the connection open until the client gives up (one that ends its sending counts as
    /// giving up) or the server ends.
    public static func stall(at stage: Stage) -> Fault { Fault(.stall, at: stage) }

    /// Says nothing for a while, then goes on as if nothing had happened.
    public static func delay(_ duration: Duration, at stage: Stage) -> Fault { Fault(.delay(duration), at: stage) }

    /// Sends the rest of the answer a few octets at a time.
    /// - Parameters:
    ///   - octets: sent at once; at least 1.
    ///   - interval: before each of them.
    ///   - stage: from where on; `.accept` counts as `.beforeHead`, since there is nothing to send before.
    public static func drip(octets: Int = 1, every interval: Duration, from stage: Stage = .beforeHead) -> Fault {
        Fault(.drip(octets: max(1, octets), every: interval), at: stage == .accept ? .beforeHead : stage)
    }

    /// Cuts the connection by a TCP reset. What was sent before usually arrives, but nothing warrants that. At `.accept`
    /// it waits for the first octets of the request, for at most a second, and leaves them unread.
    public static func reset(at stage: Stage) -> Fault { Fault(.reset, at: stage) }

    /// Ends what the server sends (a FIN), and goes on receiving until the client closes or the server ends.
    public static func halfClose(at stage: Stage) -> Fault { Fault(.halfClose, at: stage) }

    /// Closes the connection in good order, with the rest unsent.
    public static func truncate(at stage: Stage) -> Fault { Fault(.truncate, at: stage) }

    /// Sends the answer chunked, and in the middle of the content a line that is no chunk size; then closes.
    public static let badChunk = Fault(.badChunk, at: .midBody)

    /// Sends 64 octets that are not HTTP in place of the rest, then closes.
    public static func garbage(at stage: Stage) -> Fault { Fault(.garbage, at: stage) }

    /// The same fault, happening to about one in `n` requests (connections for `.accept`).
    /// - Parameters:
    ///   - n: 1 is every one; less counts as 1.
    ///   - seed: decides which: the same seed picks the same numbers, counted from 1, in every run.
    public func oneIn(_ n: Int, seed: UInt64) -> Fault {
        var fault = self
        fault.n = max(1, n)
        fault.seed = seed
        return fault
    }

    /// Whether it happens to the request or connection with this number.
    func happens(to number: Int) -> Bool {
        guard let n else { return true }
        return Self.mix(seed, UInt64(truncatingIfNeeded: number)) % UInt64(n) == 0
    }

    /// The `index`th number of the SplitMix64 generator with this seed: no state, so that the order in which threads
    /// ask does not matter.
    private static func mix(_ seed: UInt64, _ index: UInt64) -> UInt64 {
        var z = seed &+ index &* 0x9E37_79B9_7F4A_7C15
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    /// What stands for garbage: nothing of it is a status line, a field, a chunk size or UTF-8.
    static let garbageOctets: [UInt8] = (0..<64).map { UInt8(truncatingIfNeeded: 0x80 | $0 &* 37) }

    /// What stands in place of a chunk's size.
    static let badChunkOctets = Array("oops\r\n".utf8)
}
