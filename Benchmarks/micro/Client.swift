import Glibc
import Martlet
import MartletReactor

/// A client on one kept connection that waits for its answers, and does next to nothing itself.
final class Client {
    private let socket: Socket
    private var buffer = ReceiveBuffer(capacity: 16_384)

    /// What a server answered.
    struct Answer {
        let head: String
        /// Octets of head and content.
        let count: Int

        /// The value of a field whose name is written so.
        func field(_ name: String) -> String? {
            for line in head.split(separator: "\r\n") where line.hasPrefix("\(name): ") {
                return String(line.dropFirst(name.count + 2))
            }
            return nil
        }
    }

    /// Connects to a port of 127.0.0.1. The socket blocks.
    init(to port: UInt16) throws {
        let fd = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        let code = unsafe SocketAddress.loopback(port: port).withSystemAddress { unsafe connect(fd, $0, $1) }
        guard fd >= 0, code == 0 else { throw Failure("the server cannot be reached") }
        socket = Socket(fd: fd)
        socket.setNoDelay()
    }

    /// Sends a request and says what came.
    func firstAnswer(to request: [UInt8]) throws -> Answer {
        try send(request)
        while true {
            try receive()
            let received = buffer
            let text = String(copying: try UTF8Span(validating: received.bytes))
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let answer = Answer(head: String(text[..<end.upperBound]), count: 0)
            let length = answer.field("Content-Length").flatMap { Int($0) } ?? 0
            let count = answer.head.utf8.count + length
            while buffer.count < count { try receive() }
            buffer.removeAll()
            return Answer(head: answer.head, count: count)
        }
    }

    /// Sends a request; whether an answer of `count` octets came.
    func receives(_ count: Int, for request: [UInt8]) throws -> Bool {
        try send(request)
        while buffer.count < count { try receive() }
        defer { buffer.removeAll() }
        return buffer.count == count
    }

    private func send(_ request: [UInt8]) throws {
        guard socket.send(request.span) == .count(request.count) else { throw Failure("the request cannot be sent") }
    }

    private func receive() throws {
        guard case .count = socket.receive(into: &buffer) else { throw Failure("the connection was closed") }
    }
}
