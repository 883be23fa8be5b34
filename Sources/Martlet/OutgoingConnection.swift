import MartletReactor
import MartletWire

/// Why a connection to another server is of no use.
package enum ConnectionFault: Error {
    /// What took too long.
    package enum Stage: Sendable {
        case connecting
        case answering
        case content
    }

    /// It could not be made.
    case unreachable(String)
    case timedOut(Stage)
    /// It ended, or was lost by an errno, before the answer did.
    case ended(errno: CInt?, receivedAny: Bool)

    /// Whether nothing of an answer came before it ended: then the request may be sent again, if its method allows that
    /// (RFC 9110 §9.2.2).
    package var isUnanswered: Bool {
        if case .ended(_, receivedAny: false) = self { true } else { false }
    }

    /// For the log.
    package var reason: String {
        switch self {
        case .unreachable(let reason): reason
        case .timedOut(.connecting): "no connection in time"
        case .timedOut(.answering): "no answer in time"
        case .timedOut(.content): "the answer stopped coming"
        case .ended(let errno, let receivedAny):
            (receivedAny ? "the connection ended before the answer did" : "the connection ended without an answer")
                + (errno.map { " (\(SystemError.text(of: $0)))" } ?? "")
        }
    }
}

/// What is spoken on a connection to another server. On the connection's loop.
package protocol OutgoingDialect: AnyObject {
    /// Whether the answer has begun, so that what is awaited is its content.
    var answerHasBegun: Bool { get }
    /// Whether the answer was read to its end, and its server keeps the connection for another request.
    var canRest: Bool { get }
    /// A request begins: what is left of the last one goes.
    func beginRequest()
    /// The error that those who wait are told.
    func failure(_ fault: ConnectionFault) -> any Error
    /// The connection is closed now.
    func didClose()
}

/// How long each stage of a connection to another server may take.
package struct ConnectionTimes: Sendable {
    package var connect: Duration
    /// From a request sent to the first octet of its answer.
    package var answer: Duration
    /// Without an octet of an answer that has begun.
    package var content: Duration
    /// Between requests.
    package var rest: Duration

    package init(connect: Duration, answer: Duration, content: Duration, rest: Duration) {
        (self.connect, self.answer, self.content, self.rest) = (connect, answer, content, rest)
    }
}

/// Octets that may wait to be taken by the kernel before a writer waits.
private let highWater = 64 * 1024

