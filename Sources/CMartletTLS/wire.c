// The BIO under a stream: a non-blocking socket.
#include "CMartletTLS.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

struct cmt_wire *cmt_wire_of(BIO *bio) { return BIO_get_data(bio); }

static int wire_read(BIO *bio, char *octets, int count) {
    struct cmt_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (wire->reads_left <= 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    wire->reads_left--;
    ssize_t got;
    do {
        got = recv(wire->fd, octets, (size_t)count, 0);
    } while (got < 0 && errno == EINTR);
    wire->is_drained = got < count;
    if (got > 0) return (int)got;
    if (got == 0) {
        wire->has_ended = true;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        BIO_set_retry_read(bio);
    } else {
        wire->error = errno;
    }
    return got < 0 ? -1 : 0;
}

static int wire_write(BIO *bio, const char *octets, int count) {
    struct cmt_wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    ssize_t sent;
    do {
        sent = send(wire->fd, octets, (size_t)count, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0) return (int)sent;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        BIO_set_retry_write(bio);
    } else {
        wire->error = errno;
    }
    return -1;
}

static long wire_control(BIO *bio, int command, long number, void *pointer) {
    (void)number, (void)pointer;
    struct cmt_wire *wire = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_EOF: return wire->has_ended;
    case BIO_C_GET_FD: return wire->fd;
    default: return 0;
    }
}

static int wire_destroy(BIO *bio) {
    if (bio == NULL) return 0;
    OPENSSL_free(BIO_get_data(bio));
    BIO_set_data(bio, NULL);
    return 1;
}

static BIO_METHOD *method;
static CRYPTO_ONCE once = CRYPTO_ONCE_STATIC_INIT;

static void make_method(void) {
    int index = BIO_get_new_index();
    BIO_METHOD *made = index < 0 ? NULL : BIO_meth_new(index | BIO_TYPE_SOURCE_SINK | BIO_TYPE_DESCRIPTOR, "wire");
    if (made == NULL) return;
    BIO_meth_set_read(made, wire_read);
    BIO_meth_set_write(made, wire_write);
    BIO_meth_set_ctrl(made, wire_control);
    BIO_meth_set_destroy(made, wire_destroy);
    method = made;
}

BIO *cmt_wire_new(int fd) {
    if (!CRYPTO_THREAD_run_once(&once, make_method) || method == NULL) return NULL;
    struct cmt_wire *wire = OPENSSL_zalloc(sizeof *wire);
    BIO *bio = wire == NULL ? NULL : BIO_new(method);
    if (bio == NULL) {
        OPENSSL_free(wire);
        return NULL;
    }
#ifdef SO_NOSIGPIPE
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    wire->fd = fd;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}

void cmt_discard_input(int fd) {
    uint8_t octets[4096];
    for (int count = 0; count < 16 && recv(fd, octets, sizeof octets, MSG_DONTWAIT) > 0; count++) continue;
}
