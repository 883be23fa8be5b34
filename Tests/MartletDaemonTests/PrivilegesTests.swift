import Glibc
import MartletDaemon
import TestSupport
import Testing

@Suite("Dropping privileges")
struct PrivilegesTests {
    private func probe(_ user: String, wrapper: [String] = []) throws -> ProcessResult {
        let words = wrapper + [try builtExecutable("DaemonProbe"), "drop", user]
        return try run(words[0], arguments: Array(words.dropFirst()))
    }

    @Test(
        "root becomes the user for good: no way back, no groups or capabilities of root's, but core dumps",
        .enabled(if: geteuid() == 0, "only root can become another user")
    )
    func dropped() throws {
        let nobody = try Account(named: "nobody")
        let result = try probe("nobody")
        let group = nobody.group
        #expect(
            result.text == """
                uid \(nobody.user) \(nobody.user) gid \(group) \(group)
                root again: false, root's group again: false
                reads /etc/shadow: false
                Groups: \(group)
                CapInh: 0000000000000000
                CapPrm: 0000000000000000
                CapEff: 0000000000000000
                CapAmb: 0000000000000000
                NoNewPrivs: 1
                dumpable: true

                """
        )
        #expect(result.status == 0)
    }

    @Test(
        "capabilities that came as inheritable or ambient are gone too",
        .enabled(if: geteuid() == 0, "only root can become another user")
    )
    func ambient() throws {
        let result = try probe(
            "nobody",
            wrapper: ["setpriv", "--inh-caps", "+net_bind_service", "--ambient-caps", "+net_bind_service"]
        )
        #expect(result.text.contains("CapInh: 0000000000000000"))
        #expect(result.text.contains("CapAmb: 0000000000000000"))
        #expect(result.status == 0)
    }

    @Test("root is no user to become")
    func root() throws {
        let result = try probe("root")
        #expect(result.text == "error: User root is root, or of root's group. Choose one that is not.\n")
    }

    @Test("a user that does not exist is named, with how to make one")
    func unknown() throws {
        let result = try probe("nobody-at-all")
        #expect(
            result.text == """
                error: There is no user "nobody-at-all". Make one: useradd --system --no-create-home \
                --shell /usr/sbin/nologin nobody-at-all

                """
        )
        #expect(result.status == 1)
    }

    @Test(
        "an ordinary user cannot become another, but may stay who it is",
        .enabled(if: geteuid() == 0, "only root can try as another user")
    )
    func ordinary() throws {
        let wrapper = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        #expect(
            try probe("daemon", wrapper: wrapper).text
                == "error: Only root can become user daemon. Start as root, or without naming a user.\n"
        )
        #expect(try probe("nobody", wrapper: wrapper).status == 0)
    }
}
