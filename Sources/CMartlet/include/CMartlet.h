// The few C lines that Swift cannot import: macros with values, variadic calls, calls behind _GNU_SOURCE.
#ifndef CMARTLET_H
#define CMARTLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

// struct epoll_event without its union, so that Swift can use it safely. Same layout: CMartlet.c asserts it.
struct cm_event {
    uint32_t events;
    uint64_t token;
}
#ifdef __x86_64__
__attribute__((packed))
#endif
;

// Names of our own for what Swift finds here and in Glibc: else it depends on the order of imports whose they are.
typedef struct sockaddr cm_sockaddr;
typedef struct sockaddr_storage cm_sockaddr_storage;

static const uint32_t cm_readable = EPOLLIN;
static const uint32_t cm_writable = EPOLLOUT;
static const uint32_t cm_peer_finished = EPOLLRDHUP;
static const uint32_t cm_hangup = EPOLLHUP | EPOLLERR;
static const uint32_t cm_edge_triggered = 1u << 31;  // EPOLLET

int cm_epoll_add(int epoll, int fd, uint32_t events, uint64_t token);
int cm_epoll_remove(int epoll, int fd);
int cm_epoll_wait(int epoll, struct cm_event *events, int capacity, int milliseconds);

// accept4 with SOCK_NONBLOCK and SOCK_CLOEXEC.
int cm_accept(int fd, struct sockaddr_storage *address, socklen_t *length);

// socket() with SOCK_STREAM, SOCK_NONBLOCK and SOCK_CLOEXEC.
int cm_stream_socket(int family);

// eventfd, non-blocking, close-on-exec.
int cm_eventfd(void);

// pipe2, both ends non-blocking and close-on-exec.
int cm_pipe(int ends[2]);

// How cm_open_beneath treats symbolic links.
enum cm_links {
    cm_links_beneath = 0,  // openat2 with RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS
    cm_links_follow = 1    // openat: links may lead anywhere
};

// Opens `path`, relative to `root`, for reading without blocking. -1 with errno; ENOSYS where the kernel lacks openat2.
int cm_open_beneath(int root, const char *path, enum cm_links links);

// The same with O_PATH: finds what may not be read, and opens nothing.
int cm_find_beneath(int root, const char *path, enum cm_links links);

// Whether this process may do `mode` (R_OK, X_OK) with the file `fd`, which may be O_PATH.
bool cm_may(int fd, int mode);

// A file without a name in `folder`, to read and write, close-on-exec. -1 with errno.
int cm_open_temporary(const char *folder);

// openat with O_PATH | O_NOFOLLOW | O_CLOEXEC: one step of the walk that stands in for openat2.
int cm_open_component(int directory, const char *name);

// openat with O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY.
int cm_open_no_follow(int directory, const char *name);

// The modification time of `status` in nanoseconds since 1970, and its change time.
int64_t cm_modified(const struct stat *status);
int64_t cm_changed(const struct stat *status);
bool cm_is_regular(const struct stat *status);
bool cm_is_directory(const struct stat *status);
bool cm_is_socket(const struct stat *status);
bool cm_is_symbolic_link(const struct stat *status);

// Whether the file system of `fd` is one of this machine's own, which keeps the times of files and folders itself: ext2 to
// ext4, XFS, Btrfs, F2FS, tmpfs or overlay. Over a network they may come late.
bool cm_keeps_times(int fd);

// sendfile that takes the offset by value. Raises SIGPIPE on a closed socket: ignore that signal.
ssize_t cm_sendfile(int socket, int file, int64_t offset, size_t count);

// recv, send and pread without what makes them points where a thread can be cancelled: that takes two atomic exchanges
// for each call, and no thread is cancelled here.
ssize_t cm_receive(int socket, void *buffer, size_t count);
ssize_t cm_send(int socket, const void *octets, size_t count, int flags);
ssize_t cm_read_at(int file, void *buffer, size_t count, int64_t offset);

// Writes the number of each given signal, as one octet, to `fd`; with fd -1 the default action is restored.
int cm_forward_signal(int signal_number, int fd);

// Ignores SIGPIPE unless the process has chosen an action for it.
int cm_ignore_sigpipe(void);

// Processors that the calling thread may run on; -1 where the kernel cannot say (more than 1024 of them).
int cm_processors(void);

// Names the calling thread, for debuggers and top (at most 15 characters are kept), and gives it a second stack, so that
// the crash of a full one can be reported. cm_end_thread takes that back.
void cm_begin_thread(const char *name);
void cm_end_thread(void);

// What runs on the calling thread: an event loop, or NULL.
void *cm_current_loop(void);
void cm_set_current_loop(void *loop);

// What the calling thread answers, for the report of a crash: a request line, which must stay where it is until
// cm_answer_ends, and the client's socket, or -1.
void cm_answer_begins(const uint8_t *line, size_t length, int socket);
void cm_answer_ends(void);

