import CMartlet
import Glibc
import MartletReactor

/// A fresh directory under /tmp, removed with all it holds when the last reference goes.
public final class TemporaryDirectory: Sendable {
    /// Its absolute path, without a slash at the end.
    public let path: String

    /// Makes one that nobody else can enter.
    public init() throws {
        var template = Array("/tmp/martlet-test.XXXXXX".utf8CString)
        guard unsafe mkdtemp(&template) != nil else { throw SystemError(operation: "mkdtemp") }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        Self.remove(Array(path.utf8))
    }

    /// The absolute path of something in it.
    public func path(of name: String) -> String {
        "\(path)/\(name)"
    }

    /// Makes a directory in it, and those that lead to it.
    public func makeDirectory(_ name: String) throws {
        var made = path
        for part in name.split(separator: "/") {
            made += "/\(part)"
            guard unsafe mkdir(made, 0o755) == 0 || errno == EEXIST else {
                throw SystemError(operation: "mkdir \(made)")
            }
        }
    }

    /// Writes a file in it, replacing its contents if it is there, and makes the directories that lead to it.
    /// - Parameter name: its octets as a file name; any but NUL, so that odd names can be tested.
    /// - Returns: its absolute path, as octets without a NUL.
    @discardableResult
    public func write(_ name: [UInt8], _ bytes: some Collection<UInt8>) throws -> [UInt8] {
        let whole = Array(path.utf8) + [UInt8(ascii: "/")] + name
        let text = String(decoding: whole, as: UTF8.self)
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC
        var fd = unsafe whole.terminated { unsafe open($0, flags, 0o644) }
        if fd < 0, errno == ENOENT, let slash = name.lastIndex(of: UInt8(ascii: "/")) {
            try makeDirectory(String(decoding: name[..<slash], as: UTF8.self))
            fd = unsafe whole.terminated { unsafe open($0, flags, 0o644) }
        }
        guard fd >= 0 else { throw SystemError(operation: "create \(text)") }
        defer { close(fd) }
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(fd, $0.baseAddress, $0.count) }
            guard count > 0 else { throw SystemError(operation: "write \(text)") }
            rest = rest.dropFirst(count)
        }
        return whole
    }

    /// Writes a file in it and returns its absolute path.
    @discardableResult
    public func write(_ name: String, _ bytes: some Collection<UInt8>) throws -> String {
        try write(Array(name.utf8), bytes)
        return path(of: name)
    }

    /// Writes a file in it with the UTF-8 of `text` and returns its absolute path.
    @discardableResult
    public func write(_ name: String, _ text: String) throws -> String {
        try write(name, text.utf8)
    }

    /// Depth first, by octets: names in tests need not be UTF-8. Links are removed, not followed.
    private static func remove(_ path: [UInt8]) {
        guard unsafe path.terminated({ unsafe unlink($0) }) != 0 else { return }
        if let directory = unsafe path.terminated({ unsafe opendir($0) }) {
            while let entry = unsafe readdir(directory) {
                let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
                if name != [46], name != [46, 46] { remove(path + [UInt8(ascii: "/")] + name) }
            }
            unsafe closedir(directory)
        }
        _ = unsafe path.terminated { unsafe rmdir($0) }
    }
}

extension [UInt8] {
    /// Calls `body` with the octets as a C string.
    func terminated<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
        let characters = map { CChar(bitPattern: $0) } + [0]
        return unsafe characters.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
    }
}
