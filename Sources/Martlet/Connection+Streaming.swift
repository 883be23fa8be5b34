import Logging
import MartletReactor
import MartletWire

/// Content that a handler makes while it is sent.
extension Connection {
    /// The head is in the output: starts the task that writes the content.
    func beginStreaming(_ stream: ResponseStream) {
        guard let exchange else { return }
        phase = .streaming
        exchange.stream = stream
        let number = exchangeNumber
        handlerBegins(exchange)
        let writer = ResponseWriter { [self] in try await write($0, of: number) }
        let task = Task.immediate(executorPreference: worker.loop) { [self] in
            do {
                try await stream.write(to: writer)
                streamEnded(number, writer.trailers, nil)
            } catch {
                streamEnded(number, Fields(), error)
            }
        }
        CrashReport.end()
        guard phase == .streaming, number == exchangeNumber else { return }
        handlerWaits(exchange)
        exchange.task = task
        cancelIfFinished()
    }

    /// Takes octets from a task, wherever it runs.
    private func write(_ bytes: [UInt8], of number: UInt64) async throws {
        var start = 0
        // In pieces, so that the output stays small whatever is written.
        while start < bytes.count {
            let piece = start..<min(bytes.count, start + Output.highWater)
            start = piece.upperBound
            if worker.loop.isCurrent {
                try append(bytes.span.extracting(piece), of: number)
                if output.pendingBytes < Output.highWater { continue }
                try await wait { [self] in wait(for: number, $0) }
            } else {
                try await wait { [self] waiter in
                    do {
                        try append(bytes.span.extracting(piece), of: number)
                        wait(for: number, waiter)
                    } catch {
                        waiter.resume(throwing: error)
                    }
                }
            }
        }
        // For a handler that goes on whatever happens.
        try Task.checkCancellation()
    }

    private func append(_ bytes: Span<UInt8>, of number: UInt64) throws {
        guard number == exchangeNumber, phase == .streaming, let exchange, !(exchange.task?.isCancelled ?? false)
        else { throw CancellationError() }
        output.takeBuffer(from: &worker.loop.buffers)
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

    /// Calls `body` on the loop with a waiter for it to resume. A client that is gone, or reads nothing for too
    /// long, ends the wait; a cancelled task of the handler's own has to wait for that.
    private func wait(_ body: @escaping @Sendable (Waiter<Void>) -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let waiter = Waiter(continuation)
            if worker.loop.isCurrent { return body(waiter) }
            worker.loop.execute { body(waiter) }
        }
    }

    private func wait(for number: UInt64, _ waiter: Waiter<Void>) {
        guard number == exchangeNumber, phase == .streaming, let exchange, !(exchange.task?.isCancelled ?? false)
        else { return waiter.resume(throwing: CancellationError()) }
        guard output.pendingBytes >= Output.highWater else { return waiter.resume() }
        exchange.writers.append(waiter)
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
        let writers = exchange.writers
        exchange.writers = []
        exchange.task?.cancel()
        for writer in writers { writer.resume(throwing: CancellationError()) }
    }

    /// Nothing was written for a while.
    func sendFiller() {
        guard let exchange, let filler = exchange.stream?.filler else { return }
        try? append(filler.bytes.span, of: exchangeNumber)
    }

    private func streamEnded(_ number: UInt64, _ trailers: Fields, _ error: (any Error)?) {
        guard worker.loop.isCurrent else {
            worker.loop.execute { [self] in streamEnded(number, trailers, error) }
            return
        }
        guard number == exchangeNumber, phase == .streaming, let exchange else { return }
        handlerReturned(exchange)
        if let error { return streamFailed(exchange, error) }
        switch exchange.streamFraming {
        case .chunked:
            output.takeBuffer(from: &worker.loop.buffers)
            let isRead = exchange.received.head.fields.acceptsTrailers
            ChunkedEncoder.appendEnd(trailers: isRead ? trailers : Fields(), to: &output.bytes)
        case .length(let remaining):
            if remaining > 0 { return streamFailed(exchange, StreamFault.tooShort(remaining)) }
        case .untilClose:
            break
        }
        endStream(exchange)
    }

    /// What was cut must not look complete.
    private func streamFailed(_ exchange: Exchange, _ error: any Error) {
        let isCancelled = error is CancellationError && exchange.task?.isCancelled ?? false
        // The end of an endless stream is as good as any other.
        if isCancelled, exchange.stream?.isEndless ?? false { return streamEnded(exchangeNumber, Fields(), nil) }
        if !isCancelled {
            let request = exchange.received.escapedRequestLine
            worker.configuration.logger.error("the content for \"\(request)\" of \(peer.host) was cut: \(error)")
        }
        abort()
    }

    private func endStream(_ exchange: Exchange) {
        exchange.task = nil
        phase = .sending
        advance()
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

extension Fields {
    /// The client looks at trailers (RFC 9110 §10.1.4).
    var acceptsTrailers: Bool {
        guard let codings = self[.te]?.lowercased() else { return false }
        return codings.split(whereSeparator: { ", \t".contains($0) }).contains("trailers")
    }
}
