import Glibc
import MartletReactor

/// A `martlet.toml`: each option by its long name as a key, and a table for each site.
struct ConfigurationFile {
    /// What is written at one place.
    enum Value: Equatable {
        case isSet(Bool)
        case text(String)
        case texts([String])
        /// What no option takes, in words.
        case other(String)
    }

    struct Entry: Equatable {
        let key: String
        let value: Value
        let line: Int
    }

    struct Site: Equatable {
        let line: Int
        let entries: [Entry]
    }

    /// As it was given.
    let name: String
    /// Where it is: its relative paths begin there.
    let folder: String
    let entries: [Entry]
    let sites: [Site]

    /// The largest file that is read, in octets.
    static let limit = 1 << 20

    /// - Throws: `Problem` for one that cannot be read or is no TOML.
    init(path: String) throws {
        name = path
        folder = Self.folder(of: path)
        #if TOML
            let text = try Self.read(path)
            do throws(TOMLDocument.Failure) {
                (entries, sites) = Self.contents(try TOMLDocument(text))
            } catch {
                throw Problem("\(path):\(error.line):\(error.column): \(error.message).")
            }
        #else
            throw Problem(
                "this martlet was built without TOML and reads no files of settings. Build it with toml++ (libtomlplusplus-dev) and the package's trait TOML."
            )
        #endif
    }

    private static func folder(of path: String) -> String {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        guard let resolved = unsafe realpath(folder, nil) else { return folder }
        defer { unsafe free(resolved) }
        return unsafe String(validatingCString: resolved) ?? folder
    }

    // MARK: As settings

    /// What the file, or one site of it, says of a command's options.
    /// - Parameter unknown: what to say of a key that is none of them.
    func settings(
        _ entries: [Entry],
        for options: [OptionInfo],
        unknown: (String) -> String
    ) throws -> [Setting] {
        try entries.map { entry in
            guard let option = options.first(where: { $0.name == entry.key }) else {
                throw Problem("\(name):\(entry.line): \(unknown(entry.key))")
            }
            return try setting(entry, option)
        }
    }

    private func setting(_ entry: Entry, _ option: OptionInfo) throws -> Setting {
        let value: Setting.Value? =
            switch entry.value {
            case .isSet(let isSet): option.isFlag ? .isSet(isSet) : nil
            case .text(let text): option.isFlag ? nil : .texts([option.path(text, in: folder)])
            case .texts(let texts):
                option.isRepeating && !option.isFlag ? .texts(texts.map { option.path($0, in: folder) }) : nil
            case .other: nil
            }
        guard let value else {
            throw Problem(
                "\(name):\(entry.line): \(entry.key) is \(entry.value.words); it must be \(option.expectedType)."
            )
        }
        return Setting(name: option.name, value: value, origin: .file(name, line: entry.line))
    }
}

extension ConfigurationFile.Value {
    fileprivate var words: String {
        switch self {
        case .isSet(let isSet): "\(isSet)"
        case .text(let text): "'\(Banner.printable(text))'"
        case .texts: "an array"
        case .other(let words): words
        }
    }
}

#if TOML
    extension ConfigurationFile {
        private static func read(_ path: String) throws -> [UInt8] {
            let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
            guard fd >= 0 else { throw unreadable(path) }
            defer { close(fd) }
            var text: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while true {
                let count = unsafe Glibc.read(fd, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw unreadable(path) }
                guard count > 0 else { return text }
                text += buffer[..<count]
                guard text.count <= limit else { throw Problem("\(path) is larger than 1 MiB. Give a smaller one.") }
            }
        }

        private static func unreadable(_ path: String) -> Problem {
            Problem("cannot read '\(path)': \(SystemError.text(of: errno)). Give another file: --config FILE")
        }

        private static func contents(_ document: TOMLDocument) -> (entries: [Entry], sites: [Site]) {
            var entries: [Entry] = []
            var sites: [Site] = []
            for place in document.children(of: 0) {
                let node = document[place]
                let tables = document.children(of: place)
                if node.key == "site", node.kind == .array, tables.allSatisfy({ document[$0].kind == .table }) {
                    sites = tables.map { table in
                        Site(
                            line: document[table].line,
                            entries: document.children(of: table).map { entry(document, $0) }
                        )
                    }
                } else {
                    entries.append(entry(document, place))
                }
            }
            return (entries, sites)
        }

        private static func entry(_ document: TOMLDocument, _ place: Int) -> Entry {
            let node = document[place]
            return Entry(key: node.key, value: value(document, place), line: node.line)
        }

        private static func value(_ document: TOMLDocument, _ place: Int) -> Value {
            let node = document[place]
            switch node.kind {
            case .boolean: return .isSet(node.text == "true")
            case .string, .integer, .float:
                return node.text.utf8.contains(0) ? .other("a text with a NUL in it") : .text(node.text)
            case .date: return .other("a date")
            case .table: return .other("a table")
            case .array:
                var texts: [String] = []
                for element in document.children(of: place) {
                    guard case .text(let text) = value(document, element) else {
                        return .other("an array of something else than texts")
                    }
                    texts.append(text)
                }
                return .texts(texts)
            }
        }
    }
#endif
