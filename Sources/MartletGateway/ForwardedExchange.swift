import HTTPTypes
import Logging
import Martlet
import MartletReactor
import MartletWire

/// One request on its way to a backend and the answer on its way back. On the loop's thread only.
///
/// It holds the connection while that is in use: should nobody want the answer, the connection goes with it.
final class ForwardedExchange: Deferral, @unchecked Sendable {
    let pool: GatewayLoop
    private let head: ForwardedHead
    private var request: Request { head.request }
    private var connection: BackendConnection?
    private var isCancelled = false

    /// The request's content, and how far it has come.
    private enum Content {
        case none
        /// All of it, short: it can be sent again.
        case whole([UInt8])
        /// It is passed on as it comes.
        case stream(length: Int?)
    }

    private var content: Content
    private var upload: Task<Void, Never>?
    private var isSent = false
    /// What went wrong with the client's content.
    private var contentError: (any Error)?

    /// Content up to this size that is here with the head is sent with it.
    private static let wholeContent = 16 * 1024
    /// Interim responses to one request; a backend that sends more is given up.
    private static let interimLimit = 100

    init(_ request: Request, _ pool: GatewayLoop) throws {
        self.pool = pool
        head = try ForwardedHead(request, pool.core)
        content = .none
        switch head.received.framing {
        case .none: break
        case .length(let length):
            content = .stream(length: length)
            if length <= Self.wholeContent, !head.received.expectsContinue,
                let octets = try request.body.arrived(upTo: length), octets.count == length
            {
                content = .whole(octets)
            }
        case .chunked: content = .stream(length: nil)
        }
    }

    deinit {
        guard let connection else { return }
        connection.loop.execute { connection.close(CancellationError()) }
    }

    /// Nobody waits for the answer any more.
    func cancel() {
        isCancelled = true
        upload?.cancel()
        connection?.close(CancellationError())
        connection = nil
    }

    // MARK: Without a task

    /// A backend that was asked, over a connection that rested.
    private struct Asked {
        let state: BackendState
        let connection: BackendConnection
        /// The head of the answer was received.
        let hasHead: Bool
    }

    /// Asks a backend at once, where one of its connections rests and the request can be sent whole: then no task is needed
    /// until the answer's head is here. All else is left to one.
    func begin(_ answer: DeferredAnswer) {
        if case .stream = content { return leave(answer) }
        guard pool.core.options.proxyProtocol == nil, let state = pool.choose(excluding: []) else {
            return leave(answer)
        }
        guard let resting = pool.takeIdle(state, isRepeatable: isRepeatable) else { return leave(answer, to: state) }
        connection = resting
        do {
            try send(resting)
        } catch {
            return leave(answer, Asked(state: state, connection: resting, hasHead: false))
        }
        isSent = true
        wait(for: resting, of: state, answer)
    }

    private func wait(for connection: BackendConnection, of state: BackendState, _ answer: DeferredAnswer) {
        let waits = connection.whenReadable { [self] in
            guard !isCancelled else { return }
            do {
                guard try connection.takeHead(to: request.method) else {
                    return wait(for: connection, of: state, answer)
                }
                // Interim answers and other protocols take more than one step.
                if !connection.head.isInterim, connection.head.code != 101 {
                    return answer.give(.success(try self.answer(connection)))
                }
                leave(answer, Asked(state: state, connection: connection, hasHead: true))
            } catch {
                leave(answer, Asked(state: state, connection: connection, hasHead: false))
            }
        }
        if !waits { leave(answer, Asked(state: state, connection: connection, hasHead: false)) }
    }

    /// Leaves the rest to a task.
    private func leave(_ answer: DeferredAnswer, _ asked: Asked? = nil, to state: BackendState? = nil) {
        answer.make { [self] in try await respond(asked, first: state) }
    }

    /// The answer, as a task awaits it.
    private func respond(_ asked: Asked?, first: BackendState?) async throws -> Response {
        try await withTaskCancellationHandler {
            try await run(asked, first: first)
        } onCancel: {
            pool.loop.execute { self.cancel() }
        }
    }

    func respond() async throws -> Response {
        try await respond(nil, first: nil)
    }

