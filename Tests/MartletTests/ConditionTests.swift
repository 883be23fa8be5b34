import Martlet
import Testing

@Suite("Conditional requests to a handler")
struct ConditionTests {
    // 9110-13.2.2
    @Test(
        "the fields decide, against the representation as it is now",
        arguments: [
            (.get, [], "proceed"), (.get, ["If-None-Match: \"1\""], "notModified"),
            (.get, ["If-None-Match: \"0\", W/\"1\""], "notModified"), (.get, ["If-None-Match: \"2\""], "proceed"),
            (.put, ["If-Match: \"1\""], "proceed"), (.put, ["If-Match: \"2\""], "failed"),
            (.put, ["If-Match: \"2\"", "If-Match: \"1\""], "proceed"), (.put, ["If-Match: *"], "proceed"),
            (.put, ["If-None-Match: *"], "failed"),
            (.get, ["If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT"], "notModified"),
            (.put, ["If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT"], "failed"),
        ] as [(HTTPRequest.Method, [String], String)]
    )
    func decisions(method: HTTPRequest.Method, lines: [String], expected: String) throws {
        let request = try Request(method, "/", fields: Fields(lines: lines))
        let current = Validators(entityTag: EntityTag(strong: "1"), lastModified: 784_111_777)
        #expect("\(request.evaluateConditions(current))" == expected)
    }

    @Test("nothing there matches nothing, so a client can make what is new and only that")
    func nothingThere() throws {
        let new = try Request(.put, "/", fields: Fields(lines: ["If-None-Match: *"]))
        #expect("\(new.evaluateConditions(nil))" == "proceed")
        let old = try Request(.put, "/", fields: Fields(lines: ["If-Match: *"]))
        #expect("\(old.evaluateConditions(nil))" == "failed")
    }
}
