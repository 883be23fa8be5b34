package import ArgumentParser
import Martlet
import MartletReactor
import MartletWire

/// Whether and how connections are protected.
package struct TLSOptions: ParsableArguments {
    @Flag(help: "Speak TLS (https), with a certificate of a local CA, which is made at the first time.")
    package var tls = false

    @Option(
        help: ArgumentHelp(
            "A certificate and its chain (PEM), instead of one of the local CA; can be repeated.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var tlsCert: [String] = []

    @Option(
        help: ArgumentHelp(
            "The certificate's key (PEM), one for each, in their order. (default: in the certificate's file)",
            valueName: "file"
        ),
        completion: .file()
    )
    package var tlsKey: [String] = []

    @Option(
        help: ArgumentHelp("A file with the password of the keys, in its first line.", valueName: "file"),
        completion: .file()
    )
    package var tlsPasswordFile: String?

    @Option(help: ArgumentHelp("The oldest version spoken: 1.2 or 1.3. (default: 1.2)", valueName: "version"))
    package var tlsMin: TLSVersion?

    @Flag(help: "Refuse clients that ask for a name that no certificate has, or for none.")
    package var tlsStrictSni = false

    @Option(
        help: ArgumentHelp(
            "A setting of OpenSSL's SSL_CONF_cmd, such as CipherString=HIGH; can be repeated.",
            valueName: "name=value"
        )
    )
    package var tlsConf: [String] = []

    @Option(
        help: ArgumentHelp(
            "Append the secrets of every connection to a file: who has it can read them all. For debugging alone.",
            valueName: "file"
        ),
        completion: .file()
    )
    package var tlsKeylog: String?

    @Option(
        help: ArgumentHelp("CAs whose clients are let in (PEM): asks clients for certificates.", valueName: "file"),
        completion: .file()
    )
    package var clientCa: String?

    @Option(
        help: ArgumentHelp(
            "Whether clients must have a certificate: request or require. (default: require)",
            valueName: "mode"
        )
    )
    package var clientAuth: ClientAuthentication?

    @Option(help: ArgumentHelp("Answer plain HTTP on this port with a redirect to https.", valueName: "port"))
    package var redirectHttp: UInt16?

    @Option(
        help: ArgumentHelp(
            "Tell browsers to use nothing but https for so many seconds (HSTS); only for public names.",
            valueName: "seconds"
        )
    )
    package var hsts: Int?

    @OptionGroup var authority: AuthorityOptions

    package init() {}

    /// Adds a certificate, chosen by the name that a client asks for.
    /// - Parameter key: nil where the certificate's file has it.
    package mutating func add(certificate: String, key: String?) {
        // A key for each, or none: a file that has its own is its key's too.
        if tlsKey.isEmpty { tlsKey = tlsCert }
        tlsCert.append(certificate)
        tlsKey.append(key ?? certificate)
    }

    /// What a program without TLS says of all this.
    package static let missing =
        "this martlet was built without TLS. Build it with OpenSSL's headers (libssl-dev) and the package's trait TLS."
}

/// What `--tls-min` takes.
package enum TLSVersion: String, ExpressibleByArgument, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
}

/// What `--client-auth` takes.
package enum ClientAuthentication: String, ExpressibleByArgument, CaseIterable {
    case request, require
}

/// The options, as they are needed.
package struct TLSSettings: Equatable {
    package var certificateFiles: [String] = []
    package var keyFiles: [String] = []
    package var passwordFile: String?
    package var minimum = TLSVersion.tls12
    package var isStrict = false
    package var commands: [Command] = []
    package var keyLogFile: String?
    package var clientAuthorities: String?
    package var clientAuthentication: ClientAuthentication?
    package var redirectPort: UInt16?
    package var hstsAge: Int?
    package var authorityFolder: String?

    package struct Command: Equatable {
        package let name: String
        package let value: String
    }
}

extension TLSOptions {
    /// - Returns: nil for a server without TLS.
    /// - Throws: `ValidationError` for what does not go together; `Problem` for a program without TLS.
    package func resolved() throws -> TLSSettings? {
        var settings = TLSSettings()
        settings.certificateFiles = tlsCert
        settings.keyFiles = tlsKey
        settings.passwordFile = tlsPasswordFile
        settings.keyLogFile = tlsKeylog
        settings.clientAuthorities = clientCa
        settings.isStrict = tlsStrictSni
        settings.redirectPort = redirectHttp
        settings.hstsAge = hsts
        settings.authorityFolder = authority.caDir
        settings.minimum = tlsMin ?? .tls12
        settings.clientAuthentication = clientAuth
        settings.commands = try tlsConf.map(Self.command)
        let isWanted = tls || !tlsCert.isEmpty
        try settings.check(isWanted: isWanted, hasMinimum: tlsMin != nil)
        guard isWanted else { return nil }
        #if TLS
            return settings
        #else
            throw Problem(Self.missing)
        #endif
    }

    private static func command(_ text: String) throws -> TLSSettings.Command {
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw ValidationError("--tls-conf '\(text)' is not of the form 'Name=value'.")
        }
        return TLSSettings.Command(
            name: String(text[..<equals]),
            value: String(text[text.index(after: equals)...])
        )
    }
}

extension TLSSettings {
    /// What does not go together is refused: a flag that silently does nothing would be taken for protection.
    fileprivate func check(isWanted: Bool, hasMinimum: Bool) throws {
        let needTLS: [(String, Bool)] = [
            ("--tls-key", !keyFiles.isEmpty), ("--tls-password-file", passwordFile != nil), ("--tls-min", hasMinimum),
            ("--tls-strict-sni", isStrict), ("--tls-conf", !commands.isEmpty), ("--tls-keylog", keyLogFile != nil),
            ("--client-ca", clientAuthorities != nil), ("--client-auth", clientAuthentication != nil),
            ("--redirect-http", redirectPort != nil), ("--hsts", hstsAge != nil),
        ]
        if !isWanted, let (flag, _) = needTLS.first(where: \.1) {
            throw ValidationError("\(flag) needs --tls or --tls-cert.")
        }
        if certificateFiles.isEmpty, let (flag, _) = needTLS.prefix(2).first(where: \.1) {
            throw ValidationError("\(flag) needs --tls-cert.")
        }
        if !keyFiles.isEmpty, keyFiles.count != certificateFiles.count {
            throw ValidationError(
                "\(certificateFiles.count) of --tls-cert and \(keyFiles.count) of --tls-key are given: "
                    + "there must be a key for each certificate, or none where the certificate's file has it."
            )
        }
        if clientAuthentication != nil, clientAuthorities == nil {
            throw ValidationError("--client-auth needs --client-ca: the CAs whose clients are let in.")
        }
        guard let hstsAge else { return }
        guard hstsAge >= 0 else { throw ValidationError("--hsts takes seconds from 0 up, not \(hstsAge).") }
        guard !certificateFiles.isEmpty else {
            throw ValidationError(
                "--hsts is not for the local CA: it would bind every port of this host to https. Give --tls-cert."
            )
        }
    }
}
