/* The filters: what each role is denied, and that it can do what it must. */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/log.h"
#include "base/log_daemon.h"
#include "config/config.h"
#include "proc/privilege.h"
#include "proc/rlimits.h"
#include "proc/sandbox.h"
#include "fixture/directory.h"
#include "unit.h"

static struct config config = {
	.supervisor.sandbox = true,
	.http.max_connections = 100,
};
static const struct child_context context = { .config = &config };

/* A system call whose arguments do no harm where it is allowed. */
struct attempt {
	const char *name;
	long call;
	long arg[6];
	int error; /* what the filter makes of it; 0: EPERM */
	bool open; /* elsewhere it must give something else: the filter is the reason */
};

#define ADDRESS(p) ((long)(intptr_t)(p))

/* For both roles. */
static const struct attempt always[] = {
	{ "execve", SYS_execve, { 0, 0, 0 }, 0, true },
	{ "execveat", SYS_execveat, { -1, ADDRESS(""), 0, 0, 0 }, 0, true },
	{ "fork", SYS_clone, { SIGCHLD }, 0, true },
	{ "clone3", SYS_clone3, { 0, 0 }, ENOSYS, true },
	{ "ptrace", SYS_ptrace, { PTRACE_CONT, -1 }, 0, true },
	{ "process_vm_readv", SYS_process_vm_readv, { -1 }, 0, true },
	{ "process_vm_writev", SYS_process_vm_writev, { -1 }, 0, true },
	{ "kill itself", SYS_kill, { 0, 0 }, 0, true },
	{ "tkill", SYS_tkill, { 1, -1 }, 0, true },
	{ "tgkill another", SYS_tgkill, { 1, 1, -1 }, 0, true },
	{ "listen", SYS_listen, { -1, 1 }, 0, true },
	{ "bind", SYS_bind, { -1, 0, sizeof(struct sockaddr_in) }, 0, true },
	{ "bind a path", SYS_bind, { -1, 0, sizeof(struct sockaddr_un) }, 0, true },
	{ "accept", SYS_accept, { -1 }, 0, true },
	{ "punch a hole by advice", SYS_madvise, { 0, 0, MADV_REMOVE }, 0, true },
	{ "process_madvise", SYS_process_madvise, { -1, 0, 0, 0, 0 }, 0, true },
	{ "memfd_secret", SYS_memfd_secret, { -1 }, 0, false },
	{ "unshare", SYS_unshare, { 0 }, 0, true },
	{ "setns", SYS_setns, { -1, 0 }, 0, true },
	{ "mount", SYS_mount, { 0, 0, 0, 0, 0 }, 0, false },
	{ "bpf", SYS_bpf, { -1, 0, 0 }, 0, false },
	{ "keyctl", SYS_keyctl, { -1 }, 0, false },
	{ "init_module", SYS_init_module, { 0, 0, 0 }, 0, false },
	{ "perf_event_open", SYS_perf_event_open, { 0, -1, -1, -1, 0 }, 0, false },
	{ "io_uring_setup", SYS_io_uring_setup, { 0, 0 }, 0, false },
	{ "userfaultfd", SYS_userfaultfd, { -1 }, 0, false },
	{ "socket(AF_PACKET)", SYS_socket, { AF_PACKET, -1, 0 }, 0, false },
	{ "socket(AF_VSOCK)", SYS_socket, { AF_VSOCK, -1, 0 }, 0, false },
	{ "personality", SYS_personality, { 0xffffffff }, 0, true },
	{ "chroot", SYS_chroot, { 0 }, 0, false },
};

