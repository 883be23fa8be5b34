/// The form of a request target (RFC 9112 §3.2).
public enum TargetForm: Sendable {
    /// `/path?query`: what clients send to servers.
    case origin
    /// `http://host/path?query`: what clients send to proxies, and servers must take as well.
    case absolute
    /// `host:port`: only with CONNECT.
    case authority
    /// `*`: the server as a whole, only with OPTIONS.
    case asterisk
}
