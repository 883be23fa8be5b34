import Glibc
import MartletDaemon
import TestSupport
import Testing

@Suite("The folders of background servers")
struct RunFolderTests {
    @Test(
        "names are letters, digits and a few signs",
        arguments: ["a", "web-1", "A.b_C", String(repeating: "x", count: 64)]
    )
    func names(text: String) throws {
        #expect(try ServerName(text).description == text)
    }

    @Test(
        "names that would leave the folder, hide, or look like a flag are refused",
        arguments: ["", ".", "..", ".web", "-web", "a/b", "../a", "a b", "ä", "a\n", String(repeating: "x", count: 65)]
    )
    func wrongNames(text: String) {
        #expect(throws: DaemonError.self) { try ServerName(text) }
    }

    @Test("a user's are where the XDG specification puts them; relative paths are ignored")
    func places() throws {
        let name = try ServerName("web")
        let all = ["XDG_RUNTIME_DIR": "/r", "XDG_STATE_HOME": "/s", "HOME": "/h", "MARTLET_RUN_FOLDER": "/m"]
        let chosen = RunFolder(environment: all)
        #expect(chosen.pidFile(name) == "/m/web.pid" && chosen.logFile(name) == "/m/web.log")
        #expect(chosen.stateFile(name) == "/m/web.state")
        #expect(chosen.startFile(name) == "/m/web.start")
        let places: [([String: String], UInt32, String, String)] = [
            (all.filter { $0.key != "MARTLET_RUN_FOLDER" }, 0, "/run/martlet", "/var/log/martlet"),
            // $XDG_RUNTIME_DIR goes at logout, under a server that stays.
            (["XDG_RUNTIME_DIR": "/r", "XDG_STATE_HOME": "/s"], 1000, "/s/martlet", "/s/martlet"),
            (["XDG_STATE_HOME": "s", "HOME": "/h"], 1000, "/h/.local/state/martlet", "/h/.local/state/martlet"),
            (["XDG_RUNTIME_DIR": "/r"], 1000, "/tmp/martlet-1000", "/tmp/martlet-1000"),
        ]
        for (environment, user, path, logs) in places {
            let folder = RunFolder(environment: environment, user: user)
            #expect(folder.path == path && folder.logs == logs)
        }
    }

    @Test("a missing folder is made, for nobody else; its servers are found by their PID files")
    func made() throws {
        let temporary = try TemporaryDirectory()
        let folder = RunFolder(environment: ["MARTLET_RUN_FOLDER": temporary.path(of: "a/b/run")], user: 1000)
        #expect(try folder.exists() == false)
        #expect(try folder.names() == [])
        try folder.prepare()
        try folder.prepare()
        var status = stat()
        #expect(unsafe lstat(folder.path, &status) == 0 && status.st_mode & 0o7777 == 0o700)
        for file in ["web.pid", "api.pid", "web.log", ".pid", "a b.pid"] { try temporary.write("a/b/run/\(file)", "") }
        #expect(try folder.names().map(\.description) == ["api", "web"])
    }

    @Test("a folder that others can write in, a link and a file are refused, each with what to do")
    func refused() throws {
        let temporary = try TemporaryDirectory()
        func refusal(_ name: String) -> String {
            let folder = RunFolder(environment: ["MARTLET_RUN_FOLDER": temporary.path(of: name)], user: 1000)
            do throws(DaemonError) { try folder.prepare() } catch { return error.description }
            return ""
        }
        let remedy = "Remove it, or set MARTLET_RUN_FOLDER to a folder of your own."
        try temporary.makeDirectory("open")
        unsafe chmod(temporary.path(of: "open"), 0o1777)
        #expect(
            refusal("open")
                == "\(temporary.path)/open has mode 1777: others may look or write there. Run `chmod 700 \(temporary.path)/open`."
        )
        unsafe symlink(temporary.path, temporary.path(of: "link"))
        #expect(refusal("link") == "\(temporary.path)/link is not a folder, or a symbolic link to one. \(remedy)")
        try temporary.write("file", "")
        #expect(refusal("file") == "\(temporary.path)/file is not a folder, or a symbolic link to one. \(remedy)")
        #expect(refusal("file/below").contains("Not a directory"))
    }

    @Test("another user's folder is refused", .enabled(if: geteuid() == 0, "only root can give a folder away"))
    func othersFolder() throws {
        let temporary = try TemporaryDirectory()
        try temporary.makeDirectory("run")
        unsafe chown(temporary.path(of: "run"), 65_534, 65_534)
        let folder = RunFolder(environment: ["MARTLET_RUN_FOLDER": temporary.path(of: "run")], user: 1000)
        #expect(throws: DaemonError.self) { try folder.names() }
    }
}
