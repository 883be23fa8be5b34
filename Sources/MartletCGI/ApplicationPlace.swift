import Martlet
public import MartletReactor
import MartletWire

/// A mistake in how an application behind FastCGI or SCGI is named.
public enum ApplicationError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The place, and what is wrong with it.
    case place(String, String)
    /// The folder of the scripts cannot be opened.
    case folder(String, SystemError)
    /// The path of a script, or of a folder as the application sees it, which has to be absolute.
    case path(String)
    /// What cannot be the end of a script's name.
    case suffix(String)

    /// What is wrong, in a sentence.
    public var description: String {
        switch self {
        case .place(let place, let reason): "'\(place)' is no place of an application: \(reason)."
        case .folder(let path, let error): "The folder of the scripts, \(path), cannot be served: \(error)."
        case .path(let path): "'\(path)' is no absolute path."
        case .suffix(let suffix): "'\(suffix)' is no end of a script's name: it begins with a dot, as .php does."
        }
    }
}

/// Where an application listens.
struct ApplicationPlace: Sendable {
    let server: ServerPlace
    /// As it was given.
    let description: String

    /// Reads `unix:/run/app.sock` or `host:port`.
    init(_ text: String) throws(ApplicationError) {
        description = text
        if text.hasPrefix("unix:") {
            guard let socket = ServerPlace(socket: String(text.dropFirst(5))) else {
                throw .place(
                    text,
                    "a Unix socket is unix: and an absolute path of \(SocketAddress.longestPath) octets at most"
                )
            }
            server = socket
            return
        }
        guard let authority = Authority(parsing: text.utf8.span), let port = authority.port, port != 0 else {
            throw .place(text, "it must be unix:/path/of/a/socket or host:port, as in 127.0.0.1:9000")
        }
        server = ServerPlace(host: authority.host, port: port)
    }
}
