/* The other daemon's sockets, and its end. */
#include "supervisor/replace.h"

#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/pidfile.h"
#include "config/config.h"
#include "shm/order.h"
#include "supervisor/activation.h"

#define FIRST (STDERR_FILENO + 1) /* of those that are passed */
#define SOCKETS_MAX 256
/* For what the other one does beside its drain_timeout, in seconds, and for each
 * harder word. */
#define REPLACE_GRACE 15

struct sockets {
	int fd[SOCKETS_MAX];
	ino_t ino[SOCKETS_MAX];
	int n;
};

static bool
is_listening(int fd)
{
	int domain = 0, on = 0;
	socklen_t len = sizeof(domain), size = sizeof(on);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       (domain == AF_INET || domain == AF_INET6) &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &size) == 0 && on == 1;
}

/* The other one has several descriptors of each. */
static bool
sockets_have(const struct sockets *s, ino_t ino)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (s->ino[i] == ino)
			return true;
	return false;
}

/* Returns -1 with errno if it may not be had. */
static int
sockets_take(struct sockets *s, int process, int number)
{
	int fd = pidfd_getfd(process, number, 0);
	struct stat st;

	if (fd == -1)
		return errno == EBADF ? 0 : -1; /* closed meanwhile */
	if (s->n < SOCKETS_MAX && is_listening(fd) && fstat(fd, &st) == 0 &&
	    !sockets_have(s, st.st_ino)) {
		s->fd[s->n] = fd;
		s->ino[s->n++] = st.st_ino;
	} else
		close(fd);
	return 0;
}

static void
sockets_find(struct sockets *s, int process, pid_t pid)
{
	const char *bad;
	struct dirent *e;
	char path[64];
	int number;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	if ((d = opendir(path)) == NULL) {
		warn("%s: clients are refused for a moment", path);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		number = (int)strtonum(e->d_name, 0, INT16_MAX, &bad);
		if (bad == NULL && sockets_take(s, process, number) == -1) {
			warn("the sockets of pid %d cannot be taken over: clients are "
			     "refused for a moment",
			    (int)pid);
			break;
		}
	}
	closedir(d);
}

/* Above all that they are going to be, then down to there. */
static void
sockets_pass(struct sockets *s)
{
	struct buf names = { 0 };
	char number[16];
	int i, high;

	if (s->n == 0)
		return;
	for (i = 0; i < s->n; i++) {
		high = fcntl(s->fd[i], F_DUPFD, FIRST + 2 * SOCKETS_MAX);
		close(s->fd[i]);
		s->fd[i] = high;
	}
	for (i = 0; i < s->n; i++) {
		if (dup2(s->fd[i], FIRST + i) == -1)
			err(EXIT_FAILURE, "cannot pass the sockets on");
		close(s->fd[i]);
		buf_printf(&names, "%s" ACTIVATION_KEPT "%d", i > 0 ? ":" : "", i);
	}
	buf_putc(&names, '\0');
	snprintf(number, sizeof(number), "%d", s->n);
	setenv("LISTEN_FDS", number, 1);
	snprintf(number, sizeof(number), "%d", (int)getpid());
	setenv("LISTEN_PID", number, 1);
	setenv("LISTEN_FDNAMES", names.data, 1);
	buf_free(&names);
}

static bool
has_ended(int process, int64_t seconds)
{
	struct pollfd p = { .fd = process, .events = POLLIN };

	return poll(&p, 1, (int)(1000 * seconds)) == 1;
}

static int
process_end(int process, int64_t drain, bool held)
{
	siginfo_t si = { .si_signo = SIGTERM, .si_code = SI_QUEUE };

	si.si_pid = getpid();
	si.si_uid = getuid();
	si.si_value.sival_int = ORDER_STOP_HELD;
	if (pidfd_send_signal(process, SIGTERM, held ? &si : NULL, 0) == -1)
		return errno == ESRCH ? 0 : -1;
	if (has_ended(process, drain + REPLACE_GRACE))
		return 0;
	(void)pidfd_send_signal(process, SIGTERM, NULL, 0); /* hurries it */
	if (has_ended(process, REPLACE_GRACE))
		return 0;
	(void)pidfd_send_signal(process, SIGKILL, NULL, 0);
	errno = ETIMEDOUT;
	return has_ended(process, REPLACE_GRACE) ? 0 : -1;
}

int
replace_running(const struct config *c)
{
	struct sockets s = { .n = 0 };
	pid_t pid;
	int process = pidfile_find(c->pidfile, &pid), r;

	if (process == -1)
		return 0;
	sockets_find(&s, process, pid);
	r = process_end(process, c->supervisor.drain_timeout, s.n > 0);
	if (r == -1)
		warn("pid %d cannot be stopped", (int)pid);
	close(process);
	sockets_pass(&s);
	return r;
}
