#if TLS
    import ArgumentParser
    import Glibc
    import Martlet
    import MartletFiles
    import MartletReactor
    import MartletService
    import MartletShare
    import MartletWire

    /// What `martlet share` does: finds who serves the file, or serves it.
    struct Sharing {
        private let command: ShareCommand
        private let subject: Subject
        private let folder: ShareFolder
        private let time: ShareTime

        init(_ command: ShareCommand) throws {
            self.command = command
            subject = try Subject(command.path)
            var options = try ShareOptions.parse([])
            options.shareDir = command.shareDir
            folder = try options.folder()
            time = command.time ?? ShareTime(seconds: 3600)
        }

        func run() throws {
            if let place = try elsewhere() ?? inBackground() {
                let share = try share(place.target)
                let url = try place.base + signed(share, for: place.served).dropFirst()
                return tell(url, by: place.server, isHere: false)
            }
            try serve()
        }

        // MARK: Who serves it

        /// Somewhere that the file is found.
        private struct Place {
            /// Who serves it, in words.
            let server: String
            /// The URL of the root, with "/" at its end.
            let base: String
            /// The folder or file that is served there.
            let served: String
            /// The path of the shared file there, percent-encoded.
            let target: String
        }

        /// The server that the command line names by its URL.
        private func elsewhere() throws -> Place? {
            guard let url = command.url else { return nil }
            guard let base = Self.root(url) else {
                throw ValidationError("--url takes the URL of a server, such as https://example.org/, not '\(url)'.")
            }
            let served = try command.served.map { try Subject($0).path } ?? subject.folder
            guard let target = subject.target(below: served) else {
                throw Problem("'\(subject.path)' is not in the folder '\(served)' that is served at \(base)")
            }
            return Place(server: base, base: base, served: served, target: target)
        }

        /// - Returns: nil for what is no URL of a server.
        private static func root(_ url: String) -> String? {
            let schemes = ["http://", "https://"]
            guard let scheme = schemes.first(where: url.hasPrefix) else { return nil }
            let authority = url.dropFirst(scheme.count)
            let end = authority.firstIndex(of: "/") ?? authority.endIndex
            guard end != authority.startIndex, authority[end...].utf8.count <= 1,
                authority[..<end].utf8.allSatisfy({ 0x21...0x7E ~= $0 && !"?#@\\".utf8.contains($0) })
            else { return nil }
            return "\(scheme)\(authority[..<end])/"
        }

        /// A server of this user in the background: that with the longest folder around the file.
        private func inBackground() throws -> Place? {
            let running = try RunningServer.all().filter { command.name == nil || $0.name == command.name }
            if let name = command.name, running.isEmpty { throw Problem("\(name) does not run in the background.") }
            var best: (place: Place, length: Int)?
            for server in running {
                for shared in server.shared where shared.path.utf8.count > best?.length ?? -1 {
                    guard let target = subject.target(below: shared.path), !subject.isHidden(below: shared.path),
                        let base = Self.base(server.urls, host: shared.host)
                    else { continue }
                    let place = Place(server: server.name, base: base, served: shared.path, target: target)
                    best = (place, shared.path.utf8.count)
                }
            }
            if command.name != nil, best == nil {
                throw Problem(
                    "\(command.name ?? "") does not serve '\(subject.path)' with --shares. Without --name it is served here."
                )
            }
            return best?.place
        }

        private static func base(_ urls: [String], host: String?) -> String? {
            guard let url = PreferredURL.forOthers(urls) else { return nil }
            guard let host, let start = url.firstRange(of: "://")?.upperBound else { return url }
            // The port, if there is one, follows the address or its bracket.
            let rest = url[start...]
            let port = rest.lastIndex(of: ":").map { rest[$0...] } ?? "/"
            return "\(url[..<start])\(host)\(port.contains("]") ? "/" : port)"
        }

        private func share(_ target: String) throws -> Share {
            do throws(ShareError) {
                return try Share(target, for: .seconds(time.seconds), times: command.times)
            } catch {
                throw Problem(error.description)
            }
        }

        private func signed(_ share: Share, for served: String) throws -> String {
            do throws(ShareError) {
                return try folder.target(of: share, for: served)
            } catch {
                throw Problem(error.description)
            }
        }

        // MARK: Serving it here

        private func serve() throws {
            let served = subject.path
            let share = try share(subject.target(below: served) ?? "/")
            let target = try signed(share, for: served)
            let activity = Activity()
            let make = { () throws -> ServingPlan in
                var plan = try plan(share, activity)
                plan.announcement = { urls in
                    guard let url = PreferredURL.forOthers(urls) else { return }
                    tell(url + target.dropFirst(), by: nil, isHere: true)
                }
                return plan
            }
            try ServiceProcess.run(make, again: make)
        }

        private func plan(_ share: Share, _ activity: Activity) throws -> ServingPlan {
            var plan = ServingPlan(
                try subject.files(options: .init()),
                title: "shares \(subject.path)",
                port: nil,
                listening: try command.listening.resolved(),
                tls: command.tls,
                logging: command.logging,
                service: try ServiceOptions.parse([])
            )
            plan.middleware = [SignedURLs(folder, for: subject.path)]
            plan.readable = [subject.path]
            plan.writable = [folder.path]
            command.logging.apply(to: &plan.configuration)
            plan.configuration.observer = activity
            let folder = folder
            plan.lifetime = Lifetime {
                if share.expires <= WallClock.seconds() { return "the time is over." }
                guard let times = share.times, activity.isQuiet, let uses = try? folder.uses(of: share), uses >= times
                else { return nil }
                return times == 1 ? "it was downloaded." : "it was downloaded \(times) times."
            }
            return plan
        }

        // MARK: Telling

        private func tell(_ url: String, by server: String?, isHere: Bool) {
            Messages.write("\(url)\n", to: STDOUT_FILENO)
            let isTerminal = isatty(STDOUT_FILENO) == 1
            if command.listening.qr || isTerminal && !command.noQr && QRCode.isAvailable,
                let reason = QRDrawing.write(url, to: STDOUT_FILENO)
            {
                Messages.complain(reason)
            }
            guard isTerminal else { return }
            let times = command.times.map { $0 == 1 ? ", once" : ", \($0) times" } ?? ""
            let by = server.map { "Served by \($0)" } ?? "Served here"
            let end = isHere ? " Ctrl-C ends it." : ""
            Messages.write("\(Banner.printable(by)), for \(time.text)\(times).\(end)\n", to: STDOUT_FILENO)
        }
    }

    /// What goes on in a server: whether it has nothing to do for long enough to be ended.
    private final class Activity: ServerObserver {
        private struct State {
            var underWay = 0
            var lastEnd = Instant.now()
        }

        private let state = Locked(State())
        /// A player or a download in several parts asks for more within this time.
        private static let patience = Nanoseconds(.seconds(10))

        func observer(of loop: ObservedLoop) -> any LoopObserver { Loop(self) }

        var isQuiet: Bool {
            state.withLock { $0.underWay == 0 && $0.lastEnd + Self.patience < Instant.now() }
        }

        private final class Loop: LoopObserver {
            private let activity: Activity

            init(_ activity: Activity) {
                self.activity = activity
            }

            func requestBegan(_ method: ObservedMethod) {
                activity.state.withLock { $0.underWay += 1 }
            }

            func requestEnded(_ request: ObservedRequest) {
                activity.state.withLock { state in
                    state.underWay -= 1
                    state.lastEnd = .now()
                }
            }

            func connectionOpened() {}
            func connectionClosed() {}
            func connectionRefused() {}
            func acceptFailed() {}
            func handshakeEnded(_ outcome: HandshakeOutcome) {}
            func received(_ octets: Int) {}
            func sent(_ octets: Int) {}
            func loopEnded() {}
        }
    }
#endif
