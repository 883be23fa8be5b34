import ArgumentParser
import Glibc
import Martlet
import MartletFiles
import MartletReactor
import MartletService

#if TLS
    import MartletShare
#endif

/// `martlet share`: a URL that works for a while.
struct ShareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share",
        _superCommandName: "martlet",
        abstract: "Prints a URL for a file or folder that works for a while, and its QR code.",
        discussion: """
            martlet share report.pdf --for 10m --times 1

            Where a server in the background serves the file with --shares, the URL is that one's. Else the file, and \
            nothing else, is served right here, to the whole network unless --bind says otherwise, until the time is over, \
            the uses are, or Ctrl-C.

            A use is an answer with the whole content; parts that the same client asks for later, to resume or to seek, \
            belong to it. A folder's URL is for everything below it.

            For a server that is not in the background here: martlet share /srv/www/a.pdf --url https://example.org/ \
            --served /srv/www, as the user whose server it is.
            """
    )

    @Argument(help: "The file or folder.", completion: .file())
    var path: String

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("How long it works: 90s, 10m, 12h or 30d; a year at most. (default: 1h)", valueName: "time")
    )
    var time: ShareTime?

    @Option(help: ArgumentHelp("How often it works, 1 to 10000. (default: any number of times)", valueName: "n"))
    var times: Int?

    @Option(help: ArgumentHelp("The server in the background. (default: one that serves the file)", valueName: "name"))
    var name: String?

    @Option(help: ArgumentHelp("The URL at which the file's server is found.", valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp(
            "With --url: the folder that is served there. (default: the file's own)",
            valueName: "folder"
        ),
        completion: .directory
    )
    var served: String?

    @Option(
        help: ArgumentHelp(
            "Where the key and the uses of shared URLs are kept, as for the server.",
            valueName: "folder"
        ),
        completion: .directory
    )
    var shareDir: String?

    @Flag(help: "Draw no QR code. (default: on terminals one is drawn)")
    var noQr = false

    @OptionGroup(title: "Where to listen, if no server serves it")
    var listening: ShareListeningOptions

    @OptionGroup(title: "TLS, if no server serves it")
    var tls: TLSOptions

    @OptionGroup(title: "Log, if no server serves it")
    var logging: LoggingOptions

    func validate() throws {
        if listening.qr, noQr { throw ValidationError("--qr and --no-qr are given.") }
        if let times, !(1...10_000 ~= times) { throw ValidationError("--times goes from 1 to 10000, not \(times).") }
        if served != nil, url == nil { throw ValidationError("--served needs --url.") }
        if name != nil, url != nil { throw ValidationError("--name and --url are given: they are two servers.") }
    }

    func run() throws {
        try Problem.told {
            #if TLS
                try Sharing(self).run()
            #else
                throw Problem(ShareOptions.missing)
            #endif
        }
    }
}

/// A time as people write it: 90s, 10m, 12h, 30d.
struct ShareTime: ExpressibleByArgument {
    let seconds: Int

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = argument.last.flatMap({ units[$0] }), let number = Int(argument.dropLast()), number > 0,
            argument.utf8.first.map({ 0x30...0x39 ~= $0 }) ?? false
        else { return nil }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow, seconds <= 366 * 86_400 else { return nil }
        self.seconds = seconds
    }

    init(seconds: Int) {
        self.seconds = seconds
    }

    /// "10 minutes"
    var text: String {
        func told(_ count: Int, _ unit: String) -> String { "\(count) \(unit)\(count == 1 ? "" : "s")" }
        return switch seconds {
        case _ where seconds % 86_400 == 0: told(seconds / 86_400, "day")
        case _ where seconds % 3600 == 0: told(seconds / 3600, "hour")
        case _ where seconds % 60 == 0: told(seconds / 60, "minute")
        default: told(seconds, "second")
        }
    }
}
