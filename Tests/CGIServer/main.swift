import Glibc
import Martlet
import MartletCGI

// Serves the scripts of a folder: `CGIServer FOLDER [PROCESSES]`. Says where, and stops by a signal. A process of its own,
// so that tests can count what it has open, and what it has started.

await Server.main {
    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: 0)]
    configuration.threads = 2
    configuration.limits.body = 256 << 20
    var options = CGIOptions()
    options.timeout = .seconds(20)
    options.queueTimeout = .seconds(60)
    options.queue = 1000
    options.processes = Int(try Server.argument(2, default: UInt16(8)))
    let handler = try Router { Route("/**", try CGI(CommandLine.arguments[1], options: options)) }
    let server = Server(configuration: configuration, handler: handler)
    server.stopOnSignals()
    try server.start()
    print(server.addresses[0])
    fflush(nil)

    await server.waitUntilStopped()
}
