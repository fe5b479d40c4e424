/* Messages between the supervisor and a child: one datagram each, never blocking. */
#include "proc/channel.h"

#include <sys/socket.h>

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Room for the descriptors of a message, aligned as CMSG_FIRSTHDR() wants it. */
union channel_control {
	char bytes[CMSG_SPACE(CHANNEL_FILES * sizeof(int))];
	struct cmsghdr align;
};

/* The other side may be another version. */
_Static_assert(sizeof(struct channel_message) == 16, "channel_message has no padding");

int
channel_pair(int fds[2])
{
	return socketpair(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds);
}

static int
channel_send_message(int fd, const struct msghdr *msg)
{
	ssize_t n;

	/* MSG_NOSIGNAL: a child that is gone must not kill the supervisor. */
	do
		n = sendmsg(fd, msg, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n == -1 && errno == ECONNRESET)
		errno = EPIPE;
	return n == -1 ? -1 : 0;
}

int
channel_send(int fd, enum channel_type type, uint64_t value)
{
	struct channel_message m = { .type = type, .value = value };
	struct iovec iov = { &m, sizeof(m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	return channel_send_message(fd, &msg);
}

int
channel_send_files(int fd, enum channel_type type, const int files[CHANNEL_FILES])
{
	struct channel_message m = { .type = type };
	struct iovec iov = { &m, sizeof(m) };
	union channel_control control = { .bytes = "" };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	size_t i, n = 0;
	int passed[CHANNEL_FILES];

	for (i = 0; i < CHANNEL_FILES; i++)
		if (files[i] != -1) {
			m.files |= 1U << i;
			passed[n++] = files[i];
		}
	if (n > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), passed, n * sizeof(int));
	}
	return channel_send_message(fd, &msg);
}

/* Returns as channel_recv(). */
static int
channel_recv_message(int fd, struct channel_message *m, struct msghdr *msg)
{
	struct iovec iov = { m, sizeof(*m) };
	ssize_t n;

	msg->msg_iov = &iov;
	msg->msg_iovlen = 1;
	do
		n = recvmsg(fd, msg, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
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

int
channel_recv(int fd, struct channel_message *m)
{
	struct msghdr msg = { 0 };

	return channel_recv_message(fd, m, &msg);
}

int
channel_recv_files(int fd, struct channel_message *m, int files[CHANNEL_FILES])
{
	union channel_control control;
	struct msghdr msg = { .msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	int r = channel_recv_message(fd, m, &msg);
	const struct cmsghdr *c = r == 1 ? CMSG_FIRSTHDR(&msg) : NULL;
	size_t i, at = 0;

	for (i = 0; i < CHANNEL_FILES; i++) {
		files[i] = -1;
		if (c == NULL || (m->files & 1U << i) == 0)
			continue;
		memcpy(&files[i], CMSG_DATA(c) + at++ * sizeof(int), sizeof(int));
	}
	return r;
}
