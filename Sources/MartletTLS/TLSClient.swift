import CMartletOpenSSL
import CMartletTLS
package import MartletReactor

/// TLS for connections to servers. Can be used from any thread.
@safe
package final class TLSClient: Sendable {
    private let context: SSLContext
    private let verifies: Bool

    /// Settles how servers are spoken to.
    /// - Parameters:
    ///   - authorities: who vouches for servers; nil: nobody has to.
    ///   - credential: what the client shows when it is asked; default nothing.
    ///   - protocols: what it offers by ALPN (RFC 7301); default http/1.1. Empty: no ALPN.
    ///   - settings: as in `TLSConfiguration`.
    package init(
        authorities: [Certificate]?,
        credential: Credential? = nil,
        protocols: [String] = ["http/1.1"],
        settings: [TLSConfiguration.Setting] = []
    ) throws(TLSError) {
        context = try SSLContext(.client)
        verifies = authorities != nil
        try context.setPolicy(minimum: .tls12, for: .client)
        try context.set(settings, for: .client)
        try context.trust(authorities ?? [])
        if let credential { try context.use(credential) }
        let offered = protocols.flatMap { [UInt8(truncatingIfNeeded: $0.utf8.count)] + Array($0.utf8) }
        guard unsafe SSL_CTX_set_alpn_protos(context.pointer, offered, UInt32(offered.count)) == 0 else {
            throw .failure("offer \(protocols)")
        }
        unsafe SSL_CTX_set_verify(context.pointer, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
    }

    /// Protects a connected socket.
    /// - Parameter name: the name or address of the server: asked for (SNI) if a name, and found in its certificate.
    /// - Returns: nil when there is no memory.
    package func protect(_ socket: Socket, to name: String?) -> TLSStream? {
        guard let stream = unsafe TLSStream(socket, .client, context.pointer, context: context) else { return nil }
        return expect(name, stream) ? stream : nil
    }

    /// The same over two BIOs, which it takes over.
    func protect(reading input: OpaquePointer, writing output: OpaquePointer, to name: String?) -> TLSStream? {
        let stream = unsafe TLSStream(reading: input, writing: output, .client, context.pointer, context)
        guard let stream, expect(name, stream) else { return nil }
        return stream
    }

    private func expect(_ name: String?, _ stream: TLSStream) -> Bool {
        guard let name else { return true }
        // Names of addresses are for certificates only (RFC 6066 §3).
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(stream.stream), name) == 1 { return true }
        cmt_clear_errors()
        return unsafe cmt_ask_for(stream.stream, name) == 1 && SSL_set1_host(stream.stream, name) == 1
    }
}
