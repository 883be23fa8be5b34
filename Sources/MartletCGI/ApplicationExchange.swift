import HTTPTypes
import Logging
import Martlet
import MartletReactor
import MartletWire

/// One request on its way to an application, and what that writes. On the loop's thread only.
///
/// It holds the connection while that is in use: should nobody want the answer, the connection goes with it.
final class ApplicationExchange: ScriptOutput, @unchecked Sendable {
    private enum Content {
        case none
        /// All of it, short.
        case whole([UInt8])
        /// It is passed on as it comes.
        case stream(length: Int)
        /// It came in chunks, and was kept until its length was known.
        case spool(Spool)

        var length: Int {
            switch self {
            case .none: 0
            case .whole(let octets): octets.count
            case .stream(let length): length
            case .spool(let spool): spool.count
            }
        }
    }

    private enum State {
        case running
        /// All of the output was taken, or no more is wanted.
        case over
        case cancelled
    }

    private let core: ApplicationCore
    private let loop: EventLoop
    private let request: Request
    private let place: ScriptPlace
    private let name: String
    private var state = State.running
    private var connection: ApplicationConnection?
    private var errors: StandardErrors

    private var content = Content.none
    private var upload: Task<Void, Never>?
    private var uploadIsOver = false
    /// What went wrong with the client's content.
    private var contentError: (any Error)?
    /// Output that came before it was asked for.
    private var kept: [[UInt8]] = []

    /// Content up to this size that is here with the head is sent with it.
    private static let wholeContent = 16 * 1024
    /// Octets of output that are kept until the application has all of the content.
    private static let keptLimit = 256 * 1024
    /// Octets that are read of an output that nobody wants, so that its connection can serve another request.
    private static let drainLimit = 1 << 20

    init(_ request: Request, for place: ScriptPlace, core: ApplicationCore, loop: EventLoop) {
        self.request = request
        self.place = place
        self.core = core
        self.loop = loop
        name = place.file.map(StandardErrors.text) ?? place.told
        errors = StandardErrors(of: name, logger: request.logger)
    }

    deinit {
        guard let connection else { return }
        loop.execute { connection.abandon() }
    }

    /// Asks the application, and makes an HTTP answer of what it writes.
    func respond() async throws -> Response {
        try await withTaskCancellationHandler {
            content = try await readContent()
            try await ask()
        } onCancel: {
            loop.execute { self.cancel() }
        }
        return try await ScriptAnswer.read(
            for: request,
            from: self,
            named: name,
            on: loop,
            limits: core.options.heads
        )
    }

    // MARK: Asking

    /// Sends the request, and waits until an answer begins. One that rested may have been closed by the application at any
    /// time: then another is made, once, where the request may be sent again (RFC 9110 §9.2.2).
    private func ask() async throws {
        let variables = try variables()
        var isRetry = false
        while true {
            do {
                let connection = try await connect(fresh: isRetry)
                try send(variables, over: connection)
                if let first = try await connection.nextOutput() { kept = [first] }
                return
            } catch {
                upload?.cancel()
                errors.end()
                if let contentError { throw contentError }
                guard let failure = error as? ApplicationFailure else { throw error }
                let wasResting = connection?.isUsed ?? false
                connection = nil
                try Task.checkCancellation()
                guard !isRetry, wasResting, failure.isUnanswered, isRepeatable else { throw refusal(failure) }
                isRetry = true
            }
        }
    }

    private func connect(fresh: Bool) async throws -> ApplicationConnection {
        let isRepeatable = isRepeatable
        if !fresh, let resting = core.takeResting(on: loop, isRepeatable: isRepeatable) {
            return use(resting)
        }
        let made = try await core.connect(on: loop)
        guard case .running = state else {
            made.close(CancellationError())
            throw CancellationError()
        }
        return use(made)
    }

    private func use(_ connection: ApplicationConnection) -> ApplicationConnection {
        self.connection = connection
        connection.dialect.onErrors = { [weak self] octets in self?.errors.take(octets[...]) }
        return connection
    }

    private func variables() throws -> CGIVariables {
        do throws(CGIVariables.Fault) {
            var variables = try CGIVariables(
                request,
                place,
                contentLength: hasContent ? content.length : CGIVariables.contentLength(of: request),
                passesAuthorization: core.options.passesAuthorization
            )
            for (name, value) in core.options.variables { try variables.set(name, value) }
            return variables
        } catch {
            request.logger.info("script \(name): \(error)")
            throw HTTPError(.badRequest)
        }
    }

    private var hasContent: Bool {
        if case .none = content { false } else { true }
    }

    /// Whether the request may be sent again when its connection ended without an answer (RFC 9110 §9.2.2).
    private var isRepeatable: Bool {
        switch content {
        case .none, .whole: break
        case .stream, .spool: return false
        }
        switch request.method {
        case .get, .head, .options, .put, .delete: return true
        default: return request.method.rawValue == "QUERY"
        }
    }

    /// What the client hears: that it did not work, and no more.
    private func refusal(_ failure: ApplicationFailure) -> HTTPError {
        let told = failure.told
        request.logger.warning(
            "script \(name) at \(core.place.description): \(told.reason), for \(request.method.rawValue) of \(request.peer.host)"
        )
        return HTTPError(told.status, fields: told.status == .serviceUnavailable ? Fields(.retryAfter, "1") : Fields())
    }

