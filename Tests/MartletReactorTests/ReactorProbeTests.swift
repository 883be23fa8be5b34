import TestSupport
import Testing

/// What concerns a whole process is tried in a process of its own: Tests/ReactorProbe.
@Suite("Reactor under hard conditions")
struct ReactorProbeTests {
    @Test(
        "limits and signals do not break the loop",
        arguments: [
            (
                "out-of-descriptors",
                "accepted 10, failures EMFILE\ngreeted 10, told at once 30\ncalm\nafterwards served\n"
            ),
            ("no-spare", "served\ncalm\n"),
            ("interrupted", "answered to the end\n"),
            ("broken-pipe", "a failure\n"),
        ]
    )
    func probe(name: String, output: String) throws {
        let result = try run(builtExecutable("ReactorProbe"), arguments: [name])
        #expect(result.text == output)
        #expect(result.errorText == "")
        #expect(result.status == 0)
    }

    @Test("a process that is bound to one processor counts one")
    func boundToOneProcessor() throws {
        let result = try run("taskset", arguments: ["-c", "0", builtExecutable("ReactorProbe"), "processors"])
        #expect(result.text == "1\n")
    }
}
