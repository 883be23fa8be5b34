import Martlet
import MartletFiles
import MartletReactor
import TestSupport

/// A server with one loop for the files of a temporary directory, on a free port.
final class FileServer: Sendable {
    let folder: TemporaryDirectory
    let address: SocketAddress
    private let server: Server

    /// Serves `folder`, or another one.
    convenience init(
        _ folder: TemporaryDirectory,
        at root: String? = nil,
        only file: String? = nil,
        options: FilesOptions = FilesOptions()
    ) throws {
        let path = root ?? folder.path
        let files = try file.map { try Files(file: $0, in: path, options: options) } ?? Files(path, options: options)
        try self.init(folder, files)
    }

    init(_ folder: TemporaryDirectory, _ files: Files) throws {
        self.folder = folder
        var configuration = ServerConfiguration()
        configuration.addresses = [.loopback(port: 0)]
        configuration.threads = 1
        server = Server(configuration: configuration, handler: files)
        try server.start()
        address = server.addresses[0]
    }

    /// Serves a folder with these text files in it.
    convenience init(_ files: [String: String], options: FilesOptions = FilesOptions()) throws {
        let folder = try TemporaryDirectory()
        // In order: a sidecar is no older than its original.
        for (name, text) in files.sorted(by: { $0.key < $1.key }) { try folder.write(name, text) }
        try self.init(folder, options: options)
    }

    deinit {
        server.stop(grace: .zero)
        server.join()
    }

    func connect(receiveBuffer: Int? = nil) throws -> TestSocket {
        try TestSocket.connect(to: address, timeout: .seconds(30), receiveBuffer: receiveBuffer)
    }

    /// Sends one request on a connection of its own and takes all that comes back.
    func ask(_ method: String, _ target: String, _ fields: [String] = []) throws -> WireAnswer {
        let socket = try connect()
        try socket.send(Self.head(method, target, fields + ["Connection: close"]))
        guard let answer = WireAnswer(try socket.receiveAll()) else { throw NoAnswer(request: "\(method) \(target)") }
        return answer
    }

    func get(_ target: String, _ fields: String...) throws -> WireAnswer {
        try ask("GET", target, fields)
    }

    func head(_ target: String, _ fields: String...) throws -> WireAnswer {
        try ask("HEAD", target, fields)
    }

    /// The octets of a request without content.
    static func head(_ method: String, _ target: String, _ fields: [String] = []) -> [UInt8] {
        var text = "\(method) \(target) HTTP/1.1\r\nHost: localhost\r\n"
        for field in fields { text += field + "\r\n" }
        return Array((text + "\r\n").utf8)
    }

    struct NoAnswer: Error {
        let request: String
    }
}

/// Octets that tell where they are: no two blocks of 4,096 are alike.
func pattern(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 4096)
    let block = (0..<4096).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 >> 8) }
    var number = 0
    while bytes.count < count {
        let start = bytes.count
        bytes += block
        for shift in 0..<4 { bytes[start + shift] = UInt8(truncatingIfNeeded: number >> (8 * shift)) }
        number += 1
    }
    bytes.removeLast(bytes.count - count)
    return bytes
}
