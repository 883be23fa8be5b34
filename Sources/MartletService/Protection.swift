#if TLS
    import CMartlet
    import Glibc
    import Martlet
    import MartletReactor
    import MartletTLS

    /// TLS as the command line wants it: the certificates of a server, kept up to date while it runs.
    ///
    /// Files are read on a thread of its own: a disk may be slow.
    final class Protection: Sendable {
        let server: TLSServer
        /// The local CA's certificates; nil where there are files.
        let local: LocalCertificates?
        private let settings: TLSSettings
        /// Readable when nobody needs the certificates any more.
        private let wake: CInt

        /// Files are looked at so often; it is how soon a renewed certificate is in use.
        private static let interval: CInt = 5000

        /// Reads the certificates, or has the local CA make one.
        /// - Parameter addresses: where the server is to listen.
        init(_ settings: TLSSettings, addresses: [SocketAddress]) throws {
            self.settings = settings
            do {
                local = settings.certificateFiles.isEmpty ? try Self.local(settings, addresses) : nil
                server = try TLSServer(settings.configuration(source: local))
            } catch let error as TLSError {
                throw Problem(Self.words(error))
            }
            wake = cm_eventfd()
            guard wake >= 0 else { throw Problem("\(SystemError(operation: "eventfd"))") }
            try checkStrictTransport()
        }

        deinit {
            close(wake)
        }

        /// With the flag that gives what is missing.
        private static func words(_ error: TLSError) -> String {
            switch error.lack {
            case .key: "\(error) Its flag is --tls-key."
            case .password: "\(error) Its flag is --tls-password-file."
            case nil: "\(error)"
            }
        }

        private static func local(_ settings: TLSSettings, _ addresses: [SocketAddress]) throws -> LocalCertificates {
            guard let folder = settings.authorityFolder ?? LocalAuthority.defaultFolder else {
                throw Problem("there is no home directory for the local CA. Give a folder: --ca-dir FOLDER")
            }
            return try LocalCertificates(of: try LocalAuthority.open(folder), addresses: addresses)
        }

        /// HSTS counts for all ports of a host: on the names of one's own machine it would break what else is served there.
        private func checkStrictTransport() throws {
            guard settings.hstsAge != nil else { return }
            let names = server.credentials.flatMap(\.leaf.names)
            let local = names.first { name in
                name.hasPrefix("IP:") || name == "DNS:localhost" || name.hasSuffix(".localhost")
            }
            guard local == nil, !names.isEmpty else {
                throw Problem(
                    "--hsts is for public names alone, and the certificate is for \(local?.split(separator: ":", maxSplits: 1).last ?? "none"): "
                        + "it would bind every port of that host to https. Leave it out."
                )
            }
        }

        /// What a server's configuration needs.
        func apply(to configuration: inout ServerConfiguration) {
            configuration.security = server
            if let age = settings.hstsAge { configuration.fields[.strictTransportSecurity] = "max-age=\(age)" }
        }

        /// Tells what is likely to be wrong.
        func warn() {
            for warning in server.warnings { Messages.complain("warning: \(Banner.printable(warning))") }
            guard let omitted = local?.omitted, !omitted.isEmpty else { return }
            let names = omitted.map { $0.split(separator: ":", maxSplits: 1).last ?? "" }.joined(separator: ", ")
            Messages.complain(
                "the local CA vouches for names of this machine and private addresses alone, not for \(names): "
                    + "clients will refuse the certificate there."
            )
        }

        // MARK: Keeping up to date

        /// Starts the thread that looks after the certificates, until `end`.
        func keep() throws {
            do throws(SystemError) {
                let thread = try Thread(name: "martlet-tls") { [self] in
                    while true {
                        var entry = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
                        guard unsafe poll(&entry, 1, Self.interval) <= 0 else { return }
                        update()
                    }
                }
                thread.detach()
            } catch {
                throw Problem("\(error)")
            }
        }

        /// Ends the thread. From any thread.
        func end() {
            var one: UInt64 = 1
            _ = unsafe write(wake, &one, MemoryLayout<UInt64>.size)
        }

        private func update() {
            do throws(TLSError) {
                let isRenewed = try local?.renew() ?? false
                if isRenewed {
                    try server.reload()
                } else if try !server.reloadIfChanged() {
                    try server.refresh()
                    return
                }
                let until = server.credentials.map { Messages.day($0.leaf.notAfter) }.joined(separator: ", ")
                let what = isRenewed ? "the local CA made a new certificate" : "the certificates were read again"
                Messages.complain("\(what); valid until \(until).")
                warn()
            } catch {
                Messages.complain("the certificates stay as they were: \(Banner.printable(Self.words(error)))")
            }
        }
    }

    extension TLSSettings {
        /// As the library has it.
        fileprivate func configuration(source: LocalCertificates?) -> TLSConfiguration {
            var configuration = TLSConfiguration(
                certificates: certificateFiles.indices.map { index in
                    TLSConfiguration.CertificateFiles(
                        chain: certificateFiles[index],
                        key: keyFiles.isEmpty ? nil : keyFiles[index],
                        passwordFile: passwordFile
                    )
                },
                minimumVersion: minimum == .tls13 ? .tls13 : .tls12,
                strictSNI: isStrict,
                clientCA: clientAuthorities,
                settings: commands.map { TLSConfiguration.Setting($0.name, $0.value) },
                keyLog: keyLogFile
            )
            if clientAuthorities != nil {
                configuration.clientAuthentication = clientAuthentication == .request ? .request : .require
            }
            configuration.source = source
            return configuration
        }
    }
#endif
