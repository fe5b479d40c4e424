/* The filters of system calls. */
#include "proc/sandbox.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <unistd.h>

#include "autoconf.h"
#include "base/log.h"
#include "config/config.h"
#include "proc/child.h"
#include "proc/landlock.h"
#include "proc/privilege.h"
#include "proc/rlimits.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/* A system call, and conditions on its arguments that must all hold. */
struct rule {
	int call;
	unsigned n;
	struct scmp_arg_cmp arg[2];
};

#define CALL(name)                                                                     \
	{                                                                              \
		.call = SCMP_SYS(name)                                                 \
	}
#define CALL_IF(name, a)                                                               \
	{                                                                              \
		.call = SCMP_SYS(name), .n = 1, .arg = { a }                           \
	}
#define CALL_IF2(name, a, b)                                                           \
	{                                                                              \
		.call = SCMP_SYS(name), .n = 2, .arg = { a, b }                        \
	}
#define BITS(arg, mask, value)                                                         \
	{                                                                              \
		arg, SCMP_CMP_MASKED_EQ, mask, (scmp_datum_t)(value)                   \
	}
/* Of an int argument, whose register may hold anything above it. */
#define INT(arg, value) BITS(arg, 0xffffffff, value)

#define NAMESPACES                                                                     \
	(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |  \
	    CLONE_NEWUSER | CLONE_NEWUTS)

/* Of both: time, chance, identity; advice; signals of its own, and the end. */
static const struct rule all_allow[] = {
	CALL(clock_gettime),
	CALL(clock_getres),
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(gettimeofday),
	CALL(time),
	CALL(getrandom),
	CALL(getpid),
	CALL(gettid),
	/* No MADV_REMOVE: it makes holes in a file that is mapped, and where /dev/shm
	 * is full, whoever looks into a hole of the segment dies, the supervisor as
	 * well. */
	CALL_IF(madvise, INT(2, MADV_DONTNEED)),
	CALL_IF(madvise, INT(2, MADV_HUGEPAGE)),
	CALL_IF(madvise, INT(2, MADV_NOHUGEPAGE)),
	CALL_IF(madvise, INT(2, MADV_COLLAPSE)),
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(restart_syscall),
	CALL(sigaltstack),
	CALL(exit),
	CALL(exit_group),
};

static const struct rule reader_allows[] = {
	/* Connections: those that come. With MSG_FASTOPEN a send would connect. */
	CALL(accept4),
	CALL(recvfrom),
	CALL_IF(sendto, BITS(3, MSG_FASTOPEN, 0)),
	CALL_IF(sendmsg, BITS(2, MSG_FASTOPEN, 0)),
	CALL(sendfile),
	/* Not to read: that ends a listening socket, which is everybody's. */
	CALL_IF(shutdown, INT(1, SHUT_WR)),
	CALL_IF2(setsockopt, INT(1, IPPROTO_TCP), INT(2, TCP_NODELAY)),
	/* What a stream may keep in the kernel, and how long an unheard one lasts. */
	CALL_IF2(setsockopt, INT(1, IPPROTO_TCP), INT(2, TCP_USER_TIMEOUT)),
	CALL_IF2(setsockopt, INT(1, SOL_SOCKET), INT(2, SO_SNDBUF)),
	CALL_IF(ioctl, INT(1, SIOCOUTQ)),
	CALL_IF(ioctl, INT(1, FIONREAD)),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(epoll_pwait2),
	CALL(poll),
	CALL(ppoll),
	/* Files: what the supervisor opened, and memory. None is opened here. */
	CALL(recvmsg),
	CALL(dup3),
	CALL(close),
	CALL(read),
	CALL(write),
	CALL(lseek),
	CALL(fstat),
	CALL_IF(newfstatat, BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)),
	CALL(memfd_create),
	CALL_IF(fallocate, INT(1, 0)),
	CALL_IF(fcntl, INT(1, F_ADD_SEALS)),
	CALL_IF(fcntl, INT(1, F_GETFL)),
	/* Memory, never to run code from. No mremap: it would grow the pages of the
	 * segment that a reader may write over all that lies behind them. */
	CALL_IF(mmap, BITS(2, PROT_EXEC, 0)),
	CALL_IF(mprotect, BITS(2, PROT_EXEC, 0)),
	CALL(munmap),
	CALL(brk),
	/* Threads of low priority; no process. */
	CALL_IF(clone, BITS(0, CLONE_THREAD | NAMESPACES, CLONE_THREAD)),
	CALL_IF2(setpriority, INT(0, PRIO_PROCESS), INT(1, 0)),
	CALL_IF2(sched_setscheduler, INT(0, 0), INT(1, SCHED_IDLE)),
	CALL(futex),
	CALL(rseq),
	CALL(set_robust_list),
	CALL(sched_getaffinity),
	CALL(sched_yield),
	CALL(sysinfo),
};

