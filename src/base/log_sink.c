/* Writing without waiting, to whatever a descriptor happens to be. */
#include "base/log_sink.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

_Static_assert(
    LOG_SINK_LINE_MAX <= PIPE_BUF, "a pipe takes a line whole or not at all");

void
log_sink_stderr(struct log_sink *s)
{
	struct stat st;

	*s = (struct log_sink){ .fd = STDERR_FILENO, .kind = LOG_SINK_WRITE };
	if (fstat(STDERR_FILENO, &st) == -1)
		return;
	if (S_ISSOCK(st.st_mode))
		s->kind = LOG_SINK_SEND;
	if (!S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode))
		return;
	s->fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (s->fd == -1)
		*s = (struct log_sink){ .fd = STDERR_FILENO, .kind = LOG_SINK_POLL };
}

/* What another process writes in between may make this wait after all: rare, and only
 * where a pipe could not be opened anew. */
static ssize_t
sink_write_if_ready(int fd, const char *text, size_t len)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	if (poll(&pfd, 1, 0) == 1)
		return write(fd, text, len);
	errno = EAGAIN;
	return -1;
}

static int
sink_put(struct log_sink *s, const char *text, size_t len)
{
	ssize_t n;

	if (s->kind == LOG_SINK_SEND)
		n = send(s->fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (s->kind == LOG_SINK_POLL)
		n = sink_write_if_ready(s->fd, text, len);
	else
		n = write(s->fd, text, len);
	if (n == (ssize_t)len)
		return 0;
	if (n > 0) {
		s->torn = true;
		errno = EAGAIN;
	}
	return -1;
}

int
log_sink_put(struct log_sink *s, const char *line, size_t len)
{
	if (s->torn && sink_put(s, "\n", 1) == -1)
		return -1;
	s->torn = false;
	return sink_put(s, line, len);
}

void
log_sink_close(struct log_sink *s)
{
	if (s->fd > STDERR_FILENO)
		close(s->fd);
	s->fd = -1;
}
