import Logging

/// What a script writes to its standard error, line by line into the log: no more than so much of a line, and so many lines.
struct StandardErrors {
    /// Octets of a line that are told.
    static let lineLimit = 1024
    /// Lines of one script's run that are told.
    static let lineCount = 100

    private let name: String
    private let logger: Logger
    private var line: [UInt8] = []
    private var isCut = false
    private var told = 0

    init(of name: String, logger: Logger) {
        self.name = name
        self.logger = logger
    }

    /// Takes what was written.
    mutating func take(_ octets: ArraySlice<UInt8>) {
        var rest = octets
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            keep(rest[..<end])
            endLine()
            rest = rest[(end + 1)...]
        }
        keep(rest)
    }

    /// Nothing more comes.
    mutating func end() {
        if !line.isEmpty { endLine() }
    }

    private mutating func keep(_ part: ArraySlice<UInt8>) {
        let room = Self.lineLimit - line.count
        line += part.prefix(room)
        if part.count > room { isCut = true }
    }

    private mutating func endLine() {
        defer {
            line.removeAll(keepingCapacity: true)
            isCut = false
        }
        guard told <= Self.lineCount else { return }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        told += 1
        guard told <= Self.lineCount else {
            return logger.warning("script \(name): what else it writes to its standard error is dropped")
        }
        logger.warning("script \(name): \(Self.text(line))\(isCut ? "…" : "")")
    }

    /// The line without what could look like another line, or change a terminal.
    static func text(_ line: [UInt8]) -> String {
        let text = String(decoding: line, as: UTF8.self)
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isPlain($0) ? $0 : "?" }))
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: scalar == "\t"
        default: true
        }
    }
}
