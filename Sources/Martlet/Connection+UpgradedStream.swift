import MartletReactor
import MartletWire

/// What an upgraded connection waits for. On the loop's thread only.
final class UpgradedState {
    /// A write that waits for the kernel to take enough.
    struct Writer {
        /// Not yet in the output; empty once they are.
        var octets: [UInt8]
        let pending: Pending<Void>
    }

    var reader: Pending<[UInt8]?>?
    /// In the order of the calls: so they are sent.
    var writers: [Writer] = []
    /// The client's end was received.
    var hasEnded = false
    /// The last octets were written.
    var isFinished = false
    /// When the reader has waited long enough.
    var readDeadline = Instant.never
    /// HTTP after all, as its handler writes it: a client that has sent its request may finish sending.
    let isRaw: Bool
    /// When a client that takes nothing is cut off.
    var stallDeadline = Instant.never

    init(isRaw: Bool) {
        self.isRaw = isRaw
    }
}

/// The octets of another protocol, both ways.
extension Connection {
    /// Ends every wait: the stream is over.
    func dropWaiting() {
        guard let stream = exchange?.upgraded else { return }
        let (reader, writers) = (stream.reader, stream.writers)
        (stream.reader, stream.writers) = (nil, [])
        reader?.finish(.failure(CancellationError()))
        for writer in writers { writer.pending.finish(.failure(CancellationError())) }
    }

    /// The stream, while it is that of this exchange.
    private func stream(of number: UInt64) -> UpgradedState? {
        number == exchangeNumber && phase == .upgraded ? exchange?.upgraded : nil
    }

    /// Does both ways what can be done now.
    func exchangeOctets() -> Bool {
        flushStream()
        return feedStream()
    }

    // MARK: Reading

