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
#include "proc/privilege.h"
#include "proc/rlimits.h"

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
#define NOT(arg, value)                                                                \
	{                                                                              \
		arg, SCMP_CMP_NE, (scmp_datum_t)(value), 0                             \
	}
#define ABOVE(arg, value)                                                              \
	{                                                                              \
		arg, SCMP_CMP_GT, (scmp_datum_t)(value), 0                             \
	}

#define NAMESPACES                                                                     \
	(CLONE_NEWCGROUP | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID |  \
	    CLONE_NEWUSER | CLONE_NEWUTS)

static const struct rule reader_allows[] = {
	/* Connections: those that come. With MSG_FASTOPEN a send would connect. */
	CALL(accept4),
	CALL(recvfrom),
	CALL_IF(sendto, BITS(3, MSG_FASTOPEN, 0)),
	CALL_IF(sendmsg, BITS(2, MSG_FASTOPEN, 0)),
	CALL(sendfile),
	CALL(shutdown),
	CALL(getsockname),
	CALL(getpeername),
	CALL(getsockopt),
	CALL_IF2(setsockopt, INT(1, IPPROTO_TCP), INT(2, TCP_NODELAY)),
	CALL_IF(ioctl, INT(1, SIOCOUTQ)),
	CALL_IF(ioctl, INT(1, FIONREAD)),
	CALL(epoll_ctl),
	CALL(epoll_wait),
	CALL(epoll_pwait),
	CALL(epoll_pwait2),
	CALL(poll),
	CALL(ppoll),
	/* Files: logs to append to, and memory. No F_SETFL, no ftruncate: the segment
	 * may be the same user's, and what is opened by its name can only grow. */
	CALL_IF(openat, BITS(2, O_ACCMODE | O_APPEND | O_TRUNC, O_WRONLY | O_APPEND)),
	CALL(close),
	CALL(read),
	CALL(write),
	CALL(writev),
	CALL(lseek),
	CALL(fstat),
	CALL_IF(newfstatat, BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH)),
	CALL(memfd_create),
	CALL_IF(fallocate, INT(1, 0)),
	CALL_IF(fcntl, INT(1, F_ADD_SEALS)),
	CALL_IF(fcntl, INT(1, F_GETFL)),
	/* Memory, never to run code from. */
	CALL_IF(mmap, BITS(2, PROT_EXEC, 0)),
	CALL_IF(mprotect, BITS(2, PROT_EXEC, 0)),
	CALL(munmap),
	CALL(mremap),
	CALL(madvise),
	CALL(brk),
	/* One thread of low priority; no process. */
	CALL_IF(clone, BITS(0, CLONE_THREAD | NAMESPACES, CLONE_THREAD)),
	CALL_IF2(setpriority, INT(0, PRIO_PROCESS), INT(1, 0)),
	CALL(futex),
	CALL(rseq),
	CALL(set_robust_list),
	CALL(sched_getaffinity),
	CALL(sched_yield),
	CALL(sysinfo),
	/* Time, chance, identity; signals of its own, and the end. */
	CALL(clock_gettime),
	CALL(clock_getres),
	CALL(clock_nanosleep),
	CALL(nanosleep),
	CALL(gettimeofday),
	CALL(time),
	CALL(getrandom),
	CALL(getpid),
	CALL(gettid),
	CALL(rt_sigaction),
	CALL(rt_sigprocmask),
	CALL(rt_sigreturn),
	CALL(restart_syscall),
	CALL(sigaltstack),
	CALL(exit),
	CALL(exit_group),
};