/* Nothing that reaches another process of the same user. */
static const struct attempt hydrator_only[] = {
	{ "own a descriptor's signals", SYS_fcntl, { -1, F_SETOWN, 1 }, 0, true },
	{ "own them by type", SYS_fcntl, { -1, F_SETOWN_EX, 0 }, 0, true },
	{ "choose the signal", SYS_fcntl, { -1, F_SETSIG, SIGKILL }, 0, true },
	{ "ask for signals", SYS_fcntl, { -1, F_SETFL, O_ASYNC | O_NONBLOCK }, 0,
	    true },
	{ "wait for a log", SYS_fcntl, { -1, F_SETFL, O_APPEND }, 0, true },
	{ "wait for it by FIONBIO", SYS_ioctl, { -1, FIONBIO, 0 }, 0, true },
	{ "cut a file off", SYS_ftruncate, { -1, 0 }, 0, true },
	{ "cut it off by its name", SYS_truncate, { 0, 0 }, 0, true },
	{ "cut it off when it is opened", SYS_openat,
	    { -1, ADDRESS("x"), O_WRONLY | O_TRUNC }, 0, true },
	{ "open by a structure", SYS_openat2, { -1, 0, 0, 0 }, 0, true },
	{ "punch a hole", SYS_fallocate, { -1, 3, 0, 1 }, 0, true },
	{ "diagnose sockets", SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG },
	    0, true },
	{ "FIOSETOWN", SYS_ioctl, { -1, FIOSETOWN, 0 }, 0, true },
	{ "SIOCSPGRP", SYS_ioctl, { -1, SIOCSPGRP, 0 }, 0, true },
	{ "limits of another", SYS_prlimit64, { INT_MAX, RLIMIT_NOFILE, 0, 0 }, 0,
	    true },
	{ "priority of another", SYS_setpriority, { PRIO_PROCESS, INT_MAX, 19 }, 0,
	    true },
	{ "priority of a user", SYS_setpriority, { PRIO_USER, INT_MAX, 19 }, 0, true },
	{ "scheduling of another", SYS_sched_setscheduler, { INT_MAX, 0, 0 }, 0, true },
	{ "processors of another", SYS_sched_setaffinity, { INT_MAX, 0, 0 }, 0, true },
	{ "ioprio_set", SYS_ioprio_set, { 9, 0, 0 }, 0, true },
	{ "pidfd_open", SYS_pidfd_open, { -1, 0 }, 0, true },
	{ "pidfd_getfd", SYS_pidfd_getfd, { -1, 0, 0 }, 0, true },
	{ "socket(AF_NETLINK + 1)", SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, 0, false },
	{ "code without a file", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, 0,
	    true },
	{ "mprotect to execute", SYS_mprotect, { 0, 0, PROT_EXEC }, 0, true },
	{ "a link", SYS_linkat, { -1, ADDRESS("x"), -1, ADDRESS("y"), 0 }, 0, true },
	{ "a symbolic link", SYS_symlinkat, { ADDRESS("x"), -1, ADDRESS("y") }, 0,
	    true },
	{ "prctl", SYS_prctl, { PR_GET_DUMPABLE }, 0, true },
};

static const struct attempt reader_only[] = {
	{ "mremap", SYS_mremap, { 0, 0, 0, 0, 0 }, 0, true },
	{ "socket(AF_INET)", SYS_socket, { AF_INET, SOCK_STREAM, 0 }, 0, true },
	{ "socket(AF_UNIX)", SYS_socket, { AF_UNIX, SOCK_DGRAM, 0 }, 0, true },
	{ "socketpair", SYS_socketpair, { AF_UNIX, SOCK_DGRAM, 0, 0 }, 0, true },
	{ "connect", SYS_connect, { -1, 0, 0 }, 0, true },
	{ "bind netlink", SYS_bind, { -1, 0, 12 }, 0, true },
	{ "sendto that connects", SYS_sendto, { -1, 0, 0, MSG_FASTOPEN, 0, 0 }, 0,
	    true },
	{ "sendmsg that connects", SYS_sendmsg, { -1, 0, MSG_FASTOPEN }, 0, true },
	{ "end a listener", SYS_shutdown, { -1, SHUT_RD }, 0, true },
	{ "end it both ways", SYS_shutdown, { -1, SHUT_RDWR }, 0, true },
	{ "setsockopt", SYS_setsockopt, { -1, SOL_SOCKET, SO_ATTACH_FILTER, 0, 0 }, 0,
	    true },
	{ "ioctl", SYS_ioctl, { -1, TIOCSTI, 0 }, 0, true },
	{ "open to read", SYS_openat, { AT_FDCWD, ADDRESS("/etc/passwd"), O_RDONLY }, 0,
	    true },
	{ "open to append", SYS_openat,
	    { AT_FDCWD, ADDRESS("/dev/null"), O_WRONLY | O_APPEND }, 0, true },
	{ "open", SYS_open, { ADDRESS("/dev/null"), O_RDONLY }, 0, true },
	{ "openat2", SYS_openat2, { -1, 0, 0, 0 }, 0, true },
	{ "F_SETFL", SYS_fcntl, { -1, F_SETFL, 0 }, 0, true },
	{ "ftruncate", SYS_ftruncate, { -1, 0 }, 0, true },
	{ "truncate", SYS_truncate, { 0, 0 }, 0, true },
	{ "pwrite", SYS_pwrite64, { -1, 0, 0, 0 }, 0, true },
	{ "punch a hole", SYS_fallocate, { -1, 3, 0, 1 }, 0, true },
	{ "unlinkat", SYS_unlinkat, { -1, ADDRESS("x"), 0 }, 0, true },
	{ "renameat2", SYS_renameat2, { -1, ADDRESS("x"), -1, ADDRESS("y"), 0 }, 0,
	    true },
	{ "fchmodat", SYS_fchmodat, { -1, ADDRESS("x"), 0 }, 0, true },
	{ "newfstatat", SYS_newfstatat, { -1, ADDRESS("x"), 0, 0 }, 0, true },
	{ "getdents64", SYS_getdents64, { -1, 0, 0 }, 0, true },
	{ "mmap to execute", SYS_mmap,
	    { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 }, 0,
	    true },
	{ "mprotect to execute", SYS_mprotect, { 0, 0, PROT_EXEC }, 0, true },
	{ "setresuid", SYS_setresuid, { -1, -1, -1 }, 0, true },
	{ "prlimit64", SYS_prlimit64, { 0, RLIMIT_NOFILE, 0, 0 }, 0, true },
	{ "pidfd_open", SYS_pidfd_open, { -1, 0 }, 0, true },
	{ "prctl", SYS_prctl, { PR_GET_DUMPABLE }, 0, true },
	{ "seccomp", SYS_seccomp, { -1, 0, 0 }, 0, true },
	{ "clone a namespace", SYS_clone,
	    { CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER, 0 }, 0, true },
};

