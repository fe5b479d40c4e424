/* Messages between the supervisor and a child: one datagram each, never blocking. */
#include "proc/channel.h"

#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>

/* Both sides are one program, but a struct that grew by padding would be a surprise. */
_Static_assert(sizeof(struct channel_message) == 16, "channel_message has no padding");

int
channel_pair(int fds[2])
{
	return socketpair(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
}

int
channel_send(int fd, enum channel_type type, uint64_t generation)
{
	struct channel_message m = { .type = type, .generation = generation };
	ssize_t n;

	/* MSG_NOSIGNAL: a child that is gone must not kill the supervisor. */
	do
		n = send(fd, &m, sizeof(m), MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == ECONNRESET)
		errno = EPIPE;
	return n == -1 ? -1 : 0;
}

int
channel_recv(int fd, struct channel_message *m)
{
	ssize_t n;

	do
		n = recv(fd, m, sizeof(*m), MSG_DONTWAIT | MSG_TRUNC);
	while (n == -1 && errno == EINTR);
	if (n == (ssize_t)sizeof(*m))
		return 1;
	/* A peer that went away with unread messages says so once as a reset. */
	if (n == 0 || (n == -1 && errno == ECONNRESET))
		return 0;
	if (n > 0)
		errno = EBADMSG;
	return -1;
}
