import CMartletOpenSSL
import Testing

@Test("the system's OpenSSL is one of the third series")
func version() {
    #expect(OPENSSL_version_major() == 3)
}
