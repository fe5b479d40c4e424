/* Starting, ordering, burying and restarting children. */
#include "children.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backoff.h"
#include "clock.h"
#include "config.h"
#include "counters.h"
#include "listener.h"
#include "log.h"
#include "mem.h"
#include "privilege.h"
#include "spawn.h"

#define NEVER INT64_MAX
/* How long a child that was told to stop may finish what is in flight. */
#define DRAIN_TIMEOUT (30 * NSEC_PER_SEC)
/* A single death is made good at once; one that dies at every start is started twice
 * a minute. Who lived for a minute has recovered. */
#define RESTART_FIRST_MS 20
#define RESTART_CAP_MS 30000
#define HEALTHY_SPELL (60 * NSEC_PER_SEC)

unsigned
children_wanted(const struct config *c)
{
	return (unsigned)c->ncategories + (unsigned)c->readers;
}

static void
child_init(struct child *ch, enum role role, unsigned index, const char *category)
{
	*ch = (struct child){ .life = { CHILD_DEAD, true },
		.role = role,
		.index = index,
		.channel = -1 };
	if (role == ROLE_HYDRATOR)
		snprintf(ch->title, sizeof(ch->title), "hydrator %s", category);
	else
		snprintf(ch->title, sizeof(ch->title), "reader %u", index);
}

void
children_init(struct children *c)
{
	unsigned i;

	c->n = children_wanted(c->config);
	c->item = xcalloc(c->n, sizeof(*c->item));
	for (i = 0; i < c->config->ncategories; i++)
		child_init(&c->item[i], ROLE_HYDRATOR, i, c->config->category[i].name);
	for (i = 0; i < c->config->readers; i++)
		child_init(&c->item[c->config->ncategories + i], ROLE_READER, i, NULL);
}

void
children_free(struct children *c)
{
	free(c->item);
	c->item = NULL;
	c->n = 0;
}

/* What the supervisor holds and this child must not: above all the other children's
 * channels, whose EOF would otherwise not come while a sibling lives. */
static size_t
child_release(const struct children *c, const struct child *ch, int *fd)
{
	size_t i, n = 0;

	for (i = 0; i < NELEM(c->keep_out); i++)
		if (c->keep_out[i] != -1)
			fd[n++] = c->keep_out[i];
	for (i = 0; i < c->n; i++)
		if (c->item[i].channel != -1)
			fd[n++] = c->item[i].channel;
	if (ch->role == ROLE_READER)
		return n;
	for (i = 0; i < c->listeners->n; i++)
		fd[n++] = c->listeners->fd[i];
	for (i = 0; i < c->metrics->n; i++)
		fd[n++] = c->metrics->fd[i];
	return n;
}

static pid_t
child_fork(struct children *c, struct child *ch)
{
	int *release;
	pid_t pid;
	struct spawn s = {
		.main = c->roles[ch->role],
		.title = ch->title,
		.context = {
			.config = c->config,
			.segment = c->segment,
			.slot = (unsigned)(ch - c->item),
			.index = ch->index,
		},
		.privilege = c->privilege,
		.pidfile = c->pidfile,
	};

	if (ch->role == ROLE_READER) {
		s.context.listeners = c->listeners->fd;
		s.context.nlisteners = c->listeners->n;
		s.context.metrics = c->metrics->fd;
		s.context.nmetrics = c->metrics->n;
	}
	release = xcalloc(NELEM(c->keep_out) + c->n + c->listeners->n + c->metrics->n,
	    sizeof(*release));
	s.release = release;
	s.nrelease = child_release(c, ch, release);
	pid = proc_spawn(&s, &ch->channel);
	free(release);
	return pid;
}

/* Sets when the slot's next process is due. */
static void
child_schedule(struct child *ch, int64_t now)
{
	if (now - ch->born >= HEALTHY_SPELL)
		ch->failures = 0;
	ch->deadline =
	    now + NSEC_PER_MSEC * backoff_next(ch->failures++, RESTART_FIRST_MS,
				      RESTART_CAP_MS, arc4random());
}

static void
child_send(struct child *ch, enum channel_type type)
{
	if (channel_send(ch->channel, type, 0) == 0 || errno == EPIPE)
		return; /* EPIPE: its death is about to be seen */
	if (errno != EAGAIN)
		log_warn("%s (pid %d): cannot send an order", ch->title, (int)ch->pid);
	/* A stop must arrive: EOF after the orders that it has not read says the same.
	 */
	else if (type == CHANNEL_STOP)
		shutdown(ch->channel, SHUT_WR);
	else
		log_debug("%s (pid %d) has orders to read", ch->title, (int)ch->pid);
}

static void child_event(
    struct children *, struct child *, enum life_event, int64_t now);

