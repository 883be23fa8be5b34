import Glibc
public import Martlet
import MartletReactor

extension TestServer {
    /// Adds an answer for the next request that no route takes, whatever its path.
    /// - Parameters:
    ///   - response: default an empty text, for faults that leave nothing of it.
    ///   - framing: how the end of the content is told.
    ///   - fault: what goes wrong with this answer.
    public func enqueue(
        _ response: Response = .text(""),
        framing: Framing = .contentLength,
        fault: Fault? = nil
    ) {
        state.withLock { $0.answers.append(Answer(content: .response(response, framing), fault: fault)) }
    }

    /// Adds an answer of these very octets, head and all, valid or not.
    /// - Parameter closes: whether the connection is closed after them.
    public func enqueue(raw octets: some Sequence<UInt8>, closes: Bool = true, fault: Fault? = nil) {
        let answer = Answer(content: .raw(Array(octets), closes: closes), fault: fault)
        state.withLock { $0.answers.append(answer) }
    }

    /// Adds an answer of the UTF-8 of `text`, head and all: each line end is to be written as `\r\n`.
    /// - Parameter closes: whether the connection is closed after it.
    public func enqueue(raw text: String, closes: Bool = true, fault: Fault? = nil) {
        enqueue(raw: text.utf8, closes: closes, fault: fault)
    }

    /// Answers every request for this method and path by a closure. A later route replaces an earlier one.
    ///
    /// An `HTTPError` that it throws is an answer; any other error is a 500, and reported. It runs on a thread of the
    /// server that all routes share, as on the loop of a `Server`: it should wait by `await`. Its task is cancelled when
    /// the server stops.
    /// - Parameter path: compared with that of the target as it came, without its query.
    public func route(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ respond: @escaping @Sendable (RecordedRequest) async throws -> Response
    ) {
        add(Route(method: method, path: path) { request, _ in try await respond(request) })
    }

    /// Answers every request for this method and path by a handler, as `Server` would. See the overload with a closure.
    public func route(_ method: HTTPRequest.Method, _ path: String, to handler: any Handler) {
        add(
            Route(method: method, path: path) { request, peer in
                try await handler.respond(to: try Request(recorded: request, peer: peer))
            }
        )
    }

    private func add(_ route: Route) {
        state.withLock { state in
            state.routes.removeAll { $0.method == route.method && $0.path == route.path }
            state.routes.append(route)
        }
    }

    /// Makes these faults happen to all answers from now on that have none of their own, and those given before no
    /// more. Of several the first that happens counts: see `Fault.oneIn`.
    public func inject(_ faults: Fault...) {
        state.withLock { $0.faults = faults }
    }

    /// Refuses connections from now on, as if no server were there; those that are open stay so. The port stays ours.
    public func refuseConnections() {
        let address = listener.address
        let fd = listener.fd
        state.withLock { state in
            guard state.isListening else { return }
            state.isListening = false
            // A socket that is bound but does not listen. Without `shutdown`, there is no way back from listening.
            shutdown(fd, CInt(SHUT_RDWR))
            let result = unsafe address.withSystemAddress { unsafe Glibc.bind(fd, $0, $1) }
            if result != 0 { state.report(.limit("\(SystemError(operation: "bind \(address) again"))")) }
        }
        changed.set()
    }

    /// Accepts connections again after `refuseConnections`.
    public func acceptConnectionsAgain() {
        let fd = listener.fd
        state.withLock { state in
            guard !state.isListening else { return }
            state.isListening = true
            listen(fd, CInt(clamping: ListeningSocket.defaultBacklog))
        }
        changed.set()
    }
}
