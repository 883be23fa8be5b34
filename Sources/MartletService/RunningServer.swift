import MartletDaemon

/// A server of this user that runs in the background, as it tells of itself.
package struct RunningServer {
    package let name: String
    /// What works, the best first.
    package let urls: [String]
    /// Files for which it takes signed URLs.
    package let shared: [SharedFolder]

    /// All that run, by name.
    /// - Throws: `Problem` where the folder of PID files is not to be trusted.
    package static func all() throws -> [RunningServer] {
        let folder = RunFolder()
        let names: [ServerName]
        do {
            names = try folder.names()
        } catch {
            throw Problem("\(error)")
        }
        return try names.compactMap { name in
            let server = try NamedServer(name.description, in: folder)
            guard case .running = try server.condition(), let state = server.state(), !state.isDraining else {
                return nil
            }
            return RunningServer(name: name.description, urls: state.urls, shared: state.shared)
        }
    }
}
