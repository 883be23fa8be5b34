import Martlet
import MartletReactor

/// A WebSocket connection (RFC 6455), the server's end: messages both ways over one connection.
///
/// ```swift
/// Server(port: 8000) { request in
///     try WebSocket.response(to: request) { socket in
///         for try await message in socket { try await socket.send(message) }
///     }
/// }
/// ```
///
/// Pings are answered, the closing handshake is kept and dead clients are found while somebody iterates. One task
/// iterates at a time; `send` and `close` can be used from any task. No extension is spoken, so messages are not compressed.
public final class WebSocket: AsyncSequence, Sendable {
    /// What is received and sent.
    public enum Message: Equatable, Sendable {
        /// A text; what comes in is checked to be UTF-8.
        case text(String)
        /// Octets.
        case binary([UInt8])
    }

    /// Messages in order.
    public typealias Element = Message

    /// What a connection allows its client.
    public struct Limits: Sendable {
        /// Octets of a message that comes in, all its frames together; default 1 MiB. Beyond it: close with 1009.
        public var message = 1 << 20
        /// A client that sends nothing for so long is sent a ping, and is cut off when it sends nothing for as long
        /// again; default 30 s; nil waits for ever.
        public var ping: Duration? = .seconds(30)
        /// How long the client may take to answer a Close; default 5 s.
        public var closing = Duration.seconds(5)

        /// The defaults.
        public init() {}
    }

    /// How a peer closed.
    public struct Closure: Equatable, Sendable {
        /// Why; nil when the client did not say.
        public let code: CloseCode?
        /// In the client's words; may be empty.
        public let reason: String
    }

    /// A connection that did not end with the client's Close.
    public enum ConnectionError: Error, Equatable, CustomStringConvertible {
        /// The client broke the protocol or a limit, and was told so by this code.
        case violation(CloseCode, String)
        /// The connection ended, or the client answered no ping (1006 in other libraries).
        case lost
        /// It was closed before from this end.
        case closed

        /// For a log.
        public var description: String {
            switch self {
            case .violation(let code, let reason):
                "the WebSocket client broke the protocol (\(code.rawValue)): \(reason)"
            case .lost: "the WebSocket connection was lost"
            case .closed: "the WebSocket is closed"
            }
        }
    }

    /// The subprotocol agreed on in the handshake; nil when there is none.
    public let subprotocol: String?

    private let stream: UpgradedStream
    private let limits: Limits
    private let state: Locked<State>

    private struct State: Sendable {
        var reader: MessageReader
        /// Received and not yet read from `offset` on.
        var input: [UInt8] = []
        var offset = 0
        var isPinged = false
        var closing = Closing.open
        /// When the client's Close has to be there, once ours is on its way.
        var closeBy: ContinuousClock.Instant?
        var closure: Closure?
    }

    /// How far the closing handshake is (RFC 6455 §7.1).
    private enum Closing {
        case open
        /// Our Close is on its way.
        case sent
        /// The client's Close came, or will never come.
        case over
    }

    init(_ stream: UpgradedStream, subprotocol: String?, limits: Limits) {
        self.stream = stream
        self.subprotocol = subprotocol
        self.limits = limits
        state = Locked(State(reader: MessageReader(from: .client, limit: limits.message)))
    }

    /// How the client closed, once it has.
    public var closure: Closure? { state.withLock { $0.closure } }

    private var isOpen: Bool { state.withLock { $0.closing == .open } }

    // MARK: Receiving

    /// Iterates over the messages as they come; see `receive`.
    public struct Iterator: AsyncIteratorProtocol {
        let socket: WebSocket

        /// As `WebSocket.receive`.
        public mutating func next() async throws -> Message? {
            try await socket.receive()
        }
    }

    /// Starts iterating where the last iteration stopped.
    public func makeAsyncIterator() -> Iterator {
        Iterator(socket: self)
    }

    /// The next message. Pings are answered and a Close is returned on the way. While nobody calls this, nothing is
    /// received and the client has to wait.
    /// - Returns: nil when the client has closed; `closure` says how.
    /// - Throws: `ConnectionError`, which is `lost` when the client ends the connection without a Close; `CancellationError`
    ///   when the task is cancelled, which the server does when it stops and when the client resets the connection.
    public func receive() async throws -> Message? {
        while true {
            let event: MessageReader.Event?
            do {
                event = try nextEvent()
            } catch {
                try? await sendClose(error.closeCode, error.description)
                state.withLock { $0.closing = .over }
                throw ConnectionError.violation(CloseCode(unchecked: error.closeCode), error.description)
            }
            switch event {
            case .text(let text): return .text(text)
            case .binary(let octets): return .binary(octets)
            case .ping(let payload): try await answerPing(payload)
            case .pong: break
            case .close(let code, let reason):
                state.withLock { state in
                    state.closure = Closure(code: code.map { CloseCode(unchecked: $0) }, reason: reason)
                }
                // The same code back (RFC 6455 §5.5.1), unless ours was first.
                try? await sendClose(code, "")
                state.withLock { $0.closing = .over }
                return nil
            case nil:
                if state.withLock({ $0.closure != nil }) { return nil }
                try await receiveOctets()
            }
        }
    }

