/// The place of an entry in the order of a listing: what a page begins after.
///
/// Pages are found by key and not by number, so that an entry that comes or goes between two requests neither hides nor
/// repeats another one, and so that finding a page needs no more memory than a page (see `PageSelection`).
///
/// As text a key is `d` for a directory and `f` for anything else, the size or time as a decimal number (`0` in the
/// order of names), a dot, and the name: `f1024.report.txt`.
public struct ListingKey: Sendable, Hashable {
    let isDirectory: Bool
    let value: Int
    let name: [UInt8]

    /// The key of an entry in the given order.
    public init(_ entry: DirectoryEntry, in order: ListingOrder) {
        isDirectory = entry.kind == .directory
        name = entry.name
        value = Self.value(of: entry, in: order)
    }

    /// What is compared before the names.
    static func value(of entry: DirectoryEntry, in order: ListingOrder) -> Int {
        switch order.property {
        case .name: 0
        case .size: entry.kind == .file ? entry.size : 0
        case .date: entry.modified
        }
    }

    /// Reads the text of a key, percent-decoded.
    ///
    /// - Returns: `nil` for what `append(to:)` does not write.
    public init?(text: some Collection<UInt8>) {
        guard let letter = text.first, letter == UInt8(ascii: "d") || letter == UInt8(ascii: "f"),
            let dot = text.firstIndex(of: UInt8(ascii: ".")),
            let value = Int(String(decoding: text[..<dot].dropFirst(), as: UTF8.self))
        else {
            return nil
        }
        isDirectory = letter == UInt8(ascii: "d")
        self.value = value
        name = Array(text[dot...].dropFirst())
    }

    /// Appends the text of the key, not percent-encoded.
    public func append(to bytes: inout [UInt8]) {
        bytes.append(isDirectory ? UInt8(ascii: "d") : UInt8(ascii: "f"))
        bytes.append(contentsOf: String(value).utf8)
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: name)
    }
}
