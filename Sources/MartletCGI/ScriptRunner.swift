import Glibc
import HTTPTypes
import Logging
import Martlet
import MartletReactor
import MartletWire

/// What a `CGI` handler does with a request: which script, with what content, in which process.
final class ScriptRunner: Sendable {
    /// What is run.
    enum Scripts: Sendable {
        case folder(ScriptFolder)
        /// One program, with arguments of its own.
        case program([UInt8], [[UInt8]])
    }

    /// A program for a request.
    private struct Job {
        var place: ScriptPlace
        var executable: [UInt8]
        var arguments: [[UInt8]]
        var folder: [UInt8]
        /// Its output goes to the client as it is.
        var isRaw = false
    }

    /// What a script reads.
    private enum Content {
        case none
        /// It is here, short.
        case whole([UInt8])
        case file(Spool, CInt)
        case stream(length: Int)

        var length: Int? {
            switch self {
            case .none: nil
            case .whole(let octets): octets.count
            case .file(let spool, _): spool.count
            case .stream(let length): length
            }
        }
    }

    private let scripts: Scripts
    private let options: CGIOptions
    private let slots: ScriptSlots
    private let documentRoot: [UInt8]
    /// What scripts get of this process's environment, and what the options add.
    private let environment: [CGIVariables.Variable]

    init(_ scripts: Scripts, _ options: CGIOptions) {
        self.scripts = scripts
        self.options = options
        slots = ScriptSlots(limit: options.processes, queueLimit: options.queue, patience: options.queueTimeout)
        documentRoot = Self.documentRoot(scripts, options)
        environment = Self.environment(options)
    }

    private static func documentRoot(_ scripts: Scripts, _ options: CGIOptions) -> [UInt8] {
        if let root = options.documentRoot { return (try? ScriptFolder.realPath(root)) ?? Array(root.utf8) }
        return switch scripts {
        case .folder(let folder): folder.path
        case .program(let path, _): parent(of: path)
        }
    }

    private static func environment(_ options: CGIOptions) -> [CGIVariables.Variable] {
        var variables = [CGIVariables.Variable(name: "PATH", value: Array(ScriptFolder.searchPath.utf8))]
        for name in options.inheritedVariables {
            guard let value = unsafe getenv(name) else { continue }
            variables.append(CGIVariables.Variable(name: name, value: Array(unsafe String(cString: value).utf8)))
        }
        for (name, value) in options.environment.sorted(by: { $0.key < $1.key }) {
            variables.append(CGIVariables.Variable(name: name, value: Array(value.utf8)))
        }
        return variables
    }

    private static func parent(of path: [UInt8]) -> [UInt8] {
        let end = path.lastIndex(of: UInt8(ascii: "/")) ?? 0
        return Array(path[..<max(end, 0)])
    }

    // MARK: A request

    func respond(to request: Request, on loop: EventLoop) async throws -> Response {
        try refuseMethod(request.method)
        if request.isOfNoScript, case .folder = scripts { return Response(status: .noContent) }
        // Which segment would be the script's, and which its PATH_INFO's, nobody could tell from the variables.
        guard !request.head.path.hasEncodedSlash else { throw HTTPError(.notFound) }
        guard let job = try job(for: request) else { return Self.redirectToFolder(request) }
        let content = try await content(of: request, isWhole: job.isRaw)
        // Nothing here may hold the slot: where the script leads to another one, that waits for it.
        let name = job.place.told
        let process = try start(job, request, content, await slot(on: loop, for: name, request), on: loop)
        if job.isRaw { return try await RawAnswer.read(for: request, from: process, named: name, on: loop) }
        return try await ScriptAnswer.read(
            for: request,
            from: process,
            named: name,
            on: loop,
            limits: options.heads
        )
    }

    private func slot(on loop: EventLoop, for name: String, _ request: Request) async throws -> ScriptSlots.Slot {
        do {
            return try await slots.take(on: loop)
        } catch let error as HTTPError {
            request.logger.warning(
                "script \(name): not run, for \(options.processes) scripts run already and others wait"
            )
            throw error
        }
    }

    private static let usualMethods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    private func refuseMethod(_ method: HTTPRequest.Method) throws(HTTPError) {
        if let methods = options.methods {
            guard methods.contains(method) else { throw .methodNotAllowed(allowed: methods) }
        } else if method == .trace || method == .connect {
            // A TRACE would show a client's cookies to scripts of its page.
            throw .methodNotAllowed(allowed: Self.usualMethods)
        }
    }

    /// A folder's address ends with a slash, or the relative links of its page would lead elsewhere.
    private static func redirectToFolder(_ request: Request) -> Response {
        var location = request.head.path.encoded + [UInt8(ascii: "/")]
        if let query = request.query { location += "?\(query)".utf8 }
        var response = Response(status: .movedPermanently)
        response.fields.append(.location, location)
        response.fields.append(.cacheControl, "no-cache")
        return response
    }

    // MARK: The script

    /// - Returns: nil for a folder whose path lacks the slash.
    private func job(for request: Request) throws -> Job? {
        let path = request.head.path
        let mount = request.mountDepth
        switch scripts {
        case .program(let program, let arguments):
            let place = ScriptPlace(
                name: Self.octets(path, 0..<mount),
                pathInfo: Self.rest(path, from: mount),
                file: program,
                documentRoot: documentRoot
            )
            return Job(
                place: place,
                executable: program,
                arguments: [program] + arguments,
                folder: Self.nonempty(Self.parent(of: program))
            )
        case .folder(let folder):
            switch try folder.find(request.path) {
            case .folder: return nil
            case .idle(let name):
                let told = StandardErrors.text(Self.octets(path, 0..<mount) + name)
                request.logger.warning(
                    "script \(told): nothing runs it: it has no x bit for this user, and no interpreter is named for it"
                )
                throw HTTPError(.forbidden, "This is no script that could be run.")
            case .script(let script): return job(script, in: folder, request, path, mount)
            }
        }
    }