    // MARK: Who answers

    /// Asks backends until one answers, or it is clear that none will.
    private func run(_ asked: Asked?, first: BackendState?) async throws -> Response {
        var asked = asked
        var tried: [Int] = []
        var last: BackendFailure?
        /// Asked again by a new connection, for the one that rested was dead.
        var again = asked?.state ?? first
        var isRetry = false
        while let state = again ?? pool.choose(excluding: tried) {
            again = nil
            let connection: BackendConnection
            let known = asked.take()
            do {
                if let known {
                    connection = known.connection
                } else {
                    connection = try await connect(to: state, fresh: isRetry)
                }
            } catch let failure as BackendFailure {
                // Nothing was sent: any backend may be asked, whatever the method.
                note(failure, of: state)
                tried.append(state.index)
                last = failure
                continue
            }
            do {
                if let known { return try await receiveAnswer(connection, hasHead: known.hasHead) }
                return try await ask(connection)
            } catch let failure as BackendFailure {
                upload?.cancel()
                connection.close(failure)
                self.connection = nil
                if let contentError { throw contentError }
                try Task.checkCancellation()
                // One that rested may have been closed by its backend at any time: that is no failure.
                let wasResting = connection.isUsed && failure.isUnanswered
                if !wasResting { note(failure, of: state) }
                // Once, and no more (RFC 9110 §9.2.2).
                guard !isRetry, failure.isUnanswered, isRepeatable else { throw refusal(failure) }
                isRetry = true
                last = failure
                if wasResting { again = state } else { tried.append(state.index) }
            }
        }
        if let last { throw refusal(last) }
        request.logger.warning("no backend is up for \(summary): 503")
        let seconds = pool.core.secondsUntilUp(at: pool.loop.now)
        throw HTTPError(.serviceUnavailable, fields: Fields(.retryAfter, "\(seconds)"))
    }

    /// Whether the request may be sent again when its connection ended without an answer (RFC 9110 §9.2.2).
    private var isRepeatable: Bool {
        // Content that streams is taken from the client once.
        guard upload == nil else { return false }
        switch request.method {
        case .get, .head, .options, .trace, .put, .delete: return true
        default: return request.method.rawValue == "QUERY"
        }
    }

    private func connect(to state: BackendState, fresh: Bool) async throws -> BackendConnection {
        let streams = if case .stream = content { true } else { false }
        if !fresh, pool.core.options.proxyProtocol == nil,
            let resting = pool.takeIdle(state, isRepeatable: isRepeatable && !streams)
        {
            connection = resting
            return resting
        }
        let made = try await pool.connect(to: state)
        guard !isCancelled else {
            made.close(CancellationError())
            throw CancellationError()
        }
        connection = made
        return made
    }

    private func note(_ failure: BackendFailure, of state: BackendState) {
        let isOut = pool.core.noteFailure(of: state, at: pool.loop.now)
        request.logger.warning(
            "backend \(state.backend): \(failure.reason), for \(summary)\(isOut ? "; it is left out for a while" : "")"
        )
    }

    /// What the client hears: that it did not work, and no more.
    private func refusal(_ failure: BackendFailure) -> HTTPError {
        HTTPError(failure.status)
    }

    private var summary: String {
        "\(request.method.rawValue) \(request.head.target) of \(request.peer.host)"
    }

    // MARK: Asking

    private func ask(_ connection: BackendConnection) async throws -> Response {
        isSent = false
        try send(connection)
        guard case .stream = content else {
            isSent = true
            return try await receiveAnswer(connection)
        }
        if head.received.expectsContinue {
            awaitContinue(connection)
        } else {
            beginUpload(connection)
        }
        return try await receiveAnswer(connection)
    }

    /// The content is held back until the backend asks for it, but not for ever.
    private func awaitContinue(_ connection: BackendConnection) {
        guard upload == nil, case .stream = content else { return }
        connection.expectAnswer(within: pool.core.options.continueTimeout) { [weak self] in
            self?.beginUpload(connection)
        }
    }

