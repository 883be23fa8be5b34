import HTTPTypes
import MartletCompression
import MartletWire
import TestSupport
import Testing

@testable import Martlet

@Suite("Cache-Control of answers that pass the compression")
struct NoTransformTests {
    @Test(
        "no-transform is found in any case, in any place of the list",
        .rfc("9111-5.2-02"),
        arguments: [
            (["no-transform"], false), (["NO-TRANSFORM"], false), (["No-Transform, max-age=5"], false),
            (["max-age=5", "no-cache,No-transform"], false), (["max-age=5"], true), (["no-cache, no-store"], true),
        ]
    )
    func noTransform(lines: [String], isCompressed: Bool) async throws {
        var fields = Fields()
        fields.append(.acceptEncoding, "gzip")
        let handler = ImmediateFunction { _ in
            var response = Response.text(String(repeating: "a", count: 5000))
            for line in lines { response.fields.append(.cacheControl, line) }
            return response
        }
        let endpoint = Endpoint(.handler(handler), middleware: [Compression(codings: [.gzip])])
        let response = try await Next(endpoint)(Request(.get, "/", fields: fields))
        #expect((response.fields[.contentEncoding] == "gzip") == isCompressed)
        #expect(response.fields.values(of: .cacheControl) == lines)
    }
}
