import MartletReactor
import TestSupport
import Testing

@Suite("Examples/upload")
struct UploadTests {
    @Test("64 MiB arrive as they were, in little memory, and come back the same")
    func large() throws {
        let folder = try TemporaryDirectory()
        let original = folder.path(of: "original.bin")
        let made = try Example.tool("sh", ["-c", "head -c 67108864 /dev/urandom >\"$0\"", original])
        #expect(made.status == 0)
        let example = try Example("upload", folder.path(of: "kept"))
        let before = try example.peakMemory()
        let answer = try example.curl("/", "-F", "files=@\(original);filename=big one.bin")
        #expect(answer.status == 303)
        #expect(answer["Location"] == "/files/")
        #expect(try example.peakMemory() - before < 16 << 20)
        let sums = try Example.tool("sha256sum", [original, folder.path(of: "kept/big one.bin")]).text
        let hashes = sums.split(separator: "\n").compactMap { $0.split(separator: " ").first }
        try #require(hashes.count == 2)
        #expect(hashes[0] == hashes[1])
        let back = folder.path(of: "back.bin")
        let got = try Example.tool("curl", ["--silent", "--fail", "-o", back, "\(example.url)/files/big%20one.bin"])
        #expect(got.status == 0)
        #expect(try Example.tool("cmp", [original, back]).status == 0)
    }

    @Test("nothing is ever overwritten, and no name leaves the folder or hides")
    func names() throws {
        let folder = try TemporaryDirectory()
        let kept = folder.path(of: "kept")
        let example = try Example("upload", kept)
        for (number, name) in ["a.txt", "a.txt", "../../b.txt", ".hidden", "c|d.tar", "A\u{202E}txt.exe"].enumerated() {
            let file = try folder.write("sent", "content \(number)")
            let answer = try example.curl("/", "-F", "files=@\(file);filename=\"\(name)\"")
            #expect(answer.status == 303, "\(name)")
        }
        let names = try Example.tool("ls", ["-A", "--literal", kept]).text.split(separator: "\n").map(String.init)
        #expect(names.sorted() == ["A_txt.exe", "_hidden", "a (2).txt", "a.txt", "b.txt", "c_d.tar"])
        #expect(try contents(ofFile: "\(kept)/a.txt") == "content 0")
        #expect(try contents(ofFile: "\(kept)/a (2).txt") == "content 1")
        let listing = try example.curl("/files/", "-H", "Accept: application/json").text
        for name in names { #expect(listing.contains("\"\(name)\""), "\(name)") }
    }

    @Test("without a file there is nothing to do", arguments: [["-F", "a=b"], ["-F", "files=;filename=\"\""]])
    func noFile(arguments: [String]) throws {
        let folder = try TemporaryDirectory()
        let example = try Example("upload", folder.path(of: "kept"))
        let result = try Example.tool("curl", ["--silent"] + arguments + [example.url])
        #expect(result.text == "400 Bad Request\nChoose a file first.\n")
    }

    @Test("what is cut off on its way leaves nothing behind")
    func cut() async throws {
        let folder = try TemporaryDirectory()
        let kept = folder.path(of: "kept")
        let example = try Example("upload", kept)
        let port = try #require(UInt16(example.url.split(separator: ":").last ?? ""))
        let client = try TestSocket.connect(to: .loopback(port: port))
        try client.send(
            """
            POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000000\r\n\r\n\
            --x\r\nContent-Disposition: form-data; name="files"; filename="half.txt"\r\n\r\nhalf
            """
        )
        // Only for 30 s: then the server gives up on a client that sends no more.
        try eventuallyAtOnce("the server has begun to save") { try !Self.names(in: kept).isEmpty }
        client.reset()
        try await eventually("the beginning is gone") { try Self.names(in: kept).isEmpty }
    }

    private static func names(in folder: String) throws -> [Substring] {
        try Example.tool("ls", ["-A", folder]).text.split(separator: "\n")
    }

    @Test("a person uploads two files and sees them listed; without JavaScript too")
    func chromium() throws {
        let folder = try TemporaryDirectory()
        let file = try folder.write("photo.jpg", [UInt8](repeating: 7, count: 3_000_000))
        let example = try Example("upload", folder.path(of: "kept"))
        let said = try example.chromium(
            "open=/",
            "choose=#files=\(file)",
            "click=#upload button",
            "see=Saved.",
            "read=document.querySelector('progress').value",
            "click=a[href='/files/']",
            "see=photo.jpg",
            "tab=1",
            "script=off",
            "open=/",
            "choose=#files=\(file)",
            "click=#upload button",
            "see=photo (2).jpg"
        )
        #expect(said == "1\ncomplaints: none\n")
        #expect(try octets(ofFile: folder.path(of: "kept/photo (2).jpg")).count == 3_000_000)
    }
}
