/* Starting, burying and restarting children. */
#include "supervisor/children.h"

#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "shm/counters.h"
#include "shm/segment.h"
#include "supervisor/asking.h"
#include "supervisor/children_order.h"
#include "supervisor/deadline.h"
#include "supervisor/fork.h"
#include "supervisor/obituary.h"
#include "supervisor/slots.h"
#include "supervisor/usage.h"

#define NEVER INT64_MAX
/* A child leaves when its drain_timeout ends; it is killed if it is then still there.
 */
#define DRAIN_GRACE (2 * NSEC_PER_SEC)
/* For a core to be written. */
#define ABORT_TIMEOUT (5 * NSEC_PER_SEC)
/* A single death is made good at once; a hydrator that dies at every start is started
 * twice a minute, a reader each second, for without readers nobody is answered. Who
 * lived for a minute has recovered. */
#define RESTART_FIRST_MS 20
#define RESTART_CAP_HYDRATOR_MS 30000
#define RESTART_CAP_READER_MS 1000
#define HEALTHY_SPELL (60 * NSEC_PER_SEC)
/* Messages of a child that are read within a second. A reader says one for each order
 * that it is given. */
#define HEARD_MAX 64

unsigned
children_wanted(const struct config *c)
{
	return (unsigned)c->ncategories + (unsigned)c->readers;
}

static void
child_init(struct child *ch, enum role role, unsigned index, const char *category)
{
	*ch = (struct child){
		.role = role, .index = index, .channel = -1, .deadline = NEVER
	};
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
	c->ticked = clock_boot();
	for (i = 0; i < c->config->ncategories; i++)
		child_init(&c->item[i], ROLE_HYDRATOR, i, c->config->category[i].name);
	for (i = 0; i < c->config->readers; i++)
		child_init(&c->item[c->config->ncategories + i], ROLE_READER, i, NULL);
	for (i = 0; i < c->n; i++)
		slots_note(c, &c->item[i]);
}

static void
child_hang_up(struct child *ch)
{
	if (ch->channel != -1)
		close(ch->channel);
	ch->channel = -1;
}

void
children_free(struct children *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		child_hang_up(&c->item[i]);
	free(c->item);
	c->item = NULL;
	c->n = 0;
}

/* Sets when the slot's next process is due. */
static void
child_schedule(struct child *ch, int64_t now)
{
	int64_t cap =
	    ch->role == ROLE_READER ? RESTART_CAP_READER_MS : RESTART_CAP_HYDRATOR_MS;

	if (now - ch->born >= HEALTHY_SPELL)
		ch->failures = 0;
	ch->deadline = now + NSEC_PER_MSEC * backoff_next(ch->failures++,
						 RESTART_FIRST_MS, cap, arc4random());
}

static void
child_start(struct children *c, struct child *ch, int64_t now)
{
	pid_t pid;

	ch->pulse = (struct pulse){ 0 };
	ch->deadline = now + c->config->supervisor.start_timeout * NSEC_PER_SEC;
	pid = fork_child(c, ch);
	ch->born = now;
	if (pid == -1) {
		log_err("%s: cannot fork", ch->title);
		if (life_next(&ch->life, LIFE_REAPED) == LIFE_DO_SCHEDULE)
			child_schedule(ch, now);
		return;
	}
	ch->pid = pid;
	log_debug("%s started as pid %d", ch->title, (int)pid);
	ch->reopen = false;
	ch->level = log_get_level();
	child_send_pending(c, ch, now);
}

/* CONT: one that is stopped would keep the signal waiting. Returns false if there is no
 * such process, not even a dead one: the slot has none then. */
static bool
child_signal(struct child *ch, int signo, const char *why)
{
	log_warnx("%s (pid %d) %s", ch->title, (int)ch->pid, why);
	if (kill(ch->pid, signo) == 0 && kill(ch->pid, SIGCONT) == 0)
		return true;
	log_warn("%s (pid %d): cannot signal it", ch->title, (int)ch->pid);
	if (errno != ESRCH)
		return true;
	ch->pid = 0;
	child_hang_up(ch);
	return false;
}

static void
child_event(struct children *c, struct child *ch, enum life_event event, int64_t now)
{
	enum child_state before = ch->life.state;
	enum life_action action = life_next(&ch->life, event);
	int64_t drain = c->config->supervisor.drain_timeout * NSEC_PER_SEC;
	bool there = true;

	/* A deadline is its state's, and goes with it. */
	if (ch->life.state != before)
		ch->deadline = NEVER;
	switch (action) {
	case LIFE_DO_FORK:
		child_start(c, ch, now);
		break;
	case LIFE_DO_RETIRE:
	case LIFE_DO_ORDER:
		child_send(ch, action == LIFE_DO_ORDER ? CHANNEL_STOP : CHANNEL_RETIRE);
		ch->deadline = now + drain + DRAIN_GRACE;
		break;
	case LIFE_DO_WAIT:
		ch->deadline = now + drain + DRAIN_GRACE;
		break;
	case LIFE_DO_ABORT:
		there = child_signal(ch, SIGABRT,
		    before == CHILD_STARTING ? "is not ready in time: aborting it"
					     : "is hung: aborting it");
		ch->deadline = now + ABORT_TIMEOUT;
		break;
	case LIFE_DO_KILL:
		there = child_signal(ch, SIGKILL, "has not stopped: killing it");
		break;
	case LIFE_DO_SCHEDULE:
		child_schedule(ch, now);
		break;
	case LIFE_DO_END:
	case LIFE_DO_NOTHING:
		break;
	}
	slots_note(c, ch);
	if (!there)
		child_event(c, ch, LIFE_REAPED, now);
}

