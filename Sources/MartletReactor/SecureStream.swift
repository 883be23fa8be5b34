/// A socket's octets under the protection of TLS: what a library of it implements, and a connection uses instead of the
/// bare socket.
///
/// The socket is non-blocking. `wouldBlock` means: nothing more until the socket's next event, of either kind, for each
/// direction of TLS may need the other; then call again, with the same octets or more where some were being sent.
/// Confined to one thread. A base class rather than a protocol, so that a call costs no more than that.
open class SecureStream {
    /// What a step of the handshake came to.
    public enum Handshake: Equatable, Sendable {
        /// Octets can be received and sent.
        case done
        /// It goes on with the next event.
        case wouldBlock
        /// The client speaks HTTP in the clear. None of its octets was taken from the socket.
        case plainHTTP
        /// It has failed, and the peer was told by an alert if it can be.
        case failed(SecurityFailure)
    }

    /// The socket underneath. Who has the stream closes it, by `close`.
    public let socket: Socket

    /// Protects a connected, non-blocking socket.
    public init(_ socket: Socket) {
        self.socket = socket
    }

    /// Goes on with the handshake.
    open func handshake() -> Handshake { .done }

    /// Receives as much as fits behind what the buffer holds, of one record or several. The buffer must have room.
    open func receive(into buffer: inout ReceiveBuffer) -> TransferResult {
        socket.receive(into: &buffer)
    }

    /// True while octets may wait here that no event will tell of: then receive again. After `wouldBlock` too, though
    /// others should have their turn first: the peer has sent much that holds no octets.
    open var mayHoldInput: Bool { false }

    /// Sends `bytes`, or a part of them. After `wouldBlock` the next call must begin with the same octets.
    open func send(_ bytes: Span<UInt8>) -> TransferResult {
        socket.send(bytes)
    }

    /// Tells the peer that nothing more will be sent (close_notify, and a FIN behind it).
    /// - Returns: false when the socket takes no more now: call again at the next event.
    open func finishSending() -> Bool {
        socket.finishSending()
        return true
    }

    /// Makes the coming `close` reset the connection, without a close_notify, so that the peer cannot take a part for the
    /// whole.
    open func resetOnClose() {
        socket.resetOnClose()
    }

    /// Ends the stream, with a close_notify if the socket takes it and none was sent, and closes the socket.
    open func close() {
        socket.close()
    }

    /// What was agreed on, once the handshake is done.
    open var session: SecureSession? { nil }

    /// Whether what vouches for this end, its certificate, is valid for `host`: a name, or an address as in a URL.
    open func covers(_ host: Span<UInt8>) -> Bool { true }

    /// Why a transfer failed with EPROTO, for the log.
    open var failure: SecurityFailure? { nil }
}

/// Why a handshake, or the protection behind it, failed.
public struct SecurityFailure: Equatable, Sendable {
    /// What went wrong and what to do about it, in a sentence for people.
    public var message: String
    /// What kind it is, for counting: short, lower case, such as `unknown_ca`.
    public var kind: String

    /// Makes one.
    public init(_ kind: String, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// What a connection's two ends agreed on in the handshake. Immutable; can be kept.
public final class SecureSession: Sendable {
    /// The protocol, such as `TLSv1.3`.
    public let version: String
    /// The cipher suite, by OpenSSL's name: `TLS_AES_128_GCM_SHA256`.
    public let cipher: String
    /// The name that the client asked for (SNI, RFC 6066 §3), in lower case; nil: none.
    public let serverName: String?
    /// True when an earlier session was resumed.
    public let isResumed: Bool
    /// The certificate of the client; nil when none was asked for or sent.
    public let clientCertificate: ClientCertificate?

    /// Makes one.
    public init(
        version: String,
        cipher: String,
        serverName: String? = nil,
        isResumed: Bool = false,
        clientCertificate: ClientCertificate? = nil
    ) {
        self.version = version
        self.cipher = cipher
        self.serverName = serverName
        self.isResumed = isResumed
        self.clientCertificate = clientCertificate
    }
}

/// Who a client is by its certificate.
public struct ClientCertificate: Equatable, Sendable {
    /// The subject's distinguished name (RFC 4514), such as `CN=Ada,O=Example`.
    public var subject: String
    /// The subject alternative names: `DNS:a.example`, `IP:192.0.2.1`, `email:a@b.example`, `URI:spiffe://a/b`.
    public var names: [String]
    /// SHA-256 of the certificate, 64 lower-case hexadecimal digits.
    public var fingerprint: String
    /// Whether one of the server's client CAs vouches for it. False only with `request`, which lets others in too.
    public var isVerified: Bool

    /// Makes one.
    public init(subject: String, names: [String], fingerprint: String, isVerified: Bool) {
        self.subject = subject
        self.names = names
        self.fingerprint = fingerprint
        self.isVerified = isVerified
    }
}

/// Protects the connections that a server accepts. Can be used from any thread.
public protocol StreamSecurity: Sendable {
    /// Protects a connection just accepted; nil when there is no memory for it.
    func protect(_ socket: Socket) -> SecureStream?
}