static const struct rule hydrator_allows[] = {
	/* Connections that it makes; libc binds a netlink socket, told by its length,
	 * to learn which addresses there are. */
	CALL_IF(socket, INT(0, AF_UNIX)),
	CALL_IF(socket, INT(0, AF_INET)),
	CALL_IF(socket, INT(0, AF_INET6)),
	CALL_IF2(socket, INT(0, AF_NETLINK), INT(2, NETLINK_ROUTE)),
	CALL_IF(bind, INT(2, sizeof(struct sockaddr_nl))),
	CALL(socketpair),
	CALL(connect),
	CALL(shutdown),
	CALL(getsockname),
	CALL(getpeername),
	CALL(getsockopt),
	CALL(setsockopt),
	CALL(sendto),
	CALL(sendmsg),
	CALL(sendmmsg),
	CALL(recvfrom),
	CALL(recvmsg),
	CALL(recvmmsg),
	CALL(poll),
	CALL(ppoll),
	CALL(select),
	CALL(pselect6),
	CALL(pipe2),
	CALL(eventfd2),
	CALL_IF(ioctl, INT(1, FIONREAD)),
	/* Files: which ones is not seen here (landlock.h). None is cut off: of the
	 * segment the supervisor would die, and a log would be gone. No F_SETOWN, no
	 * F_SETSIG: by them a pipe kills any process of its user. No FIONBIO, and no
	 * F_SETFL without O_NONBLOCK: the supervisor would wait for a log. */
	CALL_IF(openat, BITS(2, O_TRUNC, 0)),
	CALL(close),
	CALL(read),
	CALL(readv),
	CALL(pread64),
	CALL(write),
	CALL(writev),
	CALL(pwrite64),
	CALL(lseek),
	CALL(fstat),
	CALL(stat),
	CALL(lstat),
	CALL(newfstatat),
	CALL(statx),
	CALL(statfs),
	CALL(fstatfs),
	CALL(access),
	CALL(faccessat),
	CALL(faccessat2),
	CALL(readlink),
	CALL(readlinkat),
	CALL(getcwd),
	CALL(getdents64),
	CALL(rename),
	CALL(renameat),
	CALL(renameat2),
	CALL(unlink),
	CALL(unlinkat),
	CALL_IF(fallocate, INT(1, 0)),
	CALL(fadvise64),
	CALL(fsync),
	CALL(fdatasync),
	CALL(memfd_create),
	CALL(dup3),
	CALL_IF(fcntl, INT(1, F_DUPFD)),
	CALL_IF(fcntl, INT(1, F_DUPFD_CLOEXEC)),
	CALL_IF(fcntl, INT(1, F_GETFD)),
	CALL_IF(fcntl, INT(1, F_SETFD)),
	CALL_IF(fcntl, INT(1, F_GETFL)),
	CALL_IF2(fcntl, INT(1, F_SETFL), BITS(2, O_ASYNC | O_NONBLOCK, O_NONBLOCK)),
	CALL_IF(fcntl, INT(1, F_OFD_SETLK)),
	CALL_IF(fcntl, INT(1, F_SETLK)),
	CALL_IF(fcntl, INT(1, F_GETLK)),
	CALL_IF(fcntl, INT(1, F_ADD_SEALS)),
	CALL(inotify_init1),
	CALL(inotify_add_watch),
	CALL(inotify_rm_watch),
	/* Memory. Code is only mapped from files: libc loads the modules by which names
	 * are looked up when they are first needed. */
	CALL_IF(mmap, BITS(2, PROT_EXEC, 0)),
	CALL_IF(mmap, BITS(3, MAP_ANONYMOUS, 0)),
	CALL_IF(mprotect, BITS(2, PROT_EXEC, 0)),
	CALL(munmap),
	CALL(mremap),
	CALL(brk),
	/* Threads, which save a snapshot, record history and look up names; no
	 * process. */
	CALL_IF(clone, BITS(0, CLONE_THREAD | NAMESPACES, CLONE_THREAD)),
	CALL_IF2(setpriority, INT(0, PRIO_PROCESS), INT(1, 0)),
	CALL_IF2(prlimit64, INT(0, 0), BITS(2, ~(scmp_datum_t)0, 0)),
	CALL(futex),
	CALL(rseq),
	CALL(set_robust_list),
	CALL(sched_getaffinity),
	CALL(sched_yield),
	CALL(sysinfo),
	CALL(uname),
	CALL(getrusage),
	/* Who it is. */
	CALL(getppid),
	CALL(getuid),
	CALL(geteuid),
	CALL(getgid),
	CALL(getegid),
};

