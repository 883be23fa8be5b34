import ArgumentParser
import Martlet
import MartletReactor
import MartletWire

/// Whether and how connections are protected.
struct TLSOptions: ParsableArguments {
    @Flag(help: "Speak TLS (https), with a certificate of a local CA, which is made at the first time.")
    var tls = false

    @Option(
        help: ArgumentHelp(
            "A certificate and its chain (PEM), instead of one of the local CA; can be repeated.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsCert: [String] = []

    @Option(
        help: ArgumentHelp(
            "The certificate's key (PEM), one for each, in their order. (default: in the certificate's file)",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsKey: [String] = []

    @Option(
        help: ArgumentHelp("A file with the password of the keys, in its first line.", valueName: "file"),
        completion: .file()
    )
    var tlsPasswordFile: String?

    @Option(help: ArgumentHelp("The oldest version spoken: 1.2 or 1.3. (default: 1.2)", valueName: "version"))
    var tlsMin: TLSVersion?

    @Flag(help: "Refuse clients that ask for a name that no certificate has, or for none.")
    var tlsStrictSni = false

    @Option(
        help: ArgumentHelp(
            "A setting of OpenSSL's SSL_CONF_cmd, such as CipherString=HIGH; can be repeated.",
            valueName: "name=value"
        )
    )
    var tlsConf: [String] = []

    @Option(
        help: ArgumentHelp(
            "Append the secrets of every connection to a file: who has it can read them all. For debugging alone.",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsKeylog: String?

    @Option(
        help: ArgumentHelp("CAs whose clients are let in (PEM): asks clients for certificates.", valueName: "file"),
        completion: .file()
    )
    var clientCa: String?

    @Option(
        help: ArgumentHelp(
            "Whether clients must have a certificate: request or require. (default: require)",
            valueName: "mode"
        )
    )
    var clientAuth: ClientAuthentication?

    @Option(help: ArgumentHelp("Answer plain HTTP on this port with a redirect to https.", valueName: "port"))
    var redirectHttp: UInt16?

    @Option(
        help: ArgumentHelp(
            "Tell browsers to use nothing but https for so many seconds (HSTS); only for public names.",
            valueName: "seconds"
        )
    )
    var hsts: Int?

    @OptionGroup var authority: AuthorityOptions

    /// What a program without TLS says of all this.
    static let missing =
        "this martlet was built without TLS. Build it with OpenSSL's headers (libssl-dev) and the package's trait TLS."
}

/// What `--tls-min` takes.
enum TLSVersion: String, ExpressibleByArgument, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
}

/// What `--client-auth` takes.
enum ClientAuthentication: String, ExpressibleByArgument, CaseIterable {
    case request, require
}

/// The options, with what the environment has in their place.
struct TLSSettings: Equatable {
    var certificateFiles: [String] = []
    var keyFiles: [String] = []
    var passwordFile: String?
    var minimum = TLSVersion.tls12
    var isStrict = false
    var commands: [Command] = []
    var keyLogFile: String?
    var clientAuthorities: String?
    var clientAuthentication: ClientAuthentication?
    var redirectPort: UInt16?
    var hstsAge: Int?
    var authorityFolder: String?

    struct Command: Equatable {
        let name: String
        let value: String
    }
}

extension TLSOptions {
    /// - Returns: nil for a server without TLS.
    /// - Throws: `ValidationError` for what does not go together; `Problem` for a program without TLS.
    func resolved() throws -> TLSSettings? {
        var settings = TLSSettings()
        settings.certificateFiles = list(tlsCert, "TLS_CERT")
        settings.keyFiles = list(tlsKey, "TLS_KEY")
        let isWanted = tls || Environment.isSet(.tls) || !settings.certificateFiles.isEmpty
        settings.passwordFile = tlsPasswordFile ?? Environment["TLS_PASSWORD_FILE"]
        settings.keyLogFile = tlsKeylog ?? Environment["TLS_KEYLOG"]
        settings.clientAuthorities = clientCa ?? Environment["CLIENT_CA"]
        settings.isStrict = tlsStrictSni || Environment.isSet(.tlsStrictSNI)
        settings.redirectPort = try redirectHttp ?? Environment.value("REDIRECT_HTTP", "a port from 0 to 65535")
        settings.hstsAge = try hsts ?? Environment.value("HSTS", "a number of seconds")
        settings.authorityFolder = authority.caDir ?? Environment["CA_DIR"]
        let minimum = try tlsMin ?? choice("TLS_MIN")
        settings.minimum = minimum ?? .tls12
        settings.clientAuthentication = try clientAuth ?? choice("CLIENT_AUTH")
        settings.commands = try list(tlsConf, "TLS_CONF").map(Self.command)
        try settings.check(isWanted: isWanted, hasMinimum: minimum != nil, hasFolder: authority.caDir != nil)
        guard isWanted else { return nil }
        #if TLS
            return settings
        #else
            throw Problem(Self.missing)
        #endif
    }

    private func list(_ options: [String], _ variable: String) -> [String] {
        options.isEmpty ? Environment[variable].map { [$0] } ?? [] : options
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(_ variable: String) throws -> Choice? {
        guard let text = Environment[variable] else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let choices = Choice.allCases.map(\.rawValue).joined(separator: " or ")
            throw ValidationError("The environment's MARTLET_\(variable) is '\(text)'; it must be \(choices).")
        }
        return choice
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
    fileprivate func check(isWanted: Bool, hasMinimum: Bool, hasFolder: Bool) throws {
        let needTLS: [(String, Bool)] = [
            ("--tls-key", !keyFiles.isEmpty), ("--tls-password-file", passwordFile != nil), ("--tls-min", hasMinimum),
            ("--tls-strict-sni", isStrict), ("--tls-conf", !commands.isEmpty), ("--tls-keylog", keyLogFile != nil),
            ("--client-ca", clientAuthorities != nil), ("--client-auth", clientAuthentication != nil),
            ("--redirect-http", redirectPort != nil), ("--hsts", hstsAge != nil), ("--ca-dir", hasFolder),
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
