import HTTPTypes
import MartletReactor
import MartletWire

/// The request's content on its way to the handler.
extension Connection {
    /// The next chunk for a handler's task, wherever that task runs.
    func nextBodyChunk(of number: UInt64) async throws -> [UInt8]? {
        if worker.loop.isCurrent {
            switch try takeContent(of: number) {
            case .data(let data): return data
            case .end: return nil
            case .needsInput: break
            }
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                onLoop { self.wait(for: number, continuation) }
            }
        } onCancel: {
            worker.loop.execute { [self] in
                if number == exchangeNumber { failReader(CancellationError()) }
            }
        }
    }

    private func onLoop(_ work: @escaping @Sendable () -> Void) {
        if worker.loop.isCurrent { work() } else { worker.loop.execute(work) }
    }

    private func wait(for number: UInt64, _ continuation: CheckedContinuation<[UInt8]?, any Error>) {
        guard number == exchangeNumber, phase == .responding, let exchange, exchange.reader == nil,
            !(exchange.task?.isCancelled ?? false)
        else { return continuation.resume(throwing: CancellationError()) }
        exchange.reader = continuation
        setDeadline(after: worker.timeouts.bodyIdle)
        advance()
    }

    /// Gives a waiting handler what has come in.
    /// - Returns: false: either nobody waits, or the handler's task goes on from here.
    func feedReader() -> Bool {
        guard let exchange, let reader = exchange.reader else { return false }
        // Taken out first: if the connection closes in the middle of this, nobody else may resume it.
        exchange.reader = nil
        do {
            switch try takeContent(of: exchangeNumber) {
            case .needsInput:
                exchange.reader = reader
                return false
            case .data(let data):
                unsetDeadline()
                reader.resume(returning: data)
            case .end:
                unsetDeadline()
                reader.resume(returning: nil)
            }
        } catch {
            unsetDeadline()
            reader.resume(throwing: error)
        }
        return false
    }

    /// Ends a handler's wait for content with an error; the content after it is lost.
    func failReader(_ error: @autoclosure () -> any Error) {
        guard let exchange, let reader = exchange.reader else { return }
        exchange.reader = nil
        unsetDeadline()
        exchange.content = .failed
        reader.resume(throwing: error())
    }

    /// Takes what there is of the content, receiving when the buffer is empty.
    private func takeContent(of number: UInt64) throws -> Exchange.Chunk {
        guard number == exchangeNumber, phase == .responding, let exchange else { throw CancellationError() }
        if exchange.awaitsContinue {
            exchange.awaitsContinue = false
            if input?.isEmpty ?? true { sendContinue() }
            guard phase == .responding else { throw CancellationError() }
        }
        while true {
            if input == nil { input = worker.loop.buffers.takeReceiveBuffer() }
            let chunk: Exchange.Chunk
            do throws(RequestError) {
                chunk = try exchange.takeContent(from: &input!)
            } catch {
                exchange.content = .failed
                throw HTTPError(error.status, error.reason)
            }
            if exchange.contentReceived > worker.configuration.limits.body {
                exchange.content = .failed
                throw RequestBody.tooLarge(worker.configuration.limits.body)
            }
            guard case .needsInput = chunk, inputReady else { return chunk }
            try receiveContent(exchange)
        }
    }

    private func receiveContent(_ exchange: Exchange) throws {
        switch socket.receive(into: &input!) {
        case .count(let count):
            if count < BufferPool.bufferSize, !peerFinished { inputReady = false }
        case .wouldBlock:
            inputReady = false
        case .end, .failed:
            inputReady = false
            exchange.content = .failed
            throw HTTPError(.badRequest, "The connection ended before the content did.")
        }
    }

    private func sendContinue() {
        output.takeBuffer(from: &worker.loop.buffers)
        output.bytes.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
        _ = flush()
    }
}
