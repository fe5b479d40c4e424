/* The service manager's socket: sd_notify(3) by hand. */
#include "supervisor/notify.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"

#define NSEC_PER_USEC INT64_C(1000)

/* A process has one manager. */
static struct {
	struct sockaddr_un address;
	char name[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* as it was given */
	socklen_t len;    /* of address; 0: no manager */
	int64_t interval; /* of the watchdog, ns; 0: none */
} manager;

/* A number from 1 to max, or 0. */
static int64_t
environment_number(const char *name, int64_t max)
{
	const char *text = getenv(name), *bad = NULL;
	int64_t n;

	if (text == NULL)
		return 0;
	n = strtonum(text, 1, max, &bad);
	if (bad != NULL)
		log_warnx("%s=%s is %s: passed over", name, text, bad);
	return n;
}

static void
notify_find_watchdog(void)
{
	int64_t usec = environment_number("WATCHDOG_USEC", INT64_MAX / NSEC_PER_USEC);

	/* Set for a wrapper that started us, perhaps. */
	if (getenv("WATCHDOG_PID") != NULL &&
	    environment_number("WATCHDOG_PID", INT_MAX) != getpid())
		return;
	manager.interval = usec * NSEC_PER_USEC;
}

/* unix(7): an abstract name starts with NUL and ends with the length, not with NUL. */
static void
notify_find_socket(const char *name)
{
	size_t len = strlen(name);
	char *path = manager.address.sun_path;

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(manager.address.sun_path)) {
		log_warnx("NOTIFY_SOCKET=%s is no address of a service manager: "
			  "it will not hear from us",
		    name);
		return;
	}
	manager.address.sun_family = AF_UNIX;
	memcpy(path, name, len + 1);
	memcpy(manager.name, name, len + 1);
	manager.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	if (name[0] == '@')
		path[0] = '\0';
	else
		manager.len++;
}

void
notify_open(void)
{
	const char *name = getenv("NOTIFY_SOCKET");

	memset(&manager, 0, sizeof(manager));
	if (name != NULL)
		notify_find_socket(name);
	if (manager.len != 0)
		notify_find_watchdog();
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void
notify_pass_on(void)
{
	char usec[24];

	if (manager.len == 0)
		return;
	setenv("NOTIFY_SOCKET", manager.name, 1);
	if (manager.interval == 0)
		return;
	snprintf(usec, sizeof(usec), "%" PRId64, manager.interval / NSEC_PER_USEC);
	setenv("WATCHDOG_USEC", usec, 1);
}

/* Along with a descriptor; -1: with none. */
static void
notify_pass(const char *text, int passed)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { .room = { 0 } };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)text,
		.iov_len = strlen(text) };
	struct msghdr m = { .msg_name = &manager.address,
		.msg_namelen = manager.len,
		.msg_iov = &iov,
		.msg_iovlen = 1 };
	struct cmsghdr *h;
	int fd;

	if (manager.len == 0)
		return;
	if (passed != -1) {
		m.msg_control = control.room;
		m.msg_controllen = sizeof(control.room);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &passed, sizeof(int));
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 || sendmsg(fd, &m, MSG_NOSIGNAL) == -1)
		log_warn("cannot tell the service manager %s", text);
	if (fd != -1)
		close(fd);
}

static void
notify_send(const char *text)
{
	notify_pass(text, -1);
}

bool
notify_is_heard(void)
{
	return manager.len != 0;
}

void
notify_keep(int fd, const char *name)
{
	char text[320];

	snprintf(text, sizeof(text), "FDSTORE=1\nFDNAME=%s", name);
	notify_pass(text, fd);
}

void
notify_forget(const char *name)
{
	char text[320];

	snprintf(text, sizeof(text), "FDSTOREREMOVE=1\nFDNAME=%s", name);
	notify_send(text);
}

void
notify_ready(void)
{
	notify_send("READY=1");
}

/* The manager orders what it hears by this clock: systemd 253 and later insist on it,
 * earlier ones pass it over. */
void
notify_reloading(void)
{
	struct timespec ts;
	char text[80];

	clock_gettime(CLOCK_MONOTONIC, &ts);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec) / NSEC_PER_USEC);
	notify_send(text);
}

void
notify_stopping(void)
{
	notify_send("STOPPING=1");
}

void
notify_status(const char *text)
{
	char line[sizeof("STATUS=") + 400], *c;

	snprintf(line, sizeof(line), "STATUS=%s", text);
	for (c = line; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = ' '; /* a line break would begin another variable */
	notify_send(line);
}

int64_t
notify_watchdog_interval(void)
{
	return manager.interval;
}

void
notify_watchdog(void)
{
	notify_send("WATCHDOG=1");
}