/* errno, or 0. */
static int
try(const struct attempt *a)
{
	pid_t self = getpid();
	long r = syscall(
	    a->call, a->arg[0], a->arg[1], a->arg[2], a->arg[3], a->arg[4], a->arg[5]);

	if (getpid() != self)
		_exit(0);
	return r == -1 ? errno : 0;
}

typedef int probe_fn(void);

/* Runs probe in a child, which prints what went wrong and returns how much. */
static int
inside(bool filtered, enum role role, probe_fn *probe)
{
	const struct privilege nobody_else = { .drop = false };
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (filtered) {
			if (privilege_drop(&nobody_else) == -1)
				_exit(100);
			sandbox_enter(role, &context);
		}
		_exit(probe());
	}
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int
count_wrong(const struct attempt *a, size_t n, bool filtered)
{
	int error, wrong = 0;

	for (; n > 0; n--, a++) {
		int want = a->error != 0 ? a->error : EPERM;

		if (!filtered && !a->open)
			continue;
		error = try(a);
		if ((error == want) == filtered)
			continue;
		fprintf(stderr, "%s: %s\n", a->name, strerror(error));
		wrong++;
	}
	return wrong;
}

static int
denied_to_all(void)
{
	return count_wrong(always, NELEM(always), true);
}

static int
denied_to_hydrators(void)
{
	return count_wrong(hydrator_only, NELEM(hydrator_only), true);
}

static int
denied_to_readers(void)
{
	return count_wrong(reader_only, NELEM(reader_only), true);
}

/* Without a filter none of these fails in the same way. */
static int
denied_to_none(void)
{
	return count_wrong(always, NELEM(always), false) +
	       count_wrong(hydrator_only, NELEM(hydrator_only), false) +
	       count_wrong(reader_only, NELEM(reader_only), false);
}

static void
need_filters(void)
{
	if (sandbox_why_off(&config) != NULL) {
		print_message("%s\n", sandbox_why_off(&config));
		skip();
	}
}

TEST(a_reader_is_denied_what_it_does_not_need)
{
	need_filters();
	assert_int_equal(inside(true, ROLE_READER, denied_to_all), 0);
	assert_int_equal(inside(true, ROLE_READER, denied_to_readers), 0);
}

TEST(a_hydrator_is_denied_programs_and_other_processes)
{
	need_filters();
	assert_int_equal(inside(true, ROLE_HYDRATOR, denied_to_all), 0);
	assert_int_equal(inside(true, ROLE_HYDRATOR, denied_to_hydrators), 0);
}

