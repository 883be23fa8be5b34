import ArgumentParser
import Glibc
import Logging
import Martlet
import MartletAdmin
import MartletDaemon
import MartletReactor

/// A process that serves: what it was started with, its rights, its generations of servers, and the loop of the main thread
/// that signals and timers of the service come to.
///
/// The order of the start: everything is opened (sockets, certificates, logs), rights are given up, the sandbox is closed,
/// and only then threads begin. All of this lives on the main thread.
package final class ServiceProcess: @unchecked Sendable {
    /// What the process is doing.
    private enum Phase {
        case serving
        /// It was asked to stop, and still lets everybody in.
        case delaying
        /// Answers in flight are given, nobody new is let in.
        case draining
        /// A successor serves; answers in flight are given.
        case succeeded
    }

    /// Answers in flight of an old generation have so long, when a new one serves.
    private static let succession = Duration.seconds(86_400)
    /// What a loop has beyond the grace before it counts as stuck.
    private static let patience = Duration.seconds(3)
    /// Old generations whose answers are still under way; of more the oldest is ended sooner.
    private static let longestLine = 8

    private let environment: ServiceEnvironment
    private let replan: () throws -> ServingPlan
    private let loop: EventLoop
    /// The terminal that the process was started from; -1 if there is none.
    private let terminal = unsafe open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)
    private var phase = Phase.serving
    private var isInSandbox = false
    private var current: Generation
    /// Generations that give their last answers.
    private var ending: [Generation] = []
    private var logs: LogFiles
    private var signals: SignalSource?
    private var drainTimer: ServiceTimer?
    private var forceTimer: ServiceTimer?
    private var managerTimer: ServiceTimer?
    private var lifeTimer: ServiceTimer?
    /// Loops that have not answered since they were asked for a sign of life.
    private var silentLoops = 0
    private var successor: Succession?
    /// Counts what happens, over all generations; nil: nobody asks.
    private let admin: Admin?
    private let adminListeners: [BoundAddress]
    private var adminServer: Server?

    /// Serves until a signal ends it.
    /// - Parameters:
    ///   - plan: says what is to be served.
    ///   - again: says so anew, for a reload.
    package static func run(_ plan: () throws -> ServingPlan, again: @escaping () throws -> ServingPlan) throws {
        let environment = try ServiceEnvironment()
        if environment.background != nil { Messages.useFile() }
        do {
            let service = try ServiceProcess(try plan(), environment, again: again)
            try service.begin()
            service.loop.run()
            service.end()
        } catch {
            environment.starter?.failed(Problem.words(error))
            // The PID file is its starter's or predecessor's to remove.
            environment.background?.abandon()
            throw error
        }
    }

    private init(
        _ plan: ServingPlan,
        _ environment: ServiceEnvironment,
        again: @escaping () throws -> ServingPlan
    ) throws {
        self.environment = environment
        replan = again
        do {
            loop = try EventLoop(name: "martlet")
        } catch {
            throw Problem("\(error)")
        }
        var logs = LogFiles()
        var open = OpenListeners(environment.inherited)
        do {
            adminListeners = try Self.adminListeners(plan, &open)
            admin = adminListeners.isEmpty ? nil : Admin(version: Release.version)
            current = try Generation(plan, &open, admin) { try logs.open($0) }
        } catch {
            open.close()
            throw error
        }
        open.close()
        self.logs = logs
    }

    // MARK: Start

    private func begin() throws {
        let plan = current.plan
        let isTold = environment.starter == nil && !plan.logging.isQuiet
        // What asks or starts other programs comes before the sandbox, which would be theirs too. The browser's request
        // waits until the server accepts.
        let details = isTold ? current.details() : []
        if plan.listening.opensBrowser, environment.starter == nil, let url = current.urls.first { Browser.open(url) }
        // Before anybody can know of the process: the default of most of these signals is its end.
        try control()
        let rights = try giveUpRights()
        isInSandbox = (rights.sandbox?.abi ?? 0) > 0
        try current.start()
        try startAdmin()
        current.main.reportCrashes()
        if isTold { tell(details, rights) }
        admin?.readiness = .ready
        environment.background?.update { state in
            state.title = plan.title
            state.urls = current.urls
            state.shared = plan.shared
            state.version = Release.version
            state.admin = adminURL ?? ""
        }
        if environment.background != nil { Messages.complain(status) }
        // Who has a predecessor is made known by that one.
        if environment.starter == nil { environment.manager.ready(status: status) }
        environment.starter?.ready(current.urls)
        watchLifetime()
    }

    /// A server for a while ends by itself; downloads that have begun are finished.
    private func watchLifetime() {
        guard current.plan.lifetime != nil else { return }
        lifeTimer = ServiceTimer(loop, every: .seconds(1)) { [unowned self] in
            guard phase == .serving, let end = current.plan.lifetime?.end() else { return }
            Messages.complain(end)
            stop(grace: Self.succession, isTold: true)
        }
    }

    private var status: String { "\(current.plan.title) at \(current.urls.joined(separator: " "))" }

    private func giveUpRights() throws -> ServiceRights {
        // Root's limit is higher.
        DescriptorLimit.raise()
        let bound = current.addresses + adminListeners.map(\.address)
        try ServiceRights.check(current.plan, bound: bound)
        for warning in ServiceRights.warnings(current.plan, bound: current.addresses) { Messages.complain(warning) }
        var folders = environment.background.map { [$0.runFolder, $0.logFolder] } ?? []
        folders += logs.all.map { ServiceRights.folder(of: $0.path) }
        for case .unix(let path) in bound { folders.append(ServiceRights.folder(of: path)) }
        let owned = logs.all.filter(\.isOwn).map(\.fd) + (environment.background == nil ? [] : [STDERR_FILENO])
        return try ServiceRights(current.plan, bound: bound, files: current.files, folders: folders, owned: owned)
    }

    private func tell(_ details: [String], _ rights: ServiceRights) {
        if let announcement = current.plan.announcement { return announcement(current.urls) }
        let isTerminal = isatty(STDOUT_FILENO) == 1
        let adminLines = adminURL.map { ["Health and metrics: \($0)"] } ?? []
        Banner(
            title: current.plan.title,
            addresses: current.addresses,
            urls: current.urls,
            details: details + (isTerminal ? adminLines + [rights.description] : [])
        ).write()
        if current.plan.listening.qr, let url = PreferredURL.forOthers(current.urls),
            let reason = QRDrawing.write(url, to: STDOUT_FILENO)
        {
            Messages.complain(reason)
        }
        if !isTerminal { current.main.configuration.logger.debug("\(rights.description)") }
    }

    // MARK: Admin

    /// Binds the address of the pages, if there is one.
    private static func adminListeners(_ plan: ServingPlan, _ open: inout OpenListeners) throws -> [BoundAddress] {
        let inherited = open.take(.admin)
        guard inherited.isEmpty else { return inherited }
        guard let address = try plan.service.adminAddress() else { return [] }
        do {
            return try BoundAddress.bind([address], count: 1)
        } catch {
            throw Problem("\(error). Choose another address for --admin.")
        }
    }

    private var adminURL: String? { adminListeners.first.flatMap { Scheme.http.urls(of: $0.address).first } }

    private func startAdmin() throws {
        guard let admin, !adminListeners.isEmpty else { return }
        do {
            let server = admin.server(on: adminListeners, logger: current.main.configuration.logger)
            try server.start()
            adminServer = server
        } catch {
            throw Problem("\(error)")
        }
        admin.addresses = current.addresses
    }

    private static let handled = [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2]

    private func control() throws {
        do throws(SystemError) {
            signals = try SignalSource(Self.handled, loop: loop) { [unowned self] in received($0) }
        } catch {
            throw Problem("\(error)")
        }
        guard let interval = environment.manager.watchdogInterval else { return }
        managerTimer = ServiceTimer(loop, every: interval / 2) { [unowned self] in giveSign() }
    }

    // MARK: Signals

    private func received(_ signal: CInt) {
        switch signal {
        case SIGHUP: hangUp()
        case SIGUSR1: reopenLogs()
        case SIGUSR2: upgrade()
        case SIGQUIT: stop(grace: Self.succession)
        default: stop(grace: grace)
        }
    }

    /// SIGHUP asks for a reload; but it is also what the kernel says when the terminal goes away, and who has no other way
    /// to stop the server must not leave it behind.
    private func hangUp() {
        guard terminal < 0 || tcgetpgrp(terminal) >= 0 else { return received(SIGTERM) }
        reload()
    }

    private func reopenLogs() {
        var failures: [String] = []
        do throws(SystemError) { try environment.background?.reopenLog() } catch { failures.append("\(error)") }
        for log in logs.all {
            do throws(SystemError) { try log.reopen() } catch { failures.append("\(error)") }
        }
        for failure in failures {
            Messages.complain("a log goes on where it was: \(failure). May the server's user write there?")
        }
    }

    // MARK: Reload

    private func reload() {
        guard phase == .serving else { return }
        environment.manager.reloading()
        var failure: String?
        do {
            guard successor == nil else {
                throw Problem(
                    "a new process is on its way, which reads the settings by itself. Reload again if it fails."
                )
            }
            try replace()
            Messages.complain("the configuration was read again: \(current.plan.title).")
        } catch {
            let reason = refusedBySandbox(Problem.words(error))
            failure = reason
            Messages.complain("nothing was changed: \(reason)")
        }
        environment.background?.update { state in
            state.reloads += 1
            state.failure = failure ?? ""
            state.title = current.plan.title
            state.urls = current.urls
            state.shared = current.plan.shared
        }
        environment.manager.ready(status: failure.map { "reload failed: \($0) \(status)" } ?? status)
    }

    /// What the kernel calls a lack of rights is most often the sandbox, which is closed for as long as the process lives.
    private func refusedBySandbox(_ reason: String) -> String {
        guard isInSandbox, reason.contains(SystemError.text(of: EACCES)) else { return reason }
        return "\(reason) The sandbox of a running server allows only the folders and ports of its start: restart it."
    }

    /// - Throws: for a change that needs another process.
    private func checkFixed(_ plan: ServingPlan) throws {
        let old = current.plan.service
        for (name, isSame) in [
            ("--admin", old.admin == plan.service.admin), ("--user", old.user == plan.service.user),
            ("--no-sandbox", old.noSandbox == plan.service.noSandbox),
        ] where !isSame {
            throw Problem("\(name) has changed, which takes a restart.")
        }
    }

    /// Lets a new generation serve on the sockets of this one.
    private func replace() throws {
        let plan = try replan()
        try checkFixed(plan)
        var open: OpenListeners
        do throws(SystemError) {
            open = try current.duplicateListeners()
        } catch {
            throw Problem("\(error)")
        }
        defer { open.close() }
        let next = try Generation(plan, &open, admin) { try logs.open($0) }
        try next.start()
        retire(current, at: next.allAddresses)
        current = next
        silentLoops = 0
        admin?.addresses = current.addresses
    }

    /// - Parameter addresses: where others serve; nil: everywhere.
    private func retire(_ generation: Generation, at addresses: [SocketAddress]? = nil) {
        generation.handOver(grace: Self.succession, at: addresses)
        waitFor(generation)
        for surplus in ending.dropLast(Self.longestLine) where !surplus.isHurried {
            surplus.isHurried = true
            surplus.stop(grace: grace)
        }
    }

    /// How long answers in flight have when the process stops.
    private var grace: Duration { (try? current.plan.service.resolvedTimeout()) ?? .seconds(10) }

    /// Keeps a generation that was asked to end until it has done so.
    private func waitFor(_ generation: Generation) {
        ending.append(generation)
        let loop = loop
        do throws(SystemError) {
            let thread = try Thread(name: "martlet-end") { [self] in
                generation.join()
                loop.execute { [self] in ended(generation) }
            }
            thread.detach()
        } catch {
            Messages.complain("\(error)")
            ended(generation)
        }
    }

    private func ended(_ generation: Generation) {
        ending.removeAll { $0 === generation }
        if ending.isEmpty, phase == .draining || phase == .succeeded { loop.stop() }
    }

    // MARK: Upgrade

    private func upgrade() {
        guard phase == .serving, successor == nil else { return }
        do {
            var open = try current.duplicateListeners()
            do {
                open.add(try adminServer?.duplicateListeners() ?? [], for: .admin)
            } catch {
                open.close()
                throw error
            }
            successor = try Succession(on: open, environment, loop) { [unowned self] in upgraded($0) }
        } catch {
            failedToUpgrade(Problem.words(error))
        }
    }

    private func failedToUpgrade(_ reason: String) {
        Messages.complain("the upgrade failed: \(reason). This process goes on.")
    }

    /// - Parameter failure: why the successor does not serve; nil when it does.
    private func upgraded(_ failure: String?) {
        guard let process = successor?.process else { return }
        successor = nil
        if let failure {
            environment.background?.resume()
            return failedToUpgrade(failure)
        }
        Messages.complain("process \(process) serves in the place of this one, which gives its last answers.")
        environment.manager.mainPID(process)
        environment.background?.abandon()
        phase = .succeeded
        managerTimer?.cancel()
        adminServer?.handOver(grace: .seconds(5))
        adminServer = nil
        retire(current)
    }

    // MARK: Stop

    /// - Parameter isTold: whoever looks after the server knows why.
    private func stop(grace: Duration, isTold: Bool = false) {
        switch phase {
        case .serving:
            endSuccessor()
            let delay = (try? current.plan.service.resolvedDelay()) ?? .zero
            admin?.readiness = .draining
            environment.manager.stopping(status: "stopping")
            environment.background?.update { $0.isDraining = true }
            if !isTold { tellOfStop(delay: delay, grace: grace) }
            managerTimer?.cancel()
            managerTimer = ServiceTimer(loop, every: .seconds(1)) { [unowned self] in
                environment.manager.watchdog()
                environment.manager.extendTimeout(microseconds: 10_000_000)
            }
            guard delay > .zero else { return drain(grace: grace) }
            phase = .delaying
            drainTimer = ServiceTimer(loop, every: delay) { [unowned self] in
                if phase == .delaying { drain(grace: grace) }
            }
        case .delaying:
            drain(grace: .zero)
        case .draining:
            for generation in ending { generation.stop(grace: .zero) }
            force(after: Self.patience)
        case .succeeded:
            phase = .draining
            for generation in ending { generation.stop(grace: grace) }
            force(after: grace + Self.patience)
        }
    }

    /// The wish to stop came while a successor was on its way: it is meant for both.
    private func endSuccessor() {
        guard let successor else { return }
        self.successor = nil
        if successor.cancel() { environment.background?.abandon() } else { environment.background?.resume() }
    }

    private func tellOfStop(delay: Duration, grace: Duration) {
        guard isatty(STDERR_FILENO) == 1 else {
            if environment.background != nil { Messages.complain("stopping") }
            return
        }
        let first = delay > .zero ? "stopping in \(delay.components.seconds) s" : "stopping"
        Messages.complain(
            "\(first); answers in flight have \(grace.components.seconds) seconds. Ctrl-C again ends at once."
        )
    }

    private func drain(grace: Duration) {
        phase = .draining
        drainTimer?.cancel()
        for generation in ending + [current] { generation.stop(grace: grace) }
        waitFor(current)
        force(after: grace + Self.patience)
    }

    /// A loop that a handler does not let go never ends: then the process does, without it.
    private func force(after duration: Duration) {
        forceTimer?.cancel()
        forceTimer = ServiceTimer(loop, every: duration) { [unowned self] in
            Messages.complain("a handler does not let go of its loop: ended without it", priority: 3)
            environment.background?.end()
            _exit(1)
        }
    }

    private func end() {
        adminServer?.stop(grace: .zero)
        adminServer?.join()
        environment.background?.end()
    }

    // MARK: The service manager's watchdog

    /// A sign of life is given when every loop has answered the last question: a loop that is stuck ends the server.
    private func giveSign() {
        guard silentLoops == 0 else { return }
        environment.manager.watchdog()
        let (loop, asked) = (loop, current)
        silentLoops = current.main.askLoops { [self] in
            loop.execute { [self] in
                if current === asked { silentLoops -= 1 }
            }
        }
    }
}
