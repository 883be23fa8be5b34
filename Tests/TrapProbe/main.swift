import Glibc
import Martlet
import MartletReactor

// A server whose handler traps: the test that starts it counts the frames of the backtrace it leaves.
//
// The argument says which handler answers: "sync" or "async". The port is the only line of output.

let server =
    CommandLine.arguments.contains("async")
    ? Server(port: 0) { request async throws -> Response in
        precondition(request.peer.port == nil, "trapped on purpose")
        return .text("not reached")
    }
    : Server(port: 0) { request in
        precondition(request.peer.port == nil, "trapped on purpose")
        return .text("not reached")
    }
try server.start()
print(server.addresses.first?.port ?? 0)
// `print` keeps what goes into a pipe until there is a lot of it.
_ = fflush(nil)
server.join()
