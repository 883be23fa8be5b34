import Glibc

/// A system call that failed: what was tried, and the `errno` it left.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The value of `errno` (POSIX).
    public let code: CInt
    /// What was tried, in words that fit a message: "bind 127.0.0.1:80".
    public let operation: String

    /// An error with a code given by the caller.
    public init(code: CInt, operation: String) {
        self.code = code
        self.operation = operation
    }

    /// An error with the code that `errno` has now. Call it before anything else can change `errno`.
    public init(operation: String) {
        self.init(code: errno, operation: operation)
    }

    /// The operation and the system's words for the code: "bind 127.0.0.1:80: Permission denied".
    public var description: String {
        "\(operation): \(Self.text(of: code))"
    }

    /// The system's words for a code, as `strerror` gives them.
    public static func text(of code: CInt) -> String {
        unsafe String(cString: strerror(code))
    }
}
