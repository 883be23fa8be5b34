import Glibc

extension Server {
    /// Runs a program: all of `main.swift` but its types and functions. What it throws, such as that the port is in use,
    /// ends the process with a line on standard error and exit code 1; an error that leaves `main.swift` by itself is
    /// reported as a crash.
    ///
    /// ```swift
    /// await Server.main {
    ///     let server = Server(port: try Server.argument(1, default: 8000)) { _ in .text("Hello, world!\n") }
    ///     server.stopOnSignals()
    ///     try await server.run()
    /// }
    /// ```
    public static func main(_ program: () async throws -> Void) async {
        do {
            try await program()
        } catch {
            let name = CommandLine.arguments.first?.split(separator: "/").last ?? "server"
            let line = Array("\(name): \(error)\n".utf8)
            _ = unsafe line.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
            exit(1)
        }
    }

    /// A number that is an argument of the program, for programs that have no options.
    /// - Parameters:
    ///   - index: 1 is the first.
    ///   - default: what it is where there are fewer arguments.
    /// - Throws: `ArgumentError` when the argument is no number of this type.
    public static func argument<Number: FixedWidthInteger>(
        _ index: Int,
        default: Number
    ) throws(ArgumentError) -> Number {
        guard CommandLine.arguments.indices.contains(index) else { return `default` }
        guard let number = Number(CommandLine.arguments[index]) else {
            throw ArgumentError(
                description: "'\(CommandLine.arguments[index])' is no number from \(Number.min) to \(Number.max)."
            )
        }
        return number
    }

    /// An argument that is not what it has to be.
    public struct ArgumentError: Error, CustomStringConvertible {
        /// Which one, and what it has to be.
        public let description: String
    }
}
