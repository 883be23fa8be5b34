import CMartletOpenSSL
import CMartletTLS

/// Why TLS cannot be set up: a file, a certificate or a setting that is not right.
public struct TLSError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong and what to do about it, in a sentence for people.
    public let description: String
    /// What is to be given in addition, if that is all that is wrong.
    package let lack: Lack?

    /// What a program can name its own way to give.
    package enum Lack: Sendable {
        case key, password
    }

    init(_ description: String, lack: Lack? = nil) {
        self.description = description
        self.lack = lack
    }

    /// What was tried, and OpenSSL's words for what went wrong with it. Empties this thread's error queue.
    static func failure(_ operation: String) -> TLSError {
        TLSError("\(operation): \(OpenSSLError.take().last?.text ?? "out of memory")")
    }
}

/// An entry of OpenSSL's error queue, which each thread has one of.
struct OpenSSLError {
    let code: UInt

    /// Which part of OpenSSL it comes from, such as `ERR_LIB_SSL`.
    var library: CInt { ERR_GET_LIB(code) }
    /// What went wrong, by a number of that part's.
    var reason: CInt { ERR_GET_REASON(code) }

    /// OpenSSL's words for it.
    var text: String {
        guard let text = unsafe ERR_reason_error_string(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }

    /// Empties the queue. The cause comes first, what followed from it later.
    static func take() -> [OpenSSLError] {
        var errors: [OpenSSLError] = []
        while case let code = ERR_get_error(), code != 0 { errors.append(OpenSSLError(code: UInt(code))) }
        return errors
    }
}
