// The limit: an epoll loop that writes a canned answer for each blank line it receives, and parses nothing.
// limit PORT [close]. No server can be cheaper with the same system calls. With "close", each answer is the last of its
// connection; as Martlet does, it accepts when the request is there, receives at once, and watches only who sent nothing.

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEAD                                    \
    "HTTP/1.1 200 OK\r\n"                       \
    "Server: limit\r\n"                         \
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"   \
    "Content-Type: text/plain; charset=utf-8\r\n" \
    "Content-Length: 14\r\n"
#define CONTENT "\r\nHello, world!\n"

static const char answer[] = HEAD CONTENT;
static const char last_answer[] = HEAD "Connection: close\r\n" CONTENT;
static int closes;

enum { ANSWER = sizeof answer - 1, BATCH = 64, CONNECTIONS = 65536 };

/// How much of CR LF CR LF each connection has sent last.
static unsigned char matched[CONNECTIONS];
static char answers[BATCH * ANSWER];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int listen_at(int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one); // What is accepted inherits it.
    if (closes) setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096)) fail("listen");
    return fd;
}

static void watch(int loop, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
}

/// Answers the one request of a connection; whether it had come.
static int answer_last(int fd) {
    char received[65536];
    ssize_t length = recv(fd, received, sizeof received, 0);
    if (length < 0 && errno == EAGAIN) return 0;
    if (length > 0) length = send(fd, last_answer, sizeof last_answer - 1, MSG_NOSIGNAL);
    close(fd);
    return 1;
}

static void accept_all(int loop, int listener) {
    int fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        if (fd >= CONNECTIONS) {
            close(fd);
            continue;
        }
        matched[fd] = 0;
        if (!closes || !answer_last(fd)) watch(loop, fd);
    }
}

/// The requests that end in `octets`.
static int count(int fd, const char *octets, ssize_t length) {
    int found = 0, state = matched[fd];
    for (ssize_t i = 0; i < length; i++) {
        if (octets[i] == (state & 1 ? '\n' : '\r')) state++;
        else state = octets[i] == '\r';
        if (state == 4) state = 0, found++;
    }
    matched[fd] = (unsigned char)state;
    return found;
}

static void answer_all(int fd) {
    static char received[65536];
    ssize_t length = recv(fd, received, sizeof received, 0);
    if (length < 0 && errno == EAGAIN) return;
    int requests = length > 0 ? count(fd, received, length) : 0;
    while (length > 0 && requests > 0) {
        int some = requests < BATCH ? requests : BATCH;
        // A client that does not read its answers is not waited for.
        if (send(fd, answers, (size_t)some * ANSWER, MSG_NOSIGNAL) != some * (ssize_t)ANSWER) length = 0;
        requests -= some;
    }
    if (length <= 0) close(fd);
}

int main(int count, char **arguments) {
    if (count < 2 || count > 3) return fprintf(stderr, "usage: limit PORT [close]\n"), 64;
    closes = count == 3;
    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < BATCH; i++) memcpy(answers + i * ANSWER, answer, ANSWER);
    int listener = listen_at(atoi(arguments[1])), loop = epoll_create1(0);
    if (loop < 0) fail("epoll_create1");
    watch(loop, listener);
    struct epoll_event events[512];
    for (;;) {
        int ready = epoll_wait(loop, events, 512, -1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener) accept_all(loop, listener);
            else if (closes) answer_last(events[i].data.fd);
            else answer_all(events[i].data.fd);
        }
    }
}
