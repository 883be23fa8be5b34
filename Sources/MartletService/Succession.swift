import Glibc
import Martlet
import MartletDaemon
import MartletReactor

/// A successor of this process: the program started anew, as its file is now, with the same arguments and on the same
/// listening sockets. This process serves until the successor says that it does.
final class Succession: EventSource {
    /// The successor's process id.
    let process: CInt
    private let pipe: ReadyPipe
    private let loop: EventLoop
    private let ended: (_ failure: String?) -> Void
    private var registration: Registration?

    /// How long a successor may take to serve.
    private static let patience = Nanoseconds(.seconds(60))

    /// Starts the successor.
    /// - Parameters:
    ///   - open: copies of the listening sockets; they are closed here.
    ///   - ended: called on the loop with nil when it serves, or with the reason why it does not; then it has ended.
    init(
        on open: consuming OpenListeners,
        _ environment: ServiceEnvironment,
        _ loop: EventLoop,
        ended: @escaping (_ failure: String?) -> Void
    ) throws {
        defer { open.close() }
        var start = DetachedProcess(
            executable: try Self.executable(),
            arguments: Array(CommandLine.arguments.dropFirst())
        )
        start.startsSession = false
        start.environment = NotifySocket.successorEnvironment(start.environment)
        InheritedSockets.give(open.named, to: &start)
        environment.background?.give(to: &start)
        do {
            pipe = try ReadyPipe()
            pipe.give(to: &start)
            process = try start.start()
            pipe.started()
        } catch {
            throw Problem("\(error)")
        }
        self.loop = loop
        self.ended = ended
        do {
            let registration = try loop.register(self, fd: pipe.fd, trigger: .level)
            self.registration = registration
            loop.setDeadline(registration, Instant.now() + Self.patience)
        } catch {
            endProcess()
            throw Problem("\(error)")
        }
    }

    /// The program, where it was found when this process began.
    private static func executable() throws -> String {
        guard let path = DetachedProcess.ownExecutable else {
            throw Problem("/proc/self/exe does not say which program this is. Mount /proc, or restart it.")
        }
        return path
    }

    /// It said something, or has ended.
    func ready(_ readiness: Readiness) {
        guard let outcome = pipe.check(process) else {
            // It may have closed the pipe without a word, and the loop would ask again at once.
            usleep(2000)
            return
        }
        finish(outcome)
    }

    func deadlineReached() {
        finish(.timedOut)
    }

    /// Asks the successor to end, as this process was asked: it may serve already.
    /// - Returns: whether it did, and so has everything that was handed over.
    func cancel() -> Bool {
        let outcome = pipe.check(process)
        guard close() else { return false }
        _ = kill(process, SIGTERM)
        if case .ready = outcome { return true }
        return false
    }

    private func finish(_ outcome: ReadyPipe.Outcome) {
        guard close() else { return }
        let failure: String? =
            switch outcome {
            case .ready: nil
            case .failed(let reason): reason
            case .ended(let end): "it \(end)"
            case .timedOut: "it did not serve within a minute"
            }
        switch outcome {
        // Who has ended has no number any more that could be signalled.
        case .ready, .ended: break
        case .failed, .timedOut: endProcess()
        }
        ended(failure)
    }

    private func close() -> Bool {
        guard let registration else { return false }
        self.registration = nil
        loop.deregister(registration, fd: pipe.fd)
        return true
    }

    /// It has not begun to serve: nothing is lost with it.
    private func endProcess() {
        _ = kill(process, SIGKILL)
        var code: CInt = 0
        while unsafe waitpid(process, &code, 0) < 0, errno == EINTR {}
    }
}
