#define _GNU_SOURCE
#include "CMartletTLS.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

void cmt_clear_errors(void) {
    if (ERR_peek_error() != 0) ERR_clear_error();
}

EVP_PKEY *cmt_generate_p256(void) { return EVP_EC_gen("P-256"); }

EVP_PKEY *cmt_generate_rsa(unsigned bits) { return EVP_RSA_gen((size_t)bits); }

struct password {
    const char *text;
    bool was_asked;
};

static int give_password(char *buffer, int capacity, int is_writing, void *argument) {
    (void)is_writing;
    struct password *password = argument;
    password->was_asked = true;
    if (password->text == NULL) return -1;
    size_t length = strlen(password->text);
    if (length > (size_t)capacity) return -1;
    memcpy(buffer, password->text, length);
    return (int)length;
}

EVP_PKEY *cmt_read_key(const uint8_t *pem, size_t length, const char *text, bool *was_asked) {
    if (length > INT_MAX) return NULL;
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    if (bio == NULL) return NULL;
    struct password password = {.text = text};
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, give_password, &password);
    BIO_free(bio);
    *was_asked = password.was_asked;
    return key;
}

X509 *cmt_read_certificate(BIO *pem) {
    // Without a password at hand, OpenSSL asks the terminal for one.
    return PEM_read_bio_X509(pem, NULL, NULL, "");
}

char *cmt_name_text(const X509_NAME *name) {
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) return NULL;
    // UTF-8 stays readable; control characters and what RFC 4514 wants escaped are.
    unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    if (X509_NAME_print_ex(bio, name, 0, flags) < 0) {
        // Octets that are not what they say: in hexadecimal.
        (void)BIO_reset(bio);
        flags = (XN_FLAG_RFC2253 | ASN1_STRFLGS_DUMP_ALL) & ~(unsigned long)ASN1_STRFLGS_UTF8_CONVERT;
        if (X509_NAME_print_ex(bio, name, 0, flags) < 0) {
            BIO_free(bio);
            return NULL;
        }
    }
    char *octets;
    long length = BIO_get_mem_data(bio, &octets);
    char *text = length < 0 ? NULL : OPENSSL_strndup(length > 0 ? octets : "", (size_t)length);
    BIO_free(bio);
    return text;
}

void cmt_free(void *memory) { OPENSSL_free(memory); }

bool cmt_seconds(const ASN1_TIME *time, int64_t *seconds) {
    struct tm fields;
    if (time == NULL || ASN1_TIME_to_tm(time, &fields) != 1) return false;
    *seconds = (int64_t)timegm(&fields);
    return true;
}

GENERAL_NAMES *cmt_alternative_names(const X509 *certificate) {
    return X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

int cmt_names_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

int cmt_names_at(const GENERAL_NAMES *names, int index, const uint8_t **octets, size_t *length) {
    int kind;
    ASN1_STRING *value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, index), &kind);
    if (kind != GEN_DNS && kind != GEN_EMAIL && kind != GEN_URI && kind != GEN_IPADD) return -1;
    *octets = ASN1_STRING_get0_data(value);
    *length = (size_t)ASN1_STRING_length(value);
    return kind;
}

GENERAL_NAMES *cmt_names_new(void) { return sk_GENERAL_NAME_new_null(); }

int cmt_names_add(GENERAL_NAMES *names, int kind, const uint8_t *octets, size_t length) {
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = kind == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
    if (name == NULL || value == NULL || length > INT_MAX || !ASN1_STRING_set(value, octets, (int)length)) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return 0;
    }
    GENERAL_NAME_set0_value(name, kind, value);
    if (sk_GENERAL_NAME_push(names, name) > 0) return 1;
    GENERAL_NAME_free(name);
    return 0;
}

int cmt_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

int cmt_set_random_serial(X509 *certificate) {
    uint8_t octets[16];
    if (RAND_bytes(octets, sizeof octets) != 1) return 0;
    octets[0] = (octets[0] & 0x7f) | 0x40;  // positive, and always as long (RFC 5280 §4.1.2.2)
    BIGNUM *number = BN_bin2bn(octets, sizeof octets, NULL);
    if (number == NULL) return 0;
    ASN1_INTEGER *serial = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    return serial != NULL;
}