TEST(it_is_the_filter_that_denies)
{
	need_filters();
	assert_int_equal(inside(false, ROLE_READER, denied_to_none), 0);
}

#define CHECK(condition)                                                               \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "%d: %s: %s\n", __LINE__, #condition,          \
			    strerror(errno));                                          \
			return 1;                                                      \
		}                                                                      \
	} while (0)

/* What was opened before the filter stood. */
static struct {
	int listener, client, epoll, receiver, log;
	struct log_daemon daemon;
	struct sockaddr_in address;
} before;

static void
open_before(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un log = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(before.address);

	before.listener = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(before.listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(before.listener, 5), 0);
	assert_int_equal(
	    getsockname(before.listener, (struct sockaddr *)&before.address, &len), 0);
	before.client = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(connect(before.client, (struct sockaddr *)&before.address,
			     sizeof(before.address)),
	    0);
	before.epoll = epoll_create1(0);
	before.log = log_file_open(directory_path("log"));
	assert_int_not_equal(before.log, -1);
	snprintf(log.sun_path, sizeof(log.sun_path), "%s/daemon", directory);
	before.receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(
	    bind(before.receiver, (struct sockaddr *)&log, sizeof(log)), 0);
	assert_int_equal(log_daemon_open(&before.daemon, strdup(log.sun_path)), 0);
}

static void
close_before(void)
{
	close(before.listener);
	close(before.client);
	close(before.epoll);
	close(before.log);
	close(before.receiver);
	free((void *)(uintptr_t)before.daemon.path);
	log_daemon_close(&before.daemon);
}

static int
memory_file(size_t len)
{
	int fd = memfd_create("snapshot", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	CHECK(fd != -1);
	CHECK(posix_fallocate(fd, 0, (off_t)len) == 0);
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) == 0);
	CHECK(mmap(NULL, len, PROT_READ, MAP_SHARED, fd, 0) != MAP_FAILED);
	return fd;
}

static int
serves(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int queued, on = 1, room = 32768, fd, file;
	char byte;

	CHECK(epoll_ctl(before.epoll, EPOLL_CTL_ADD, before.listener, &event) == 0);
	CHECK(epoll_wait(before.epoll, &event, 1, 10000) == 1);
	CHECK((fd = accept4(before.listener, NULL, NULL, SOCK_CLOEXEC)) != -1);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &on, sizeof(on)) == 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)) == 0);
	CHECK(send(fd, "x", 1, MSG_NOSIGNAL) == 1);
	CHECK((file = memory_file(100000)) > 1);
	CHECK(sendfile(fd, file, &(off_t){ 0 }, 100) == 100);
	CHECK(write(fd, "y", 1) == 1);
	CHECK(ioctl(fd, SIOCOUTQ, &queued) == 0);
	CHECK(ioctl(fd, FIONREAD, &queued) == 0);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	CHECK(close(fd) == 0);
	CHECK(recv(before.client, &byte, 1, 0) == 1 && byte == 'x');
	return 0;
}

/* A thread with an arena of its own. */
static void *
thread_main(void *arg)
{
	int *lowered = arg;
	void *p[100];
	size_t i;

	*lowered = setpriority(PRIO_PROCESS, 0, 19);
	for (i = 0; i < NELEM(p); i++)
		if ((p[i] = malloc(i * 5000)) != NULL)
			memset(p[i], 1, i * 5000);
	for (i = 0; i < NELEM(p); i++)
		free(p[i]);
	return NULL;
}

