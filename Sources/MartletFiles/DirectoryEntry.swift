/// One name in a directory, as a listing shows it.
public struct DirectoryEntry: Sendable, Hashable {
    /// What a listing tells apart. A symbolic link counts as what it leads to.
    public enum Kind: Sendable {
        /// A regular file.
        case file
        /// A directory.
        case directory
        /// Anything that is not served: a FIFO, a socket, a device, a link that leads nowhere.
        case other
    }

    /// The name as the file system has it: any bytes but NUL and `/`.
    public var name: [UInt8]
    /// What the name stands for.
    public var kind: Kind
    /// The size of a regular file in bytes; not looked at for other kinds.
    public var size: Int
    /// The time of the last change of the content, in seconds since 1970-01-01T00:00:00Z.
    public var modified: Int

    /// Makes an entry.
    public init(name: [UInt8], kind: Kind, size: Int, modified: Int) {
        self.name = name
        self.kind = kind
        self.size = size
        self.modified = modified
    }
}
