public import MartletReactor

/// TLS for the connections that a server accepts: certificates read, checked and ready, and exchanged for new ones
/// without dropping a connection. Can be used from any thread.
///
/// Connections keep the certificates they began with; tickets of old ones only cost a full handshake.
public final class TLSServer: StreamSecurity {
    private let configuration: TLSConfiguration
    private let keyLog: KeyLog?
    private let current: Locked<ServerContext>
    /// Held while files are read: one at a time.
    private let files: Locked<Files>

    private struct Files {
        var loaded: LoadedFiles
        /// What they were like before they were read, or refused: the same are not read again.
        var signatures: [FileSignature?]
        var built: Instant
    }

    /// After that long all is built anew, with new keys for tickets: who steals one cannot read what is older.
    public static let lifetime = Duration.seconds(12 * 3600)

    /// Reads and checks the files.
    /// - Throws: `TLSError`, in words for people, when anything cannot be used.
    public init(_ configuration: TLSConfiguration) throws(TLSError) {
        self.configuration = configuration
        keyLog = if let path = configuration.keyLog { try KeyLog(path) } else { nil }
        let signatures = configuration.signatures
        let loaded = try LoadedFiles(configuration)
        current = Locked(try Self.context(of: loaded, configuration, keyLog))
        files = Locked(Files(loaded: loaded, signatures: signatures, built: .now()))
    }

    private static func context(
        of loaded: LoadedFiles,
        _ configuration: TLSConfiguration,
        _ keyLog: KeyLog?
    ) throws(TLSError) -> ServerContext {
        let made = try configuration.source?.certificates() ?? []
        return try ServerContext(
            loaded.credentials + made,
            ServerContext.Options(
                configuration: configuration,
                clientAuthorities: loaded.clientAuthorities,
                keyLog: keyLog
            )
        )
    }

    /// Protects a connection just accepted; nil when there is no memory for it.
    public func protect(_ socket: Socket) -> SecureStream? {
        current.withLock { $0 }.protect(socket)
    }

    /// The certificates in use and their keys; who asks for no name, or one that none stands for, gets the first.
    package var credentials: [Credential] {
        current.withLock { $0 }.credentials
    }

    var context: ServerContext {
        current.withLock { $0 }
    }

    /// What is likely to be wrong with the certificates in use, as of now, though they can be used, in sentences for
    /// people: expiry, missing names, a chain out of order, a key that everybody can read.
    public var warnings: [String] {
        let warnings = files.withLock { $0.loaded }.warnings()
        guard let keyLog = configuration.keyLog else { return warnings }
        return warnings + [
            "The secrets of all connections are written to \(keyLog): whoever reads it reads all of them."
        ]
    }

    /// Reads the files again, for the connections to come.
    /// - Throws: `TLSError`, in words for people; then everything stays as it was.
    public func reload() throws(TLSError) {
        try files.withLock { files throws(TLSError) in try load(&files, configuration.signatures) }
    }

    /// Does so if a file has changed, by its time, size or place on the disk. To be called every few seconds: a few
    /// `stat`s.
    /// - Returns: true when it was so.
    /// - Throws: `TLSError`; not again before something changes once more.
    @discardableResult
    public func reloadIfChanged() throws(TLSError) -> Bool {
        try files.withLock { files throws(TLSError) in
            let signatures = configuration.signatures
            guard signatures != files.signatures else { return false }
            try load(&files, signatures)
            return true
        }
    }

    private func load(_ files: inout Files, _ signatures: [FileSignature?]) throws(TLSError) {
        files.signatures = signatures
        let loaded = try LoadedFiles(configuration)
        try replace(&files, loaded, .now())
    }

    private func replace(_ files: inout Files, _ loaded: LoadedFiles, _ now: Instant) throws(TLSError) {
        let context = try Self.context(of: loaded, configuration, keyLog)
        current.withLock { $0 = context }
        files.loaded = loaded
        files.built = now
    }

    /// Builds all anew, of what was read, when `lifetime` has passed since it was done. To be called now and then.
    /// - Returns: true when it was so.
    /// - Throws: `TLSError`; then everything stays as it was.
    @discardableResult
    public func refresh(at now: Instant = .now()) throws(TLSError) -> Bool {
        try files.withLock { files throws(TLSError) in
            guard now >= files.built + Nanoseconds(Self.lifetime) else { return false }
            try replace(&files, files.loaded, now)
            return true
        }
    }
}
