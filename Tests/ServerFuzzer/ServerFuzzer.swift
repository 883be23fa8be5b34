import Glibc
import Logging
import Martlet
import MartletReactor
import Synchronization
import TestSupport

// Sends made requests to a server in a child process and checks every answer.
//
//   ServerFuzzer [--seconds 60] [--seed N] [--only CASE] [--corpus FOLDER]
//
// A failure prints its seed, its number and the octets; `--seed N --only CASE` plays it again.

/// What the command line asks for.
struct FuzzOptions {
    var seconds = 60
    var seed = UInt64(Instant.now().nanoseconds) % 1_000_000_007
    var only: Int?
    var corpus: String?

    init(_ arguments: [String]) {
        var rest = arguments[...]
        while let name = rest.popFirst(), let value = rest.popFirst() {
            switch name {
            case "--seconds": seconds = Int(value) ?? seconds
            case "--seed": seed = UInt64(value) ?? seed
            case "--only": only = Int(value)
            case "--corpus": corpus = value
            default: break
            }
        }
    }
}

@main enum ServerFuzzer {
    static func main() async throws {
        if CommandLine.arguments.dropFirst().first == "--serve" { return try await serve() }
        // Not from within: `exit` would leave the server behind.
        guard try fuzz(FuzzOptions(Array(CommandLine.arguments.dropFirst()))) else { exit(1) }
    }

    private static func fuzz(_ options: FuzzOptions) throws -> Bool {
        let child = try ChildProcess("/proc/self/exe", arguments: ["--serve"])
        guard let line = try child.readLine(), let port = UInt16(line) else {
            print("the server does not start")
            return false
        }
        let run = FuzzRun(options, .loopback(port: port), corpus: try options.corpus.map(readCorpus) ?? [])
        return try run.go(server: child.process)
    }

    private static func serve() async throws {
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 2
        configuration.logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }  // Nobody reads it.
        let server = Server(configuration: configuration, handler: FuzzedHandler())
        server.stopOnSignals()
        try server.start()
        if let port = server.addresses.first?.port { print(port) }
        fflush(nil)
        await server.waitUntilStopped()
    }

    /// The files of a folder, by name.
    private static func readCorpus(_ folder: String) throws -> [[UInt8]] {
        guard let directory = unsafe opendir(folder) else { throw SystemError(operation: "open \(folder)") }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return try names.sorted().map { try octets(ofFile: "\(folder)/\($0)") }
    }
}

/// Plays cases on a few threads until the time is over or one fails.
final class FuzzRun: Sendable {
    private static let clients = 4

    private let options: FuzzOptions
    private let address: SocketAddress
    private let corpus: [[UInt8]]
    private let next = Atomic<Int>(0)
    private let failures = Atomic<Int>(0)

    init(_ options: FuzzOptions, _ address: SocketAddress, corpus: [[UInt8]]) {
        self.options = options
        self.address = address
        self.corpus = corpus
    }

    /// - Returns: whether every case held, the server lives, and gave its descriptors back.
    func go(server: CInt) throws -> Bool {
        print("seed \(options.seed)")
        if let only = options.only { return play(only) }
        _ = play(0)  // What the first connection brings with it stays.
        let before = try openDescriptorCount(of: server)
        let start = Instant.now()
        let end = start + Nanoseconds(.seconds(options.seconds))
        let threads = try (0..<Self.clients).map { number in
            try Thread(name: "client \(number)") { [self] in
                while Instant.now() < end, failures.load(ordering: .relaxed) < 3 {
                    _ = play(next.wrappingAdd(1, ordering: .relaxed).newValue)
                }
            }
        }
        for thread in threads { thread.join() }
        let memory = try residentBytes(of: server)
        let elapsed = (Instant.now().nanoseconds - start.nanoseconds) / 1_000_000_000
        print("\(next.load(ordering: .relaxed)) connections in \(elapsed) s; server at \(memory >> 20) MiB")
        guard failures.load(ordering: .relaxed) == 0 else { return false }
        // Lingering connections need their while.
        let patience = Instant.now() + Nanoseconds(.seconds(40))
        while try openDescriptorCount(of: server) > before {
            guard Instant.now() < patience else {
                print("descriptors: \(before) before, \(try openDescriptorCount(of: server)) after")
                return false
            }
            usleep(10_000)
        }
        guard memory < 256 << 20 else {
            print("the server has grown")
            return false
        }
        return true
    }

    /// Plays the case with this number; whether it held.
    private func play(_ number: Int) -> Bool {
        let seed = options.seed &* 0x1_0000_0001 &+ UInt64(number)
        var maker = RequestMaker(seed: seed, damage: 8)
        // First the corpus as it is, then mostly new streams.
        let octets: [UInt8]
        if number < corpus.count {
            octets = corpus[number]
        } else if !corpus.isEmpty, maker.random.chance(8) {
            octets = maker.damaged(maker.random.pick(corpus))
        } else {
            octets = maker.stream()
        }
        let fuzzCase = FuzzCase(octets, random: &maker.random)
        do {
            try fuzzCase.run(against: address)
            return true
        } catch {
            let what = (error as? FuzzCase.Finding)?.what ?? "\(error)"
            _ = failures.wrappingAdd(1, ordering: .relaxed)
            print(
                """
                FAILED: --seed \(options.seed) --only \(number)
                  \(what)
                  sent: \(text(octets))
                  cut at \(fuzzCase.cuts), \(fuzzCase.pause) us apart\(fuzzCase.finishes ? ", then finished" : "")
                """
            )
            fflush(nil)
            return false
        }
    }
}
