import Martlet

/// Greets whoever asks: `hello [PORT [THREADS]]`. Port 8000 and one loop unless told otherwise.
@main
struct Hello {
    static func main() async throws {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt16($0) }
        let server = Server(port: numbers.first ?? 8000, threads: Int(numbers.dropFirst().first ?? 1)) { _ in
            .text("Hello, world!\n")
        }
        try await server.run()
    }
}
