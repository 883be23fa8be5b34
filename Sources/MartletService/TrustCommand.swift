package import ArgumentParser

#if TLS
    import MartletTLS
#endif

/// `martlet trust`: makes browsers and other programs trust the local CA, or no longer. Nothing else ever does.
package struct TrustCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "trust",
        _superCommandName: "martlet",
        abstract: "Makes this machine's programs trust the certificates of --tls.",
        discussion: """
            Looks at the system's own list of CAs and at those of Firefox and Chromium, which keep their own (certutil of \
            libnss3-tools is needed for these). A folder of this name is served by: martlet ./trust
            """,
        subcommands: [Install.self, Uninstall.self, Status.self]
    )

    package init() {}

    struct Install: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds the local CA to every list, and makes the CA if there is none.",
            discussion: "Exit code 0: every program that was found trusts it; 1: not all do."
        )

        @OptionGroup var authority: AuthorityOptions

        func run() throws { try TrustVerb.install.perform(authority) }
    }

    struct Uninstall: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes the local CA out of every list. Its files stay.",
            discussion: "Exit code 0: none has it any more; 1: some still do."
        )

        @OptionGroup var authority: AuthorityOptions

        func run() throws { try TrustVerb.uninstall.perform(authority) }
    }

    struct Status: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tells which lists have the local CA.",
            discussion: "Exit code 0: all that were found; 1: not all, or there is no local CA yet."
        )

        @OptionGroup var authority: AuthorityOptions

        func run() throws { try TrustVerb.status.perform(authority) }
    }
}

/// Where the local CA is.
struct AuthorityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder of the local CA. (default: martlet in the user's data directory)",
            valueName: "folder"
        ),
        completion: .directory
    )
    var caDir: String?

    #if TLS
        /// - Throws: `Problem` where there is none.
        func folder() throws -> String {
            guard let folder = caDir ?? LocalAuthority.defaultFolder else {
                throw Problem("there is no home directory for the local CA. Give a folder: --ca-dir FOLDER")
            }
            return folder
        }
    #endif
}

/// What is done to each trust store.
enum TrustVerb {
    case install, uninstall, status

    /// Does it, and tells of each store what came of it. The process ends with 1 if that is not what was wanted.
    func perform(_ options: AuthorityOptions) throws {
        try Problem.told {
            #if TLS
                guard try Trust(verb: self, options: options).perform() else { throw ExitCode.failure }
            #else
                throw Problem(TLSOptions.missing)
            #endif
        }
    }
}
