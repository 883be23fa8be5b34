import Glibc
import MartletReactor
import Testing

@Suite("SystemError")
struct SystemErrorTests {
    @Test("says what was tried and why it failed")
    func text() {
        let error = SystemError(code: EACCES, operation: "bind 127.0.0.1:80")
        #expect("\(error)" == "bind 127.0.0.1:80: Permission denied")
        #expect(SystemError.text(of: ENOENT) == "No such file or directory")
    }

    @Test("takes the code that the last call left")
    func code() {
        #expect(close(-1) == -1)
        #expect(SystemError(operation: "close").code == EBADF)
    }
}
