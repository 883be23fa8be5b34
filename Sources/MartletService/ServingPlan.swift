package import Martlet
import MartletReactor

/// What a command line, the environment and a file say is to be served: made at the start, and anew at each reload.
package struct ServingPlan {
    /// Who answers.
    package var handler: any Handler
    /// All of the server's configuration but where it listens, TLS and the access log.
    package var configuration = ServerConfiguration()
    /// What is done here, for the start-up message: "serves /srv".
    package var title: String
    /// The port given as an operand.
    package var port: UInt16?
    /// The port where none is given.
    package var defaultPort: UInt16 = 8000
    package var listening: ListeningOptions
    package var tls: TLSOptions
    package var logging: LoggingOptions
    package var service: ServiceOptions
    /// Folders and files that requests read: all that the sandbox lets the server see, besides what the options name.
    package var readable: [String] = []
    /// Where the settings are, to be read again.
    package var settingsFolders: [String] = []
    /// Folders that requests write to.
    package var writable: [String] = []
    /// Whether requests make connections to other servers.
    package var connects = false
    /// Whether requests start other programs, which read what the user may read, and connect where they like.
    package var runsPrograms = false
    /// Folders that these programs change, besides those for temporary files.
    package var changeable: [String] = []
    /// Stands before the handler and all that the server answers itself, outermost first.
    package var middleware: [any Middleware] = []
    /// Files that the handler and middleware read again while the server runs.
    package var files: [String] = []
    /// Whether clients send passwords or tokens as they are.
    package var takesSecrets = false
    /// The option that has a secret itself, which no file of settings is to get: "--auth".
    package var secretOption: String?
    /// What the start warns of, in sentences.
    package var warnings: [String] = []
    /// Files for which signed URLs are taken.
    package var shared: [SharedFolder] = []
    /// What start-up says instead of its usual message, given all URLs; on standard output.
    package var announcement: (([String]) -> Void)?
    /// When the server stops by itself; nil: never.
    package var lifetime: Lifetime?

    package init(
        _ handler: any Handler,
        title: String,
        port: UInt16?,
        listening: ListeningOptions,
        tls: TLSOptions,
        logging: LoggingOptions,
        service: ServiceOptions
    ) {
        self.handler = handler
        self.title = title
        self.port = port
        self.listening = listening
        self.tls = tls
        self.logging = logging
        self.service = service
    }

    /// - Throws: what is wrong with the options and can be told without opening anything.
    func check() throws {
        _ = try listening.resolvedThreads()
        if listening.qr, !QRCode.isAvailable { throw Problem(QRCode.missing) }
        _ = try AddressRange.ranges(listening.proxyProtocol, of: "proxy-protocol")
        _ = try tls.resolved()
        _ = try (service.resolvedDelay(), service.resolvedTimeout())
    }
}
