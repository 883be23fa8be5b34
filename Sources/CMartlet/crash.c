// The report of a crash. Everything from `report` on runs in a signal handler: system calls and this thread's own
// memory, no allocation, no lock.
#define _GNU_SOURCE
#include "CMartlet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

struct answered {
    const uint8_t *line;  // NULL: none
    size_t length;
    int socket;
    uint64_t ticket;
};

enum { kept_waiting = 8, alternate_size = 64 * 1024 };

static _Thread_local struct answered current;
static _Thread_local struct answered waiting[kept_waiting];
static _Thread_local uint64_t last_ticket;
static _Thread_local size_t waiting_count;
static _Thread_local void *alternate_stack;

// A signal may come between any two stores: the line is set last and unset first.
static void set(struct answered *entry, const uint8_t *line, size_t length, int socket) {
    entry->line = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    entry->length = length;
    entry->socket = socket;
    atomic_signal_fence(memory_order_seq_cst);
    entry->line = line;
}

void cm_answer_begins(const uint8_t *line, size_t length, int socket) { set(&current, line, length, socket); }

void cm_answer_ends(void) { current.line = NULL; }

uint64_t cm_answer_waits(const uint8_t *line, size_t length, int socket) {
    uint64_t ticket = ++last_ticket;
    struct answered *entry = &waiting[ticket % kept_waiting];  // With all taken, the newest are worth more.
    for (int index = 0; index < kept_waiting; index++) {
        if (waiting[index].line == NULL) {
            entry = &waiting[index];
            break;
        }
    }
    set(entry, line, length, socket);
    entry->ticket = ticket;
    waiting_count++;
    return ticket;
}

void cm_answer_waits_no_more(uint64_t ticket) {
    if (waiting_count > 0) waiting_count--;
    for (int index = 0; index < kept_waiting; index++) {
        if (waiting[index].ticket == ticket) waiting[index].line = NULL;
    }
}

void cm_begin_thread(const char *name) {
    char kept[16];
    strncpy(kept, name, sizeof kept - 1);
    kept[sizeof kept - 1] = 0;
    prctl(PR_SET_NAME, kept);
    // Where a recursion without end has used the stack up, a handler needs another. Costs no memory until then.
    void *memory = mmap(NULL, alternate_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    stack_t stack = {.ss_sp = memory, .ss_size = alternate_size};
    if (sigaltstack(&stack, NULL) == 0) {
        alternate_stack = memory;
    } else {
        munmap(memory, alternate_size);
    }
}

void cm_end_thread(void) {
    if (alternate_stack == NULL) return;
    stack_t stack = {.ss_flags = SS_DISABLE};
    if (sigaltstack(&stack, NULL) == 0) munmap(alternate_stack, alternate_size);
    alternate_stack = NULL;
}

static const struct {
    int number;
    const char *meaning;
} crashes[] = {
    {SIGILL, "SIGILL: illegal instruction, most often a Swift runtime trap"},
    {SIGTRAP, "SIGTRAP: breakpoint, most often a Swift runtime trap"},
    {SIGSEGV, "SIGSEGV: memory that is not there, or a recursion without end"},
    {SIGBUS, "SIGBUS: memory that is not there, such as the end of a mapped file that became shorter"},
    {SIGFPE, "SIGFPE: arithmetic that has no result"},
    {SIGABRT, "SIGABRT: the process gave up by itself"},
};

enum { crash_count = sizeof crashes / sizeof *crashes };

static struct sigaction previous[crash_count];
static atomic_flag is_installed = ATOMIC_FLAG_INIT;
static atomic_flag is_reported = ATOMIC_FLAG_INIT;
static atomic_bool is_written;

struct text {
    size_t length;
    char bytes[4096];
};

static void append_octet(struct text *text, char octet) {
    if (text->length < sizeof text->bytes) text->bytes[text->length++] = octet;
}

static void append(struct text *text, const char *string) {
    while (*string != 0) append_octet(text, *string++);
}

static void append_number(struct text *text, size_t number) {
    if (number >= 10) append_number(text, number / 10);
    append_octet(text, (char)('0' + number % 10));
}

// A terminal may read it: as in the access log, nothing that a client sent can steer one.
static void append_escaped(struct text *text, const uint8_t *octets, size_t length) {
    static const char digits[] = "0123456789abcdef";
    for (size_t index = 0; index < length; index++) {
        uint8_t octet = octets[index];
        if (index == 256) return append(text, "...");
        if (octet >= 0x20 && octet <= 0x7E && octet != '"' && octet != '\\') {
            append_octet(text, (char)octet);
        } else {
            append(text, "\\x");
            append_octet(text, digits[octet >> 4]);
            append_octet(text, digits[octet & 15]);
        }
    }
}

static void append_peer(struct text *text, int socket) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char host[INET6_ADDRSTRLEN];
    if (socket < 0 || getpeername(socket, (struct sockaddr *)&address, &length) < 0) return;
    const void *octets;
    if (address.ss_family == AF_INET) {
        octets = &((struct sockaddr_in *)&address)->sin_addr;
    } else if (address.ss_family == AF_INET6) {
        octets = &((struct sockaddr_in6 *)&address)->sin6_addr;
    } else {
        return append(text, " of unix:");
    }
    // Not on POSIX's list of functions for signal handlers; the one of the GNU library keeps to the stack.
    const char *name = inet_ntop(address.ss_family, octets, host, sizeof host);
    if (name == NULL) return;
    append(text, " of ");
    append(text, strncmp(name, "::ffff:", 7) == 0 && strchr(name, '.') != NULL ? name + 7 : name);
}