static const struct rule hydrator_denies[] = {
	/* Programs and processes; threads, which look-ups of names need, are allowed.
	 */
	CALL(execve),
	CALL(execveat),
	CALL(fork),
	CALL(vfork),
	CALL_IF(clone, BITS(0, CLONE_THREAD, 0)),
	CALL(unshare),
	CALL(setns),
	CALL(uselib),
	/* Serving. libc binds a netlink socket, by its length, to learn which
	 * addresses there are. */
	CALL(listen),
	CALL(accept),
	CALL(accept4),
	CALL_IF(bind, NOT(2, sizeof(struct sockaddr_nl))),
	/* What is above AF_NETLINK: packets, buses, guests, radios. */
	CALL_IF(socket, ABOVE(0, AF_NETLINK)),
	/* Other processes. */
	CALL(ptrace),
	CALL(process_vm_readv),
	CALL(process_vm_writev),
	CALL(process_madvise),
	CALL(process_mrelease),
	CALL(kcmp),
	CALL(pidfd_getfd),
	CALL(pidfd_send_signal),
	CALL(kill),
	CALL(tkill),
	CALL(rt_sigqueueinfo),
	CALL(rt_tgsigqueueinfo),
	CALL(move_pages),
	CALL(migrate_pages),
	/* Ways around a filter, or into the kernel. */
	CALL(io_uring_setup),
	CALL(io_uring_enter),
	CALL(io_uring_register),
	CALL(bpf),
	CALL(perf_event_open),
	CALL(userfaultfd),
	CALL(personality),
	CALL(modify_ldt),
	CALL(add_key),
	CALL(request_key),
	CALL(keyctl),
	CALL(init_module),
	CALL(finit_module),
	CALL(delete_module),
	CALL(kexec_load),
	CALL(kexec_file_load),
	/* The machine's administration. */
	CALL(mount),
	CALL(umount2),
	CALL(pivot_root),
	CALL(chroot),
	CALL(fsopen),
	CALL(fspick),
	CALL(fsconfig),
	CALL(fsmount),
	CALL(move_mount),
	CALL(open_tree),
	CALL(mount_setattr),
	CALL(name_to_handle_at),
	CALL(open_by_handle_at),
	CALL(mknod),
	CALL(mknodat),
	CALL(quotactl),
	CALL(quotactl_fd),
	CALL(swapon),
	CALL(swapoff),
	CALL(acct),
	CALL(reboot),
	CALL(syslog),
	CALL(vhangup),
	CALL(sethostname),
	CALL(setdomainname),
	CALL(settimeofday),
	CALL(clock_settime),
	CALL(clock_adjtime),
	CALL(adjtimex),
	CALL(ioperm),
	CALL(iopl),
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

static int
filter_add(scmp_filter_ctx f, uint32_t action, const struct rule *rules, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = seccomp_rule_add_array(
		    f, action, rules[i].call, rules[i].n, rules[i].arg);
	return r;
}

/* Signals to itself only, which abort(3) needs. */
static int
filter_reader(scmp_filter_ctx f)
{
	const struct rule self[] = { CALL_IF(tgkill, INT(0, getpid())) };
	int r = filter_add(f, SCMP_ACT_ALLOW, reader_allows, NELEM(reader_allows));

	return r != 0 ? r : filter_add(f, SCMP_ACT_ALLOW, self, NELEM(self));
}

static int
filter_hydrator(scmp_filter_ctx f)
{
	const struct rule others[] = { CALL_IF(tgkill, NOT(0, getpid())) };
	const uint32_t deny = SCMP_ACT_ERRNO(EPERM);
	int r = filter_add(f, deny, hydrator_denies, NELEM(hydrator_denies));

	return r != 0 ? r : filter_add(f, deny, others, NELEM(others));
}

/* Returns 0, or a negative errno as libseccomp does. */
static int
filter_install(enum role role)
{
	/* Its flags are in memory, where no filter sees them; libc falls back to
	 * clone, which has them in a register. */
	static const struct rule unseen[] = { CALL(clone3) };
	scmp_filter_ctx f =
	    seccomp_init(role == ROLE_READER ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
	int r;

	if (f == NULL)
		return -ENOMEM;
	/* As a binary tree. no_new_privs is set and verified already. */
	r = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = seccomp_attr_set(f, SCMP_FLTATR_CTL_NNP, 0);
	if (r == 0)
		r = filter_add(f, SCMP_ACT_ERRNO(ENOSYS), unseen, NELEM(unseen));
	if (r == 0)
		r = role == ROLE_READER ? filter_reader(f) : filter_hydrator(f);
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

void
sandbox_describe(const struct config *c, FILE *out)
{
	const char *why_off = sandbox_why_off(c);

	fputs("# In force for readers and hydrators, if this user starts them:\n", out);
	describe_user(c, out);
	fputs("# no_new_privs: on\n", out);
	if (why_off != NULL) {
		fprintf(out, "# sandbox: off: %s\n", why_off);
		return;
	}
	fprintf(out,
	    "# sandbox of readers: seccomp, %zu system calls, without connect, exec, "
	    "open for reading\n"
	    "# sandbox of hydrators: seccomp, %zu system calls denied: exec, fork, "
	    "ptrace, listen and others\n",
	    NELEM(reader_allows), NELEM(hydrator_denies));
}
