import Glibc
import MartletReactor

/// Where the secrets of connections are written. Closed when the last context is gone.
final class KeyLog: Sendable {
    let fd: CInt

    init(_ path: String) throws(TLSError) {
        fd = unsafe open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0o600)
        guard fd >= 0 else { throw TLSError("Keys cannot be logged to \(path): \(SystemError.text(of: errno)).") }
    }

    deinit {
        close(fd)
    }
}