    /// What `UpgradedStream.read` says, wherever the reading task runs.
    func readStream(of number: UInt64, within limit: Nanoseconds?) async throws -> [UInt8]? {
        if loop.isCurrent, exchange?.takeReadShare(at: loop.now) ?? true {
            guard let stream = stream(of: number), stream.reader == nil else { throw CancellationError() }
            switch try takeOctets(stream) {
            case .data(let octets): return octets
            case .end: return nil
            case .needsInput: break
            }
        }
        let pending = Pending<[UInt8]?>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                onLoop(continuation) { [self] in
                    pending.arm($0)
                    wait(pending, number, limit)
                }
            }
        } onCancel: {
            loop.execute { [self] in cancel(pending, number) }
        }
    }

    private func wait(_ pending: Pending<[UInt8]?>, _ number: UInt64, _ limit: Nanoseconds?) {
        guard pending.result == nil, let stream = stream(of: number), stream.reader == nil else {
            return pending.finish(.failure(CancellationError()))
        }
        stream.reader = pending
        if let limit {
            stream.readDeadline = loop.now + limit
            setStreamDeadline(stream)
        }
        advance()
    }

    private func cancel(_ pending: Pending<[UInt8]?>, _ number: UInt64) {
        if let stream = stream(of: number), stream.reader === pending { stopReading(stream) }
        pending.finish(.failure(CancellationError()))
    }

    private func stopReading(_ stream: UpgradedState) {
        stream.reader = nil
        guard stream.readDeadline != .never else { return }
        stream.readDeadline = .never
        setStreamDeadline(stream)
    }

    /// Gives a waiting reader what has come in.
    /// - Returns: false: either nobody waits, or the reader's task goes on from here.
    private func feedStream() -> Bool {
        guard let stream = exchange?.upgraded, let reader = stream.reader else { return false }
        let result: Result<[UInt8]?, any Error>
        do {
            switch try takeOctets(stream) {
            case .needsInput: return false
            case .data(let octets): result = .success(octets)
            case .end: result = .success(nil)
            }
        } catch {
            result = .failure(error)
        }
        stopReading(stream)
        reader.finish(result)
        return false
    }

    /// Takes what is there, receiving when nothing is.
    private func takeOctets(_ stream: UpgradedState) throws -> Exchange.Chunk {
        while true {
            if !input.isEmpty {
                let held = input
                let octets = Array(held.bytes, 0..<held.count)
                input.removeAll()
                return .data(octets)
            }
            if stream.hasEnded { return .end }
            guard inputReady else {
                giveInput()
                return .needsInput
            }
            takeInput()
            switch receiveOnce() {
            case .count, .wouldBlock:
                break
            case .end:
                stream.hasEnded = true
            case .failed:
                abort()
                throw CancellationError()
            }
        }
    }

    // MARK: Writing

    /// What `UpgradedStream.write` says, wherever the writing task runs.
    func writeStream(_ octets: [UInt8], of number: UInt64, isLast: Bool) async throws {
        let pending = Pending<Void>()
        if loop.isCurrent {
            write(octets, number, isLast, pending)
            if let result = pending.result { return try result.get() }
        }
        try await withCheckedThrowingContinuation { continuation in
            if loop.isCurrent { return pending.arm(Waiter(continuation)) }
            onLoop(continuation) { [self] in
                pending.arm($0)
                write(octets, number, isLast, pending)
            }
        }
    }

    private func write(_ octets: [UInt8], _ number: UInt64, _ isLast: Bool, _ pending: Pending<Void>) {
        guard let stream = stream(of: number), !stream.isFinished else {
            return pending.finish(.failure(CancellationError()))
        }
        stream.isFinished = isLast
        stream.writers.append(UpgradedState.Writer(octets: octets, pending: pending))
        takeWrites(stream)
        // What is written in one turn leaves together at its end, unless it is much.
        if pending.result == nil { advance() } else { requestTurn() }
    }

    /// Puts into the output what may be there now, and lets go those who waited for no more than that.
    private func takeWrites(_ stream: UpgradedState) {
        while !stream.writers.isEmpty, output.pendingBytes <= Output.highWater {
            let octets = stream.writers[0].octets
            if !octets.isEmpty {
                output.takeBuffer(from: &loop.buffers)
                output.append(octets.span)
                exchange?.contentSent += octets.count
                stream.writers[0].octets = []
            }
            guard output.pendingBytes <= Output.highWater else { return }
            stream.writers.removeFirst().pending.finish(.success(()))
        }
    }

    /// Sends what waits, however the reader fares.
    private func flushStream() {
        guard let stream = exchange?.upgraded else { return }
        let sent = output.sentCount
        let before = stream.stallDeadline
        while true {
            let isDone = flush()
            guard phase == .upgraded else { return }
            takeWrites(stream)
            if isDone, !output.isEmpty { continue }
            break
        }
        if output.isEmpty {
            output.giveBuffer(to: &loop.buffers)
            stream.stallDeadline = .never
        } else if output.sentCount != sent || before == .never {
            stream.stallDeadline = loop.now + worker.timeouts.writeStall
        }
        // `flush` may have set its own.
        if before != stream.stallDeadline || !output.isEmpty { setStreamDeadline(stream) }
    }

    // MARK: Deadlines and threads

    private func setStreamDeadline(_ stream: UpgradedState) {
        setDeadline(at: min(stream.readDeadline, stream.stallDeadline))
    }

    func streamDeadlineReached() {
        guard let stream = exchange?.upgraded else { return }
        let now = loop.now
        if stream.stallDeadline <= now { return abort(because: "the client stopped reading") }
        if stream.readDeadline <= now, let reader = stream.reader {
            stopReading(stream)
            reader.finish(.failure(UpgradedStream.TimedOut()))
        }
        setStreamDeadline(stream)
    }

    /// Runs `body` on the loop, with a waiter for it to resume.
    private func onLoop<Value: Sendable>(
        _ continuation: CheckedContinuation<Value, any Error>,
        _ body: @escaping @Sendable (Waiter<Value>) -> Void
    ) {
        let waiter = Waiter(continuation)
        if loop.isCurrent { return body(waiter) }
        loop.execute { body(waiter) }
    }
}
