/* What a child is given of the supervisor's. */
#include "supervisor/fork.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "proc/oom.h"
#include "proc/spawn.h"
#include "supervisor/listener.h"

/* Of a reader, with its access log. Returns what the spawn keeps, to be freed. */
static int *
fork_give_sockets(const struct children *c, struct spawn *s)
{
	const struct listeners *l;
	int *keep = xmalloc(sizeof(*keep));
	size_t kind;

	for (kind = 0; kind < LISTEN_KINDS; kind++) {
		l = &c->listeners[kind];
		s->context.sockets[kind] = (struct child_sockets){ l->fd, l->n };
		keep = xreallocarray(keep, s->nkeep + l->n + 1, sizeof(*keep));
		if (l->n > 0)
			memcpy(keep + s->nkeep, l->fd, l->n * sizeof(*keep));
		s->nkeep += l->n;
	}
	s->context.access_log = c->access_log;
	if (c->access_log != -1)
		keep[s->nkeep++] = c->access_log;
	s->keep = keep;
	return keep;
}

pid_t
fork_child(const struct children *c, struct child *ch)
{
	int *keep = NULL;
	pid_t pid;
	struct spawn s = {
		.main = c->roles[ch->role],
		.title = ch->title,
		.context = {
			.config = c->config,
			.segment = c->segment,
			.slot = (unsigned)(ch - c->item),
			.index = ch->index,
			.follows = c->heirs || ch->born != 0,
			.access_log = -1,
		},
		.privilege = c->privilege,
	};

	if (ch->role == ROLE_READER)
		keep = fork_give_sockets(c, &s);
	/* Its last answers are served without it. */
	if (ch->role == ROLE_HYDRATOR)
		oom_offer();
	pid = proc_spawn(&s, &ch->channel);
	if (ch->role == ROLE_HYDRATOR)
		oom_withdraw();
	free(keep);
	return pid;
}
