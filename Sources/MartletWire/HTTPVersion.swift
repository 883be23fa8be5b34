/// The version of HTTP that a request speaks (RFC 9112 §2.3).
///
/// HTTP/1.2 to HTTP/1.9 are handled as HTTP/1.1 (RFC 9110 §6.2); every other major version is refused by the parser.
public enum HTTPVersion: UInt8, Sendable, Comparable {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    /// HTTP/1.0: no chunked coding, no `100 (Continue)`, connections close unless asked otherwise.
    case http1_0
    // swift-format-ignore: AlwaysUseLowerCamelCase
    /// HTTP/1.1.
    case http1_1

    /// Orders versions by age: HTTP/1.0 comes before HTTP/1.1.
    public static func < (left: HTTPVersion, right: HTTPVersion) -> Bool {
        left.rawValue < right.rawValue
    }
}
