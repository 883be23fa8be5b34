/// A server that a service manager is to start: what its unit or property list is written from.
///
/// The texts are `serviceUnit`, `socketUnit` and `propertyList`.
package struct Service: Sendable {
    /// Who the server runs as.
    package enum User: Sendable, Equatable {
        /// A user that exists only while it runs (systemd's DynamicUser=).
        case dynamic
        /// An existing user.
        case named(String)
    }

    /// Its name, without ".service".
    package var name: ServerName
    /// What it is, for people.
    package var description: String
    /// The program, as an absolute path.
    package var program: String
    /// The program's arguments.
    package var arguments: [String]
    /// Who it runs as.
    package var user = User.dynamic
    /// Absolute paths of the folders and files it reads: what it serves, its configuration and certificates.
    package var readable: [String] = []
    /// Absolute paths of the folders it writes in, beside those that the manager makes for it.
    package var writable: [String] = []
    /// Whether it binds a port below 1024 itself. Not needed for those in `sockets`.
    package var bindsLowPort = false
    /// What the manager listens at for it, each as ListenStream= has it: "80", "127.0.0.1:8080", "/run/web.sock".
    package var sockets: [String] = []
    /// Whether it must not start before the machine has its addresses: for a server bound to one of them.
    package var waitsForAddresses = false
    /// Seconds that a stop may take: more than the server's own deadline for draining.
    package var stopTimeout = 45
    /// Seconds without a sign of life after which the manager starts it anew; 0: it does not watch.
    package var watchdog = 30
    /// Descriptors that it may have open.
    package var descriptors = 524_288

    /// A service with the settings above.
    /// - Throws: when a path is not absolute, or a text has control characters: units are lines.
    package init(
        name: ServerName,
        description: String,
        program: String,
        arguments: [String]
    ) throws(DaemonError) {
        self.name = name
        self.description = description
        self.program = program
        self.arguments = arguments
        try check()
    }

    /// Whether all can be written into a unit. The generators ask this first.
    func check() throws(DaemonError) {
        for path in [program] + readable + writable {
            guard path.hasPrefix("/"), Self.isPlain(path) else {
                throw DaemonError("A unit cannot name \"\(path)\": only absolute paths without control characters.")
            }
        }
        for text in [description] + sockets {
            guard Self.isPlain(text), !text.hasSuffix("\\") else {
                throw DaemonError(
                    "A unit cannot have the line \"\(text)\": no control characters, no \"\\\" at its end."
                )
            }
        }
        if case .named(let user) = user { _ = try ServerName(user) }
        for argument in arguments where argument.utf8.contains(0) {
            throw DaemonError("An argument cannot contain NUL.")
        }
    }

    static func isPlain(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) }
    }
}
