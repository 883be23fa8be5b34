import CMartletOpenSSL
import CMartletTLS
import MartletReactor

/// The certificates of a server, ready for use. Never changed: what is changed is another one.
@safe
final class ServerContext: Sendable {
    /// Every connection begins with it, and its keys protect all tickets.
    private let first: SSLContext
    /// By name, in lower case; a wildcard by `*.example`.
    private let named: [String: SSLContext]
    /// Those made on first use.
    private let made: Locked<[String: SSLContext]>
    private let options: Options
    let credentials: [Credential]

    /// How many names are kept that a certificate was made for: whoever invents more has all forgotten.
    private static let mostMade = 256

    /// What all certificates share.
    struct Options: Sendable {
        let configuration: TLSConfiguration
        let clientAuthorities: [Certificate]
        let keyLog: KeyLog?
    }

    /// Of several certificates for a name, the first of each kind of key is used.
    init(_ credentials: [Credential], _ options: Options) throws(TLSError) {
        guard let leading = credentials.first else {
            throw TLSError("TLS needs a certificate: name its file and that of its key.")
        }
        self.credentials = credentials
        self.options = options
        made = Locked([:])
        var made: [[Int]: SSLContext] = [:]
        func context(for indices: [Int]) throws(TLSError) -> SSLContext {
            if let known = made[indices] { return known }
            let context = try Self.context(for: indices.map { credentials[$0] }, options)
            made[indices] = context
            return context
        }
        let sameNames = credentials.indices.filter { credentials[$0].leaf.names == leading.leaf.names }
        first = try context(for: Self.oneOfEachKind(sameNames, credentials))
        var named: [String: SSLContext] = [:]
        for name in credentials.flatMap(\.leaf.hostNames) where named[name] == nil {
            let wildcard = name.hasPrefix("*.") ? nil : HostName(name)?.wildcard
            let exact = credentials.indices.filter { credentials[$0].leaf.hostNames.contains(name) }
            let wide = credentials.indices.filter { index in
                wildcard.map { credentials[index].leaf.hostNames.contains($0) } ?? false
            }
            named[name] = try context(for: Self.oneOfEachKind(exact + wide, credentials))
        }
        self.named = named
        unsafe cmt_on_server_name(
            first.pointer,
            { stream, alert, argument in
                guard let stream = unsafe stream, let argument = unsafe argument else { return SSL_TLSEXT_ERR_NOACK }
                let context = unsafe Unmanaged<ServerContext>.fromOpaque(argument).takeUnretainedValue()
                return unsafe context.choose(for: stream, &alert!.pointee)
            },
            // A stream holds on to it for as long as it can call.
            Unmanaged.passUnretained(self).toOpaque()
        )
    }

    private static func oneOfEachKind(_ indices: [Int], _ credentials: [Credential]) -> [Int] {
        var kinds: Set<CInt> = []
        return indices.filter { kinds.insert(credentials[$0].key.type).inserted }
    }

    private static func context(for credentials: [Credential], _ options: Options) throws(TLSError) -> SSLContext {
        let configuration = options.configuration
        let context = try SSLContext(.server)
        try context.setPolicy(minimum: configuration.minimumVersion, for: .server)
        try context.set(configuration.settings, for: .server)
        for credential in credentials { try context.use(credential) }
        unsafe cmt_choose_http1(context.pointer)
        if configuration.clientAuthentication != .none {
            try context.trust(options.clientAuthorities)
            unsafe cmt_ask_for_certificate(context.pointer, configuration.clientAuthentication == .require)
        }
        if let keyLog = options.keyLog {
            guard unsafe cmt_log_keys(context.pointer, keyLog.fd) == 1 else { throw .failure("log keys") }
        }
        return context
    }

    /// Protects a connection just accepted.
    func protect(_ socket: Socket) -> TLSStream? {
        unsafe TLSStream(socket, .server, first.pointer, context: self)
    }

    /// The same over two BIOs, which it takes over.
    func protect(reading input: OpaquePointer, writing output: OpaquePointer) -> TLSStream? {
        unsafe TLSStream(reading: input, writing: output, .server, first.pointer, self)
    }

    // MARK: Server name

    /// Chooses the certificate for the name that a client asks for. Called by OpenSSL within the handshake.
    private func choose(for stream: OpaquePointer, _ alert: inout CInt) -> CInt {
        guard let name = unsafe HostName(askedOf: stream) else {
            let asksForNone = unsafe SSL_get_servername(stream, TLSEXT_NAMETYPE_host_name) == nil
            if asksForNone, !options.configuration.strictSNI { return SSL_TLSEXT_ERR_NOACK }
            alert = asksForNone ? CInt(SSL_AD_UNRECOGNIZED_NAME) : CInt(SSL_AD_ILLEGAL_PARAMETER)
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        guard let chosen = context(for: name) else {
            guard options.configuration.strictSNI else { return SSL_TLSEXT_ERR_OK }
            alert = CInt(SSL_AD_UNRECOGNIZED_NAME)
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        guard chosen !== first else { return SSL_TLSEXT_ERR_OK }
        guard unsafe SSL_set_SSL_CTX(stream, chosen.pointer) != nil else {
            alert = CInt(SSL_AD_INTERNAL_ERROR)
            return SSL_TLSEXT_ERR_ALERT_FATAL
        }
        return SSL_TLSEXT_ERR_OK
    }

    private func context(for name: HostName) -> SSLContext? {
        if let exact = named[name.text] { return exact }
        if let wide = name.wildcard, let context = named[wide] { return context }
        guard let source = options.configuration.source else { return nil }
        if let kept = made.withLock({ $0[name.text] }) { return kept }
        guard let credential = source.certificate(for: name.text),
            let context = try? Self.context(for: [credential], options)
        else { return nil }
        made.withLock { made in
            if made.count >= Self.mostMade { made.removeAll() }
            made[name.text] = context
        }
        return context
    }
}

extension SSLContext {
    /// Lets certificates vouch for the peer's, and tells clients their names.
    func trust(_ authorities: [Certificate]) throws(TLSError) {
        let store = unsafe SSL_CTX_get_cert_store(pointer)
        // An intermediate CA by itself is enough: whoever names it means it.
        _ = unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
        for authority in authorities {
            guard unsafe X509_STORE_add_cert(store, authority.pointer) == 1,
                unsafe SSL_CTX_add_client_CA(pointer, authority.pointer) == 1
            else { throw .failure("trust \(authority.subject)") }
        }
    }
}