void
child_tell(struct children *c, struct child *ch, enum life_event event)
{
	child_event(c, ch, event, clock_boot());
}

void
children_tell(struct children *c, enum role role, enum life_event event)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (role == ROLE_MAX || c->item[i].role == role)
			child_tell(c, &c->item[i], event);
}

static bool
child_is_at_work(const struct child *ch)
{
	return ch->life.state == CHILD_READY || ch->life.state == CHILD_RETIRING;
}

static void
child_look(struct children *c, struct child *ch, int64_t now, int64_t passed)
{
	const struct counters *k =
	    segment_counters(c->segment, (unsigned)(ch - c->item));
	int64_t beat = atomic_load_explicit(&k->heartbeat, memory_order_relaxed);
	struct vitals vitals;
	bool known = vitals_read(ch->pid, &vitals) == 0;

	if (pulse_look(&ch->pulse, beat, passed, known ? &vitals : NULL) >=
	    c->config->supervisor.hang_timeout * NSEC_PER_SEC)
		child_event(c, ch, LIFE_SILENT, now);
}

/* Who is to be started again has no process that may have slept. */
static bool
child_is_due(struct child *ch, int64_t now)
{
	int64_t before = ch->deadline;

	if (ch->life.state == CHILD_DEAD)
		return now >= ch->deadline;
	if (deadline_is_over(&ch->deadline, now))
		return true;
	if (ch->deadline != before)
		log_info(
		    "%s (pid %d) has slept through its deadline: it gets more time",
		    ch->title, (int)ch->pid);
	return false;
}

void
children_tick(struct children *c, int64_t now)
{
	struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++) {
		if (child_is_due(ch, now)) {
			ch->deadline = NEVER;
			child_event(c, ch, LIFE_TIMEOUT, now);
		}
		if (child_is_at_work(ch) && !c->foreign)
			child_look(c, ch, now, now - c->ticked);
		child_send_pending(c, ch, now);
	}
	c->ticked = now;
}

static void
child_measure(const struct children *c, const struct child *ch)
{
	usage_note(segment_counters(c->segment, (unsigned)(ch - c->item)), ch->pid);
}

void
children_measure(const struct children *c)
{
	const struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++)
		child_measure(c, ch);
}

int64_t
children_deadline(const struct children *c)
{
	int64_t next = NEVER;
	const struct child *ch;

	for (ch = c->item; ch < c->item + c->n; ch++) {
		if (ch->deadline < next)
			next = ch->deadline;
		if (ch->asked && ch->life.wanted && ch->asked_next < next)
			next = ch->asked_next;
	}
	return next;
}

bool
children_bury(struct children *c, pid_t pid, int status)
{
	enum child_state before;
	enum counter_death death;
	struct child *ch;
	int64_t now = clock_boot();

	for (ch = c->item; ch < c->item + c->n && ch->pid != pid; ch++)
		;
	if (ch == c->item + c->n)
		return false;
	ch->pid = 0;
	child_measure(c, ch);
	child_hang_up(ch);
	child_recall_orders(c, ch);
	before = ch->life.state;
	child_event(c, ch, LIFE_REAPED, now);
	obituary(ch, before, pid, status, now);
	if (!ch->life.wanted)
		return true;
	death = obituary_death(before, status);
	counter_raise(&c->counters->deaths[ch->role][death], 1);
	slots_count_death(ch, death, status);
	slots_note(c, ch);
	return true;
}

int
child_channel(const struct child *ch, int64_t now)
{
	if (ch->heard >= HEARD_MAX && now - ch->heard_since < NSEC_PER_SEC)
		return -1;
	return ch->channel;
}

static int
child_hear(struct child *ch, struct channel_message *m, int64_t now)
{
	int r = channel_recv(ch->channel, m);

	if (now - ch->heard_since >= NSEC_PER_SEC) {
		ch->heard = 0;
		ch->heard_since = now;
	}
	ch->heard++;
	return r;
}

void
children_read(struct children *c, struct child *ch)
{
	struct channel_message m;
	int64_t now = clock_boot();
	int r;

	while (child_channel(ch, now) != -1 && (r = child_hear(ch, &m, now)) != -1) {
		if (r == 0) {
			child_hang_up(ch);
			child_event(c, ch, LIFE_HUNG_UP, now);
		} else if (m.type == CHANNEL_READY) {
			log_debug("%s (pid %d) is ready, generation %llu", ch->title,
			    (int)ch->pid, (unsigned long long)m.value);
			child_event(c, ch, LIFE_SAID_READY, now);
			child_measure(c, ch);
		} else if (m.type == CHANNEL_ASKED) {
			asking_hear(c, ch, m.value);
		}
	}
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

bool
children_ready(const struct children *c, enum role role)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->item[i].role == role && c->item[i].life.state != CHILD_READY)
			return false;
	return true;
}

bool
children_beat(const struct children *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->item[i].life.state == CHILD_ABORTED ||
		    c->item[i].pulse.quiet >=
			c->config->supervisor.hang_timeout * NSEC_PER_SEC)
			return false;
	return true;
}
