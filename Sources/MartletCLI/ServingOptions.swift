import ArgumentParser
import HTTPTypes
import Martlet
import MartletFiles
import MartletReactor
import MartletService
import MartletWire

/// What is served, and with which fields.
struct ServingOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("The folder to serve, as an option. (default: the current folder)", valueName: "folder"),
        completion: .directory
    )
    var directory: String?

    @Option(
        name: [.customShort("H"), .long],
        help: ArgumentHelp("A field for every answer, 'Name: value'; can be repeated.", valueName: "field")
    )
    var header: [String] = []

    @Option(
        help: ArgumentHelp(
            "Seconds that clients may use a file without asking again. (default: they always ask)",
            valueName: "seconds"
        )
    )
    var cache: Int?

    @Flag(help: "Serve and list names that begin with a dot.")
    var hidden = false

    @Flag(help: "Follow symbolic links that leave the folder.")
    var followSymlinks = false

    @Flag(help: "Do not list folders that have no index.html.")
    var noListing = false

    @Flag(
        help:
            "Answer with /index.html where there is no file and a page is wanted: for applications that route in the browser."
    )
    var spa = false

    func resolved() throws -> FilesOptions {
        var options = FilesOptions()
        if let seconds = cache {
            guard seconds >= 0 else { throw ValidationError("--cache takes seconds from 0 up, not \(seconds).") }
            options.freshness = .seconds(seconds)
        }
        options.showsHidden = hidden
        options.followsLinks = followSymlinks
        options.listsFolders = !noListing
        options.fallsBackToIndex = spa
        return options
    }

    func apply(to configuration: inout ServerConfiguration) throws {
        for (name, value) in try fields() {
            if name == .server { configuration.serverName = value } else { configuration.fields.append(name, value) }
        }
    }

    /// The fields for every answer.
    func fields() throws -> [(name: HTTPField.Name, value: String)] {
        try header.map(Self.parse)
    }

    /// Fields that frame the message or that only the server can know.
    private static let own: Set<HTTPField.Name> = [
        .connection, .contentLength, .transferEncoding, .date, .trailer, .upgrade, .contentRange, .contentType,
        .contentEncoding,
    ]

    private static func parse(_ line: String) throws -> (name: HTTPField.Name, value: String) {
        guard let colon = line.firstIndex(of: ":"), let name = HTTPField.Name(String(line[..<colon])) else {
            throw ValidationError("--header '\(line)' is not of the form 'Name: value'.")
        }
        guard !own.contains(name) else { throw ValidationError("--header: \(name) is for the server to set.") }
        let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        guard Fields.isValidValue(String(value)) else {
            throw ValidationError("--header \(name): the value has a control character.")
        }
        return (name, String(value))
    }
}
