// Many connections, each asking again and again: many PORT PATH CONNECTIONS SECONDS
//
// Connects all, asks once on each and says "ready". Then, for each line it is sent, asks for so many seconds, waits for
// the last answers, and says how many came and how long it took. So what it costs to connect is not in the figures, as
// it is with wrk, and the server has nothing left to do when its CPU time is read.
// An answer ends where as many octets have come as the first answer had.

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 65536, FOR_ADDRESS = 5000 };

static char request[1024];
static size_t request_length;
static ssize_t answer_length;
static ssize_t missing[CONNECTIONS];
static int sockets[CONNECTIONS];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/// Source addresses vary, so that ports do not run short.
static int connect_to(int port, int number) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    if (fd < 0 || fd >= CONNECTIONS) fail("socket");
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + (unsigned)number / FOR_ADDRESS);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((unsigned short)port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) fail("bind");
    if (connect(fd, (struct sockaddr *)&to, sizeof to)) fail("connect");
    return fd;
}

static void ask(int fd) {
    if (send(fd, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length) fail("send");
    missing[fd] = answer_length;
}

/// Whether an answer is complete.
static int receive(int fd) {
    static char received[65536];
    ssize_t length = recv(fd, received, sizeof received, MSG_DONTWAIT);
    if (length < 0 && errno == EAGAIN) return 0;
    if (length < 0) fail("recv");
    if (length == 0) {
        fprintf(stderr, "a connection was closed\n");
        exit(1);
    }
    if (answer_length == 0) missing[fd] = answer_length = length;
    if (missing[fd] == answer_length && strncmp(received, "HTTP/1.1 200 ", 13)) {
        fprintf(stderr, "not a good answer: %.40s\n", received);
        exit(1);
    }
    missing[fd] -= length;
    return missing[fd] == 0;
}

static void measure(int loop, int connections, double seconds) {
    struct epoll_event events[512];
    long answers = 0;
    double start = now(), end = start + seconds;
    for (int i = 0; i < connections; i++) ask(sockets[i]);
    for (int waiting = connections; waiting > 0;) {
        int ready = epoll_wait(loop, events, 512, -1);
        if (ready < 0 && errno != EINTR) fail("epoll_wait");
        int goes_on = now() < end;
        for (int i = 0; i < ready; i++) {
            if (!receive(events[i].data.fd)) continue;
            answers++;
            if (goes_on) ask(events[i].data.fd);
            else waiting--;
        }
    }
    printf("%ld %.6f\n", answers, now() - start);
    fflush(stdout);
}

int main(int count, char **arguments) {
    if (count != 5) return fprintf(stderr, "usage: many PORT PATH CONNECTIONS SECONDS\n"), 64;
    int port = atoi(arguments[1]), connections = atoi(arguments[3]), loop = epoll_create1(0);
    double seconds = atof(arguments[4]);
    request_length = (size_t)snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", arguments[2]);
    for (int i = 0; i < connections; i++) {
        int fd = connect_to(port, i);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        ask(fd);
        while (!receive(fd)) {}
        if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event)) fail("epoll_ctl");
        sockets[i] = fd;
    }
    puts("ready");
    fflush(stdout);
    while (getchar() != EOF) measure(loop, connections, seconds);
    return 0;
}
