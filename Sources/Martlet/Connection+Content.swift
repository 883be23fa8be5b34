import HTTPTypes
import MartletReactor
import MartletWire

/// The request's content on its way to the handler.
extension Connection {
    /// The next chunk for a handler's task, wherever that task runs.
    func nextBodyChunk(of number: UInt64) async throws -> [UInt8]? {
        if loop.isCurrent, exchange?.takeReadShare(at: loop.now) ?? true {
            switch try takeContent(of: number) {
            case .data(let data): return data
            case .end:
                askWhetherGone()
                return nil
            case .needsInput: break
            }
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let waiter = Waiter(continuation)
                guard !loop.isCurrent else { return wait(for: number, waiter) }
                loop.execute { [self] in wait(for: number, waiter) }
            }
        } onCancel: {
            loop.execute { [self] in cancelRead(of: number) }
        }
    }

    /// The rest of the content, if all of it is there; nil: it has to be awaited.
    func takeRest(of number: UInt64) throws -> [UInt8]? {
        guard loop.isCurrent, number == exchangeNumber, let exchange,
            case .length(let rest) = exchange.content, input.count >= rest,
            exchange.takeReadShare(at: loop.now), case .data(let data) = try takeContent(of: number)
        else { return nil }
        askWhetherGone()
        return data
    }

    /// Comes before the wait that it ends when the reading task runs on another thread: then the wait finds out.
    private func cancelRead(of number: UInt64) {
        guard number == exchangeNumber, phase == .responding, let exchange, exchange.expectsContent else { return }
        exchange.content = .failed(CancellationError())
        failReader(CancellationError())
    }

    private func wait(for number: UInt64, _ waiter: Waiter<[UInt8]?>) {
        guard number == exchangeNumber, phase == .responding, let exchange, exchange.reader == nil,
            !(exchange.task?.isCancelled ?? false)
        else { return waiter.resume(throwing: CancellationError()) }
        exchange.reader = waiter
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
                askWhetherGone()
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
        let error = error()
        exchange.content = .failed(error)
        reader.resume(throwing: error)
    }

    /// Takes what there is of the content, receiving when the buffer is empty.
    private func takeContent(of number: UInt64) throws -> Exchange.Chunk {
        guard number == exchangeNumber, phase == .responding, let exchange else { throw CancellationError() }
        if case .failed(let error) = exchange.content { throw error }
        while true {
            takeInput()
            let chunk: Exchange.Chunk
            do throws(RequestError) {
                chunk = try exchange.takeContent(from: &input)
            } catch {
                throw fail(exchange, HTTPError(error.status, error.reason))
            }
            if exchange.contentReceived > worker.configuration.limits.body {
                throw fail(exchange, RequestBody.tooLarge(worker.configuration.limits.body))
            }
            guard case .needsInput = chunk else {
                exchange.awaitsContinue = false
                return chunk
            }
            guard inputReady else {
                try askForContent(exchange)
                return .needsInput
            }
            switch receiveOnce() {
            case .count, .wouldBlock: break
            case .end, .failed:
                throw fail(exchange, HTTPError(.badRequest, "The connection ended before the content did."))
            }
        }
    }

    private func fail(_ exchange: Exchange, _ error: HTTPError) -> HTTPError {
        exchange.content = .failed(error)
        logRefusal(error)
        return error
    }

    /// The handler wants content and none is there: a client that waits for leave to send it gets that now.
    private func askForContent(_ exchange: Exchange) throws {
        guard exchange.awaitsContinue else { return }
        exchange.awaitsContinue = false
        sendContinue()
        guard phase == .responding else { throw CancellationError() }
    }

    func sendContinue() {
        output.takeBuffer(from: &loop.buffers)
        output.bytes.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
        _ = flush()
    }
}
