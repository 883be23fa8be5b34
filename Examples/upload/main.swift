import Glibc
import Martlet
import MartletFiles

// upload [PORT [FOLDER]]: takes files of any size into a folder, and lists what is there.

await Server.main {
    let port: UInt16 = try Server.argument(1, default: 8000)
    let arguments = CommandLine.arguments
    let folder = arguments.count > 2 ? arguments[2] : "uploads"
    guard unsafe mkdir(folder, 0o755) == 0 || errno == EEXIST else { throw SystemError(operation: "make \(folder)") }

    var configuration = ServerConfiguration()
    configuration.addresses = [.loopback(port: port)]
    configuration.limits.body = 8 << 30  // Octets of one request; the files are streamed, so memory does not matter.

    let strict = SecurityHeaders(
        contentSecurityPolicy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; "
            + "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    // A page that somebody uploaded may run nothing, and knows nothing of this site.
    let sandboxed = SecurityHeaders(contentSecurityPolicy: "default-src 'none'; style-src 'unsafe-inline'; sandbox")

    let server = try Server(configuration: configuration) {
        Group(middleware: [strict]) {
            Route("/", Upload(folder: folder))
            Route("/upload.css") { _ in .content(PackageResources.upload_css, type: "text/css; charset=utf-8") }
            Route("/upload.js") { _ in .content(PackageResources.upload_js, type: "text/javascript; charset=utf-8") }
        }
        try Group("/files", middleware: [sandboxed]) {
            try Route("/**", Files(folder))
        }
    }
    server.stopOnSignals()
    try await server.run()
}
