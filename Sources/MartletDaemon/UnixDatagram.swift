import CMartlet
import Glibc
import MartletReactor

/// A connected datagram socket to a Unix address, which never waits.
struct UnixDatagram: Sendable {
    let fd: CInt

    /// - Parameter path: a path, or "@" and a name for an abstract address.
    /// - Throws: `SystemError` when it cannot be reached now.
    init(to path: String) throws(SystemError) {
        fd = cm_datagram_socket()
        guard fd >= 0 else { throw SystemError(operation: "socket for \(path)") }
        guard Self.connect(fd, to: path) else {
            let error = SystemError(operation: "connect to \(path)")
            Glibc.close(fd)
            throw error
        }
    }

    /// Sends one datagram.
    /// - Returns: 0, or the code of the error.
    func send(_ octets: [UInt8]) -> CInt {
        while true {
            let count = unsafe octets.withUnsafeBytes {
                unsafe Glibc.send(fd, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT))
            }
            if count >= 0 { return 0 }
            if errno != EINTR { return errno }
        }
    }

    func close() {
        Glibc.close(fd)
    }

    private static func connect(_ fd: CInt, to path: String) -> Bool {
        var octets = Array(path.utf8)
        guard !octets.isEmpty, octets.count <= SocketAddress.longestPath, !octets.contains(0) else {
            errno = octets.count > SocketAddress.longestPath ? ENAMETOOLONG : EINVAL
            return false
        }
        // An abstract name ends where the address does, a path with a NUL.
        if octets[0] == UInt8(ascii: "@") { octets[0] = 0 } else { octets.append(0) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: octets) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + octets.count)
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe Glibc.connect(fd, $0, length) }
        } == 0
    }
}
