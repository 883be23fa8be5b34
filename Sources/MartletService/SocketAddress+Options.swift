import ArgumentParser
import MartletReactor

extension SocketAddress {
    /// The Unix socket that `unix:PATH` names; nil for text of another form.
    /// - Parameter option: what stands before the text in an error: "--admin ".
    /// - Throws: `ValidationError` for a path that no socket can have.
    static func unixSocket(_ text: String, of option: String = "") throws -> SocketAddress? {
        guard text.hasPrefix("unix:") else { return nil }
        let path = String(text.dropFirst(5))
        guard 1...longestPath ~= path.utf8.count else {
            throw ValidationError("\(option)\(text): the path of a Unix socket has 1 to \(longestPath) octets.")
        }
        return .unix(path: path)
    }
}