    private func job(
        _ script: ScriptFolder.Script,
        in folder: ScriptFolder,
        _ request: Request,
        _ path: RequestPath,
        _ mount: Int
    ) -> Job {
        let file = folder.path + script.name
        let place = ScriptPlace(
            name: Self.octets(path, 0..<mount) + script.name,
            pathInfo: script.segments.map { Self.rest(path, from: mount + $0) } ?? [],
            file: file,
            documentRoot: documentRoot
        )
        let isRaw = script.fileName.starts(with: "nph-".utf8)
        let folder = Self.nonempty(Self.parent(of: file))
        if let interpreter = script.interpreter {
            return Job(
                place: place,
                executable: interpreter,
                arguments: [interpreter, file],
                folder: folder,
                isRaw: isRaw
            )
        }
        let hasWords = options.passesSearchWords && (request.method == .get || request.method == .head)
        let words = hasWords ? SearchWords.words(of: request.query) : []
        return Job(place: place, executable: file, arguments: [file] + words, folder: folder, isRaw: isRaw)
    }

    private static func nonempty(_ folder: [UInt8]) -> [UInt8] { folder.isEmpty ? [UInt8(ascii: "/")] : folder }

    /// "/" and each of the segments.
    private static func octets(_ path: RequestPath, _ segments: Range<Int>) -> [UInt8] {
        var octets: [UInt8] = []
        for index in segments where index < path.segmentCount {
            octets.append(UInt8(ascii: "/"))
            octets.append(copying: path.segment(index))
        }
        return octets
    }

    /// The segments from `start` on, and the slash at the end.
    private static func rest(_ path: RequestPath, from start: Int) -> [UInt8] {
        let rest = octets(path, min(start, path.segmentCount)..<path.segmentCount)
        return path.hasTrailingSlash ? rest + [UInt8(ascii: "/")] : rest
    }

    // MARK: Its content

    /// - Parameter isWhole: all of it has to be there before the script begins.
    private func content(of request: Request, isWhole: Bool) async throws -> Content {
        let length = CGIVariables.contentLength(of: request)
        let isChunked = request.head.framing == .chunked
        guard isChunked || length ?? 0 > 0 else { return length == nil ? .none : .whole([]) }
        if let length, length <= Spool.memoryLimit, let octets = try request.body.arrived(upTo: length),
            octets.count == length
        {
            return .whole(octets)
        }
        if let length, !isWhole { return .stream(length: length) }
        let spool = try await Spool.keeping(request.body, upTo: options.spoolLimit)
        guard let file = try await spool.storedFile() else { return .whole(spool.takeMemory() ?? []) }
        return .file(spool, file)
    }

    // MARK: Its process

    private func start(
        _ job: Job,
        _ request: Request,
        _ content: Content,
        _ slot: ScriptSlots.Slot,
        on loop: EventLoop
    ) throws -> ScriptProcess {
        var variables = try CGIVariables(
            request,
            job.place,
            contentLength: content.length,
            passesAuthorization: options.passesAuthorization
        )
        for variable in environment { try variables.set(variable.name, variable.value) }
        let image = ProcessImage(
            executable: job.executable,
            arguments: job.arguments,
            folder: job.folder,
            variables: variables.all
        )
        var file: CInt?
        if case .file(_, let descriptor) = content { file = descriptor }
        let takesContent =
            switch content {
            case .none, .file: false
            case .whole(let octets): !octets.isEmpty
            case .stream: true
            }
        let process: ScriptProcess
        do throws(SystemError) {
            process = try ScriptProcess(
                image,
                named: job.place.told,
                input: file,
                takesContent: takesContent,
                timeout: options.timeout,
                spoolLimit: options.spoolLimit,
                slot: slot,
                logger: request.serverLogger,
                on: loop
            )
        } catch {
            throw Self.refusal(error, job, request)
        }
        switch content {
        case .whole(let octets) where !octets.isEmpty: process.give(octets)
        case .stream(let length): process.give(request.body, length: length)
        case .none, .whole, .file: break
        }
        return process
    }

    private static func reason(_ error: SystemError) -> String {
        switch error.code {
        case ENOENT: "the program that its first line names is not there. Do its lines end with CRLF? They must with LF"
        case ENOEXEC: "it is no program, and has no first line such as #!/bin/sh"
        case EACCES: "this server's user may not run it, or the program that its first line or --cgi-interpreter names"
        default: SystemError.text(of: error.code)
        }
    }

    private static func refusal(_ error: SystemError, _ job: Job, _ request: Request) -> HTTPError {
        request.logger.warning("script \(job.place.told): it cannot be started: \(reason(error))")
        switch error.code {
        case EAGAIN, ENOMEM, EMFILE, ENFILE:
            return HTTPError(.serviceUnavailable, fields: Fields(.retryAfter, "2"))
        case E2BIG:
            return HTTPError(.requestHeaderFieldsTooLarge, "It is more than a program can be told.")
        default:
            return HTTPError(.badGateway)
        }
    }
}
