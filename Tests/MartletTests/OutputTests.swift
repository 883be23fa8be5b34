import MartletReactor
import TestSupport
import Testing

@testable import Martlet

@Suite("Output keeps what waits, and no more")
struct OutputTests {
    @Test("a stream whose client never quite catches up does not grow")
    func neverEmpty() throws {
        let (near, far) = try TestSocket.pair()
        let transport = Transport(Socket(fd: near.fd))
        var output = Output()
        let piece = [UInt8](repeating: 1, count: 10_000)
        for _ in 0..<60 { output.append(piece.span) }
        var received = 0
        for _ in 0..<1000 {
            #expect(output.flush(to: transport) == .blocked)
            output.append(piece.span)
            received += try far.receive(exactly: piece.count).count
        }
        #expect(received == 1000 * piece.count)
        #expect(output.bytes.count < 1 << 20)
    }
}