    // MARK: The content

    /// The content as it can be sent: with its length, which scripts want to know first (RFC 3875 §4.1.2).
    private func readContent() async throws -> Content {
        switch request.head.framing {
        case .none: return .none
        case .length(let length):
            if length <= Self.wholeContent, !request.head.expectsContinue,
                let octets = try request.body.arrived(upTo: length), octets.count == length
            {
                return .whole(octets)
            }
            return .stream(length: length)
        case .chunked:
            // What is too long the server refuses: its limit holds for chunks as well.
            return .spool(try await Spool.keeping(request.body, upTo: .max))
        }
    }

    private func send(_ variables: CGIVariables, over connection: ApplicationConnection) throws {
        try connection.sendHead(variables, contentLength: content.length)
        switch content {
        case .none:
            try connection.endContent()
        case .whole(let octets):
            try connection.sendContent(octets)
            try connection.endContent()
        case .stream(let length): beginUpload(of: length, over: connection)
        case .spool(let spool): beginUpload(of: spool, over: connection)
        }
    }

    private func beginUpload(of length: Int, over connection: ApplicationConnection) {
        upload = Task.immediate(executorPreference: loop) { [self] in
            do {
                var chunks = request.body.makeAsyncIterator()
                var rest = length
                while let chunk = try await next(&chunks, for: connection) {
                    rest -= chunk.count
                    try connection.sendContent(chunk)
                    try await connection.waitForRoom()
                }
                // What was announced and does not come, the application would wait for.
                guard rest == 0 else { throw ContentMissing() }
                try connection.endContent()
            } catch {
                uploadFailed(error, connection)
            }
            uploadIsOver = true
            connection.wakeReader()
        }
    }

    /// The next chunk from the client, for which the application has to wait as well.
    private func next(
        _ chunks: inout RequestBody.Iterator,
        for connection: ApplicationConnection
    ) async throws -> [UInt8]? {
        connection.awaitsContent = true
        defer { connection.awaitsContent = false }
        return try await chunks.next()
    }

    private func beginUpload(of spool: Spool, over connection: ApplicationConnection) {
        upload = Task.immediate(executorPreference: loop) { [self] in
            do {
                while let octets = try spool.next() {
                    try connection.sendContent(octets)
                    try await connection.waitForRoom()
                }
                try connection.endContent()
            } catch {
                uploadFailed(error, connection)
            }
            uploadIsOver = true
            connection.wakeReader()
        }
    }

    private func uploadFailed(_ error: any Error, _ connection: ApplicationConnection) {
        // Closed by this very failure, or because its answer is complete or not wanted.
        guard !connection.isClosed, !Task.isCancelled else { return }
        contentError = error
        connection.abandon()
    }

    // MARK: The output

    func next() async throws -> [UInt8]? {
        if !kept.isEmpty { return kept.removeFirst() }
        switch state {
        case .running: break
        case .over: return nil
        case .cancelled: throw CancellationError()
        }
        guard let connection else { return nil }
        do {
            let octets = try await connection.nextOutput()
            connection.unsetDeadline()  // The client has its own.
            if octets == nil { release(connection) }
            return octets
        } catch {
            throw self.told(error)
        }
    }

    private func told(_ error: any Error) -> any Error {
        if let contentError { return contentError }
        return (error as? ApplicationFailure)?.told ?? error
    }

    func settleContent() async throws {
        // What came in chunks is here: it goes on beside the answer.
        guard case .stream = content, case .running = state, let connection else { return }
        var room = Self.keptLimit
        do {
            while !uploadIsOver, room > 0 {
                let octets = try connection.arrivedOutput()
                if !octets.isEmpty {
                    kept.append(octets)
                    room -= octets.count
                } else if connection.end != nil {
                    // It does not want the rest.
                    upload?.cancel()
                    return
                } else {
                    try await connection.waitForInput()
                }
            }
            await upload?.value
            if let contentError { throw contentError }
        } catch {
            throw self.told(error)
        }
    }

    func finish() {
        guard case .running = state else { return }
        state = .over
        kept = []
        guard let connection else { return }
        guard connection.isSent || connection.end != nil else { return abandon() }
        if connection.end != nil { return release(connection) }
        // Its end is close by, most often.
        connection.expectEnd(within: core.options.idleTimeout)
        Task.immediate(executorPreference: loop) { [self] in
            var room = Self.drainLimit
            while room > 0, let octets = try? await connection.nextOutput() { room -= octets.count }
            if connection.end != nil { release(connection) } else { abandon() }
        }
    }

    func cancel() {
        guard case .running = state else { return }
        state = .cancelled
        abandon()
    }

    private func abandon() {
        upload?.cancel()
        connection?.abandon()
        connection = nil
        errors.end()
    }

    /// All of the output was taken.
    private func release(_ connection: ApplicationConnection) {
        self.connection = nil
        if case .running = state { state = .over }
        errors.end()
        if let status = connection.end?.applicationStatus, status != 0 {
            request.logger.warning("script \(name): it ended with the status \(Int32(bitPattern: status))")
        }
        if !connection.isSent { upload?.cancel() }
        core.give(connection)
    }
}

/// Somebody before the handler, such as middleware, has read content that was to be passed on.
private struct ContentMissing: Error, CustomStringConvertible {
    var description: String { "the content was read before it could be passed on" }
}
