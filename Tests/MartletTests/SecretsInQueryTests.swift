import Testing

@testable import Martlet

@Suite("What lets in does not get into logs")
struct SecretsInQueryTests {
    @Test(
        "tokens and the signatures of shares are masked, and nothing else",
        arguments: [
            ("GET /?access_token=s HTTP/1.1", "GET /?access_token=*** HTTP/1.1"),
            ("/?a=b&ACCESS_TOKEN=s&access_token=", "/?a=b&ACCESS_TOKEN=***&access_token=***"),
            ("/?%61ccess%5ftoken=s=t", "/?%61ccess%5ftoken=***"), ("/access_token=x", "/access_token=x"),
            ("/?access_token", "/?access_token"), ("/?xaccess_token=d&%zz=1", "/?xaccess_token=d&%zz=1"),
            ("/?", "/?"), ("", ""), ("/?a?access_token=s", "/?a?access_token=s"),
            (
                "GET /f?v=2&share=1.17.0.p.AAAAAAAAAAA.BBBB HTTP/1.1",
                "GET /f?v=2&share=1.17.0.p.AAAAAAAAAAA.*** HTTP/1.1"
            ),
            ("/?share=www.example.org", "/?share=www.example.org"), ("/?share=", "/?share="),
            ("http://a/x?share=1.1.1.3.A.B&w", "http://a/x?share=1.1.1.3.A.***&w"),
        ]
    )
    func masked(text: String, masked: String) {
        #expect(SecretsInQuery.masked(text) == masked)
    }
}
