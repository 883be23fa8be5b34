import Martlet
import MartletReactor
import MartletWire

/// One connection of a `TestServer`, served on a thread of its own, one request after the other.
struct ServedConnection: Sendable {
    let server: TestServer
    var stream: PolledSocket
    /// Protects the connection once it is there; nil: it stays in the clear.
    let security: (any StreamSecurity)?
    let peer: SocketAddress
    /// Counted from 1.
    let number: Int

    /// A connection that the server closes waits so long for the client to close too: closing over octets that are
    /// still to be received would make the kernel send a reset, which can destroy the answer on its way.
    private static let linger = Duration.seconds(1)

    /// Serves until the connection or the server ends.
    func run() {
        var connection = self
        defer { connection.stream.close() }
        do {
            try connection.serve()
        } catch let failure as ReadFailure {
            connection.refuse(failure)
        } catch {
            // The client is gone or the server stops: nobody is there to be told.
        }
    }

    private mutating func serve() throws {
        if let fault = server.acceptFault(connection: number) {
            // While the client still connects, a reset would look like a refusal.
            if fault.action == .reset { try? stream.waitForInput(by: Instant.now() + Nanoseconds(Self.linger)) }
            guard try send(AnswerOctets(), with: fault) else { return }
        }
        if let security {
            // A client that does not like what it is shown is no problem of the server's.
            stream = try stream.protected(by: security.protect(stream.socket))
        }
        var reader = RequestReader(stream)
        while let request = try reader.next(connection: number, number: server.nextNumber) {
            let reply = server.reply(to: request)
            let octets = try octets(of: reply, to: request)
            let staysOpen = try send(octets, with: reply.fault)
            server.answered(request)
            guard staysOpen else { return }
            if octets.closes { return close() }
        }
    }

    // MARK: Answers

    private func octets(of reply: TestServer.Reply, to request: RecordedRequest) throws -> AnswerOctets {
        let isChunked = reply.fault?.action == .badChunk
        switch reply.source {
        case .answer(.raw(let octets, let closes)):
            return AnswerOctets(raw: octets, closes: closes)
        case .answer(.response(let response, let framing)):
            let collected = try collect(for: request) { response }
            return AnswerOctets(collected, framing: isChunked ? .chunked : framing, to: request.head)
        case .route(let respond):
            let collected = try collect(for: request) { [peer] in try await respond(request, peer) }
            let framing = isChunked || collected.isStreamed ? Framing.chunked : .contentLength
            return AnswerOctets(collected, framing: framing, to: request.head)
        case .nothing:
            let text = "TestServer: unexpected \(request): no answer was enqueued and no route matches.\n"
            return AnswerOctets(text: text, status: .internalServerError, to: request.head)
        }
    }

    private func collect(
        for request: RecordedRequest,
        from respond: @escaping @Sendable () async throws -> Response
    ) throws -> CollectedResponse {
        let collected = try wait { await CollectedResponse(to: request.fields, from: respond) }
        if let failure = collected.failure {
            server.report(.routeFailed("\(request)", error: "\(failure.error)"))
        }
        return collected
    }

    /// Runs asynchronous work to its end, or to that of the server, which cancels it.
    private func wait<Result: Sendable>(for work: @escaping @Sendable () async -> Result) throws -> Result {
        let done = try Signal()
        let result = Locked<Result?>(nil)
        let task = Task(executorPreference: server.loop) {
            let value = await work()
            result.withLock { $0 = value }
            done.set()
        }
        do {
            try stream.wait(for: done)
        } catch {
            task.cancel()
            throw error
        }
        guard let value = result.withLock({ $0 }) else { throw StreamError.interrupted }
        return value
    }

    private func refuse(_ failure: ReadFailure) {
        switch failure {
        case .ended(let reason):
            server.report(.brokenRequest(reason, connection: number))
        case .refused(let status, let reason):
            server.report(.brokenRequest("\(status.code): \(reason)", connection: number))
            // An empty head asks for nothing, so the connection closes.
            let octets = AnswerOctets(text: "TestServer: \(reason)\n", status: status, to: RequestHead())
            if (try? stream.send(octets.octets[...])) != nil { close() }
        }
    }

    // MARK: Sending

    /// Sends an answer, or what a fault leaves of it.
    /// - Returns: false when the fault ends the connection.
    private func send(_ answer: AnswerOctets, with fault: Fault?) throws(StreamError) -> Bool {
        guard let fault else {
            try stream.send(answer.octets[...])
            return true
        }
        let place = answer.count(before: fault.stage)
        try stream.send(answer.octets[..<place])
        let rest = answer.octets[place...]
        switch fault.action {
        case .delay(let duration):
            try stream.pause(for: duration)
            try stream.send(rest)
            return true
        case .drip(let count, let interval):
            try drip(rest, count, interval)
            return true
        case .stall:
            try stream.waitUntilPeerLeaves()
        case .reset:
            stream.resetOnClose()
        case .halfClose:
            stream.finishSending()
            try stream.drain()
        case .truncate:
            close()
        case .badChunk:
            try stream.send(Fault.badChunkOctets[...])
            close()
        case .garbage:
            try stream.send(Fault.garbageOctets[...])
            close()
        }
        return false
    }

    private func drip(_ octets: ArraySlice<UInt8>, _ count: Int, _ interval: Duration) throws(StreamError) {
        var rest = octets
        while !rest.isEmpty {
            try stream.pause(for: interval)
            try stream.send(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
    }

    private func close() {
        stream.finishSending()
        try? stream.drain(by: Instant.now() + Nanoseconds(Self.linger))
    }
}
