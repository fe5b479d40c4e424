/* Datagrams for the log daemon. */
#include "base/log_daemon.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* A line of src/base/log.c and its head. */
#define DATAGRAM_MAX 4608

static int
daemon_address(const char *path, struct sockaddr_un *out)
{
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlcpy(out->sun_path, path, sizeof(out->sun_path)) < sizeof(out->sun_path))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int
log_daemon_open(struct log_daemon *d, const char *path)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	/* The zone is read now: later this process may not read files. */
	tzset();
	*d = (struct log_daemon){ path, fd };
	return 0;
}

void
log_daemon_close(struct log_daemon *d)
{
	if (d->fd != -1)
		close(d->fd);
	d->fd = -1;
}

bool
log_daemon_listens(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to;
	bool listens;

	if (fd == -1)
		return false;
	listens = daemon_address(path, &to) == 0 &&
		  connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
	close(fd);
	return listens;
}

int
log_daemon_send(const struct log_daemon *d, int prio, const char *proc,
    const char *text, size_t text_len)
{
	struct sockaddr_un to;
	char line[DATAGRAM_MAX], date[32] = "";
	time_t now = time(NULL);
	struct tm tm;
	ssize_t sent;
	int len;

	if (daemon_address(d->path, &to) == -1)
		return -1;
	if (localtime_r(&now, &tm) != NULL)
		strftime(date, sizeof(date), "%b %e %H:%M:%S ", &tm);
	len = snprintf(line, sizeof(line), "<%d>%shydratord[%d]: %s%s%.*s",
	    LOG_DAEMON | prio, date, (int)getpid(), proc != NULL ? proc : "",
	    proc != NULL ? ": " : "", (int)text_len, text);
	if (len >= (int)sizeof(line))
		len = sizeof(line) - 1;
	do
		sent = sendto(d->fd, line, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (struct sockaddr *)&to, sizeof(to));
	while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}
