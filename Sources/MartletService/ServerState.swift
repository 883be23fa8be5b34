import Glibc
import Martlet

/// What a background server tells about itself in a file, besides its process id: only what is shown, never what is done.
/// A server that was taken over can write there what it likes.
///
/// The file is overwritten in place, through a descriptor that is open from the start: a server that has given up its
/// rights could not put another file in its folder.
package struct ServerState: Equatable, Sendable {
    /// The program's version.
    package var version = Release.version
    /// What it does: "serves /srv".
    package var title = ""
    /// What works.
    package var urls: [String] = []
    /// Where its health and metrics are told; empty: nowhere.
    package var admin = ""
    /// Files for which it takes signed URLs.
    package var shared: [SharedFolder] = []
    /// When it began, in seconds since 1970.
    package var started = 0
    /// Where its messages go.
    package var log = ""
    /// How often it was asked to read its configuration anew.
    package var reloads = 0
    /// Why the last time failed; empty when it did not.
    package var failure = ""
    /// It lets nobody in any more.
    package var isDraining = false

    package init() {}

    private static let longest = 256 * 1024

    /// Reads an open file; nil when there is no whole state in it.
    package init?(reading fd: CInt) {
        for _ in 0..<50 {
            var octets = [UInt8](repeating: 0, count: Self.longest)
            let count = unsafe pread(fd, &octets, octets.count, 0)
            guard count >= 0 else { return nil }
            if let state = ServerState(octets[..<count]) {
                self = state
                return
            }
            usleep(2000)
        }
        return nil
    }

    init?(_ octets: ArraySlice<UInt8>) {
        guard let lines = RecordLines(octets) else { return nil }
        for (word, value) in lines.lines {
            switch word {
            case "version": version = value
            case "title": title = value
            case "url": urls.append(value)
            case "admin": admin = value
            case "shared": SharedFolder(value).map { shared.append($0) }
            case "started": started = Int(UInt32(value) ?? 0)
            case "log": log = value
            case "reloads": reloads = Int(UInt32(value) ?? 0)
            case "failure": failure = value
            case "draining": isDraining = value == "1"
            // A later version may tell more.
            default: break
            }
        }
    }

    var octets: [UInt8] {
        let lines: [(word: String, value: String)] = [
            ("version", version), ("title", title), ("started", "\(started)"), ("log", log), ("reloads", "\(reloads)"),
            ("failure", failure), ("admin", admin), ("draining", isDraining ? "1" : "0"),
        ]
        return RecordLines(lines + urls.map { ("url", $0) } + shared.map { ("shared", $0.description) }).octets
    }

    /// Writes it to an open file.
    package func write(to fd: CInt) {
        // A shorter state over a longer one: the old end goes first, so that no reader takes a mixture for whole.
        let octets = octets
        _ = ftruncate(fd, 0)
        _ = unsafe octets.withUnsafeBytes { unsafe pwrite(fd, $0.baseAddress, $0.count, 0) }
    }
}
