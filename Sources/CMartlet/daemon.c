// What a process does to itself and to those it starts.
#define _GNU_SOURCE
#include "CMartlet.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

char **cm_environment(void) { return environ; }

bool cm_is_pipe(const struct stat *status) { return S_ISFIFO(status->st_mode); }

// The same numbers on every architecture.
enum { pidfd_send_signal_number = 424, pidfd_open_number = 434 };

int cm_pidfd_open(pid_t process) { return (int)syscall(pidfd_open_number, process, 0); }
int cm_pidfd_send_signal(int fd, int signal_number) {
    return (int)syscall(pidfd_send_signal_number, fd, signal_number, NULL, 0);
}

int cm_datagram_socket(void) { return socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

// Says what the new process has open. `copies` lie above every number it will use, so none is overwritten before its turn.
static int add_files(posix_spawn_file_actions_t *actions, const int *copies, int count, const char *directory) {
    int code = 0;
    for (int i = 0; i < count && code == 0; i++) {
        if (copies[i] < 0)
            code = posix_spawn_file_actions_addopen(actions, i, "/dev/null", O_RDONLY | O_NOCTTY, 0);
        else
            code = posix_spawn_file_actions_adddup2(actions, copies[i], i);
    }
    if (code == 0) code = posix_spawn_file_actions_addclosefrom_np(actions, count);
    if (code == 0 && directory) code = posix_spawn_file_actions_addchdir_np(actions, directory);
    return code;
}

static int set_attributes(posix_spawnattr_t *attributes, enum cm_group group) {
    sigset_t set;
    sigemptyset(&set);
    int code = posix_spawnattr_setsigmask(attributes, &set);
    sigfillset(&set);
    if (code == 0) code = posix_spawnattr_setsigdefault(attributes, &set);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (group == cm_group_session) flags |= POSIX_SPAWN_SETSID;
    if (group == cm_group_own) flags |= POSIX_SPAWN_SETPGROUP;
    if (code == 0) code = posix_spawnattr_setpgroup(attributes, 0);
    if (code == 0) code = posix_spawnattr_setflags(attributes, flags);
    return code;
}

static int spawn_with(pid_t *process, const char *path, char *const arguments[], char *const environment[],
                      const int *copies, int count, const char *directory, enum cm_group group) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0) return code;
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        code = add_files(&actions, copies, count, directory);
        if (code == 0) code = set_attributes(&attributes, group);
        if (code == 0) code = posix_spawn(process, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

int cm_spawn(pid_t *process, const char *path, char *const arguments[], char *const environment[], int input, int output,
             int errors, const int *descriptors, int count, const char *directory, enum cm_group group) {
    if (count < 0 || count > 65536) return EINVAL;
    int total = count + 3;
    int few[8];
    int *copies = total <= 8 ? few : malloc((size_t)total * sizeof *copies);
    if (!copies) return ENOMEM;
    int made = 0;
    int code = 0;
    for (; made < total; made++) {
        int source = made == 0 ? input : made == 1 ? output : made == 2 ? errors : descriptors[made - 3];
        copies[made] = made == 0 && input < 0 ? -1 : fcntl(source, F_DUPFD_CLOEXEC, total);
        if (copies[made] < 0 && source >= 0) {
            code = errno;
            break;
        }
    }
    if (code == 0) code = spawn_with(process, path, arguments, environment, copies, total, directory, group);
    for (int i = 0; i < made; i++)
        if (copies[i] >= 0) close(copies[i]);
    if (copies != few) free(copies);
    return code;
}

int cm_pipe_to_process(int ends[2], int ours) {
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    if (fcntl(ends[ours], F_SETFL, O_NONBLOCK | (ours == 1 ? O_WRONLY : O_RDONLY)) == 0) return 0;
    int code = errno;
    close(ends[0]);
    close(ends[1]);
    errno = code;
    return -1;
}

int cm_has_ended(pid_t process, int *status) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    int result;
    do {
        result = waitid(P_PID, (id_t)process, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result != 0 && errno == EINTR);
    if (result != 0) return -1;
    if (info.si_pid != process) return 0;
    *status = info.si_code == CLD_EXITED ? (info.si_status & 0xFF) << 8 : info.si_status & 0x7F;
    return 1;
}

int cm_set_groups_of(const char *name, gid_t group) { return initgroups(name, group); }
int cm_set_group(gid_t group) { return setresgid(group, group, group); }
int cm_set_user(uid_t user) { return setresuid(user, user, user); }

bool cm_is_user(uid_t user) {
    uid_t real, effective, saved;
    return getresuid(&real, &effective, &saved) == 0 && real == user && effective == user && saved == user;
}

bool cm_is_group(gid_t group) {
    gid_t real, effective, saved;
    return getresgid(&real, &effective, &saved) == 0 && real == group && effective == group && saved == group;
}

int cm_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
int cm_allow_core_dumps(void) { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); }

int cm_clear_capabilities(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    memset(none, 0, sizeof none);
    return (int)syscall(SYS_capset, &header, none);
}

bool cm_has_capability(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
    memset(sets, 0, sizeof sets);
    if (syscall(SYS_capget, &header, sets) != 0) return true;
    for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
        if (sets[i].effective || sets[i].permitted || sets[i].inheritable) return true;
    return false;
}

// The same numbers on every architecture.
enum { landlock_create_ruleset = 444, landlock_add_rule = 445, landlock_restrict_self = 446 };
enum { landlock_rule_path_beneath = 1, landlock_rule_net_port = 2 };

struct ruleset_attributes {
    uint64_t handled_access_fs;
    uint64_t handled_access_net;  // ABI 4
    uint64_t scoped;              // ABI 6
};

struct path_beneath {
    uint64_t allowed_access;
    int32_t parent_fd;
} __attribute__((packed));

struct net_port {
    uint64_t allowed_access;
    uint64_t port;
};

int cm_landlock_abi(void) {
    long abi = syscall(landlock_create_ruleset, NULL, 0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
    return abi < 0 ? 0 : (int)abi;
}

int cm_landlock_ruleset(int abi, uint64_t files, uint64_t ports, uint64_t scopes) {
    struct ruleset_attributes attributes = {.handled_access_fs = files, .handled_access_net = ports, .scoped = scopes};
    // An older kernel knows a shorter structure.
    size_t size = abi >= 6 ? sizeof attributes : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    return (int)syscall(landlock_create_ruleset, &attributes, size, 0);
}

int cm_landlock_allow_beneath(int ruleset, uint64_t rights, int path) {
    struct path_beneath rule = {.allowed_access = rights, .parent_fd = path};
    return (int)syscall(landlock_add_rule, ruleset, landlock_rule_path_beneath, &rule, 0);
}

int cm_landlock_allow_port(int ruleset, uint64_t rights, uint16_t port) {
    struct net_port rule = {.allowed_access = rights, .port = port};
    return (int)syscall(landlock_add_rule, ruleset, landlock_rule_net_port, &rule, 0);
}

int cm_landlock_restrict(int ruleset) { return (int)syscall(landlock_restrict_self, ruleset, 0); }

int cm_is_single_threaded(void) {
    // Changes nothing; the kernel refuses it when there are several threads.
    if (unshare(CLONE_THREAD) == 0) return 1;
    return errno == EINVAL ? 0 : -1;
}

int cm_replace_descriptor(int from, int to) { return dup3(from, to, O_CLOEXEC); }
int cm_open_path(const char *path) { return open(path, O_PATH | O_CLOEXEC); }
