// What OpenSSL has as macros, stacks or variadic functions, which Swift cannot import, and a BIO of our own.
// Functions that can fail return 0 or NULL, and OpenSSL's error queue says why, unless something else is said.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// The error queue of this thread is emptied; almost free when it is empty, as it mostly is.
void cmt_clear_errors(void);

// MARK: Keys and certificates

EVP_PKEY *cmt_generate_p256(void);
EVP_PKEY *cmt_generate_rsa(unsigned bits);

/// The first private key of a PEM text. `was_asked`: it is encrypted.
EVP_PKEY *cmt_read_key(const uint8_t *pem, size_t length, const char *password, bool *was_asked);

/// The next certificate of a PEM text.
X509 *cmt_read_certificate(BIO *pem);

/// A distinguished name by RFC 4514, to be freed by cmt_free.
char *cmt_name_text(const X509_NAME *name);
void cmt_free(void *memory);

/// Seconds since 1970. False: not a time.
bool cmt_seconds(const ASN1_TIME *time, int64_t *seconds);

/// The subject alternative names of a certificate, to be freed by GENERAL_NAMES_free; NULL: it has none that can be read.
GENERAL_NAMES *cmt_alternative_names(const X509 *certificate);
int cmt_names_count(const GENERAL_NAMES *names);
/// One of GEN_DNS, GEN_EMAIL, GEN_URI, GEN_IPADD with its octets; -1: of another kind.
int cmt_names_at(const GENERAL_NAMES *names, int index, const uint8_t **octets, size_t *length);

GENERAL_NAMES *cmt_names_new(void);
int cmt_names_add(GENERAL_NAMES *names, int kind, const uint8_t *octets, size_t length);

/// Adds an extension written as in openssl's configuration files.
int cmt_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value);

/// A positive random serial number of 127 bits.
int cmt_set_random_serial(X509 *certificate);

// MARK: Contexts

/// What every context has: no compression, renegotiation or early data, partial writes, released buffers, read-ahead.
void cmt_set_up(SSL_CTX *context, bool is_server);

/// Adds a certificate, its chain and key to those of the context; those of another key type stay.
int cmt_use(SSL_CTX *context, X509 *leaf, EVP_PKEY *key, X509 *const *chain, size_t count);

/// Of what the client offers by ALPN (RFC 7301), http/1.1 is chosen; nothing fitting is fatal.
void cmt_choose_http1(SSL_CTX *context);

typedef int (*cmt_server_name_callback)(SSL *stream, int *alert, void *argument);
void cmt_on_server_name(SSL_CTX *context, cmt_server_name_callback callback, void *argument);

/// Asks clients for a certificate. Unless it is `required` to verify, whatever they send is let in.
void cmt_ask_for_certificate(SSL_CTX *context, bool required);

/// Appends the secrets of connections to the file, in the form that Wireshark reads.
int cmt_log_keys(SSL_CTX *context, int file);

// MARK: Streams

/// The name that a client asks for (SNI).
int cmt_ask_for(SSL *stream, const char *name);

/// What a BIO over a socket knows of it. OpenSSL's own sends without MSG_NOSIGNAL, and cannot tell that a read has
/// emptied the socket, which saves the second read that would only say so.
struct cmt_wire {
    int fd;
    /// The errno of the last failure; 0: there was none.
    int error;
    /// How many more reads are made before the socket is said to hold nothing: so one peer cannot keep a loop busy.
    int reads_left;
    /// The last read got less than it asked for, or nothing.
    bool is_drained;
    /// The peer has sent its FIN.
    bool has_ended;
};

/// Does not close the descriptor.
BIO *cmt_wire_new(int fd);
/// Lives as long as its BIO.
struct cmt_wire *cmt_wire_of(BIO *bio);

/// Throws away what a socket holds, up to 64 KiB: closed with input unread, it would be reset, and the peer might lose the
/// alert that tells it why.
void cmt_discard_input(int fd);

/// Whether the certificate that this end shows is for a host as URLs have it: a name, or an address, in brackets if IPv6.
bool cmt_covers(const SSL *stream, const uint8_t *host, size_t length);
