import Glibc
import Martlet
import MartletReactor

/// From SIGTERM to SIGKILL.
private let grace = Duration.seconds(2)

/// How it ends: by itself, or because it is told to. Either way it is taken away, with its number and its place among
/// those that run.
extension ScriptProcess {
    func exited() {
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

    func reapIfEnded() {
        guard case .running = phase, end != nil, !output.isOpen else { return }
        reap()
    }

    /// Sends a signal to it and to all that it has started.
    func signal(_ number: CInt) {
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
    func reap() {
        guard phase != .ended else { return }
        phase = .ended
        takeAway()
        readErrors()
        complaints.end()
        input.close(on: loop)
        output.close(on: loop)
        errors.close(on: loop)
        exit.close(on: loop)
        set(.none)
        slot = nil
        writer.take()?.resume()
        endUnreadUpload()
    }

    /// Stops it and all that it has started: by SIGTERM, and by SIGKILL after a while.
    /// - Parameter error: what who waits for it hears.
    func terminate(_ error: any Error) {
        if failure == nil { failure = error }
        if phase == .running {
            phase = .ending
            signal(SIGTERM)
            endUpload()
            output.close(on: loop)
            if end != nil {
                // Only what it left behind is there to be told.
                signal(SIGKILL)
                reap()
            } else {
                set(.killing, after: grace)
            }
        }
        reader.take()?.resume(throwing: error)
        settler.take()?.resume(throwing: error)
    }

    /// The last resort, where no loop watches it any more.
    func killAndReap() {
        guard phase != .ended else { return }
        phase = .ended
        signal(SIGKILL)
        takeAway()
        for fd in [input.fd, output.fd, errors.fd, exit.fd] where fd >= 0 { _ = Glibc.close(fd) }
        slot = nil
    }
}
