/* Forking a child, and what it holds of its parent. */
#include "spawn.h"

#include <libutil.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "channel.h"

static void
spawn_release(const struct spawn *s)
{
	size_t i;

	for (i = 0; i < s->nrelease; i++)
		close(s->release[i]);
	/* Closes this copy; the lock is the supervisor's until its own is closed. */
	if (s->pidfile != NULL)
		pidfile_close(s->pidfile);
}

static void NORETURN
spawn_child(struct spawn *s, const int fds[2])
{
	close(fds[0]);
	s->context.channel = fds[1];
	spawn_release(s);
	proc_child_init(&s->context, s->title, s->privilege);
	exit(s->main(&s->context));
}

pid_t
proc_spawn(struct spawn *s, int *channel)
{
	int fds[2], saved;
	pid_t pid;

	if (channel_pair(fds) == -1)
		return -1;
	s->context.supervisor = getpid();
	/* The child's exit() must not print what the parent has buffered. */
	fflush(NULL);
	if ((pid = fork()) == 0)
		spawn_child(s, fds);
	saved = errno;
	close(fds[1]);
	if (pid == -1)
		close(fds[0]);
	else
		*channel = fds[0];
	errno = saved;
	return pid;
}
