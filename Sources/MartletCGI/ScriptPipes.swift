import CMartlet
import Glibc
import MartletReactor

/// The ends of the pipes between a script and the server.
struct ScriptPipes {
    private(set) var input: CInt = -1
    private(set) var output: CInt = -1
    private(set) var errors: CInt = -1
    private(set) var theirInput: CInt?
    private(set) var theirOutput: CInt = -1
    private(set) var theirErrors: CInt = -1

    init(takesContent: Bool) throws(SystemError) {
        do throws(SystemError) {
            (output, theirOutput) = try Self.pipe(ours: 0)
            (errors, theirErrors) = try Self.pipe(ours: 0)
            if takesContent {
                let (mine, theirs) = try Self.pipe(ours: 1)
                (input, theirInput) = (mine, theirs)
            }
        } catch {
            closeAll()
            throw error
        }
    }

    private static func pipe(ours: Int) throws(SystemError) -> (ours: CInt, theirs: CInt) {
        var ends: [CInt] = [-1, -1]
        let result = unsafe ends.withUnsafeMutableBufferPointer { ends in
            unsafe ends.baseAddress.map { unsafe cm_pipe_to_process($0, CInt(ours)) } ?? -1
        }
        guard result == 0 else { throw SystemError(operation: "pipe2") }
        return (ends[ours], ends[1 - ours])
    }

    func closeTheirs() {
        for fd in [theirInput ?? -1, theirOutput, theirErrors] where fd >= 0 { _ = Glibc.close(fd) }
    }

    func closeAll() {
        closeTheirs()
        for fd in [input, output, errors] where fd >= 0 { _ = Glibc.close(fd) }
    }
}
