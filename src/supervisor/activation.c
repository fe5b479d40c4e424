/* Sockets from the service manager: sd_listen_fds(3) by hand. */
#include "supervisor/activation.h"

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "supervisor/address.h"

#define FIRST (STDERR_FILENO + 1) /* SD_LISTEN_FDS_START */
#define PASSED_MAX 256            /* more is no number of sockets */

/* How many were passed to this very process. The variables may be an ancestor's, from
 * which everything was inherited but the meaning. */
static int
passed_count(void)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS"), *bad;
	int count;

	if (pid == NULL || n == NULL)
		return 0;
	if (strtonum(pid, 1, INT_MAX, &bad) != getpid() || bad != NULL)
		return 0;
	count = (int)strtonum(n, 0, PASSED_MAX, &bad);
	if (bad != NULL)
		log_errx("LISTEN_FDS=%s is %s: no socket is taken", n, bad);
	return count;
}

static int
option_of(int fd, int name)
{
	int value;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &len) == -1 ? -1 : value;
}

static bool
socket_is_usable(int fd)
{
	int domain = option_of(fd, SO_DOMAIN);

	return (domain == AF_INET || domain == AF_INET6) &&
	       option_of(fd, SO_TYPE) == SOCK_STREAM &&
	       option_of(fd, SO_ACCEPTCONN) == 1;
}

static int
socket_prepare(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1
		   ? -1
		   : fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void
activation_add(struct activation *a, int fd, const char *name)
{
	a->fd = xreallocarray(a->fd, a->n + 1, sizeof(*a->fd));
	a->name = xreallocarray(a->name, a->n + 1, sizeof(*a->name));
	a->fd[a->n] = fd;
	strlcpy(a->name[a->n], name, sizeof(a->name[a->n]));
	a->n++;
}

void
activation_drop(struct activation *a, size_t i)
{
	close(a->fd[i]);
	a->n--;
	memmove(&a->fd[i], &a->fd[i + 1], (a->n - i) * sizeof(*a->fd));
	memmove(&a->name[i], &a->name[i + 1], (a->n - i) * sizeof(*a->name));
}

bool
activation_is_kept(const struct activation *a, size_t i)
{
	return strncmp(a->name[i], ACTIVATION_KEPT, strlen(ACTIVATION_KEPT)) == 0;
}

static void
activation_take_over(struct activation *a, int fd, const char *name)
{
	if (strcmp(name, ACTIVATION_TRIES) == 0 && a->tries == 0 &&
	    fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		a->tries = fd;
	else if (socket_is_usable(fd) && socket_prepare(fd) == 0)
		activation_add(a, fd, name);
	else {
		log_warnx("descriptor %d, which the service manager passed, is no "
			  "listening TCP socket: closed",
		    fd);
		close(fd);
	}
}

int
activation_open(struct activation *a)
{
	int fd, end = FIRST + passed_count();
	const char *said = getenv("LISTEN_FDNAMES"), *name;
	char *names = xstrdup(said != NULL ? said : ""), *rest = names;

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	*a = (struct activation){ 0 };
	for (fd = FIRST; fd < end; fd++) {
		name = strsep(&rest, ":");
		activation_take_over(a, fd, name != NULL ? name : "");
	}
	free(names);
	return end;
}

/* systemd's ListenStream=PORT makes one socket of this kind, after which the IPv4
 * wildcard cannot be bound any more. */
static bool
wildcard_is_covered(int fd, const struct sockaddr *bound, const struct sockaddr *wanted)
{
	int only;
	socklen_t len = sizeof(only);

	return bound->sa_family == AF_INET6 && wanted->sa_family == AF_INET &&
	       address_is_any(bound) && address_is_any(wanted) &&
	       address_port(bound) == address_port(wanted) &&
	       getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &len) == 0 && only == 0;
}

int
activation_take(const struct activation *a, const struct sockaddr *wanted)
{
	struct sockaddr_storage ss;
	const struct sockaddr *bound = (struct sockaddr *)&ss;
	size_t i;

	for (i = 0; i < a->n; i++) {
		if (address_of(a->fd[i], &ss) == -1)
			continue;
		if (address_equal(bound, wanted) ||
		    wildcard_is_covered(a->fd[i], bound, wanted))
			return fcntl(a->fd[i], F_DUPFD_CLOEXEC, FIRST);
	}
	errno = ENOENT;
	return -1;
}

void
activation_close(struct activation *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		close(a->fd[i]);
	if (a->tries != 0)
		close(a->tries);
	free(a->fd);
	free(a->name);
	*a = (struct activation){ 0 };
}
