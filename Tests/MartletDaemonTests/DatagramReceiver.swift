import CMartlet
import Glibc
import MartletReactor

/// A Unix datagram socket that a test reads, in place of a service manager or a log daemon.
final class DatagramReceiver {
    private let fd: Int32

    /// - Parameter address: a path, or "@" and a name.
    init(_ address: String) throws {
        fd = cm_datagram_socket()
        var octets = Array(address.utf8)
        if octets[0] == UInt8(ascii: "@") { octets[0] = 0 } else { octets.append(0) }
        var system = sockaddr_un()
        system.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &system.sun_path) { unsafe $0.copyBytes(from: octets) }
        let length = socklen_t(2 + octets.count)
        let result = unsafe withUnsafePointer(to: &system) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe bind(fd, $0, length) }
        }
        guard result == 0 else { throw SystemError(operation: "bind \(address)") }
    }

    deinit { close(fd) }

    /// The next datagram, which must be there; nil when none is.
    func next() -> String? {
        var octets = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe recv(fd, &octets, octets.count, Int32(MSG_DONTWAIT))
        return count < 0 ? nil : String(decoding: octets[..<count], as: UTF8.self)
    }
}