const char *
sandbox_why_off(const struct config *c)
{
#if defined(HAVE_SANITIZERS)
	(void)c;
	return "this build has sanitizers";
#elif defined(HAVE_GCOV)
	(void)c;
	return "this build counts its coverage";
#elif __SIZEOF_POINTER__ < 8
	(void)c;
	return "there is none for machines of 32 bits";
#else
	unsigned action = SECCOMP_RET_ERRNO;

	if (!c->supervisor.sandbox)
		return "supervisor.sandbox is false";
	if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == -1)
		return "the kernel has no filters of system calls";
	return NULL;
#endif
}

/* Adds rules that allow; returns 0, or a negative errno as libseccomp does. */
static int
filter_allow(scmp_filter_ctx f, const struct rule *rules, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add_array(
		    f, SCMP_ACT_ALLOW, rules[i].call, rules[i].n, rules[i].arg);
	return r;
}

static int
filter_fill(scmp_filter_ctx f, enum role role)
{
	/* Its flags are in memory, where no filter sees them; libc falls back to
	 * clone, which has them in a register. */
	const int unseen = SCMP_SYS(clone3);
	/* Signals to itself only, which abort(3) needs. */
	const struct rule self = CALL_IF(tgkill, INT(0, getpid()));
	int r = seccomp_rule_add_array(f, SCMP_ACT_ERRNO(ENOSYS), unseen, 0, NULL);

	if (r == 0)
		r = filter_allow(f, &self, 1);
	if (r == 0)
		r = filter_allow(f, all_allow, NELEM(all_allow));
	if (r == 0 && role == ROLE_READER)
		r = filter_allow(f, reader_allows, NELEM(reader_allows));
	else if (r == 0)
		r = filter_allow(f, hydrator_allows, NELEM(hydrator_allows));
	return r;
}

static int
filter_install(enum role role)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r;

	if (f == NULL)
		return -ENOMEM;
	/* As a binary tree. no_new_privs is set and verified already. */
	r = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	if (r == 0)
		r = filter_fill(f, role);
	if (r == 0)
		r = seccomp_load(f);
	seccomp_release(f);
	return r;
}

void
sandbox_enter(enum role role, const struct child_context *c)
{
	const char *why_off = sandbox_why_off(c->config);
	int r;

	rlimits_set(role, c);
	proc_child_note_limits();
	if (why_off != NULL) {
		log_warnx("no sandbox: %s", why_off);
		return;
	}
	if ((r = filter_install(role)) != 0)
		fatalx("the filter of system calls cannot be installed: %s "
		       "(supervisor.sandbox = false does without)",
		    strerror(-r));
}

static void
describe_user(const struct config *c, FILE *out)
{
	struct privilege p;
	char err[256];

	if (privilege_find(c->user, &p, err, sizeof(err)) == -1)
		fprintf(out, "# user: none: %s\n", err);
	else
		fprintf(out, "# user: %s, uid %u, gid %u\n",
		    p.drop               ? p.user
		    : c->user[0] == '\0' ? "who starts it (user is not set)"
					 : "who starts it (only root can change)",
		    (unsigned)p.uid, (unsigned)p.gid);
}

/* The rules of one call stand together. */
static size_t
count_calls(const struct rule *rules, size_t n)
{
	size_t i, calls = 1;

	for (i = 1; i < n; i++)
		calls += rules[i].call != rules[i - 1].call;
	return calls;
}

void
sandbox_describe(const struct config *c, FILE *out)
{
	const char *why_off = sandbox_why_off(c);
	const size_t both = 1 + count_calls(all_allow, NELEM(all_allow)); /* tgkill */

	fputs("# In force for readers and hydrators, if this user starts them:\n", out);
	describe_user(c, out);
	fputs("# no_new_privs: on\n", out);
	if (why_off != NULL) {
		fprintf(out, "# sandbox: off: %s\n", why_off);
		return;
	}
	fprintf(out,
	    "# sandbox of readers: seccomp, %zu system calls, without connect, exec, "
	    "open\n"
	    "# sandbox of hydrators: seccomp, %zu system calls, without exec, listen, "
	    "signals to others\n",
	    both + count_calls(reader_allows, NELEM(reader_allows)),
	    both + count_calls(hydrator_allows, NELEM(hydrator_allows)));
	if (landlock_version() > 0)
		fprintf(out, "# files of hydrators: Landlock, version %d\n",
		    landlock_version());
	else
		fputs("# files of hydrators: all of the user, the kernel has no "
		      "Landlock\n",
		    out);
}
