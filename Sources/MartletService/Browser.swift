import Glibc
import MartletReactor

/// Opens pages in the user's browser.
enum Browser {
    /// Starts the desktop's opener and does not wait for it.
    static func open(_ url: String) {
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe [strdup("xdg-open"), strdup(url), nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process = pid_t()
        let code = unsafe posix_spawnp(&process, "xdg-open", nil, nil, &arguments, environ)
        if code != 0 { Messages.complain("no browser could be started: xdg-open: \(SystemError.text(of: code)).") }
    }
}
