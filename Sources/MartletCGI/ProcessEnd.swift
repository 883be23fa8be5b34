import Glibc

/// How a script ended.
enum ProcessEnd: Equatable, CustomStringConvertible {
    /// By itself, with this status.
    case exited(CInt)
    /// By this signal.
    case killed(CInt)

    /// - Parameter status: as waitpid gives it.
    init(_ status: CInt) {
        self = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .killed(status & 0x7F)
    }

    /// "exited with status 1", "was killed by signal 9 (Killed)".
    var description: String {
        switch self {
        case .exited(let status): "exited with status \(status)"
        case .killed(let signal): "was killed by signal \(signal) (\(unsafe String(cString: strsignal(signal))))"
        }
    }
}