static int
runs_a_thread(void)
{
	pthread_t thread;
	int lowered = -1;

	CHECK(pthread_create(&thread, NULL, thread_main, &lowered) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(lowered == 0);
	return 0;
}

static int
writes_logs(void)
{
	char line[200];

	log_adopt(before.log);
	log_info("after the rotation");
	CHECK(log_daemon_send(&before.daemon, LOG_INFO, "reader 0", "text", 4) == 0);
	CHECK(recv(before.receiver, line, sizeof(line), 0) > 20);
	return 0;
}

static int
uses_memory_and_time(void)
{
	struct timespec now;
	time_t t = 0;
	struct tm tm;
	char *p = malloc(300000), chance[16];

	CHECK(p != NULL && (p = realloc(p, 90000000)) != NULL);
	free(p);
	malloc_trim(0);
	CHECK(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
	CHECK(localtime_r(&t, &tm) != NULL);
	CHECK(getentropy(chance, sizeof(chance)) == 0);
	CHECK(nanosleep(&(struct timespec){ 0, 1000 }, NULL) == 0);
	return 0;
}

static int
does_a_readers_work(void)
{
	return serves() + runs_a_thread() + writes_logs() + uses_memory_and_time();
}

static int
make_directory(void **state UNUSED)
{
	return directory_make();
}

static int
remove_directory(void **state UNUSED)
{
	return directory_remove("log", "log.1", "daemon", NULL);
}

TEST_WITH(a_reader_can_do_its_work, make_directory, remove_directory)
{
	char path[80], rotated[80];
	struct stat st;

	need_filters();
	snprintf(path, sizeof(path), "%s/log", directory);
	snprintf(rotated, sizeof(rotated), "%s/log.1", directory);
	assert_int_equal(log_open(path, "info"), 0);
	assert_int_equal(rename(path, rotated), 0);
	open_before();
	assert_int_equal(inside(true, ROLE_READER, does_a_readers_work), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 0);
	close_before();
	assert_int_equal(log_open("stderr", "info"), 0);
}

static int
aborts(void)
{
	abort();
}

static int
crashes(void)
{
	volatile int *volatile nowhere = NULL;

	signal(SIGSEGV, SIG_DFL); /* cmocka handles it */
	return *nowhere;
}

/* With the status that the supervisor counts; a core of a test is of no use. */
TEST(deaths_stay_what_they_are)
{
	const struct rlimit no_core = { 0, 0 };

	need_filters();
	assert_int_equal(setrlimit(RLIMIT_CORE, &no_core), 0);
	assert_int_equal(WTERMSIG(inside(true, ROLE_READER, aborts)), SIGABRT);
	assert_int_equal(WTERMSIG(inside(true, ROLE_HYDRATOR, aborts)), SIGABRT);
	assert_int_equal(WTERMSIG(inside(true, ROLE_READER, crashes)), SIGSEGV);
}

static void *
look_up(void *arg)
{
	struct addrinfo *found = NULL, hints = { .ai_flags = AI_ADDRCONFIG };

	*(int *)arg = getaddrinfo("localhost", "80", &hints, &found);
	if (found != NULL)
		freeaddrinfo(found);
	return NULL;
}

/* Names are looked up in threads; which addresses there are is asked by netlink. */
static int
fetches(void)
{
	struct ifaddrs *addresses = NULL;
	pthread_t thread;
	int failed = -1, fd;

	CHECK(getifaddrs(&addresses) == 0);
	freeifaddrs(addresses);
	CHECK(pthread_create(&thread, NULL, look_up, &failed) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(failed == 0);
	CHECK((fd = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	CHECK(connect(fd, (struct sockaddr *)&before.address, sizeof(before.address)) ==
	      0);
	CHECK(send(fd, "x", 1, MSG_NOSIGNAL) == 1);
	return close(fd);
}

static int
keeps_its_state(void)
{
	char new[80], name[80];
	int fd;

	snprintf(new, sizeof(new), "%s/state.new", directory);
	snprintf(name, sizeof(name), "%s/state", directory);
	CHECK((fd = open(new, O_RDWR | O_CREAT | O_EXCL, 0600)) != -1);
	CHECK(write(fd, "x", 1) == 1 && fsync(fd) == 0);
	CHECK(rename(new, name) == 0 && unlink(name) == 0);
	return close(fd);
}

static int
does_a_hydrators_work(void)
{
	return fetches() + keeps_its_state() + runs_a_thread() + writes_logs() +
	       uses_memory_and_time();
}

TEST_WITH(a_hydrator_can_do_its_work, make_directory, remove_directory)
{
	need_filters();
	open_before();
	assert_int_equal(inside(true, ROLE_HYDRATOR, does_a_hydrators_work), 0);
	close_before();
}

TEST(what_turns_it_off_is_said)
{
	struct config off = { .supervisor.sandbox = false };

	need_filters();
	assert_string_equal(sandbox_why_off(&off), "supervisor.sandbox is false");
}

static rlim_t
descriptors(void)
{
	struct rlimit l;

	return getrlimit(RLIMIT_NOFILE, &l) == 0 ? l.rlim_cur : 0;
}

static int
limits_reader(void)
{
	rlimits_set(ROLE_READER, &context);
	CHECK(descriptors() == rlimits_descriptors(ROLE_READER, &context));
	return 0;
}

static int
limits_reader_as_far_as_allowed(void)
{
	const struct rlimit tight = { 200, 300 };

	CHECK(setrlimit(RLIMIT_NOFILE, &tight) == 0);
	rlimits_set(ROLE_READER, &context);
	CHECK(descriptors() == 300);
	return 0;
}

static int
limits_hydrator(void)
{
	const struct rlimit more = { 300, 300 };

	rlimits_set(ROLE_HYDRATOR, &context);
	CHECK(descriptors() == rlimits_descriptors(ROLE_HYDRATOR, &context));
	CHECK(geteuid() == 0 || setrlimit(RLIMIT_NOFILE, &more) == -1);
	return 0;
}

static int
limits_memory(void)
{
	const size_t less = (size_t)256 << 20;
	struct rlimit l;
	void *p;

	rlimits_set(ROLE_HYDRATOR, &context);
	CHECK(getrlimit(RLIMIT_DATA, &l) == 0);
	CHECK(l.rlim_cur == rlimits_memory(&config));
	CHECK((p = malloc(less)) != NULL);
	free(p);
	/* What is only reserved is nobody's loss. */
	p = mmap(NULL, l.rlim_cur, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CHECK(p != MAP_FAILED);
	CHECK(malloc(l.rlim_cur) == NULL);
	return 0;
}

static int
limits_memory_not(void)
{
	struct rlimit old, now;

	CHECK(getrlimit(RLIMIT_DATA, &old) == 0);
	rlimits_set(ROLE_READER, &context);
	CHECK(getrlimit(RLIMIT_DATA, &now) == 0);
	CHECK(now.rlim_cur == old.rlim_cur);
	return 0;
}

TEST(memory_of_hydrators_is_limited)
{
#ifdef HAVE_SANITIZERS
	skip();
#endif
	config.hydration.max_memory = 256 << 20;
	assert_int_equal(inside(false, ROLE_HYDRATOR, limits_memory), 0);
	assert_int_equal(inside(false, ROLE_READER, limits_memory_not), 0);
	config.hydration.max_memory = 0;
	assert_true(rlimits_memory(&config) == RLIM_INFINITY);
}

/* What is beside them is needed whoever comes. */
TEST(public_connections_are_as_many_as_descriptors_allow)
{
	struct child_context other = context;
	rlim_t fixed = rlimits_descriptors(ROLE_READER, &context) - 100 - 1024;

	assert_int_equal(rlimits_connections(&context, 0), 100);
	assert_int_equal(rlimits_connections(&context, RLIM_INFINITY), 100);
	assert_int_equal(rlimits_connections(&context, fixed + 1124), 100);
	assert_int_equal(rlimits_connections(&context, fixed + 134), 100);
	assert_int_equal(rlimits_connections(&context, fixed + 80), 60);
	assert_int_equal(rlimits_connections(&context, fixed + 1), 1);
	assert_int_equal(rlimits_connections(&context, fixed - 1), 1);
	assert_int_equal(rlimits_connections(&context, 1), 1);
	other.sockets[LISTEN_ADMIN].n = 1;
	assert_int_equal(
	    rlimits_connections(&other, fixed + RLIMITS_OPERATORS + 64 + 1 + 80), 60);
}

TEST(descriptors_are_limited_by_role)
{
	const struct rlimit low = { 200, 5000 };
	struct child_context other = context;
	rlim_t alone = rlimits_descriptors(ROLE_READER, &context);

	other.sockets[LISTEN_METRICS].n = 2;
	other.sockets[LISTEN_ANSWERS].n = 3;
	other.sockets[LISTEN_DASHBOARD].n = 1; /* of the same server */
	assert_int_equal(rlimits_descriptors(ROLE_READER, &other),
	    alone + RLIMITS_OPERATORS + 64 + 6);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	assert_int_equal(inside(false, ROLE_READER, limits_reader), 0);
	assert_int_equal(
	    inside(false, ROLE_READER, limits_reader_as_far_as_allowed), 0);
	assert_int_equal(inside(false, ROLE_HYDRATOR, limits_hydrator), 0);
}
