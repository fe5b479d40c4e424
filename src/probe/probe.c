/* A client of one request. */
#include "probe/probe.h"

#include <sys/socket.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/config.h"

#define ANSWER_MAX (1 << 20)
#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number

/* Whatever hangs, a name server or the daemon: nothing has to be put away. */
static void
on_alarm(int signo UNUSED)
{
	static const char line[] =
	    "hydratord: not ready: no answer within " TEXT(PROBE_SECONDS) " s\n";

	if (write(STDERR_FILENO, line, sizeof(line) - 1) == -1) {
	}
	_exit(EXIT_FAILURE);
}

/* This process blocks all signals from its start, as the daemon does. */
static void
set_deadline(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	sigset_t none;

	sigaction(SIGALRM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	alarm(PROBE_SECONDS);
}

/* Returns a socket, or -1 with errno. */
static int
connect_first(const struct addrinfo *list)
{
	const struct addrinfo *a;
	int fd, saved = EADDRNOTAVAIL;

	for (a = list; a != NULL; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd != -1 && connect(fd, a->ai_addr, a->ai_addrlen) == 0)
			return fd;
		saved = errno;
		if (fd != -1)
			close(fd);
	}
	errno = saved;
	return -1;
}

/* item: of the option listen, which was checked. "*" is NULL for getaddrinfo(3), which
 * makes the loopback addresses of it. Returns a socket, or -1 with the reason in why.
 */
static int
connect_item(const char *item, const char **why)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV };
	char *host = strdup(item), *port, *name = host;
	struct addrinfo *list;
	int fd = -1, r;

	if (host == NULL || (port = strrchr(host, ':')) == NULL) {
		free(host);
		*why = "this is no address";
		return -1;
	}
	*port++ = '\0';
	if (name[0] == '[') {
		name++;
		name[strcspn(name, "]")] = '\0';
	}
	r = getaddrinfo(strcmp(name, "*") == 0 ? NULL : name, port, &hints, &list);
	free(host);
	if (r != 0) {
		*why = r == EAI_SYSTEM ? strerror(errno) : gai_strerror(r);
		return -1;
	}
	if ((fd = connect_first(list)) == -1)
		*why = strerror(errno);
	freeaddrinfo(list);
	return fd;
}

/* Returns a socket, or -1 with the exit status in *status; what is wrong was said. */
static int
connect_any(const struct config_list *listen, int *status)
{
	struct buf why = { 0 };
	const char *reason;
	int fd = -1;
	size_t i;

	for (i = 0; i < listen->n && fd == -1; i++) {
		/* Which one the kernel took is in the log, and nowhere else. */
		if (strcmp(strrchr(listen->item[i], ':'), ":0") == 0)
			continue;
		if ((fd = connect_item(listen->item[i], &reason)) == -1)
			buf_printf(&why, "%s%s: %s", why.len > 0 ? ", " : "",
			    listen->item[i], reason);
	}
	if (fd == -1 && why.len == 0) {
		warnx("cannot ask: the option listen has no address with a port");
		*status = EX_CONFIG;
	} else if (fd == -1) {
		warnx("not running: nobody listens: %.*s", (int)why.len, why.data);
		*status = PROBE_NOT_RUNNING;
	}
	buf_free(&why);
	return fd;
}

/* HTTP/1.0: the answer is one piece, and ends with the connection. */
static bool
ask(int fd, struct buf *answer)
{
	static const char request[] = "GET /readyz?verbose HTTP/1.0\r\n"
				      "Host: localhost\r\n\r\n";
	ssize_t n;

	if (send(fd, request, sizeof(request) - 1, 0) != (ssize_t)sizeof(request) - 1)
		return false;
	while (answer->len < ANSWER_MAX) {
		n = read(fd, buf_reserve(answer, 4096), 4096);
		if (n <= 0)
			return n == 0;
		answer->len += (size_t)n;
	}
	return true;
}

int
probe_ready(const struct config *c)
{
	struct buf answer = { 0 }, why = { 0 };
	int fd, status = EXIT_SUCCESS;

	set_deadline();
	if ((fd = connect_any(&c->listen, &status)) == -1)
		return status;
	if (!ask(fd, &answer)) {
		warn("not ready: no answer");
		status = EXIT_FAILURE;
	} else if (probe_judge((struct str){ answer.data, answer.len }, &why) == -1) {
		warnx("not ready: %.*s", (int)why.len, why.data);
		status = EXIT_FAILURE;
	}
	close(fd);
	buf_free(&answer);
	buf_free(&why);
	return status;
}