static void append_request(struct text *text, const struct answered *entry) {
    append(text, "\"");
    append_escaped(text, entry->line, entry->length);
    append(text, "\"");
    append_peer(text, entry->socket);
}

static void append_waiting(struct text *text) {
    size_t listed = 0;
    for (int index = 0; index < kept_waiting; index++) {
        if (waiting[index].line == NULL) continue;
        append(text, "\n  ");
        append_request(text, &waiting[index]);
        listed++;
    }
    if (waiting_count > listed) {
        append(text, "\n  and ");
        append_number(text, waiting_count - listed);
        append(text, " more");
    }
}

static void report(int index) {
    struct text text;
    text.length = 0;
    char thread[17] = {0};
    prctl(PR_GET_NAME, thread);
    append(&text, program_invocation_short_name);
    append(&text, ": crashed (");
    append(&text, crashes[index].meaning);
    append(&text, ") on thread ");
    append(&text, thread);
    if (current.line != NULL) {
        append(&text, " while answering ");
        append_request(&text, &current);
    } else if (waiting_count > 0) {
        append(&text, ", most likely while answering one of");
        append_waiting(&text);
    } else {
        append(&text, ", which answers no request");
    }
    append(&text, "\n");
    // A stuck reader must not keep a crashed process alive.
    struct pollfd errors = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&errors, 1, 1000) == 1) {
        ssize_t written = write(STDERR_FILENO, text.bytes, text.length);
        (void)written;
    }
}

// Reports, once in a process, and leaves the rest to whoever had the signal before: Swift's backtrace, or the default.
static void crashed(int number, siginfo_t *info, void *context) {
    int saved = errno;
    int index = 0;
    while (index < crash_count - 1 && crashes[index].number != number) index++;
    if (!atomic_flag_test_and_set(&is_reported)) {
        report(index);
        atomic_store(&is_written, true);
    } else {
        // Another thread crashed first: it has a second to say so before this one ends the process.
        for (int turn = 0; turn < 110 && !atomic_load(&is_written); turn++) poll(NULL, 0, 10);
    }
    const struct sigaction *before = &previous[index];
    sigaction(number, before, NULL);
    errno = saved;
    if (before->sa_handler == SIG_DFL || before->sa_handler == SIG_IGN) {
        // Comes as soon as this handler returns: not every crash happens again by itself.
        raise(number);
    } else if (before->sa_flags & SA_SIGINFO) {
        before->sa_sigaction(number, info, context);
    } else {
        before->sa_handler(number);
    }
}

void cm_report_crashes(void) {
    if (atomic_flag_test_and_set(&is_installed)) return;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    action.sa_sigaction = crashed;
    for (int index = 0; index < crash_count; index++) sigaction(crashes[index].number, &action, &previous[index]);
}
