import Martlet
import MartletFiles

/// Who answers, and what that takes.
struct ServedContent {
    let handler: any Handler
    /// What start-up says of it: "/srv, /api from http://127.0.0.1:9000".
    var title: String
    /// Folders and files that are read.
    var readable: [String] = []
    /// The folder or file that is served: nil where there are only other servers.
    var files: String?
    /// Folders that are written to.
    var writable: [String] = []
    /// Paths that something else than files answers.
    var mounted: [String] = []
    /// Whether links out of the folders are followed.
    var followsLinks = false
    /// Whether names that begin with a dot are served too.
    var showsHidden = false
    /// Whether other servers are asked.
    var connects = false
    /// Whether other programs are started.
    var runsPrograms = false
    /// Folders that these change.
    var changeable: [String] = []
}

extension ServedContent {
    /// Whether `file` is among the files that are served.
    func serves(_ file: Subject) -> Bool {
        readable.contains { file.target(below: $0) != nil && (showsHidden || !file.isHidden(below: $0)) }
    }

    /// A folder or file, and what else answers below some of its paths.
    init(_ subject: Subject, _ options: FilesOptions, _ proxies: ProxyOptions, _ scripts: ScriptOptions) throws {
        let behind = try scripts.forApplications()
        let files = try scripts.applications.files(subject.files(options: options), of: subject, behind)
        let servers = try proxies.mounts() + scripts.applications.mounts(behind)
        let mounts = try servers + scripts.mounts(of: subject, options, beside: servers)
        self.init(
            handler: mounts.isEmpty ? files.handler : try Mount.router(mounts, else: files.handler),
            title: ([subject.path] + files.told + mounts.compactMap(\.told)).joined(separator: ", "),
            readable: [subject.path],
            files: subject.path,
            writable: scripts.writable,
            mounted: mounts.map(\.path),
            followsLinks: options.followsLinks,
            showsHidden: options.showsHidden,
            connects: !servers.isEmpty || !files.told.isEmpty,
            runsPrograms: scripts.isOn,
            changeable: scripts.cgiWrites
        )
    }

    /// Other servers and applications for all paths, without a folder; nil where they do not have them all.
    init?(_ proxies: ProxyOptions, _ scripts: ScriptOptions) throws {
        let mounts = try proxies.mounts() + scripts.applications.mounts(scripts.forApplications())
        guard mounts.contains(where: { $0.path == "/" }) else { return nil }
        self.init(
            handler: try Mount.router(mounts, else: nil),
            title: mounts.compactMap(\.told).joined(separator: ", "),
            writable: scripts.writable,
            connects: true
        )
    }
}