    /// Sends the head, and the content that is here whole.
    private func send(_ connection: BackendConnection) throws {
        var declared: ForwardedHead.Content
        switch content {
        case .none: declared = .none
        case .whole(let octets): declared = .length(octets.count)
        case .stream(let length?): declared = .length(length)
        case .stream(nil):
            // RFC 9112 §6.1: no chunks for who may not know them.
            guard !connection.state.isOld else {
                throw HTTPError(.lengthRequired, "The content needs a Content-Length here.")
            }
            declared = .chunked
        }
        if declared == .none, head.saysEmpty { declared = .length(0) }
        try connection.send { output in
            head.append(to: connection.state.backend, declared, into: &output)
            if case .whole(let octets) = content { output.append(copying: octets.span) }
        }
    }

    private func receiveAnswer(_ connection: BackendConnection, hasHead: Bool = false) async throws -> Response {
        var interims = 0
        while true {
            if !hasHead || interims > 0 { try await connection.receiveHead(to: request.method) }
            guard connection.head.isInterim else { break }
            interims += 1
            guard interims <= Self.interimLimit else {
                throw BackendFailure.violation("it sends interim answers without end")
            }
            if connection.head.code == 100 {
                request.sendContinue()
                beginUpload(connection)
            } else {
                request.sendInterim(connection.head.status, connection.head.fields.withoutHopByHop())
                awaitContinue(connection)
            }
        }
        if connection.head.code == 101 { return try tunnel(connection) }
        try await settleUpload(connection)
        return try answer(connection)
    }

    // MARK: The content on its way to the backend

    private func beginUpload(_ connection: BackendConnection) {
        guard upload == nil, !isSent, case .stream(let length) = content, !connection.isClosed else { return }
        let isChunked = length == nil
        upload = Task.immediate(executorPreference: pool.loop) { [self] in
            do {
                var chunks = request.body.makeAsyncIterator()
                var rest = length
                while let chunk = try await next(&chunks, for: connection) {
                    rest = rest.map { $0 - chunk.count }
                    try connection.send { output in
                        if isChunked {
                            ChunkedEncoder.appendChunk(chunk.span, to: &output)
                        } else {
                            output.append(copying: chunk.span)
                        }
                    }
                    try await connection.waitForRoom()
                    // It has answered, or gone: the rest is not wanted.
                    if connection.cannotSend { return }
                }
                // What the head announced and does not come, the backend would take from the next request.
                guard rest ?? 0 == 0 else { throw ContentMissing() }
                if isChunked { try connection.send { ChunkedEncoder.appendEnd(to: &$0) } }
                isSent = true
            } catch {
                // Closed by this very failure, or because its answer was not waited for.
                guard !connection.isClosed, !Task.isCancelled else { return }
                contentError = error
                connection.close(BackendFailure.violation("the request's content ended early"))
            }
        }
    }

    /// The next chunk from the client, for which the backend has to wait as well.
    private func next(
        _ chunks: inout RequestBody.Iterator,
        for connection: BackendConnection
    ) async throws -> [UInt8]? {
        connection.awaitsContent = true
        defer { connection.awaitsContent = false }
        return try await chunks.next()
    }

    /// The answer has begun: what is left of the request is still sent, unless the backend shows that it does not want it
    /// (RFC 9110 §7.5, RFC 9112 §9.5).
    private func settleUpload(_ connection: BackendConnection) async throws {
        guard let upload, !isSent else { return }
        // HTTP/1.0 closes behind every answer: that says nothing of the content.
        let closes = connection.head.fields.hasMember("close", of: .connection) || connection.peerFinished
        if connection.head.code >= 400 || closes || connection.cannotSend {
            upload.cancel()
        } else {
            await upload.value
            if let contentError { throw contentError }
        }
    }

    // MARK: The answer on its way back

