import CMartlet
import Glibc
import HTTPTypes
import Logging
import Martlet
import MartletReactor
import MartletWire

/// A script that runs: its three pipes and its end, watched by the loop of its request. On that loop's thread only.
///
/// The loop's sources hold it, so it lives until it was reaped, whoever else has let go of it. Should the loop end first,
/// the script is killed and reaped there and then.
final class ScriptProcess: ScriptOutput, @unchecked Sendable {
    /// From SIGTERM to SIGKILL.
    static let grace = Duration.seconds(2)
    /// How long the end of the output waits for that of the script, which may show that the output was cut.
    private static let farewell = Duration.seconds(1)
    /// Octets read at once.
    private static let pieceSize = 64 * 1024
    /// Reads in a row of what nobody waits for, before others get their turn.
    private static let readsPerTurn = 16

    private enum Phase {
        case running
        /// SIGTERM was sent.
        case ending
        /// Reaped.
        case ended
    }

    /// What the deadline is for.
    private enum Timer {
        case none
        /// The script says nothing, though it could.
        case silence
        /// The output has ended, the script has not.
        case farewell
        /// Nobody wants more of it.
        case departure
        /// It was told to end.
        case killing
    }

    /// One descriptor and its place on the loop.
    private struct Watched {
        var fd: CInt = -1
        var registration: Registration?
        /// An event said so, and no call said otherwise.
        var isReady = false
        /// Nobody holds the other end any more: there will be no other event.
        var isHungUp = false
        var isOpen: Bool { fd >= 0 }
    }

    private enum Role {
        case input
        case output
        case errors
        case exit
    }

    /// Tells the process of an event. The loop holds it, and it the process.
    private final class Source: EventSource {
        private let process: ScriptProcess
        private let role: Role

        init(_ process: ScriptProcess, _ role: Role) {
            self.process = process
            self.role = role
        }

        func ready(_ readiness: Readiness) { process.ready(role, isHungUp: readiness.contains(.hangup)) }
        func deadlineReached() { process.deadlineReached() }
        func turn() { process.ready(role, isHungUp: false) }
    }

    let loop: EventLoop
    private let name: String
    private let logger: Logger
    private let timeout: Duration
    private let spoolLimit: Int
    private let process: pid_t
    private var slot: ScriptSlots.Slot?

    private var phase = Phase.running
    private var timer = Timer.none
    private var input = Watched()
    private var output = Watched()
    private var errors = Watched()
    private var exit = Watched()
    private var complaints: StandardErrors
    /// How it ended, known before it is reaped.
    private var end: ProcessEnd?
    /// Why nothing more comes of it.
    private var failure: (any Error)?
    /// Nothing more is wanted of it: what comes is dropped.
    private var isFinished = false
    /// Its output has ended, and the reader waits for its own end.
    private var awaitsEnd = false

    private var reader: Waiter<Void>?
    private var writer: Waiter<Void>?
    private var upload: Task<Void, Never>?
    private var isUploading = false
    private var isGivenUp = false
    /// The rest of the content has to come from the client first: the script cannot be late meanwhile.
    private var awaitsClient = false
    /// Waits until the script has all of the content.
    private var settler: Waiter<Void>?
    /// What it wrote meanwhile.
    private var held: Spool?

    /// Starts a script.
    /// - Parameters:
    ///   - input: a file with its content; nil: `upload` follows, or there is none.
    ///   - takesContent: whether `upload` follows.
    ///   - slot: kept until it has ended.
    /// - Throws: `SystemError` when it cannot be started.
    init(
        _ image: ProcessImage,
        named name: String,
        input file: CInt?,
        takesContent: Bool,
        timeout: Duration,
        spoolLimit: Int,
        slot: ScriptSlots.Slot,
        logger: Logger,
        on loop: EventLoop
    ) throws(SystemError) {
        self.loop = loop
        self.name = name
        self.logger = logger
        self.timeout = timeout
        self.spoolLimit = spoolLimit
        self.slot = slot
        complaints = StandardErrors(of: name, logger: logger)
        let pipes = try ScriptPipes(takesContent: takesContent)
        do throws(SystemError) {
            process = try image.start(
                input: pipes.theirInput ?? file ?? -1,
                output: pipes.theirOutput,
                errors: pipes.theirErrors
            )
        } catch {
            pipes.closeAll()
            throw error
        }
        pipes.closeTheirs()
        input.fd = pipes.input
        output.fd = pipes.output
        errors.fd = pipes.errors
        exit.fd = cm_pidfd_open(process)
        guard exit.fd >= 0 else { throw abandoned(SystemError(operation: "pidfd_open")) }
        do throws(SystemError) {
            if input.isOpen { input.registration = try watch(input.fd, .input) }
            output.registration = try watch(output.fd, .output)
            errors.registration = try watch(errors.fd, .errors)
            exit.registration = try watch(exit.fd, .exit)
        } catch {
            throw abandoned(error)
        }
        input.isReady = true
    }

