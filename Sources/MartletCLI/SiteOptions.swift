import ArgumentParser
import MartletService

/// The keys of a `[[site]]` in martlet.toml: those of the command line that can differ between sites, and its names.
struct SiteOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The site's host names, as example.org or *.example.org, any one label. (default: all that no other site has)",
            valueName: "host"
        )
    )
    var hosts: [String] = []

    @OptionGroup
    var serving: ServingOptions

    @OptionGroup
    var proxies: ProxyOptions

    @OptionGroup
    var scripts: ScriptOptions

    @OptionGroup
    var addresses: AddressOptions

    @OptionGroup
    var shares: ShareOptions

    @OptionGroup
    var auth: AuthOptions

    @Option(
        help: ArgumentHelp("The site's certificate and its chain (PEM).", valueName: "file"),
        completion: .file()
    )
    var tlsCert: String?

    @Option(
        help: ArgumentHelp(
            "The certificate's key (PEM). (default: in the certificate's file)",
            valueName: "file"
        ),
        completion: .file()
    )
    var tlsKey: String?
}
