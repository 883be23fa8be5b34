import Martlet

/// Greets whoever asks: `hello [PORT [THREADS]]`. Port 8000 and one loop unless told otherwise.
@main
struct Hello {
    static func main() async {
        await Server.main {
            let threads: UInt16 = try Server.argument(2, default: 1)
            let server = Server(port: try Server.argument(1, default: 8000), threads: Int(threads)) { _ in
                .text("Hello, world!\n")
            }
            try await server.run()
        }
    }
}