/// One connection to another server: octets out, octets in, and a wait where neither goes on.
///
/// Everything happens on the loop's thread, in tasks that run there or from its events. `Sendable` because those tasks
/// carry it along. One task waits to read and one to write, at most.
package final class OutgoingConnection<Dialect: OutgoingDialect>: EventSource, @unchecked Sendable {
    package enum Phase {
        case connecting
        /// In use by a request.
        case busy
        /// Waits for the next request.
        case idle
        /// Octets of another protocol, without a time limit.
        case upgraded
        case closed(any Error)
    }

    /// Who waits to read.
    private enum Reader {
        case task(Waiter<Void>)
        case call(() -> Void)
    }

    package let loop: EventLoop
    package let times: ConnectionTimes
    package let dialect: Dialect
    package private(set) var phase = Phase.connecting
    private let socket: Socket
    private var registration: Registration?

    /// An event said that there is something to receive, or the end, and no receipt said otherwise.
    private var inputReady = false
    package private(set) var peerFinished = false
    /// What came in and was not taken yet.
    package var input = ReceiveBuffer()
    private var output: [UInt8] = []
    private var outputOffset = 0
    /// The server takes no more: it may have answered and closed all the same.
    package private(set) var cannotSend = false

    /// The rest of the request has to come from the client first: the answer cannot be late meanwhile.
    package var awaitsContent = false {
        didSet { madeProgress() }
    }
    /// Octets of answers came in since the request began.
    package private(set) var receivedAny = false
    /// It served a request before.
    package private(set) var isUsed = false
    /// The turn in which a request took it from its rest.
    private var takenAt = Instant.never

    private var reader: Reader?
    private var writer: Waiter<Void>?
    /// Called once when the deadline is reached, instead of failing.
    private var patience: (() -> Void)?
    /// The deadline is that of `expectEnd`, which nothing puts off.
    private var hasLastDeadline = false

    /// Begins to connect.
    package init(
        to address: SocketAddress,
        speaking dialect: Dialect,
        times: ConnectionTimes,
        loop: EventLoop
    ) throws(ConnectionFault) {
        self.loop = loop
        self.dialect = dialect
        self.times = times
        do throws(SystemError) {
            socket = try Socket.connect(to: address)
        } catch {
            throw .unreachable("\(error)")
        }
        do throws(SystemError) {
            registration = try loop.register(self, fd: socket.fd, trigger: .edge)
        } catch {
            socket.close()
            phase = .closed(error)
            throw .unreachable("\(error)")
        }
    }

    deinit {
        if case .closed = phase { return }
        socket.close()
    }

    package var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    // MARK: Events

    package func ready(_ readiness: Readiness) {
        if !readiness.isDisjoint(with: [.readable, .peerFinished, .hangup]) { inputReady = true }
        if readiness.contains(.peerFinished) { peerFinished = true }
        switch phase {
        case .connecting:
            guard !readiness.isDisjoint(with: [.writable, .hangup]) else { return }
            resumeWriter()
        case .idle:
            // Its end, or octets that no request asked for, which must not be taken for an answer (RFC 9112 §9.2).
            guard inputReady else { return }
            close(CancellationError())
        case .busy where inputReady && takenAt == loop.now:
            // The event is older than the request: so it came at rest, and whoever took the connection came first in turn.
            close(dialect.failure(.ended(errno: nil, receivedAny: false)))
        case .busy, .upgraded:
            if readiness.contains(.writable) { flush() }
            if inputReady { resumeReader() }
        case .closed:
            break
        }
    }

    package func deadlineReached() {
        if let patience {
            self.patience = nil
            setDeadline(after: times.answer)
            return patience()
        }
        switch phase {
        case .connecting: close(dialect.failure(.timedOut(.connecting)))
        case .busy: close(dialect.failure(.timedOut(dialect.answerHasBegun ? .content : .answering)))
        case .idle, .upgraded: close(CancellationError())
        case .closed: break
        }
    }

    private func setDeadline(after duration: Duration) {
        if let registration { loop.setDeadline(registration, loop.now + Nanoseconds(duration)) }
    }

    package func unsetDeadline() {
        if let registration { loop.setDeadline(registration, .never) }
    }

    /// Calls `action` once if nothing is heard for so long.
    package func expectAnswer(within duration: Duration, _ action: @escaping () -> Void) {
        patience = action
        setDeadline(after: duration)
    }

    /// Closes a connection in use after so long, whatever comes.
    package func expectEnd(within duration: Duration) {
        switch phase {
        case .busy, .upgraded: break
        case .connecting, .idle, .closed: return
        }
        hasLastDeadline = true
        setDeadline(after: duration)
    }

    /// The request has come on: the answer has as long as it has from now.
    private func madeProgress() {
        guard patience == nil, !hasLastDeadline, case .busy = phase else { return }
        if awaitsContent, !dialect.answerHasBegun, outputOffset == output.count { return unsetDeadline() }
        setDeadline(after: dialect.answerHasBegun ? times.content : times.answer)
    }

    // MARK: Waiting

    private func resumeReader() {
        switch reader.take() {
        case nil: break
        case .task(let waiter): waiter.resume()
        case .call(let action): action()
        }
    }

    /// Calls `action` when there is something to receive, or the connection is closed; not before this returns.
    /// - Returns: false when it is so already: nothing will be called.
    package func whenReadable(_ action: @escaping () -> Void) -> Bool {
        guard !isClosed, !inputReady else { return false }
        giveInput()
        madeProgress()
        reader = .call(action)
        return true
    }

    private func resumeWriter() {
        guard let waiting = writer.take() else { return }
        waiting.resume()
    }

    /// Waits until there is something to receive, or `wakeReader` is called.
    package func waitForInput() async throws {
        if !inputReady { try await waitToRead() }
    }

    /// Lets who waits in `waitForInput` go on.
    package func wakeReader() { resumeReader() }

    private func waitToRead() async throws {
        if case .closed(let error) = phase { throw error }
        giveInput()
        madeProgress()
        try await withCheckedThrowingContinuation { reader = .task(Waiter($0)) }
        if case .closed(let error) = phase { throw error }
    }

    private func waitToWrite() async throws {
        if case .closed(let error) = phase { throw error }
        try await withCheckedThrowingContinuation { writer = Waiter($0) }
        if case .closed(let error) = phase { throw error }
    }

    /// Waits until it is connected.
    package func connected() async throws {
        setDeadline(after: times.connect)
        try await waitToWrite()
        let code = socket.connectionFailure
        guard code == 0 else {
            let failure = dialect.failure(.unreachable("connecting failed: \(SystemError.text(of: code))"))
            close(failure)
            throw failure
        }
        phase = .busy
    }

    // MARK: The life of a connection

    /// A request begins.
    /// - Parameter isRepeatable: whether it could be sent again if the connection turns out to be dead.
    /// - Returns: false when an idle one is of no use any more; it is closed then.
    package func take(isRepeatable: Bool) -> Bool {
        if case .idle = phase {
            guard isRepeatable || socket.isAtRest else {
                close(CancellationError())
                return false
            }
            phase = .busy
            isUsed = true
            takenAt = loop.now
        }
        dialect.beginRequest()
        receivedAny = false
        cannotSend = false
        return !isClosed
    }

    /// Whether it can serve another request: this answer was read to its end, and nothing more came (RFC 9112 §9.3, §9.6).
    package func rest() -> Bool {
        guard case .busy = phase, dialect.canRest, !peerFinished, !cannotSend, input.isEmpty,
            outputOffset == output.count
        else { return false }
        if inputReady {
            guard socket.isAtRest else { return false }
            inputReady = false
        }
        giveInput()
        phase = .idle
        hasLastDeadline = false
        setDeadline(after: times.rest)
        return true
    }

    /// From here on it speaks another protocol.
    package func beginUpgraded() {
        guard case .busy = phase else { return }
        phase = .upgraded
        unsetDeadline()
    }

    /// Closes, and tells who waits why. Only the first call counts.
    package func close(_ reason: any Error) {
        if case .closed = phase { return }
        phase = .closed(reason)
        if let registration { loop.deregister(registration, fd: nil) }
        registration = nil
        socket.close()
        giveInput(evenFull: true)
        giveOutput()
        patience = nil
        dialect.didClose()
        switch reader.take() {
        case nil: break
        case .task(let waiter): waiter.resume(throwing: reason)
        case .call(let action): action()
        }
        writer.take()?.resume(throwing: reason)
    }

    /// Gives the input back to the pool while there is nothing in it.
    private func giveInput(evenFull: Bool = false) {
        guard input.capacity > 0, input.isEmpty || evenFull else { return }
        var buffer = ReceiveBuffer()
        swap(&buffer, &input)
        loop.buffers.give(buffer)
    }

    private func giveOutput() {
        guard output.capacity > 0 else { return }
        var buffer: [UInt8] = []
        swap(&buffer, &output)
        outputOffset = 0
        loop.buffers.give(buffer)
    }

    // MARK: Sending

    /// Sends what `build` appends, or keeps it until the kernel takes it.
    package func send(_ build: (inout [UInt8]) -> Void) throws {
        if case .closed(let error) = phase { throw error }
        guard !cannotSend else { return }
        if output.capacity == 0 { output = loop.buffers.takeSendBuffer() }
        build(&output)
        flush()
    }

    /// Returns when no more than a little waits to be sent. What the server no longer takes is dropped.
    package func waitForRoom() async throws {
        while output.count - outputOffset >= highWater {
            madeProgress()
            try await waitToWrite()
        }
    }

    private func flush() {
        var hasSent = false
        while outputOffset < output.count {
            let waiting = output  // Its octets are looked at where nobody can change them.
            switch socket.send(waiting.span.extracting(outputOffset..<waiting.count)) {
            case .count(let count):
                outputOffset += count
                hasSent = true
            case .wouldBlock, .end:
                // What is sent makes room.
                if outputOffset >= output.count - outputOffset {
                    output.removeFirst(outputOffset)
                    outputOffset = 0
                }
                if hasSent { madeProgress() }
                if output.count - outputOffset < highWater { resumeWriter() }
                return
            case .failed:
                // An answer may have come before it closed: who reads finds out (RFC 9112 §9.5).
                cannotSend = true
                inputReady = true
                giveOutput()
                resumeReader()
                return resumeWriter()
            }
        }
        giveOutput()
        if hasSent { madeProgress() }
        resumeWriter()
    }

    /// Tells the server that nothing more comes (a FIN), once everything is sent.
    package func finishSending() async throws {
        while outputOffset < output.count { try await waitToWrite() }
        // By then its descriptor may be another connection's.
        if case .closed(let error) = phase { throw error }
        socket.finishSending()
    }

    // MARK: Receiving

    /// Receives once, waiting until there is something.
    /// - Returns: false at the end.
    package func receive() async throws -> Bool {
        while true {
            if case .closed(let error) = phase { throw error }
            guard inputReady else {
                try await waitToRead()
                continue
            }
            if let hasMore = try receiveNow() { return hasMore }
        }
    }

    /// The same without waiting.
    /// - Returns: nil when nothing is there.
    package func receiveIfReady() throws -> Bool? {
        if case .closed(let error) = phase { throw error }
        return inputReady ? try receiveNow() : nil
    }

    /// Receives once: false at the end, nil when nothing is there.
    private func receiveNow() throws -> Bool? {
        if input.capacity == 0 { input = loop.buffers.takeReceiveBuffer() }
        if input.room == 0 { input.grow(toCapacity: input.capacity * 2) }
        let room = input.room
        switch socket.receive(into: &input) {
        case .count(let count):
            if count < room, !peerFinished { inputReady = false }
            receivedAny = true
            patience = nil
            return true
        case .end:
            return false
        case .wouldBlock:
            inputReady = false
            return nil
        case .failed(let code):
            let failure = dialect.failure(.ended(errno: code, receivedAny: receivedAny))
            close(failure)
            throw failure
        }
    }

    /// The server has closed before its answer was complete.
    package func ended() -> any Error {
        let failure = dialect.failure(.ended(errno: nil, receivedAny: receivedAny))
        close(failure)
        return failure
    }
}
