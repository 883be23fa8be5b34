import MartletWire

/// The answer to a handshake's key (RFC 6455 §4.2.2): it shows a client that nobody but a WebSocket server answered.
package enum AcceptKey {
    /// What every server appends to the key before it takes the hash.
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The value of Sec-WebSocket-Accept for the value of Sec-WebSocket-Key.
    package static func value(for key: String) -> String {
        Base64.encode(SHA1.digest(of: Array((key + suffix).utf8)))
    }
}
