import ArgumentParser
import Martlet

/// A path of the server that something else than files answers, with all below it.
struct Mount {
    /// "/api"; "/" for everything.
    let path: String
    /// The option that it was given by, for messages.
    let option: String
    /// What start-up says of it: "/api from http://127.0.0.1:9000"; nil: nothing.
    let told: String?
    let handler: any Handler

    /// The path with a slash at its end.
    var folder: String { path.hasSuffix("/") ? path : "\(path)/" }

    /// Several of them, and what answers all that is below none.
    /// - Throws: when two are the same path.
    static func router(_ mounts: [Mount], else files: (any Handler)?) throws -> Router {
        var given: [String: String] = [:]
        for mount in mounts {
            guard let other = given.updateValue(mount.option, forKey: mount.folder) else { continue }
            let both = other == mount.option ? "\(other) is given twice" : "\(other) and \(mount.option) are both given"
            let remedy = other == "--proxy" ? "; for several servers that take turns: martlet front --to" : ""
            throw ValidationError("\(both) for \(mount.path). Give one\(remedy).")
        }
        do {
            var routes = mounts.map { mount in
                Route("\(mount.folder)**", mount.handler)
            }
            if let files, !mounts.contains(where: { $0.path == "/" }) { routes.append(Route("/**", files)) }
            return try Router { for route in routes { route } }
        } catch {
            throw ValidationError("\(error).")
        }
    }

    /// A path that a mount can have.
    /// - Parameter text: the whole of what was given to `option`.
    static func path(_ path: String, of option: String, _ text: String) throws -> String {
        guard path.hasPrefix("/"), !path.contains("*"), !path.contains(":") else {
            throw ValidationError("\(option) '\(text)': the path begins with /, and is text without * and :.")
        }
        return path
    }
}
