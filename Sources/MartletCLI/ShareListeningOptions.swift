import ArgumentParser
import MartletService

/// Where `martlet share` listens: unlike a server that stays, on every address and the next free port.
struct ShareListeningOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: "The port; 0 takes any free one. (default: 8000, or the next that is free)")
    var port: UInt16?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "An address or host name to listen on, or unix:PATH; can be repeated. (default: every address of this machine)",
            valueName: "address"
        )
    )
    var bind: [String] = []

    /// What happens anyway; taken since a server has it.
    @Flag(help: .hidden)
    var lan = false

    @Flag(help: "Take the next free port when that of --port is in use.")
    var portFallback = false

    @Option(help: ArgumentHelp("Event loops, each a thread. (default: one for each core)", valueName: "n"))
    var threads: Int?

    @Option(
        help: ArgumentHelp(
            "A proxy or range of them, as 10.0.0.0/8, which begins each connection with a PROXY header, v1 or v2; can be repeated. Nobody else is let in then.",
            valueName: "cidr"
        )
    )
    var proxyProtocol: [String] = []

    @Flag(name: [.customShort("o"), .customLong("open")], help: "Open the browser.")
    var opensBrowser = false

    @Flag(help: "Draw the QR code of the URL off a terminal, too.")
    var qr = false

    /// The same as a server has them.
    func resolved() throws -> ListeningOptions {
        var options = try ListeningOptions.parse([])
        options.port = port
        options.bind = bind
        options.lan = lan || bind.isEmpty
        options.portFallback = portFallback || port == nil
        options.threads = threads
        options.proxyProtocol = proxyProtocol
        options.opensBrowser = opensBrowser
        options.qr = qr
        return options
    }
}
