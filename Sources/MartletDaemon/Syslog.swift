import Glibc
import MartletReactor

/// The system's log daemon, reached by datagrams to /dev/log in the form of RFC 3164 §4.1 that syslog(3) sends. Never
/// waits: what the daemon cannot take now is lost.
package final class Syslog: Sendable {
    /// Octets of a message that are sent at most; the rest is cut off.
    static let limit = 8192

    private let path: String
    private let tag: String
    /// Nil while the daemon cannot be reached.
    private let socket = Locked<UnixDatagram?>(nil)

    /// Nothing is connected before the first message.
    /// - Parameters:
    ///   - tag: the program's name in every message; at most 32 letters and digits of it are kept (RFC 3164 §4.1.3).
    ///   - path: the daemon's socket.
    package init(tag: String, path: String = "/dev/log") {
        let name = tag.utf8.prefix(32).filter { $0 > 0x20 && $0 < 0x7F && ![0x3A, 0x5B, 0x5D].contains($0) }
        self.tag = String(decoding: name, as: UTF8.self) + "[\(getpid())]"
        self.path = path
    }

    deinit {
        socket.withLock { $0?.close() }
    }

    /// Sends a message of the facility daemon.
    /// - Parameter priority: 0 (emergency) to 7 (debug).
    /// - Returns: false when it is lost.
    @discardableResult
    package func send(_ message: String, priority: Int) -> Bool {
        let facility = 3
        let header = "<\(facility * 8 + min(max(priority, 0), 7))>\(Self.timestamp()) \(tag): "
        let octets = Array(header.utf8) + Self.escaped(message)
        return socket.withLock { socket in
            // A daemon that was started anew has another socket: hence a second try.
            for _ in 0..<2 {
                if socket == nil { socket = try? UnixDatagram(to: path) }
                guard let open = socket else { return false }
                let code = open.send(octets)
                if code == 0 { return true }
                if code == EAGAIN || code == ENOBUFS || code == EMSGSIZE { return false }
                open.close()
                socket = nil
            }
            return false
        }
    }

    /// A control character would end the line and forge another, or do things to a terminal.
    private static func escaped(_ message: String) -> [UInt8] {
        var octets: [UInt8] = []
        for scalar in message.unicodeScalars {
            let part =
                switch scalar.value {
                case 0..<0x20, 0x7F..<0xA0:
                    Array("\\x\(scalar.value < 16 ? "0" : "")\(String(scalar.value, radix: 16))".utf8)
                case 0x2028, 0x2029: Array("\\u\(String(scalar.value, radix: 16))".utf8)
                default: Array(UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
                }
            guard octets.count + part.count <= limit else { break }
            octets += part
        }
        return octets
    }

    /// "Nov  3 16:04:31", local time (RFC 3164 §4.1.2).
    private static func timestamp() -> String {
        var seconds = WallClock.seconds()
        var time = unsafe tm()
        unsafe localtime_r(&seconds, &time)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func padded(_ number: CInt, _ filler: String = "0") -> String { (number < 10 ? filler : "") + "\(number)" }
        let (month, day) = unsafe (Int(time.tm_mon), time.tm_mday)
        let clock = unsafe [time.tm_hour, time.tm_min, time.tm_sec].map { padded($0) }.joined(separator: ":")
        return "\(months.indices.contains(month) ? months[month] : "Jan") \(padded(day, " ")) \(clock)"
    }
}
