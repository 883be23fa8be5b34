import TestSupport
import Testing

@testable import MartletReactor

@Suite("Thread")
struct ThreadTests {
    @Test(
        "carries its name, cut to what the kernel keeps",
        arguments: [
            ("martlet-0", "martlet-0\n"), ("a name that is too long", "a name that is \n"), ("", "\n"),
        ]
    )
    func name(given: String, kept: String) throws {
        let seen = Locked("")
        let thread = try Thread(name: given) {
            seen.withLock { $0 = (try? contents(ofFile: "/proc/thread-self/comm")) ?? "unreadable" }
        }
        thread.join()
        #expect(seen.value == kept)
    }

    @Test("has an identity of its own, the same all along")
    func identity() throws {
        let seen = Locked<[UInt]>([])
        let thread = try Thread(name: "identity") {
            seen.withLock { $0 = [Thread.currentIdentity, Thread.currentIdentity] }
        }
        thread.join()
        #expect(seen.value[0] == seen.value[1])
        #expect(seen.value[0] != 0)
    }

    @Test("lets go of what its body holds when it has ended")
    func releases() throws {
        final class Held: Sendable {}
        weak var watched: Held?
        do {
            let held = Held()
            watched = held
            try Thread(name: "holder") { _ = held }.join()
        }
        #expect(watched == nil)
    }
}
