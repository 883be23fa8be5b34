// The few calls of the system's libcrypto and libcrypt that MartletAuth needs, in a form that Swift can use.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cma_hash { cma_md5, cma_sha256, cma_sha512_256 };

/// The digest of `octets`, of 16 or 32 octets. 0: the library does not have this hash, as in FIPS mode; else its length.
size_t cma_digest(enum cma_hash hash, const uint8_t *octets, size_t count, uint8_t digest[32]);

/// HMAC-SHA-256 (RFC 2104). False: it failed.
bool cma_hmac(const uint8_t *key, size_t key_count, const uint8_t *octets, size_t count, uint8_t code[32]);

/// Octets that nobody can guess. False: there are none.
bool cma_random(uint8_t *octets, size_t count);

/// Whether both are the same, in a time that does not depend on where they differ.
bool cma_equal(const uint8_t *one, const uint8_t *other, size_t count);

/// Whether the password has this hash, by crypt(3). Takes as long as the hash wants, up to seconds. -1: the system's libcrypt
/// does not have this kind of hash, or the password is longer than it takes.
int cma_crypt_matches(const char *password, const char *hash);
