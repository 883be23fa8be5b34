import ArgumentParser
import HTTPTypes
import Martlet
import MartletService

/// Several sites of one server: which host gets what.
struct Sites {
    /// A host that no site has is answered with 421, unless there is a site without names.
    let content: ServedContent
    /// Who has to log in at each site, and where it says so.
    let auths: [(options: AuthOptions, settings: Settings.Values)]
    /// The files of sites for which signed URLs are taken.
    let shared: [SharedFolder]
    private let certificates: [(file: String, key: String?)]

    /// - Throws: with the place in the file.
    init(_ settings: Settings) throws {
        if let directory = settings.values["directory"] {
            throw directory.told("is for a site here: it stands below a [[site]].")
        }
        var groups: [Group] = []
        var contents: [ServedContent] = []
        var shared: [SharedFolder] = []
        var auths: [(options: AuthOptions, settings: Settings.Values)] = []
        var certificates: [(String, String?)] = []
        var seen: Set<String> = []
        for site in settings.sites {
            let options = try site.parsed(as: SiteOptions.self)
            let own = try site.explain {
                for name in options.hosts.isEmpty ? [""] : options.hosts where !seen.insert(name.lowercased()).inserted
                {
                    throw ValidationError(
                        name.isEmpty
                            ? "another site has no hosts either; one without is for all that no other has."
                            : "--hosts: another site has \(name) too."
                    )
                }
                guard options.tlsKey == nil || options.tlsCert != nil else {
                    throw ValidationError("--tls-key needs --tls-cert.")
                }
                return try Self.site(options)
            }
            groups += own.groups
            contents.append(own.content)
            auths.append((options.auth, site.values))
            if options.shares.shares, let files = own.content.files {
                let host = options.hosts.first { !$0.hasPrefix("*") && !$0.hasPrefix(":") }
                if options.hosts.isEmpty || host != nil { shared.append(SharedFolder(host: host, path: files)) }
            }
            if let file = options.tlsCert { certificates.append((file, options.tlsKey)) }
        }
        content = ServedContent(
            handler: try Router { for group in groups { group } },
            title: contents.map(\.title).joined(separator: "; "),
            readable: contents.flatMap(\.readable),
            writable: contents.flatMap(\.writable),
            followsLinks: contents.contains(where: \.followsLinks),
            showsHidden: contents.contains(where: \.showsHidden),
            connects: contents.contains(where: \.connects),
            runsPrograms: contents.contains(where: \.runsPrograms),
            changeable: contents.flatMap(\.changeable)
        )
        self.certificates = certificates
        self.shared = shared
        self.auths = auths
    }

    private static func site(_ options: SiteOptions) throws -> (groups: [Group], content: ServedContent) {
        var content = try content(options)
        let handler = content.handler
        let fields = try options.serving.fields()
        if fields.contains(where: { $0.name == .server }) {
            throw ValidationError("--header Server is for all sites: it stands above the first [[site]].")
        }
        var middleware: [any Middleware] = fields.isEmpty ? [] : [SiteFields(fields: fields)]
        middleware += try options.addresses.middleware()
        if options.shares.shares {
            guard let files = content.files else {
                throw ValidationError("--shares is for files, and this site has none.")
            }
            middleware += try options.shares.middleware(
                for: files,
                except: content.mounted,
                orLogin: options.auth.isOn
            )
        }
        middleware += try options.auth.middleware()
        guard !options.hosts.isEmpty else {
            return ([Group("", middleware: middleware) { Route("/**", handler) }], content)
        }
        let groups = try options.hosts.map { host in
            let group = Group(host: host, middleware: middleware) { Route("/**", handler) }
            do {
                _ = try Router { group }
            } catch {
                throw ValidationError("--hosts: \(error).")
            }
            return group
        }
        content.title += " (\(options.hosts.joined(separator: ", ")))"
        return (groups, content)
    }

    private static func content(_ options: SiteOptions) throws -> ServedContent {
        guard let directory = options.serving.directory else {
            guard let only = try ServedContent(options.proxies, options.scripts) else {
                throw ValidationError(
                    "a site needs a directory, or a proxy or fastcgi for /, as /=http://127.0.0.1:9000."
                )
            }
            return only
        }
        return try ServedContent(Subject(directory), options.serving.resolved(), options.proxies, options.scripts)
    }

    /// The certificates of the sites, behind those of the whole server.
    func addCertificates(to tls: inout TLSOptions) {
        for (file, key) in certificates { tls.add(certificate: file, key: key) }
    }
}

/// The fields that one site adds to every answer.
private struct SiteFields: Middleware {
    let fields: [(name: HTTPField.Name, value: String)]

    func respond(to request: Request, next: Next) async throws -> Response {
        var response = try await next(request)
        for (name, value) in fields { response.fields.append(name, value) }
        return response
    }
}
