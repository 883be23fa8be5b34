import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// One connection to a backend.
typealias BackendConnection = OutgoingConnection<BackendDialect>

/// HTTP's answers as they come in.
final class BackendDialect: OutgoingDialect {
    let state: BackendState
    fileprivate var answer: ArrivingAnswer

    init(_ state: BackendState, limits: HeadLimits) {
        self.state = state
        answer = ArrivingAnswer(limits: limits)
    }

    var answerHasBegun: Bool { answer.hasHead }

    var canRest: Bool { answer.hasHead && answer.isComplete && answer.head.wantsKeepAlive }

    func beginRequest() { answer.reset() }

    func failure(_ fault: ConnectionFault) -> any Error { BackendFailure(fault) }

    func didClose() {}
}

extension BackendConnection {
    /// Begins to connect.
    convenience init(to address: SocketAddress, state: BackendState, options: GatewayOptions, loop: EventLoop)
        throws(BackendFailure)
    {
        let times = ConnectionTimes(
            connect: options.connectTimeout,
            answer: options.firstByteTimeout,
            content: options.idleTimeout,
            rest: options.idleConnectionTimeout
        )
        do throws(ConnectionFault) {
            try self.init(
                to: address,
                speaking: BackendDialect(state, limits: options.heads),
                times: times,
                loop: loop
            )
        } catch {
            throw BackendFailure(error)
        }
    }

    var state: BackendState { dialect.state }

    /// From here on it speaks another protocol.
    func upgrade() {
        beginUpgraded()
        if case .upgraded = phase { dialect.answer.beginOctets() }
    }

    /// The head of the answer.
    var head: ReceivedResponse {
        _read { yield dialect.answer.head }
    }

    /// The fields behind chunked content.
    var trailers: Fields { dialect.answer.trailers }

    /// Whether all of the answer's content was taken.
    var isComplete: Bool { dialect.answer.isComplete }

    /// Waits for the head of the next answer, interim or final, and puts it into `head`.
    func receiveHead(to method: HTTPRequest.Method) async throws {
        while try !parseHead(method) {
            guard try await receive() else { throw ended() }
        }
    }

    /// The same without waiting.
    /// - Returns: false when the head has not come yet.
    func takeHead(to method: HTTPRequest.Method) throws -> Bool {
        while true {
            if try parseHead(method) { return true }
            guard let hasMore = try receiveIfReady() else { return false }
            guard hasMore else { throw ended() }
        }
    }

    private func parseHead(_ method: HTTPRequest.Method) throws -> Bool {
        guard !input.isEmpty,
            try closing({ () throws(BackendFailure) in try dialect.answer.parseHead(of: &input, to: method) })
        else { return false }
        if !head.isInterim { state.isOld = head.version == .http1_0 }
        return true
    }

    /// The content that is here already, which may be nothing, without waiting for any.
    func takeArrived() throws -> [UInt8] {
        try closing { () throws(BackendFailure) in try dialect.answer.take(from: &input) }
    }

    /// The next piece of the answer's content, as it came; nil at its end.
    func nextPiece() async throws -> [UInt8]? {
        while true {
            let octets = try takeArrived()
            if !octets.isEmpty { return octets }
            if isComplete { return nil }
            if try await !receive(), !dialect.answer.end() { throw ended() }
        }
    }

    /// Nothing can be received any more from a backend that does not keep to the protocol.
    private func closing<Value>(_ body: () throws(BackendFailure) -> Value) throws(BackendFailure) -> Value {
        do throws(BackendFailure) {
            return try body()
        } catch {
            close(error)
            throw error
        }
    }
}
