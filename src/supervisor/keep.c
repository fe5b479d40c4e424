/* The descriptor store of the service manager. */
#include "supervisor/keep.h"

#include <sys/eventfd.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "supervisor/notify.h"

/* Beside the count: a process is up. Who finds it at his start follows one that has not
 * taken it back, and so has crashed. */
#define TRIES_UP (UINT64_C(1) << 32)
#define DELAY_MAX 60 /* s; with what a start takes, below systemd's TimeoutStartSec */

static bool
same_socket(int a, int b)
{
	struct stat of_a, of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 &&
	       of_a.st_ino == of_b.st_ino;
}

static bool
listened_on(const struct listeners l[LISTEN_KINDS], int fd)
{
	size_t i, kind;

	for (kind = 0; kind < LISTEN_KINDS; kind++)
		for (i = 0; i < l[kind].n; i++)
			if (same_socket(l[kind].fd[i], fd))
				return true;
	return false;
}

static bool
is_passed(const struct activation *a, int fd)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (same_socket(a->fd[i], fd))
			return true;
	return false;
}

/* A name has no colon: sd_notify(3). */
static void
keep_name(const char *address, char name[ACTIVATION_NAME_MAX])
{
	char *c;

	snprintf(name, ACTIVATION_NAME_MAX, ACTIVATION_KEPT "%s", address);
	for (c = name; *c != '\0'; c++)
		if (*c == ':')
			*c = '_';
}

static void
keep_new(struct activation *a, const struct listeners *l)
{
	char name[ACTIVATION_NAME_MAX];
	size_t i;
	int fd;

	for (i = 0; i < l->n; i++) {
		if (is_passed(a, l->fd[i]) ||
		    (fd = fcntl(l->fd[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) == -1)
			continue;
		keep_name(l->name[i], name);
		notify_keep(fd, name);
		activation_add(a, fd, name);
	}
}

static void
keep_forget(struct activation *a, size_t i)
{
	notify_forget(a->name[i]);
	activation_drop(a, i);
}

void
keep_sockets(struct activation *a, const struct listeners listeners[LISTEN_KINDS])
{
	size_t i;

	for (i = a->n; i-- > 0;)
		if (activation_is_kept(a, i) && !listened_on(listeners, a->fd[i]))
			keep_forget(a, i);
	if (!notify_is_heard())
		return;
	for (i = 0; i < LISTEN_KINDS; i++)
		keep_new(a, &listeners[i]);
}

void
keep_warn_unserved(
    const struct activation *a, const struct listeners listeners[LISTEN_KINDS])
{
	struct sockaddr_storage ss;
	char name[ADDRESS_TEXT_MAX];
	size_t i;

	for (i = 0; i < a->n; i++) {
		if (activation_is_kept(a, i) || listened_on(listeners, a->fd[i]) ||
		    address_of(a->fd[i], &ss) == -1)
			continue;
		address_print((struct sockaddr *)&ss, name);
		log_warnx("the service manager holds a socket on %s, but nobody "
			  "answers there: add it to listen and reload, or take it out "
			  "of the socket unit",
		    name);
	}
}

size_t
keep_no_sockets(struct activation *a)
{
	size_t i, n = 0;

	for (i = a->n; i-- > 0;)
		if (activation_is_kept(a, i)) {
			keep_forget(a, i);
			n++;
		}
	return n;
}

/* The file description is one, so the manager has what we count. */
static uint64_t
tries_take(const struct activation *a)
{
	uint64_t n = 0;

	if (read(a->tries, &n, sizeof(n)) == -1 && errno != EAGAIN)
		log_warn("cannot count the starts that failed");
	return n;
}

static void
tries_put(const struct activation *a, uint64_t n)
{
	if (write(a->tries, &n, sizeof(n)) == -1)
		log_warn("cannot count the starts that failed");
}

/* Whether there is something to count in. */
static bool
tries_open(struct activation *a)
{
	int fd;

	if (!notify_is_heard())
		return false;
	if (a->tries != 0)
		return true;
	if ((fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1)
		return false;
	a->tries = fd;
	notify_keep(fd, ACTIVATION_TRIES);
	return true;
}

/* One more after n of them. */
static int64_t
tries_count(const struct activation *a, uint64_t n)
{
	tries_put(a, n < DELAY_MAX ? n + 1 : n);
	if (n == 0)
		return 0;
	return n > 6 ? DELAY_MAX : INT64_C(1) << (n - 1);
}

void
keep_no_tries(struct activation *a)
{
	if (a->tries == 0)
		return;
	notify_forget(ACTIVATION_TRIES);
	close(a->tries);
	a->tries = 0;
}

int64_t
keep_try(struct activation *a)
{
	return tries_open(a) ? tries_count(a, tries_take(a) & ~TRIES_UP) : 0;
}

void
keep_up(struct activation *a, bool healthy)
{
	uint64_t n;

	if (!tries_open(a))
		return;
	n = tries_take(a);
	tries_put(a, healthy ? TRIES_UP : TRIES_UP | n);
}

int64_t
keep_crash(struct activation *a)
{
	uint64_t n;

	if (a->tries == 0)
		return 0;
	n = tries_take(a);
	if ((n & TRIES_UP) != 0)
		return tries_count(a, n & ~TRIES_UP);
	tries_put(a, n);
	return 0;
}
