import Martlet

/// Who answers, and what that takes.
struct ServedContent {
    let handler: any Handler
    /// What start-up says of it: "/srv, /api from http://127.0.0.1:9000".
    var title: String
    /// Folders and files that are read.
    var readable: [String] = []
    /// The folder or file that is served: nil where there are only other servers.
    var files: String?
    /// Whether links out of the folders are followed.
    var followsLinks = false
    /// Whether other servers are asked.
    var connects = false
}