// The same for an answer that waits for something, until cm_answer_waits_no_more on the same thread. Returns a ticket.
uint64_t cm_answer_waits(const uint8_t *line, size_t length, int socket);
void cm_answer_waits_no_more(uint64_t ticket);

// Writes a line about the requests in flight on the crashed thread to standard error when one of the signals of a crash
// comes (SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT), and goes on to the action that the signal had before.
void cm_report_crashes(void);

// daemon.c: processes, privileges, Landlock.

// The variables of the process's environment: "NAME=value", ended by NULL.
char **cm_environment(void);

// Where a process that is started belongs to.
enum cm_group {
    cm_group_inherited = 0,
    cm_group_session = 1,  // one of its own, which no terminal's signals reach
    cm_group_own = 2       // a process group of its own, to be signalled as one
};

// Starts `path` by posix_spawn, with default signal actions and no signal blocked: standard input is `input`, or /dev/null
// where that is -1, output and errors are the two given, `descriptors` become 3, 4, 5 and so on, and nothing else stays
// open. In the folder `directory` unless that is NULL. Returns 0 or the code of an error.
int cm_spawn(pid_t *process, const char *path, char *const arguments[], char *const environment[], int input, int output,
             int errors, const int *descriptors, int count, const char *directory, enum cm_group group);

// A pipe, close-on-exec, of which only the end `ours` (0 or 1) is non-blocking: the other is for a process to be started.
int cm_pipe_to_process(int ends[2], int ours);

// Whether the child `process` has ended, without taking it away: 0 no, 1 yes, with what waitpid would say of it in
// `status`; -1 with errno.
int cm_has_ended(pid_t process, int *status);

bool cm_is_pipe(const struct stat *status);

// pidfd_open and pidfd_send_signal: a process that cannot be mistaken for one that got its number later.
int cm_pidfd_open(pid_t process);
int cm_pidfd_send_signal(int fd, int signal_number);

// socket(AF_UNIX, SOCK_DGRAM) with SOCK_NONBLOCK and SOCK_CLOEXEC.
int cm_datagram_socket(void);

// The libc's wrappers, which change every thread of the process.
int cm_set_groups_of(const char *name, gid_t group);
int cm_set_group(gid_t group);
int cm_set_user(uid_t user);

// Whether the real, effective and saved ids are all these.
bool cm_is_user(uid_t user);
bool cm_is_group(gid_t group);

// prctl and capset. They hold for the calling thread and those it starts.
int cm_forbid_new_privileges(void);
int cm_clear_capabilities(void);
int cm_allow_core_dumps(void);
bool cm_has_capability(void);

// Landlock. The rights are those of the kernel's linux/landlock.h, by number: the header may be older than the kernel.
static const uint64_t cm_landlock_execute = 1u << 0;
static const uint64_t cm_landlock_write_file = 1u << 1;
static const uint64_t cm_landlock_read_file = 1u << 2;
static const uint64_t cm_landlock_read_dir = 1u << 3;
static const uint64_t cm_landlock_remove_dir = 1u << 4;
static const uint64_t cm_landlock_remove_file = 1u << 5;
static const uint64_t cm_landlock_make_char = 1u << 6;
static const uint64_t cm_landlock_make_dir = 1u << 7;
static const uint64_t cm_landlock_make_reg = 1u << 8;
static const uint64_t cm_landlock_make_sock = 1u << 9;
static const uint64_t cm_landlock_make_fifo = 1u << 10;
static const uint64_t cm_landlock_make_block = 1u << 11;
static const uint64_t cm_landlock_make_sym = 1u << 12;
static const uint64_t cm_landlock_refer = 1u << 13;      // ABI 2
static const uint64_t cm_landlock_truncate = 1u << 14;   // ABI 3
static const uint64_t cm_landlock_ioctl_dev = 1u << 15;  // ABI 5
static const uint64_t cm_landlock_bind_tcp = 1u << 0;     // ABI 4
static const uint64_t cm_landlock_connect_tcp = 1u << 1;  // ABI 4
static const uint64_t cm_landlock_scope_abstract = 1u << 0;  // ABI 6
static const uint64_t cm_landlock_scope_signal = 1u << 1;    // ABI 6

// The ABI that the kernel speaks; 0 where it has no Landlock or it is switched off.
int cm_landlock_abi(void);

// A ruleset that handles these rights, for a kernel of this ABI.
int cm_landlock_ruleset(int abi, uint64_t files, uint64_t ports, uint64_t scopes);
int cm_landlock_allow_beneath(int ruleset, uint64_t rights, int path);
int cm_landlock_allow_port(int ruleset, uint64_t rights, uint16_t port);
int cm_landlock_restrict(int ruleset);

// Whether the process has one thread: 1 or 0, or -1 with errno where a filter of system calls forbids to ask.
int cm_is_single_threaded(void);

// open with O_PATH | O_CLOEXEC.
// Makes `to` another name of what `from` is, at once for all threads (dup3).
int cm_replace_descriptor(int from, int to);
int cm_open_path(const char *path);

#endif
