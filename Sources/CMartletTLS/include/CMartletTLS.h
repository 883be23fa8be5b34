// What OpenSSL has as macros or variadic functions, which Swift cannot import.
#pragma once

#include <openssl/ssl.h>

/// SSL_CTX_set_mode.
static inline long cmt_set_mode(SSL_CTX *context, long mode) { return SSL_CTX_set_mode(context, mode); }
