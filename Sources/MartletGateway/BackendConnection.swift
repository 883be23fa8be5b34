import HTTPTypes
import Martlet
import MartletReactor
import MartletWire

/// One connection to a backend: octets out, an answer in, and a wait where neither goes on.
///
/// Everything happens on the loop's thread, in tasks that run there or from its events. `Sendable` because those tasks
/// carry it along. One task waits to read and one to write, at most.
final class BackendConnection: EventSource, @unchecked Sendable {
    enum Phase {
        case connecting
        /// In use by a request.
        case busy
        /// Waits in the pool for the next request.
        case idle
        /// An upgrade: octets of another protocol, without a time limit.
        case upgraded
        case closed(any Error)
    }

    /// Who waits to read.
    private enum Reader {
        case task(Waiter<Void>)
        case call(() -> Void)
    }

    /// Octets that may wait to be taken by the kernel before a writer waits.
    static let highWater = 64 * 1024

    let loop: EventLoop
    let state: BackendState
    let options: GatewayOptions
    private(set) var phase = Phase.connecting
    private let socket: Socket
    private var registration: Registration?

    /// An event said that there is something to receive, or the end, and no receipt said otherwise.
    private var inputReady = false
    private(set) var peerFinished = false
    private var input = ReceiveBuffer()
    private var output: [UInt8] = []
    private var outputOffset = 0
    /// The backend takes no more: it may have answered and closed all the same.
    private(set) var cannotSend = false

    private var answer: ArrivingAnswer
    /// The rest of the request has to come from the client first: the answer cannot be late meanwhile.
    var awaitsContent = false {
        didSet { madeProgress() }
    }
    /// Octets of answers came in since the request began.
    private(set) var receivedAny = false
    /// It served a request before.
    private(set) var isUsed = false
    /// The turn in which a request took it from its rest.
    private var takenAt = Instant.never

    private var reader: Reader?
    private var writer: Waiter<Void>?
    /// Called once when the deadline is reached, instead of failing.
    private var patience: (() -> Void)?

    /// Begins to connect.
    init(to address: SocketAddress, state: BackendState, options: GatewayOptions, loop: EventLoop)
        throws(BackendFailure)
    {
        self.loop = loop
        self.state = state
        self.options = options
        answer = ArrivingAnswer(limits: options.heads)
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

    var isClosed: Bool {
        if case .closed = phase { true } else { false }
    }

    // MARK: Events

    func ready(_ readiness: Readiness) {
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
            close(BackendFailure.ended(errno: nil, receivedAny: false))
        case .busy, .upgraded:
            if readiness.contains(.writable) { flush() }
            if inputReady { resumeReader() }
        case .closed:
            break
        }
    }

    func deadlineReached() {
        if let patience {
            self.patience = nil
            setDeadline(after: options.firstByteTimeout)
            return patience()
        }
        switch phase {
        case .connecting: close(BackendFailure.timedOut(.connecting))
        case .busy: close(BackendFailure.timedOut(answer.hasHead ? .content : .answering))
        case .idle, .upgraded: close(CancellationError())
        case .closed: break
        }
    }

    private func setDeadline(after duration: Duration) {
        if let registration { loop.setDeadline(registration, loop.now + Nanoseconds(duration)) }
    }

    func unsetDeadline() {
        if let registration { loop.setDeadline(registration, .never) }
    }

    /// Calls `action` once if nothing is heard for so long.
    func expectAnswer(within duration: Duration, _ action: @escaping () -> Void) {
        patience = action
        setDeadline(after: duration)
    }

    /// Closes an upgraded connection after so long, whatever comes.
    func expectEnd(within duration: Duration) {
        guard case .upgraded = phase else { return }
        setDeadline(after: duration)
    }

    /// The request has come on: the answer has as long as it has from now.
    private func madeProgress() {
        guard patience == nil, case .busy = phase else { return }
        if awaitsContent, !answer.hasHead, outputOffset == output.count { return unsetDeadline() }
        setDeadline(after: answer.hasHead ? options.idleTimeout : options.firstByteTimeout)
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
    func whenReadable(_ action: @escaping () -> Void) -> Bool {
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
    func connected() async throws {
        setDeadline(after: options.connectTimeout)
        try await waitToWrite()
        let code = socket.connectionFailure
        guard code == 0 else {
            let failure = BackendFailure.unreachable("connecting failed: \(SystemError.text(of: code))")
            close(failure)
            throw failure
        }
        phase = .busy
    }

    // MARK: The life of a connection

    /// A request begins.
    /// - Parameter isRepeatable: whether it could be sent again if the connection turns out to be dead.
    /// - Returns: false when an idle one is of no use any more; it is closed then.
    func take(isRepeatable: Bool) -> Bool {
        if case .idle = phase {
            guard isRepeatable || socket.isAtRest else {
                close(CancellationError())
                return false
            }
            phase = .busy
            isUsed = true
            takenAt = loop.now
        }
        answer.reset()
        receivedAny = false
        cannotSend = false
        return !isClosed
    }

    /// Whether it can serve another request: this answer was read to its end, and nothing more came (RFC 9112 §9.3, §9.6).
    func rest() -> Bool {
        guard case .busy = phase, answer.hasHead, answer.isComplete, head.wantsKeepAlive, !peerFinished, !cannotSend,
            input.isEmpty, outputOffset == output.count
        else { return false }
        if inputReady {
            guard socket.isAtRest else { return false }
            inputReady = false
        }
        giveInput()
        phase = .idle
        setDeadline(after: options.idleConnectionTimeout)
        return true
    }

    /// From here on it speaks another protocol.
    func upgrade() {
        guard case .busy = phase else { return }
        phase = .upgraded
        answer.beginOctets()
        unsetDeadline()
    }

    /// Closes, and tells who waits why. Only the first call counts.
    func close(_ reason: any Error) {
        if case .closed = phase { return }
        phase = .closed(reason)
        if let registration { loop.deregister(registration, fd: nil) }
        registration = nil
        socket.close()
        giveInput(evenFull: true)
        giveOutput()
        patience = nil
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
    func send(_ build: (inout [UInt8]) -> Void) throws {
        if case .closed(let error) = phase { throw error }
        guard !cannotSend else { return }
        if output.capacity == 0 { output = loop.buffers.takeSendBuffer() }
        build(&output)
        flush()
    }

    /// Returns when no more than a little waits to be sent. What the backend no longer takes is dropped.
    func waitForRoom() async throws {
        while output.count - outputOffset >= Self.highWater {
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
                if output.count - outputOffset < Self.highWater { resumeWriter() }
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

    /// Tells the backend that nothing more comes (a FIN), once everything is sent.
    func finishSending() async throws {
        while outputOffset < output.count { try await waitToWrite() }
        // By then its descriptor may be another connection's.
        if case .closed(let error) = phase { throw error }
        socket.finishSending()
    }

    // MARK: Receiving

    /// Receives once, waiting until there is something.
    /// - Returns: false at the end.
    private func receive() async throws -> Bool {
        while true {
            if case .closed(let error) = phase { throw error }
            guard inputReady else {
                try await waitToRead()
                continue
            }
            if let hasMore = try receiveNow() { return hasMore }
        }
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
            let failure = BackendFailure.ended(errno: code, receivedAny: receivedAny)
            close(failure)
            throw failure
        }
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
            if case .closed(let error) = phase { throw error }
            guard inputReady, let hasMore = try receiveNow() else { return false }
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

    /// The backend has closed before its answer was complete.
    private func ended() -> BackendFailure {
        let failure = BackendFailure.ended(errno: nil, receivedAny: receivedAny)
        close(failure)
        return failure
    }
}
