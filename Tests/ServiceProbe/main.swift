// A program with the verbs of every Martlet program, whose /stick holds its loop up: the supervisors' tests run it.
import Glibc
import Martlet
import MartletService

Server.main("probe", abstract: "For tests.", port: 0, configure: { $0.holdUpWarning = nil }) {
    Route("/") { _ in .text("alive\n") }
    // Whether a file can be read, in the sandbox.
    Route("/read/**") { request in
        let fd = unsafe open(String(request.head.rawPath.dropFirst(5)), O_RDONLY | O_CLOEXEC)
        defer { if fd >= 0 { close(fd) } }
        return .text(fd >= 0 ? "read\n" : "\(errno == EACCES ? "refused" : "failed")\n")
    }
    Route("/stick") { _ in
        _ = unsafe write(STDOUT_FILENO, "stuck\n", 6)
        sleep(60)
        return .text("free\n")
    }
}
