/* Forking a child, and what it holds of its parent. */
#include "proc/spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "proc/channel.h"
#include "shm/segment.h"

#define KEPT_ALWAYS 4 /* the channel, the segment's two, the log */

static int
descriptor_compare(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

/* By what it may have, not by what it may not: a descriptor that is forgotten here is
 * missed at once, one that were forgotten there would be noticed by nobody. */
static void
spawn_close_others(const struct spawn *s)
{
	int *keep = xcalloc(s->nkeep + KEPT_ALWAYS, sizeof(*keep));
	size_t i, n = 0;
	int next = STDERR_FILENO + 1;

	for (i = 0; i < s->nkeep; i++)
		keep[n++] = s->keep[i];
	keep[n++] = s->context.channel;
	keep[n++] = log_descriptor();
	segment_descriptors(s->context.segment, &keep[n]);
	n += 2;
	qsort(keep, n, sizeof(*keep), descriptor_compare);
	for (i = 0; i < n; i++) {
		if (keep[i] > next)
			close_range((unsigned)next, (unsigned)keep[i] - 1, 0);
		if (keep[i] >= next)
			next = keep[i] + 1;
	}
	close_range((unsigned)next, ~0U, 0);
	free(keep);
}

static void NORETURN
spawn_child(struct spawn *s, int channel)
{
	s->context.channel = channel;
	spawn_close_others(s);
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
		spawn_child(s, fds[1]);
	saved = errno;
	close(fds[1]);
	if (pid == -1)
		close(fds[0]);
	else
		*channel = fds[0];
	errno = saved;
	return pid;
}
