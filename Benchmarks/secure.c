// TLS handshakes, or many idle connections: secure PORT PATH full|resumed|idle COUNT
//
// full, resumed: for each line it is sent, connects, shakes hands and closes for COUNT seconds; says how many times.
// idle: opens COUNT connections, asks once on each, says "ready" and waits for a line.
// Resumed handshakes use a ticket of a connection that asked for PATH. TLS 1.3, certificates not looked at.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static SSL_CTX *context;
static SSL_SESSION *session;
static char request[512];
static int port;

static void fail(const char *what) {
    perror(what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static int keep(SSL *ssl, SSL_SESSION *new) {
    (void)ssl;
    SSL_SESSION_free(session);
    session = new;
    return 1;
}

static SSL *shake_hands(SSL_SESSION *old) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) fail("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) fail("connect");
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if (old) SSL_set_session(ssl, old);
    if (SSL_connect(ssl) != 1) fail("handshake");
    if (old && !SSL_session_reused(ssl)) fail("not resumed");
    return ssl;
}

static void end(SSL *ssl) {
    int fd = SSL_get_fd(ssl);
    SSL_shutdown(ssl);
    SSL_free(ssl);
    close(fd);
}

static void ask(SSL *ssl) {
    char answer[4096];
    if (SSL_write(ssl, request, (int)strlen(request)) <= 0 || SSL_read(ssl, answer, sizeof answer) <= 0) fail("answer");
    if (strncmp(answer, "HTTP/1.1 200", 12)) fail("status");
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 5) return 64;
    port = atoi(arguments[1]);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", arguments[2]);
    int is_resumed = !strcmp(arguments[3], "resumed"), many = atoi(arguments[4]);
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep);
    SSL *first = shake_hands(NULL);
    ask(first);
    if (is_resumed && !session) fail("no ticket");
    end(first);
    char line[8];
    if (!strcmp(arguments[3], "idle")) {
        for (int number = 0; number < many; number++) ask(shake_hands(NULL));
        puts("ready");
        fflush(stdout);
        return !fgets(line, sizeof line, stdin);
    }
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    puts("ready");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        int done = 0;
        for (double last = now() + many; now() < last; done++) end(shake_hands(is_resumed ? session : NULL));
        printf("%d\n", done);
        fflush(stdout);
    }
    return 0;
}