static void
child_start(struct children *c, struct child *ch, int64_t now)
{
	pid_t pid;

	ch->born = now;
	if ((pid = child_fork(c, ch)) == -1) {
		log_warn("%s: cannot fork", ch->title);
		child_event(c, ch, LIFE_REAPED, now);
		return;
	}
	ch->pid = pid;
	log_debug("%s started as pid %d", ch->title, (int)pid);
}

static void
child_kill(struct child *ch)
{
	log_warnx("%s (pid %d) has not stopped: killing it", ch->title, (int)ch->pid);
	if (kill(ch->pid, SIGKILL) == -1)
		log_warn("%s (pid %d): cannot kill it", ch->title, (int)ch->pid);
}

static void
child_event(struct children *c, struct child *ch, enum life_event event, int64_t now)
{
	enum child_state before = ch->life.state;
	enum life_action action = life_next(&ch->life, event);

	/* A deadline is its state's, and goes with it. */
	if (ch->life.state != before)
		ch->deadline = NEVER;
	switch (action) {
	case LIFE_DO_FORK:
		child_start(c, ch, now);
		break;
	case LIFE_DO_ORDER:
		child_send(ch, CHANNEL_STOP);
		ch->deadline = now + DRAIN_TIMEOUT;
		break;
	case LIFE_DO_WAIT:
		ch->deadline = now + DRAIN_TIMEOUT;
		break;
	case LIFE_DO_KILL:
		child_kill(ch);
		break;
	case LIFE_DO_SCHEDULE:
		child_schedule(ch, now);
		break;
	case LIFE_DO_RETIRE:
	case LIFE_DO_NOTHING:
		break;
	}
}

void
children_tick(struct children *c, int64_t now)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->item[i].deadline <= now) {
			c->item[i].deadline = NEVER;
			child_event(c, &c->item[i], LIFE_TIMEOUT, now);
		}
}

int64_t
children_deadline(const struct children *c)
{
	int64_t next = NEVER;
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->item[i].deadline < next)
			next = c->item[i].deadline;
	return next;
}

/* The one line about a death: who, how, after how long, and what comes next. */
static void
child_obituary(const struct child *ch, pid_t pid, int status, int64_t now)
{
	double age = (double)(now - ch->born) / (double)NSEC_PER_SEC;
	char how[128];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d (%s%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)),
		    WCOREDUMP(status) ? ", with a core" : "");
	else
		snprintf(
		    how, sizeof(how), "exited with status %d", WEXITSTATUS(status));
	if (ch->life.wanted)
		log_warnx("%s (pid %d) %s after %.3f s; restarting in %.3f s",
		    ch->title, (int)pid, how, age,
		    (double)(ch->deadline - now) / (double)NSEC_PER_SEC);
	else
		log_info("%s (pid %d) %s after %.3f s", ch->title, (int)pid, how, age);
}

static void
child_count_death(
    struct children *c, const struct child *ch, enum child_state before, int status)
{
	enum counter_death how = DEATH_EXIT;

	if (before == CHILD_KILLED)
		how = DEATH_HUNG;
	else if (WIFSIGNALED(status))
		how = WCOREDUMP(status) ? DEATH_CORE : DEATH_SIGNAL;
	if (ch->life.wanted)
		counter_raise(&c->counters->deaths[ch->role][how], 1);
}

static void
child_hang_up(struct child *ch)
{
	if (ch->channel != -1)
		close(ch->channel);
	ch->channel = -1;
}

void
children_reap(struct children *c)
{
	enum child_state before;
	int64_t now;
	pid_t pid;
	size_t i;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < c->n && c->item[i].pid != pid; i++)
			;
		if (i == c->n) /* adopted, where we are pid 1 or a subreaper */
			continue;
		now = clock_boot();
		c->item[i].pid = 0;
		child_hang_up(&c->item[i]);
		before = c->item[i].life.state;
		child_event(c, &c->item[i], LIFE_REAPED, now);
		child_count_death(c, &c->item[i], before, status);
		child_obituary(&c->item[i], pid, status, now);
	}
}

void
children_read(struct children *c, struct child *ch)
{
	struct channel_message m;
	int r;

	while (ch->channel != -1 && (r = channel_recv(ch->channel, &m)) != -1) {
		if (r == 0) {
			child_hang_up(ch);
			child_event(c, ch, LIFE_HUNG_UP, clock_boot());
		} else if (m.type == CHANNEL_READY) {
			log_debug("%s (pid %d) is ready, generation %llu", ch->title,
			    (int)ch->pid, (unsigned long long)m.generation);
			child_event(c, ch, LIFE_SAID_READY, clock_boot());
		}
	}
}

void
children_order(struct children *c, enum role role, enum channel_type type)
{
	struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++)
		if (ch->channel != -1 && (role == ROLE_MAX || ch->role == role))
			child_send(ch, type);
}

void
children_stop(struct children *c, enum life_event event)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		child_event(c, &c->item[i], event, clock_boot());
}

bool
children_gone(const struct children *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->item[i].life.wanted || c->item[i].life.state != CHILD_DEAD)
			return false;
	return true;
}