    private func watch(_ fd: CInt, _ role: Role) throws(SystemError) -> Registration {
        try loop.register(Source(self, role), fd: fd, trigger: .edge)
    }

    /// It runs, but cannot be watched: it goes at once.
    private func abandoned(_ error: SystemError) -> SystemError {
        signal(SIGKILL)
        reap()
        return error
    }

    deinit {
        killAndReap()
    }

    // MARK: Events

    private func ready(_ role: Role, isHungUp: Bool) {
        switch role {
        case .input:
            input.isReady = true
            if isHungUp { input.isHungUp = true }
            writer.take()?.resume()
            endUnreadUpload()
        case .output:
            output.isReady = true
            if isHungUp { output.isHungUp = true }
            if isFinished { return dropOutput() }
            if held != nil, settler != nil { return holdOutput() }
            reader.take()?.resume()
        case .errors: readErrors()
        case .exit: exited()
        }
    }

    private func deadlineReached() {
        let reached = timer
        timer = .none
        switch reached {
        case .none: break
        case .silence:
            let seconds = "\(timeout)"
            terminate(ScriptFailure("it said nothing for \(seconds), and is stopped", status: .gatewayTimeout))
        case .farewell: reader.take()?.resume()
        case .departure:
            logger.warning("script \(name): it still runs \(timeout) after its answer, and is stopped")
            terminate(CancellationError())
        case .killing:
            signal(SIGKILL)
            // Now it cannot but end; where it had ended before, others of its group had not.
            if end != nil { reap() }
        }
    }

    private func set(_ timer: Timer, after duration: Duration? = nil) {
        self.timer = timer
        guard let registration = exit.registration else { return }
        loop.setDeadline(registration, duration.map { loop.now + Nanoseconds($0) } ?? .never)
    }

    /// The script has as long as it has from now, if it is the script that is waited for.
    private func expectProgress() {
        guard case .running = phase, !isFinished else { return }
        if awaitsEnd { return }
        guard reader != nil || settler != nil, !awaitsClient else { return set(.none) }
        set(.silence, after: timeout)
    }

    // MARK: The answer

    func next() async throws -> [UInt8]? {
        if let spooled = try held?.next() { return spooled }
        held = nil
        while true {
            if let failure { throw failure }
            guard output.isOpen else { break }
            guard output.isReady else {
                try await waitForOutput()
                continue
            }
            if let piece = try readOutput(), !piece.isEmpty { return piece }
        }
        try await sayFarewell()
        return nil
    }

    private func waitForOutput() async throws {
        try await withCheckedThrowingContinuation { continuation in
            reader = Waiter(continuation)
            expectProgress()
        }
        set(.none)
    }

    /// Reads once: nothing when nothing is there, nil at the end.
    private func readOutput() throws -> [UInt8]? {
        let fd = output.fd
        var piece: [UInt8] = []
        var result = 0
        var code: CInt = 0
        piece.append(addingCapacity: Self.pieceSize) { free in
            unsafe free.withUnsafeMutableBufferPointer { free, initialized in
                repeat {
                    result = unsafe Glibc.read(fd, free.baseAddress, free.count)
                    code = errno
                } while result < 0 && code == EINTR
                initialized = max(0, result)
            }
        }
        if result > 0 {
            // It was all there is: that saves asking again.
            if result < Self.pieceSize, !output.isHungUp { output.isReady = false }
            // A short piece need not keep all that room.
            return piece.count < 4096 ? Array(piece[...]) : piece
        }
        if result < 0, code == EAGAIN {
            output.isReady = false
            return []
        }
        closeOutput()
        return nil
    }

    /// The output has ended, and so has the script in a moment: what a signal ended was cut (RFC 3875 §6.4).
    private func sayFarewell() async throws {
        if end == nil, exit.isOpen, case .running = phase {
            awaitsEnd = true
            set(.farewell, after: Self.farewell)
            defer { awaitsEnd = false }
            try await withCheckedThrowingContinuation { reader = Waiter($0) }
        }
        if let failure { throw failure }
        switch end {
        case nil: set(.departure, after: timeout)  // It goes on by itself.
        case .killed?: throw ScriptFailure("it \(endText)")
        case .exited(0)?, .unknown?: break
        case .exited?: logger.info("script \(name): it \(endText)")
        }
    }

    private var endText: String { end?.description ?? "still runs" }

    func settleContent() async throws {
        guard isUploading, failure == nil else { return }
        held = Spool(limit: spoolLimit)
        try await withCheckedThrowingContinuation { continuation in
            settler = Waiter(continuation)
            expectProgress()
            if output.isReady { holdOutput() }
            endUnreadUpload()
        }
        set(.none)
        if let failure { throw failure }
    }

