import Glibc
import Martlet
import MartletReactor
import TestSupport
import Testing

/// The names in a directory, but for "." and "..", sorted.
private func names(in path: String) throws -> [String] {
    guard let directory = unsafe opendir(path) else { throw SystemError(operation: "opendir \(path)") }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let octets = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
        names.append(String(decoding: octets, as: UTF8.self))
    }
    return names.filter { $0 != "." && $0 != ".." }.sorted()
}

private let type = "Content-Type: multipart/form-data; boundary=b"

private func file(_ name: String, _ content: String) -> String {
    "--b\r\nContent-Disposition: form-data; name=f; filename=\"\(name)\"\r\n\r\n\(content)\r\n"
}

@Suite("Uploads are saved", .timeLimit(.patient))
struct UploadTests {
    @Test("an upload is a file for the owner alone, which goes unless it is moved")
    func saved() async throws {
        let directory = try TemporaryDirectory()
        let handler = Waiting { request in
            for try await part in try request.multipart() {
                let file = try await part.save(in: directory.path)
                var status = stat()
                try #require(unsafe lstat(file.path, &status) == 0)
                #expect(status.st_mode & 0o7777 == 0o600)
                #expect(status.st_size == file.size)
                try #expect(names(in: directory.path).contains { "\(directory.path)/\($0)" == file.path })
                guard let name = part.filename, name != "drop" else { continue }
                try await file.move(to: directory.path(of: name))
                #expect(file.path == directory.path(of: name))
            }
            return .text("saved")
        }
        try await withServer(handler) { server in
            let content = file("../kept", "1\r\n2") + file("drop", "3") + file("", "") + "--b--"
            try #expect(server.post(type, content: content).text == "saved")
            try await eventually("only what was moved is left") { try names(in: directory.path) == ["kept"] }
            try #expect(contents(ofFile: directory.path(of: "kept")) == "1\r\n2")
        }
    }

    @Test("an upload replaces no file unless told to", .rfc("7578-7-01"))
    func noOverwriting() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("taken", "old")
        let handler = Waiting { request in
            for try await part in try request.multipart() {
                let file = try await part.save(in: directory.path)
                let error = await #expect(throws: SystemError.self) {
                    try await file.move(to: directory.path(of: "taken"))
                }
                #expect(error?.code == EEXIST)
                try #expect(contents(ofFile: directory.path(of: "taken")) == "old")
                try await file.move(to: directory.path(of: "taken"), replacing: true)
            }
            return .text("saved")
        }
        try await withServer(handler) { server in
            try #expect(server.post(type, content: file("taken", "new") + "--b--").text == "saved")
            try #expect(contents(ofFile: directory.path(of: "taken")) == "new")
            try #expect(names(in: directory.path) == ["taken"])
        }
    }

    @Test("nothing is left of an upload whose client went away")
    func cut() async throws {
        let directory = try TemporaryDirectory()
        let ended = Record<Bool>()
        let handler = Waiting { request in
            defer { ended.append(true) }
            for try await part in try request.multipart() { _ = try await part.save(in: directory.path) }
            return .text("saved")
        }
        try await withServer(handler) { server in
            let socket = try server.connect()
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n\(type)\r\nContent-Length: 1000\r\n\r\n" + file("a", "x"))
            try await eventually("the file is begun") { try names(in: directory.path).count == 1 }
            socket.reset()
            try await eventually("the handler has ended") { !ended.all.isEmpty }
            try await eventually("the file is gone") { try names(in: directory.path) == [] }
        }
    }

    @Test("a folder that is not there is an error of the server's own")
    func noFolder() async throws {
        let directory = try TemporaryDirectory()
        let handler = Waiting { request in
            for try await part in try request.multipart() {
                _ = try await part.save(in: directory.path(of: "none"))
            }
            return .text("saved")
        }
        try await withServer(handler) { server in
            try #expect(server.post(type, content: file("a", "x") + "--b--").status == 500)
            #expect(server.log.contains("No such file or directory"))
        }
    }

    @Test("64 MiB pass through in chunks of a receive buffer, and onto the disk whole")
    func large() async throws {
        let directory = try TemporaryDirectory()
        let size = 64 << 20
        let handler = Waiting { request in
            var sizes: [Int] = []
            for try await part in try request.multipart() {
                if part.name == "f" {
                    sizes.append(try await part.save(in: directory.path).size)
                } else {
                    var sum = 0
                    var largest = 0
                    for try await chunk in part.content {
                        sum += chunk.count
                        largest = max(largest, chunk.count)
                    }
                    #expect(largest <= 64 << 10)
                    sizes.append(sum)
                }
            }
            return .text("\(sizes)")
        }
        let configure = { (configuration: inout ServerConfiguration) in configuration.limits.body = 1 << 30 }
        try await withServer(handler, configure: configure) { server in
            let socket = try server.connect()
            let head = "--b\r\nContent-Disposition: form-data; name=s; filename=x\r\n\r\n"
            let middle = "\r\n" + "--b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n"
            let end = "\r\n--b--"
            let total = head.utf8.count + middle.utf8.count + end.utf8.count + size + (16 << 20)
            try socket.send("POST / HTTP/1.1\r\nHost: a\r\n\(type)\r\nContent-Length: \(total)\r\n\r\n")
            // Lines, so that each might end in a boundary.
            let block = Array(
                String(repeating: "some octets of a file\r\n-", count: (1 << 20) / 24 + 1).utf8.prefix(1 << 20)
            )
            for (prefix, blocks) in [(head, 16), (middle, 64)] {
                try socket.send(prefix)
                for _ in 0..<blocks { try socket.send(block) }
            }
            try socket.send(end)
            try socket.expect(ok("[\(16 << 20), \(size)]"))
            try await eventually("nothing is left") { try names(in: directory.path) == [] }
        }
    }
}