    private func nextEvent() throws(Violation) -> MessageReader.Event? {
        try state.withLock { state throws(Violation) in
            let input = state.input
            var offset = state.offset
            let event = try state.reader.next(input.span, offset: &offset)
            (state.input, state.offset) = event == nil ? ([], 0) : (input, offset)
            return event
        }
    }

    /// Our Close was the last frame; a ping that crosses it is not answered.
    private func answerPing(_ payload: [UInt8]) async throws {
        guard isOpen else { return }
        do {
            try await stream.write(FrameWriter.frame(.pong, payload))
        } catch {
            if isOpen { throw error }
        }
    }

    private func receiveOctets() async throws {
        do {
            let closeBy = state.withLock { $0.closeBy }
            // Asked here, since a client that goes on sending has always something to be read.
            if let closeBy, closeBy <= .now { throw ConnectionError.lost }
            let limit = closeBy.map { Swift.max($0 - .now, .zero) } ?? limits.ping
            guard let octets = try await stream.read(within: limit) else { throw ConnectionError.lost }
            state.withLock { state in
                (state.input, state.offset) = (octets, 0)
                state.isPinged = false
            }
        } catch is UpgradedStream.TimedOut {
            let wasPinged = state.withLock { state in
                defer { state.isPinged = true }
                return state.isPinged || state.closing != .open
            }
            if wasPinged { throw ConnectionError.lost }
            try await stream.write(FrameWriter.frame(.ping, []))
        }
    }

    // MARK: Sending

    /// Sends a message, whole, in one frame. Returns when at most 64 KiB wait for the client to read them.
    /// - Throws: `ConnectionError.closed` after `close`; `CancellationError` when the connection is lost.
    public func send(_ message: Message) async throws {
        guard isOpen else { throw ConnectionError.closed }
        let frame =
            switch message {
            case .text(let text): FrameWriter.frame(.text, Array(text.utf8))
            case .binary(let octets): FrameWriter.frame(.binary, octets)
            }
        do {
            try await stream.write(frame)
        } catch {
            throw isOpen ? error : ConnectionError.closed
        }
    }

    /// Sends a text.
    public func send(_ text: String) async throws {
        try await send(.text(text))
    }

    /// Begins the closing handshake: the client answers with its Close, after which iterating ends. Does nothing when the
    /// connection is closing already.
    ///
    /// Returning from the handler closes with 1000; an error thrown there, with 1011; a server that stops, with 1001.
    /// - Parameter reason: for the client's developer; cut to 123 octets.
    public func close(_ code: CloseCode = .normal, reason: String = "") async throws {
        try await sendClose(code.rawValue, reason)
    }

    private func sendClose(_ code: UInt16?, _ reason: String) async throws {
        let isFirst = state.withLock { state in
            guard case .open = state.closing else { return false }
            state.closing = .sent
            state.closeBy = .now + limits.closing
            return true
        }
        guard isFirst else { return }
        let payload = FrameWriter.closePayload(code: code, reason: reason)
        try await stream.write(FrameWriter.frame(.close, payload), isLast: true)
    }

    // MARK: The life of a connection

    /// Runs a handler to its end, then closes as its end suggests.
    func run(_ handler: @Sendable (WebSocket) async throws -> Void) async throws {
        do {
            try await handler(self)
            try await close(Task.isCancelled ? .goingAway : .normal)
        } catch let error as ConnectionError where error != .closed {
            // The client's doing, and nothing is left to say.
            return
        } catch is ConnectionError {
            // The handler sent something after it had closed.
        } catch {
            try? await close(Task.isCancelled ? .goingAway : .internalError)
            await finishClosing()
            throw error
        }
        await finishClosing()
    }

    /// Waits for the client's Close, dropping what comes before it. A task that is cancelled does not wait: the
    /// connection lingers by itself so that ours arrives.
    private func finishClosing() async {
        let end = state.withLock { $0.closeBy } ?? .now
        while state.withLock({ $0.closing == .sent }), !Task.isCancelled {
            do {
                while let event = try nextEvent() {
                    guard case .close = event else { continue }
                    return state.withLock { $0.closing = .over }
                }
                let left = end - .now
                guard left > .zero, let octets = try await stream.read(within: left) else { return }
                state.withLock { ($0.input, $0.offset) = (octets, 0) }
            } catch {
                return
            }
        }
    }
}
