import Logging
import MartletReactor
import MartletWire

/// Content that a handler makes while it is sent.
extension Connection {
    /// The head is in the output: starts the task that writes the content.
    func beginStreaming(_ body: Response.Body, _ exchange: Exchange) {
        guard case .stream(let stream) = body else { return }
        phase = .streaming
        exchange.stream = stream
        let number = exchangeNumber
        handlerBegins(exchange.received)
        let writer = ResponseWriter { [self] in try await write($0, of: number) }
        let task = Task.immediate(executorPreference: loop) { [self] in
            do {
                try await stream.write(to: writer)
                streamEnded(number, writer.trailers, nil)
            } catch {
                streamEnded(number, Fields(), error)
            }
        }
        handlerWaits(task, in: .streaming, exchange, number)
    }

    /// Takes octets from a task, wherever it runs.
    private func write(_ bytes: [UInt8], of number: UInt64) async throws {
        if loop.isCurrent {
            try await writeOnLoop(bytes, of: number)
        } else {
            try await withTaskExecutorPreference(loop) { @concurrent [self] in
                try await writeOnLoop(bytes, of: number)
            }
        }
        // For a handler that goes on whatever happens.
        try Task.checkCancellation()
    }

    private func writeOnLoop(_ bytes: [UInt8], of number: UInt64) async throws {
        // A loop that has ended runs nothing any more; then this is not it.
        guard loop.isCurrent else { throw CancellationError() }
        if bytes.count <= Output.highWater, !(exchange?.isWriting ?? false) {
            try append(bytes.span, of: number)
            if output.pendingBytes >= Output.highWater { try await waitForRoom(of: number) }
            return
        }
        try await takeTurn(of: number)
        defer { passTurn(of: number) }
        // In pieces, so that the output stays small whatever is written.
        for start in stride(from: 0, to: bytes.count, by: Output.highWater) {
            let end = min(bytes.count, start + Output.highWater)
            try append(bytes.span.extracting(start..<end), of: number)
            if output.pendingBytes >= Output.highWater { try await waitForRoom(of: number) }
        }
    }

    /// One long write at a time: else the pieces of two would be mixed.
    private func takeTurn(of number: UInt64) async throws {
        guard let exchange = streaming(number) else { throw CancellationError() }
        guard exchange.isWriting else {
            exchange.isWriting = true
            return
        }
        try await withCheckedThrowingContinuation { exchange.writeTurns.append(Waiter($0)) }
    }

    private func passTurn(of number: UInt64) {
        guard let exchange = streaming(number) else { return }
        if exchange.writeTurns.isEmpty {
            exchange.isWriting = false
        } else {
            exchange.writeTurns.removeFirst().resume()
        }
    }

    /// The exchange of this number, while its content can be written and somebody wants it.
    private func streaming(_ number: UInt64) -> Exchange? {
        guard number == exchangeNumber, phase == .streaming, let exchange, !(exchange.task?.isCancelled ?? false)
        else { return nil }
        return exchange
    }

    private func append(_ bytes: Span<UInt8>, of number: UInt64) throws {
        guard let exchange = streaming(number) else { throw CancellationError() }
        output.takeBuffer(from: &loop.buffers)
        switch exchange.streamFraming {
        case .chunked:
            ChunkedEncoder.appendChunk(bytes, to: &output.bytes)
        case .length(let remaining):
            guard bytes.count <= remaining else { throw StreamFault.tooLong }
            exchange.streamFraming = .length(remaining - bytes.count)
            output.append(bytes)
        case .untilClose:
            output.append(bytes)
        }
        exchange.contentSent += bytes.count
        requestTurn()  // What is written in one turn leaves together at its end.
    }

    /// Returns when the client has taken what was written. A client that is gone, or reads nothing for too long, ends the
    /// wait; a cancelled task of the handler's own has to wait for that.
    private func waitForRoom(of number: UInt64) async throws {
        guard let exchange = streaming(number) else { throw CancellationError() }
        try await withCheckedThrowingContinuation { exchange.writers.append(Waiter($0)) }
    }

    /// Everything is with the kernel: the handler may go on.
    func feedWriters() -> Bool {
        guard let exchange else { return false }
        if let filler = exchange.stream?.filler {
            setDeadline(after: filler.interval)
        } else {
            unsetDeadline()
        }
        let writers = exchange.writers
        exchange.writers = []
        for writer in writers { writer.resume() }
        return false
    }

    /// Nobody will read what is still to be written.
    func cancelStream() {
        guard let exchange, exchange.stream != nil else { return }
        exchange.task?.cancel()
        exchange.dropWriters()
    }

    /// Nothing was written for a while.
    func sendFiller() {
        guard let exchange, let filler = exchange.stream?.filler else { return }
        try? append(filler.bytes.span, of: exchangeNumber)
    }

    private func streamEnded(_ number: UInt64, _ trailers: Fields, _ error: (any Error)?) {
        guard loop.isCurrent else {
            loop.execute { [self] in streamEnded(number, trailers, error) }
            return
        }
        guard number == exchangeNumber, phase == .streaming, let exchange else { return }
        handlerReturned(exchange)
        exchange.dropWriters()
        if let error, !isWelcomeEnd(error, exchange) { return streamFailed(exchange, error) }
        switch exchange.streamFraming {
        case .chunked:
            output.takeBuffer(from: &loop.buffers)
            // The client looks at trailers only if it says so (RFC 9110 §10.1.4).
            let isRead = exchange.received.head.fields.hasMember("trailers", of: .te)
            ChunkedEncoder.appendEnd(trailers: isRead ? trailers : Fields(), to: &output.bytes)
        case .length(let remaining):
            if remaining > 0 { return streamFailed(exchange, StreamFault.tooShort(remaining)) }
        case .untilClose:
            break
        }
        exchange.task = nil
        phase = .sending
        advance()
    }

    private func isCancellation(_ error: any Error, _ exchange: Exchange) -> Bool {
        error is CancellationError && exchange.task?.isCancelled ?? false
    }

    /// The end of an endless stream is as good as any other.
    private func isWelcomeEnd(_ error: any Error, _ exchange: Exchange) -> Bool {
        isCancellation(error, exchange) && exchange.stream?.isEndless ?? false
    }

    /// What was cut must not look complete.
    private func streamFailed(_ exchange: Exchange, _ error: any Error) {
        if !isCancellation(error, exchange) {
            worker.configuration.logger.error("the content for \(exchange.received.summary) was cut: \(error)")
        }
        abort()
    }
}

/// Content that does not fit the length that its handler gave.
private enum StreamFault: Error, CustomStringConvertible {
    case tooLong
    case tooShort(Int)

    var description: String {
        switch self {
        case .tooLong: "more octets were written than the stream's length says"
        case .tooShort(let count): "\(count) octets fewer were written than the stream's length says"
        }
    }
}
