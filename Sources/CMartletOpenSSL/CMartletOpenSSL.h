#if !__has_include(<openssl/ssl.h>)
#error "OpenSSL's headers are not installed. Debian and Ubuntu: apt-get install libssl-dev; Fedora: dnf install openssl-devel; macOS: brew install openssl@3. Or build without TLS: swift build --disable-default-traits"
#else
#include <openssl/opensslv.h>
#if OPENSSL_VERSION_MAJOR < 3
#error "OpenSSL 3.0 or later is needed; the headers found are older. Or build without TLS: swift build --disable-default-traits"
#endif
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#endif
