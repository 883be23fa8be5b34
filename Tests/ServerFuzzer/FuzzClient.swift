import CMartlet
import Glibc
import MartletReactor
import TestSupport

/// A client that sends and receives at the same time, so that no two full buffers wait for each other.
final class FuzzClient {
    let socket: TestSocket
    private var received: [UInt8] = []
    private var hasEnded = false
    /// The longest that the server may say nothing and take nothing.
    private static let patience: CInt = 60_000

    init(_ socket: TestSocket) {
        self.socket = socket
    }

    /// Sends all of `octets`, or as much as the server takes before it closes.
    func send(_ octets: ArraySlice<UInt8>) throws {
        var rest = octets
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(socket.fd, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                try receive(or: POLLOUT)
            } else if errno == EPIPE || errno == ECONNRESET {
                return
            } else if errno != EINTR {
                throw SystemError(operation: "send")
            }
        }
    }

    /// The next final answer; nil if the connection ends before it begins.
    func answer(to expected: ExpectedAnswers.Answer) throws -> ReferenceResponse? {
        var mayContinue = false
        if case .handled(let head, _) = expected { mayContinue = head.expectsContinue }
        while true {
            // Content that is missing in the end is right if the server may have read HEAD.
            let method = expected.method ?? (hasEnded && isHeadOnly ? "HEAD" : "")
            switch ReferenceResponse.read(received, to: method) {
            case .complete(let response, _) where response.endsWithConnection && !hasEnded:
                try receive()
            case .complete(let response, let count):
                received.removeFirst(count)
                if response.status >= 200 { return response }
                guard mayContinue, response.status == 100 else { throw FuzzCase.Finding(what: "interim \(response)") }
                mayContinue = false
            case .incomplete:
                if hasEnded {
                    if received.isEmpty { return nil }
                    throw FuzzCase.Finding(what: "the connection ended within an answer: \(text(received))")
                }
                try receive()
            case .doomed(let fault), .refused(let fault):
                throw FuzzCase.Finding(what: "no valid answer (\(fault)): \(text(received))")
            }
        }
    }

    private var isHeadOnly: Bool { received.suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) }

    /// Nothing more may come, and the connection has to end.
    func expectEnd() throws {
        while !hasEnded, received.isEmpty { try receive() }
        guard received.isEmpty else { throw FuzzCase.Finding(what: "one answer too many: \(text(received))") }
    }

    /// Waits for octets, the end, or one of `others`.
    private func receive(or others: Int32 = 0) throws {
        var entry = pollfd(fd: socket.fd, events: Int16(hasEnded ? others : POLLIN | others), revents: 0)
        let count = unsafe poll(&entry, 1, Self.patience)
        if count == 0 { throw FuzzCase.Finding(what: "the server hangs; so far: \(text(received))") }
        guard entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { return }
        var part = [UInt8](repeating: 0, count: 65_536)
        let taken = unsafe recv(socket.fd, &part, part.count, 0)
        if taken > 0 { received += part[..<taken] }
        if taken == 0 || taken < 0 && errno == ECONNRESET { hasEnded = true }
    }
}

/// Octets as a Swift literal would have them.
func text(_ octets: some Sequence<UInt8>) -> String {
    octets.map { octet in
        switch octet {
        case 0x0D: "\\r"
        case 0x0A: "\\n"
        case 0x5C: "\\\\"
        case 0x20..<0x7F: String(UnicodeScalar(octet))
        default: "\\x" + (octet < 16 ? "0" : "") + String(octet, radix: 16)
        }
    }.joined()
}