void cmt_set_up(SSL_CTX *context, bool is_server) {
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_clear_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    // NO_AUTO_CHAIN: the chain is what the file says; else a missing one is searched for in each handshake.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS | (is_server ? SSL_MODE_NO_AUTO_CHAIN : 0));
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_max_early_data(context, 0);
    if (!is_server) return;
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_num_tickets(context, 1);
    // For clients of TLS 1.2 without tickets.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_sess_set_cache_size(context, 1024);
    // A session is good for the contexts of this server, whatever the certificate.
    static const uint8_t name[] = "martlet";
    SSL_CTX_set_session_id_context(context, name, sizeof name - 1);
}

int cmt_use(SSL_CTX *context, X509 *leaf, EVP_PKEY *key, X509 *const *chain, size_t count) {
    STACK_OF(X509) *rest = sk_X509_new_null();
    if (rest == NULL) return 0;
    int result = 1;
    for (size_t index = 0; index < count && result; index++) {
        result = X509_add_cert(rest, chain[index], X509_ADD_FLAG_UP_REF);
    }
    if (result) result = SSL_CTX_use_cert_and_key(context, leaf, key, rest, 1) == 1;
    sk_X509_pop_free(rest, X509_free);
    return result;
}

static int choose_http1(SSL *stream, const uint8_t **chosen, uint8_t *chosen_length, const uint8_t *offered,
                        unsigned length, void *argument) {
    (void)stream, (void)argument;
    static const uint8_t http1[] = "http/1.1";
    const uint8_t size = sizeof http1 - 1;
    for (unsigned start = 0; start < length; start += 1u + offered[start]) {
        if (offered[start] != size || length - start <= size || memcmp(offered + start + 1, http1, size) != 0) continue;
        *chosen = http1;
        *chosen_length = size;
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

void cmt_choose_http1(SSL_CTX *context) { SSL_CTX_set_alpn_select_cb(context, choose_http1, NULL); }

void cmt_on_server_name(SSL_CTX *context, cmt_server_name_callback callback, void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, callback);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}

static int let_in(int is_verified, X509_STORE_CTX *context) {
    (void)is_verified, (void)context;
    return 1;  // SSL_get_verify_result still tells.
}

void cmt_ask_for_certificate(SSL_CTX *context, bool required) {
    if (required) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    } else {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, let_in);
    }
}

static void log_key(const SSL *stream, const char *line) {
    int file = (int)(intptr_t)SSL_CTX_get_app_data(SSL_get_SSL_CTX(stream)) - 1;
    struct iovec parts[] = {{(void *)line, strlen(line)}, {"\n", 1}};
    // One call, so that lines of several threads do not mix. A full disk must not end connections.
    ssize_t written = writev(file, parts, 2);
    (void)written;
}

int cmt_log_keys(SSL_CTX *context, int file) {
    if (!SSL_CTX_set_app_data(context, (void *)(intptr_t)(file + 1))) return 0;
    SSL_CTX_set_keylog_callback(context, log_key);
    return 1;
}

int cmt_ask_for(SSL *stream, const char *name) { return (int)SSL_set_tlsext_host_name(stream, name); }

bool cmt_covers(const SSL *stream, const uint8_t *host, size_t length) {
    X509 *certificate = SSL_get_certificate(stream);
    char text[256];
    // Nothing to compare with, as in tests; and no host at all, as in HTTP/1.0.
    if (certificate == NULL || length == 0) return true;
    if (length >= sizeof text) return false;
    bool is_literal = length > 2 && host[0] == '[' && host[length - 1] == ']';
    length -= is_literal ? 2 : 0;
    // The dot at the end of a name that is absolute is not in certificates.
    if (!is_literal && length > 1 && host[length - 1] == '.') length--;
    memcpy(text, host + (is_literal ? 1 : 0), length);
    text[length] = 0;
    bool covers = X509_check_ip_asc(certificate, text, 0) == 1 ||
                  X509_check_host(certificate, text, length, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
    cmt_clear_errors();
    return covers;
}
