import Glibc
import MartletReactor
import MartletWire
import TestSupport
import Testing

/// The octets as text, with an asterisk in the place of each valid Date (RFC 9110 §5.6.7).
func masked(_ bytes: [UInt8]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    return text.replacing(/Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/, with: "Date: *\r\n")
}

/// A 200 with a text, as `Response.text` makes it, on a connection that stays open unless `connection` says otherwise.
func ok(_ text: String, connection: String? = nil) -> String {
    answer("200 OK", text, connection: connection)
}

/// A plain-text answer as the server writes it; the error page of a status when `text` is what that says.
func answer(_ status: String, _ text: String, connection: String? = nil, error: Bool = false) -> String {
    "HTTP/1.1 \(status)\r\nDate: *\r\nContent-Type: text/plain; charset=utf-8\r\n"
        + (error ? "Vary: Accept\r\nCache-Control: no-store\r\n" : "")
        + "Content-Length: \(text.utf8.count)\r\n" + (connection.map { "Connection: \($0)\r\n" } ?? "") + "\r\n" + text
}

/// A refusal: an error page as text, with `Connection: close`.
func refusal(_ status: String, _ detail: String) -> String {
    answer(status, "\(status)\n\(detail)\n", connection: "close", error: true)
}

extension TestSocket {
    /// Receives as many octets as `expected` stands for and compares, Dates masked. What comes short fails too.
    func expect(_ expected: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let dates = expected.matches(of: /Date: \*\r\n/).count
        let count = expected.utf8.count + dates * ("Sun, 06 Nov 1994 08:49:37 GMT".utf8.count - 1)
        let received = try receiveBestEffort(count)
        #expect(masked(received) == expected, sourceLocation: sourceLocation)
    }

    /// Expects the end of the stream and nothing before it.
    func expectEnd(sourceLocation: SourceLocation = #_sourceLocation) throws {
        try #expect(masked(receiveAll()) == "", sourceLocation: sourceLocation)
    }

    /// Expects that nothing comes for now: the server has not closed and says nothing. It asks the kernel once, so it
    /// is for moments when an answer would be there already.
    var isSilent: Bool {
        var octet: UInt8 = 0
        return unsafe recv(fd, &octet, 1, CInt(MSG_PEEK) | CInt(MSG_DONTWAIT)) < 0 && errno == EAGAIN
    }

    /// True when neither an octet nor the end comes for so many milliseconds.
    func staysSilent(for milliseconds: CInt) -> Bool {
        var entry = pollfd(fd: fd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) == 0
    }

    private func receiveBestEffort(_ count: Int) throws -> [UInt8] {
        var received: [UInt8] = []
        while received.count < count {
            do {
                let bytes = try receive(upTo: count - received.count)
                if bytes.isEmpty { break }
                received += bytes
            } catch let error as SystemError where error.code == ETIMEDOUT {
                break
            }
        }
        return received
    }
}

/// "GET path HTTP/1.1" with a Host and nothing else.
func get(_ path: String = "/", _ fields: String...) -> String {
    "GET \(path) HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
}
