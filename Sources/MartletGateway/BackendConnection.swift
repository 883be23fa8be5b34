import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// One connection to a backend: HTTP's answers as they come in.
final class BackendConnection: OutgoingConnection, @unchecked Sendable {
    let state: BackendState
    private var answer: ArrivingAnswer

    /// Begins to connect.
    init(to address: SocketAddress, state: BackendState, options: GatewayOptions, loop: EventLoop)
        throws(BackendFailure)
    {
        self.state = state
        answer = ArrivingAnswer(limits: options.heads)
        let times = Times(
            connect: options.connectTimeout,
            answer: options.firstByteTimeout,
            content: options.idleTimeout,
            rest: options.idleConnectionTimeout
        )
        do throws(ConnectionFault) {
            try super.init(to: address, times: times, loop: loop)
        } catch {
            throw BackendFailure(error)
        }
    }

    override var answerHasBegun: Bool { answer.hasHead }

    override var canRest: Bool { answer.hasHead && answer.isComplete && head.wantsKeepAlive }

    override func beginRequest() { answer.reset() }

    override func failure(_ fault: ConnectionFault) -> any Error { BackendFailure(fault) }

    /// From here on it speaks another protocol.
    func upgrade() {
        beginUpgraded()
        if case .upgraded = phase { answer.beginOctets() }
    }

    /// The head of the answer.
    var head: ReceivedResponse {
        _read { yield answer.head }
    }

    /// The fields behind chunked content.
    var trailers: Fields { answer.trailers }

    /// Whether all of the answer's content was taken.
    var isComplete: Bool { answer.isComplete }

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
        guard !input.isEmpty, try closing({ () throws(BackendFailure) in try answer.parseHead(of: &input, to: method) })
        else { return false }
        if !head.isInterim { state.isOld = head.version == .http1_0 }
        return true
    }

    /// The content that is here already, which may be nothing, without waiting for any.
    func takeArrived() throws -> [UInt8] {
        try closing { () throws(BackendFailure) in try answer.take(from: &input) }
    }

    /// The next piece of the answer's content, as it came; nil at its end.
    func nextPiece() async throws -> [UInt8]? {
        while true {
            let octets = try takeArrived()
            if !octets.isEmpty { return octets }
            if isComplete { return nil }
            if try await !receive(), !answer.end() { throw ended() }
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
