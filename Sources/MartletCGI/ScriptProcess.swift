import CMartlet
import Glibc
import HTTPTypes
import Logging
import Martlet
import MartletReactor

/// A script that runs: its three pipes and its end, watched by the loop of its request. On that loop's thread only.
///
/// The loop's sources hold it, so it lives until it was reaped, whoever else has let go of it. Should the loop end first,
/// the script is killed and reaped there and then.
final class ScriptProcess: @unchecked Sendable {
    /// Reads in a row of what nobody waits for, before others get their turn.
    static let readsPerTurn = 16

    enum Phase {
        case running
        /// SIGTERM was sent.
        case ending
        /// Reaped.
        case ended
    }

    /// What the deadline is for.
    enum Timer {
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
    let name: String
    let logger: Logger
    let timeout: Duration
    let spoolLimit: Int
    let process: pid_t
    var slot: ScriptSlots.Slot?

    var phase = Phase.running
    private var timer = Timer.none
    var input = WatchedDescriptor()
    var output = WatchedDescriptor()
    var errors = WatchedDescriptor()
    var exit = WatchedDescriptor()
    var complaints: StandardErrors
    /// How it ended, known before it is reaped.
    var end: ProcessEnd?
    /// Why nothing more comes of it.
    var failure: (any Error)?
    /// Nothing more is wanted of it: what comes is dropped.
    var isFinished = false
    /// Its output has ended, and the reader waits for its own end.
    var awaitsEnd = false

    var reader: Waiter<Void>?
    var writer: Waiter<Void>?
    var upload: Task<Void, Never>?
    var isUploading = false
    var isGivenUp = false
    /// The rest of the content has to come from the client first: the script cannot be late meanwhile.
    var awaitsClient = false
    /// Waits until the script has all of the content.
    var settler: Waiter<Void>?
    /// What it wrote meanwhile.
    var held: Spool?

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

    func set(_ timer: Timer, after duration: Duration? = nil) {
        self.timer = timer
        guard let registration = exit.registration else { return }
        loop.setDeadline(registration, duration.map { loop.now + Nanoseconds($0) } ?? .never)
    }

    /// The script has as long as it has from now, if it is the script that is waited for.
    func expectProgress() {
        guard case .running = phase, !isFinished else { return }
        if awaitsEnd { return }
        guard reader != nil || settler != nil, !awaitsClient else { return set(.none) }
        set(.silence, after: timeout)
    }

    // MARK: Its complaints

    func readErrors() {
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
                return errors.close(on: loop)
            }
        }
        if let registration = errors.registration { loop.requestTurn(registration) }
    }
}
