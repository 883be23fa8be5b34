#define _GNU_SOURCE
#include "CMartletAuth.h"

#include <crypt.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

size_t cma_digest(enum cma_hash hash, const uint8_t *octets, size_t count, uint8_t digest[32]) {
    const EVP_MD *algorithm = hash == cma_md5 ? EVP_md5() : hash == cma_sha256 ? EVP_sha256() : EVP_sha512_256();
    unsigned length = 0;
    return EVP_Digest(octets, count, digest, &length, algorithm, NULL) == 1 ? length : 0;
}

bool cma_hmac(const uint8_t *key, size_t key_count, const uint8_t *octets, size_t count, uint8_t code[32]) {
    unsigned length = 32;
    return key_count <= INT_MAX && HMAC(EVP_sha256(), key, (int)key_count, octets, count, code, &length) != NULL;
}

bool cma_random(uint8_t *octets, size_t count) { return count <= INT_MAX && RAND_bytes(octets, (int)count) == 1; }

bool cma_equal(const uint8_t *one, const uint8_t *other, size_t count) {
    return CRYPTO_memcmp(one, other, count) == 0;
}

int cma_crypt_matches(const char *password, const char *hash) {
    // 32 KiB, and the password is among them.
    struct crypt_data *data = calloc(1, sizeof *data);
    if (data == NULL) return -1;
    const char *result = crypt_r(password, hash, data);
    int matches = -1;
    // What fails begins with an asterisk, as no hash does.
    if (result != NULL && result[0] != '*') {
        size_t length = strlen(hash);
        matches = strlen(result) == length && CRYPTO_memcmp(result, hash, length) == 0;
    }
    OPENSSL_cleanse(data, sizeof *data);
    free(data);
    return matches;
}