    /// Keeps what it writes while it takes its content: else each would wait for the other.
    private func holdOutput() {
        guard let held else { return }
        expectProgress()
        do {
            for _ in 0..<Self.readsPerTurn {
                guard output.isOpen, output.isReady else { return }
                // The rest of its content will not reach it: an answer matters more.
                guard held.hasRoom(for: Self.pieceSize) else { return endUpload() }
                guard let piece = try readOutput() else { return }
                try held.append(piece)
            }
            requestTurn(.output)
        } catch {
            logger.error("script \(name): its output cannot be kept: \(error)")
            terminate(ScriptFailure("its output cannot be kept", status: .internalServerError))
        }
    }

    func finish() {
        guard !isFinished, failure == nil else { return }
        isFinished = true
        endUpload()
        held = nil
        guard case .running = phase else { return }
        if end == nil || output.isOpen { set(.departure, after: timeout) }
        dropOutput()
    }

    private func dropOutput() {
        guard output.isReady else { return }
        for _ in 0..<Self.readsPerTurn {
            guard output.isOpen, output.isReady else { return }
            _ = try? readOutput()
        }
        requestTurn(.output)
    }

    private func requestTurn(_ role: Role) {
        guard role == .output, let registration = output.registration else { return }
        loop.requestTurn(registration)
    }

    func cancel() {
        guard !isFinished else { return }
        terminate(CancellationError())
    }

    private func closeOutput() {
        close(&output)
        reapIfEnded()
    }

    // MARK: The request's content

    /// Gives the script octets that are here already, and the end behind them.
    func give(_ octets: [UInt8]) {
        beginUpload { [self] in _ = try await write(octets) }
    }

    /// Gives the script the request's content as it comes.
    /// - Parameter length: of all of it.
    func give(_ body: RequestBody, length: Int) {
        beginUpload { [self] in
            var chunks = body.makeAsyncIterator()
            var rest = length
            while rest > 0 {
                awaitsClient = true
                expectProgress()
                let chunk = try await chunks.next()
                awaitsClient = false
                expectProgress()
                guard let chunk else { throw ContentMissing() }
                rest -= chunk.count
                // A script need not read everything, nor anything.
                guard try await write(chunk) else { return }
            }
        }
    }

    private func beginUpload(_ operation: @escaping () async throws -> Void) {
        isUploading = true
        let work = UncheckedWork(operation)
        let task = Task.immediate(executorPreference: loop) { [self] in
            var failed: (any Error)?
            do {
                try await work.operation()
            } catch {
                failed = error
            }
            uploadEnded(failed)
        }
        if isUploading { upload = task }
    }

    private func uploadEnded(_ error: (any Error)?) {
        isUploading = false
        awaitsClient = false
        upload = nil
        close(&input)
        if let error, !isFinished, !isGivenUp, failure == nil { terminate(error) }
        settler.take()?.resume()
        expectProgress()
    }

    /// The script gets no more of the content.
    private func endUpload() {
        guard isUploading, !isGivenUp else { return }
        isGivenUp = true
        close(&input)
        writer.take()?.resume(throwing: UploadGivenUp())
        upload?.cancel()
        settler.take()?.resume()
    }

    /// An answer that is there does not wait for content that the client has not sent yet and that nobody reads.
    private func endUnreadUpload() {
        guard settler != nil, awaitsClient, !input.isOpen || input.isHungUp else { return }
        endUpload()
    }

    /// Writes all octets, waiting for the script to take them.
    /// - Returns: false when it takes no more.
    private func write(_ octets: [UInt8]) async throws -> Bool {
        var offset = 0
        while offset < octets.count {
            guard input.isOpen else { return false }
            guard input.isReady else {
                try await withCheckedThrowingContinuation { writer = Waiter($0) }
                continue
            }
            let fd = input.fd
            let result = unsafe octets.span.extracting(offset...).withUnsafeBytes { octets in
                unsafe Glibc.write(fd, octets.baseAddress, octets.count)
            }
            if result > 0 {
                offset += result
                expectProgress()
            } else if result < 0, errno == EAGAIN {
                input.isReady = false
            } else if result < 0, errno == EINTR {
                continue
            } else {
                return false  // EPIPE: it has closed its input, or ended.
            }
        }
        return true
    }

    // MARK: Its complaints