    private func answer(_ connection: BackendConnection) throws -> Response {
        let received = connection.head
        var response = Response(status: received.status, fields: answerFields(received))
        response.isForwarded = true
        let first = try connection.takeArrived()
        if connection.isComplete {
            let trailers = connection.trailers
            release(connection)
            if request.method == .head || received.code == 304 {
                response.body = .stream(ResponseStream(length: received.announcedLength) { _ in })
            } else if trailers.isEmpty {
                response.body = .bytes(first)
            } else {
                response.body = .stream(
                    ResponseStream { writer in
                        try await writer.write(first)
                        writer.trailers = trailers
                    }
                )
            }
            return response
        }
        let length: Int? = if case .length(let count) = received.framing { count } else { nil }
        response.body = .stream(
            ResponseStream(length: length) { [self] writer in
                if pool.loop.isCurrent { return try await pass(first, from: connection, to: writer) }
                try await withTaskExecutorPreference(pool.loop) { @concurrent in
                    try await self.pass(first, from: connection, to: writer)
                }
            }
        )
        return response
    }

    /// Passes content on as it comes, at the client's pace.
    private func pass(
        _ first: [UInt8],
        from connection: BackendConnection,
        to writer: ResponseWriter
    ) async throws {
        try await withTaskCancellationHandler {
            do {
                if !first.isEmpty { try await writer.write(first) }
                while let piece = try await connection.nextPiece() {
                    connection.unsetDeadline()  // The client has its own.
                    try await writer.write(piece)
                }
                writer.trailers = connection.trailers
                release(connection)
            } catch {
                connection.close(error)
                self.connection = nil
                guard let failure = error as? BackendFailure else { throw error }
                note(failure, of: connection.state)
                // The log has it already.
                throw AnswerCut(reason: failure.reason)
            }
        } onCancel: {
            pool.loop.execute { [self] in cancel() }
        }
    }

    /// The answer was read to its end.
    private func release(_ connection: BackendConnection) {
        self.connection = nil
        if isSent { pool.give(connection) } else { connection.close(CancellationError()) }
    }

    private func answerFields(_ received: ReceivedResponse) -> Fields {
        let hop = HopByHop(of: received.fields)
        let keepsUpgrade = received.code == 426  // It must have one (RFC 9110 §15.5.22).
        var fields = received.fields.filtered { name in
            if name.count == 14, name.equals(ignoringCase: "content-length") { return false }
            if !hop.contains(name) { return true }
            return keepsUpgrade && name.equals(ignoringCase: "upgrade")
        }
        if !fields.contains(.date) { fields.append(.date, HTTPDate.string(WallClock.seconds())) }
        fields.append(.via, pool.core.via(received.version))
        return fields
    }

    // MARK: Another protocol

    /// The backend goes on with another protocol (RFC 9110 §7.8): the octets of both sides are passed on.
    private func tunnel(_ connection: BackendConnection) throws -> Response {
        let received = connection.head
        let token = received.fields.members(of: .upgrade).first ?? ""
        guard head.asks(for: token) else {
            throw BackendFailure.violation("it switches to a protocol that was not asked for")
        }
        var fields = answerFields(received)
        fields[.upgrade] = nil
        connection.upgrade()
        self.connection = nil
        let tunnel = Tunnel(connection)
        var response = Response.upgrade(to: token, fields: fields) { stream in try await tunnel.run(stream) }
        response.isForwarded = true
        return response
    }
}

/// Somebody before the gateway, such as middleware, has read content that was to be passed on.
private struct ContentMissing: Error, CustomStringConvertible {
    var description: String { "the content was read before the gateway could pass it on" }
}

/// The end of an answer that has begun and cannot be completed.
struct AnswerCut: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}

extension ReceivedResponse {
    /// The length that an answer without content speaks of.
    fileprivate var announcedLength: Int? { contentLength }
}

extension Fields {
    /// These without the fields that are for one hop only.
    func withoutHopByHop() -> Fields {
        let hop = HopByHop(of: self)
        return filtered { !hop.contains($0) }
    }
}

extension HTTPField.Name {
    static let via = HTTPField.Name("Via")!  // A literal token, like those below.
    static let maxForwards = HTTPField.Name("Max-Forwards")!
    static let forwarded = HTTPField.Name("Forwarded")!
    static let xForwardedFor = HTTPField.Name("X-Forwarded-For")!
    static let xForwardedHost = HTTPField.Name("X-Forwarded-Host")!
    static let xForwardedProto = HTTPField.Name("X-Forwarded-Proto")!
}
