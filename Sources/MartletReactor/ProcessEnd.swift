import CMartlet
import Glibc

/// How a process ended.
package enum ProcessEnd: Equatable, Sendable, CustomStringConvertible {
    /// By itself, with this status.
    case exited(CInt)
    /// By this signal.
    case killed(CInt)
    /// Nobody knows how: it is no child of ours, or somebody else has asked for its end already. Its number may be another
    /// process's by now.
    case unknown

    /// - Parameter status: as waitpid gives it.
    private init(status: CInt) {
        self = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(status & 0x7F)
    }

    /// Asks for the end of a child without waiting, and takes it away.
    /// - Returns: nil as long as it runs.
    package static func of(_ process: CInt) -> ProcessEnd? {
        var status: CInt = 0
        while true {
            let result = unsafe waitpid(process, &status, WNOHANG)
            if result == 0 { return nil }
            if result < 0, errno == EINTR { continue }
            return result == process ? ProcessEnd(status: status) : .unknown
        }
    }

    /// The same, and leaves it there: so its number stays its own until `of` is called.
    package static func seen(of process: CInt) -> ProcessEnd? {
        var status: CInt = 0
        return switch unsafe cm_has_ended(process, &status) {
        case 0: nil
        case 1: ProcessEnd(status: status)
        default: .unknown
        }
    }

    /// "exited with status 1", "was killed by signal 9 (Killed)".
    package var description: String {
        switch self {
        case .unknown: "has ended"
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "was killed by signal \(signal) (\(unsafe String(cString: strsignal(signal))))"
        }
    }
}
