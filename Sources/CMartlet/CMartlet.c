#define _GNU_SOURCE
#include "CMartlet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

_Static_assert(sizeof(struct cm_event) == sizeof(struct epoll_event), "layout of epoll_event");
_Static_assert(offsetof(struct cm_event, token) == offsetof(struct epoll_event, data), "layout of epoll_event");

int cm_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int cm_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

int cm_epoll_wait(int epoll, struct cm_event *events, int capacity, int milliseconds) {
    return epoll_wait(epoll, (struct epoll_event *)events, capacity, milliseconds);
}

int cm_accept(int fd, struct sockaddr_storage *address, socklen_t *length) {
    return accept4(fd, (struct sockaddr *)address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int cm_stream_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int cm_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int cm_pipe(int ends[2]) { return pipe2(ends, O_NONBLOCK | O_CLOEXEC); }

// O_NONBLOCK: a FIFO or a device must not hold up the loop before fstat shows what it is.
static const int reading = O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;

// File systems over a network may be interrupted.
static int open_retrying(int directory, const char *name, int flags) {
    int fd;
    do {
        fd = openat(directory, name, flags);
    } while (fd < 0 && errno == EINTR);
    return fd;
}

int cm_open_beneath(int root, const char *path, enum cm_links links) {
    if (links == cm_links_follow) return open_retrying(root, path, reading);
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)reading;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long fd;
    // EAGAIN: a rename somewhere made ".." unsafe to judge; the manual says to try again.
    int tries = 0;
    do {
        fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    } while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 32)));
    return (int)fd;
}

int cm_find_beneath(int root, const char *path, enum cm_links links) {
    if (links == cm_links_follow) return open_retrying(root, path, O_PATH | O_CLOEXEC);
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    long fd;
    int tries = 0;
    do {
        fd = syscall(SYS_openat2, root, path, &how, sizeof how);
    } while (fd < 0 && (errno == EINTR || (errno == EAGAIN && ++tries < 32)));
    return (int)fd;
}

bool cm_may(int fd, int mode) { return faccessat(fd, "", mode, AT_EACCESS | AT_EMPTY_PATH) == 0; }

int cm_open_temporary(const char *folder) {
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
    // A file system that has no files without names.
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/martlet-XXXXXX", folder);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) unlink(path);
    return fd;
}

int cm_open_component(int directory, const char *name) {
    return open_retrying(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

int cm_open_no_follow(int directory, const char *name) { return open_retrying(directory, name, reading | O_NOFOLLOW); }

// Clamped to what fits, the years 1678 to 2262.
static int64_t nanoseconds(struct timespec time) {
    int64_t result;
    if (__builtin_mul_overflow((int64_t)time.tv_sec, (int64_t)1000000000, &result) ||
        __builtin_add_overflow(result, (int64_t)time.tv_nsec, &result))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return result;
}

int64_t cm_modified(const struct stat *status) { return nanoseconds(status->st_mtim); }
int64_t cm_changed(const struct stat *status) { return nanoseconds(status->st_ctim); }
bool cm_is_regular(const struct stat *status) { return S_ISREG(status->st_mode); }
bool cm_is_directory(const struct stat *status) { return S_ISDIR(status->st_mode); }
bool cm_is_socket(const struct stat *status) { return S_ISSOCK(status->st_mode); }
bool cm_is_symbolic_link(const struct stat *status) { return S_ISLNK(status->st_mode); }

ssize_t cm_sendfile(int socket, int file, int64_t offset, size_t count) {
    off_t position = offset;
    return sendfile(socket, file, &position, count);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define CM_SANITIZED 1
#endif
#endif

#ifdef CM_SANITIZED
// The sanitizers see what goes through these functions.
ssize_t cm_receive(int socket, void *buffer, size_t count) { return recv(socket, buffer, count, 0); }

ssize_t cm_send(int socket, const void *octets, size_t count, int flags) { return send(socket, octets, count, flags); }

ssize_t cm_read_at(int file, void *buffer, size_t count, int64_t offset) { return pread(file, buffer, count, offset); }
#else
_Static_assert(sizeof(long) == 8, "an offset is one argument of a system call");

ssize_t cm_receive(int socket, void *buffer, size_t count) {
    return syscall(SYS_recvfrom, socket, buffer, count, 0, NULL, NULL);
}

ssize_t cm_send(int socket, const void *octets, size_t count, int flags) {
    return syscall(SYS_sendto, socket, octets, count, flags, NULL, 0);
}

ssize_t cm_read_at(int file, void *buffer, size_t count, int64_t offset) {
    return syscall(SYS_pread64, file, buffer, count, offset);
}
#endif

// Written before the handler is installed; read by the handler, on whatever thread the signal hits.
static _Atomic int signal_descriptor = -1;

static void forward(int signal_number) {
    int saved = errno;
    uint8_t octet = (uint8_t)signal_number;
    ssize_t written = write(signal_descriptor, &octet, 1);
    (void)written;  // A full pipe already holds what the reader needs to know.
    errno = saved;
}

int cm_forward_signal(int signal_number, int fd) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    if (fd >= 0) signal_descriptor = fd;
    action.sa_handler = fd >= 0 ? forward : SIG_DFL;
    int result = sigaction(signal_number, &action, NULL);
    // A handler that starts late must not write to a number that is somebody else's by then.
    if (fd < 0) signal_descriptor = -1;
    return result;
}

int cm_ignore_sigpipe(void) {
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) < 0 || action.sa_handler != SIG_DFL) return 0;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = SIG_IGN;
    return sigaction(SIGPIPE, &action, NULL);
}

int cm_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : -1;
}

bool cm_keeps_times(int fd) {
    struct statfs system;
    if (fstatfs(fd, &system) != 0) return false;
    switch ((uint32_t)system.f_type) {
    case EXT4_SUPER_MAGIC:  // ext2 and ext3 too
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC: return true;
    default: return false;
    }
}

static _Thread_local void *current_loop;

void *cm_current_loop(void) { return current_loop; }

void cm_set_current_loop(void *loop) { current_loop = loop; }