    private func readErrors() {
        guard errors.isOpen else { return }
        let fd = errors.fd
        var chunk = [UInt8](repeating: 0, count: 4096)
        for _ in 0..<Self.readsPerTurn {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(fd, $0.baseAddress, $0.count) }
            if count > 0 {
                complaints.take(chunk[..<count])
            } else if count < 0, errno == EINTR {
                continue
            } else if count < 0, errno == EAGAIN {
                return
            } else {
                complaints.end()
                return close(&errors)
            }
        }
        if let registration = errors.registration { loop.requestTurn(registration) }
    }

    // MARK: Its end

    private func exited() {
        guard end == nil, let seen = ProcessEnd.seen(of: process) else { return }
        end = seen
        switch phase {
        case .running:
            // Others may still write to its output: it stays until they are done, so that its group can be told to end.
            reapIfEnded()
            if awaitsEnd { reader.take()?.resume() }
        case .ending:
            // Those that it left behind.
            signal(SIGKILL)
            reap()
        case .ended: break
        }
    }

    private func reapIfEnded() {
        guard case .running = phase, end != nil, !output.isOpen else { return }
        reap()
    }

    /// Sends a signal to it and to all that it has started.
    private func signal(_ number: CInt) {
        // Its number may be another's by now.
        guard end != .unknown else { return }
        let hasGroup = kill(-process, number) == 0
        // It may have left its group, and is waited for nevertheless.
        if number == SIGKILL || !hasGroup { kill(process, number) }
    }

    /// Lets go of its number. It has ended, or cannot but end.
    private func takeAway() {
        guard end != .unknown else { return }
        var status: CInt = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// Takes away what is left of it.
    private func reap() {
        guard phase != .ended else { return }
        phase = .ended
        takeAway()
        readErrors()
        complaints.end()
        close(&input)
        close(&output)
        close(&errors)
        close(&exit)
        timer = .none
        slot = nil
        writer.take()?.resume()
        endUnreadUpload()
    }

    /// Stops it and all that it has started: by SIGTERM, and by SIGKILL after a while.
    /// - Parameter error: what who waits for it hears.
    private func terminate(_ error: any Error) {
        if failure == nil { failure = error }
        if phase == .running {
            phase = .ending
            signal(SIGTERM)
            endUpload()
            close(&output)
            if end != nil {
                // Only what it left behind is there to be told.
                signal(SIGKILL)
                reap()
            } else {
                set(.killing, after: Self.grace)
            }
        }
        reader.take()?.resume(throwing: error)
        settler.take()?.resume(throwing: error)
    }

    private func close(_ watched: inout Watched) {
        guard watched.isOpen else { return }
        if let registration = watched.registration { loop.deregister(registration, fd: nil) }
        _ = Glibc.close(watched.fd)
        watched = Watched()
    }

    /// The last resort, where no loop watches it any more.
    private func killAndReap() {
        guard phase != .ended else { return }
        phase = .ended
        signal(SIGKILL)
        takeAway()
        for fd in [input.fd, output.fd, errors.fd, exit.fd] where fd >= 0 { _ = Glibc.close(fd) }
        slot = nil
    }
}

/// Carries what is done on the loop into a task that runs there.
private struct UncheckedWork: @unchecked Sendable {
    let operation: () async throws -> Void

    init(_ operation: @escaping () async throws -> Void) {
        self.operation = operation
    }
}

/// The script does not get the rest of its content.
private struct UploadGivenUp: Error {}

/// Somebody before the handler, such as middleware, has read content that was to be passed on.
private struct ContentMissing: Error, CustomStringConvertible {
    var description: String { "the content was read before the script could get it" }
}

/// The ends of the pipes between a script and the server.
private struct ScriptPipes {
    private(set) var input: CInt = -1
    private(set) var output: CInt = -1
    private(set) var errors: CInt = -1
    private(set) var theirInput: CInt?
    private(set) var theirOutput: CInt = -1
    private(set) var theirErrors: CInt = -1

    init(takesContent: Bool) throws(SystemError) {
        do throws(SystemError) {
            (output, theirOutput) = try Self.pipe(ours: 0)
            (errors, theirErrors) = try Self.pipe(ours: 0)
            if takesContent {
                let (mine, theirs) = try Self.pipe(ours: 1)
                (input, theirInput) = (mine, theirs)
            }
        } catch {
            closeAll()
            throw error
        }
    }

    private static func pipe(ours: Int) throws(SystemError) -> (ours: CInt, theirs: CInt) {
        var ends: [CInt] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { ends in
            unsafe ends.baseAddress.map { unsafe cm_pipe_to_process($0, CInt(ours)) } ?? -1
        }
        guard result == 0 else { throw SystemError(operation: "pipe2") }
        return (ends[ours], ends[1 - ours])
    }

    func closeTheirs() {
        for fd in [theirInput ?? -1, theirOutput, theirErrors] where fd >= 0 { _ = Glibc.close(fd) }
    }

    func closeAll() {
        closeTheirs()
        for fd in [input, output, errors] where fd >= 0 { _ = Glibc.close(fd) }
    }
}
