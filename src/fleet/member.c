/* The hydrator's side: orders, news, and the end. */
#include "fleet/member.h"

#include <sys/eventfd.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "fleet/member_run.h"

/* A wish for a cycle that could not be passed on is forgotten. */
#define MEMBER_ASK_MAX (60 * NSEC_PER_SEC)

void
member_signal(int fd)
{
	const uint64_t one = 1;

	if (write(fd, &one, sizeof(one)) == -1 && errno != EAGAIN)
		fatal("write");
}

static void
member_free(struct member *m)
{
	script_close(&m->script);
	redis_close(&m->redis);
	buf_free(&m->payload);
	if (m->wake != -1)
		close(m->wake);
	if (m->stop != -1)
		close(m->stop);
	if (m->told != -1)
		close(m->told);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static int
member_start(struct member *m, char *err, size_t errlen)
{
	struct redis_settings set = m->set.redis;
	struct script_settings script = {
		.prefix = m->set.prefix,
		.category = m->set.id.category,
		.name = m->set.name,
		.lease = m->set.rule.lease,
		.sum = m->set.sum,
		.keep = m->set.keep,
	};
	int rc;

	m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->told = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->wake == -1 || m->stop == -1 || m->told == -1) {
		snprintf(err, errlen, "eventfd: %s", strerror(errno));
		return -1;
	}
	set.stop = m->stop;
	if (redis_open(&set, &m->redis, err, errlen) == -1)
		return -1;
	m->view.where = redis_name(m->redis);
	script.redis = m->redis;
	m->script = script_open(&script);
	rc = pthread_create(&m->thread, NULL, member_main, m);
	if (rc != 0)
		snprintf(err, errlen, "no thread for it: %s", strerror(rc));
	return rc == 0 ? 0 : -1;
}

int
member_open(
    const struct member_settings *set, struct member **out, char *err, size_t errlen)
{
	struct member *m = xcalloc(1, sizeof(*m));

	m->set = *set;
	m->wake = m->stop = m->told = -1;
	pthread_mutex_init(&m->lock, NULL);
	role_open(&m->role, &set->rule,
	    snapshot_generation(set->segment, set->latch) != 0, clock_boot());
	strlcpy(m->view.error, "it was not reached yet", sizeof(m->view.error));
	if (member_start(m, err, errlen) == 0) {
		*out = m;
		return 0;
	}
	member_free(m);
	return -1;
}

bool
member_close(struct member **mp)
{
	struct member *m = *mp;
	struct timespec deadline;

	*mp = NULL;
	if (m == NULL)
		return true;
	pthread_mutex_lock(&m->lock);
	m->stopping = true;
	pthread_mutex_unlock(&m->lock);
	member_signal(m->stop);
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += MEMBER_PATIENCE_MS * NSEC_PER_MSEC;
	deadline.tv_sec += deadline.tv_nsec / NSEC_PER_SEC;
	deadline.tv_nsec %= NSEC_PER_SEC;
	if (pthread_clockjoin_np(m->thread, NULL, CLOCK_MONOTONIC, &deadline) != 0)
		return false;
	member_free(m);
	return true;
}

int
member_fd(const struct member *m)
{
	return m->told;
}

void
member_look(struct member *m, struct member_view *out)
{
	int64_t now = clock_boot();
	uint64_t news;

	if (read(m->told, &news, sizeof(news)) == -1 && errno != EAGAIN)
		log_warn("read");
	pthread_mutex_lock(&m->lock);
	*out = m->view;
	out->role = role_at(&m->role, now);
	out->why_alone = role_why_alone(&m->role, now);
	out->token = m->role.look.token;
	out->lead = out->role == LEDGER_LEADER ? m->role.token : 0;
	out->ready = out->lead != 0 && m->prepared == out->lead && !m->arrived &&
		     !m->taking && !role_wants(&m->role);
	out->offered = m->offer.wanted;
	out->newest = m->role.look.generation;
	out->held = m->role.held;
	out->first = role_first_cycle(&m->role, now + m->view.offset);
	out->differs =
	    out->lead == 0 && m->role.look.sum != 0 && m->role.look.sum != m->set.sum;
	memcpy(out->leader, m->role.look.leader, sizeof(out->leader));
	out->asked = m->asked;
	m->asked = false;
	pthread_mutex_unlock(&m->lock);
}

bool
member_take(struct member *m, struct fleet_value *value, struct buf *payload)
{
	bool arrived;

	pthread_mutex_lock(&m->lock);
	if ((arrived = m->arrived)) {
		*value = m->value;
		*payload = m->payload;
		m->payload = (struct buf){ 0 };
		m->arrived = false;
		m->taking = true;
	}
	pthread_mutex_unlock(&m->lock);
	return arrived;
}

void
member_took(struct member *m, const struct fleet_value *v, enum member_fate fate,
    const char *why)
{
	const struct role_mark mark = { v->token, v->seq };

	pthread_mutex_lock(&m->lock);
	m->taking = false;
	if (fate == MEMBER_TAKEN)
		role_take(&m->role, mark);
	else if (fate == MEMBER_PASSED)
		role_pass(&m->role, mark);
	else {
		role_refuse(&m->role, mark);
		m->view.refused++;
		strlcpy(m->view.refusal, why, sizeof(m->view.refusal));
	}
	pthread_mutex_unlock(&m->lock);
	member_signal(m->wake);
}

static bool
member_leads(const struct member *m)
{
	return role_at(&m->role, clock_boot()) == LEDGER_LEADER;
}

void
member_begin(struct member *m, int64_t tick)
{
	pthread_mutex_lock(&m->lock);
	if (member_leads(m)) {
		m->begin = true;
		m->begin_at = tick + m->view.offset;
		role_begin(&m->role, m->begin_at,
		    (struct role_mark){ m->role.token, m->seq + 1 });
	}
	pthread_mutex_unlock(&m->lock);
	member_signal(m->wake);
}

void
member_published(struct member *m, const struct fleet_gate gate[LEDGER_DOCUMENTS])
{
	pthread_mutex_lock(&m->lock);
	role_own(&m->role);
	m->offer.serial++;
	m->offer.said = (struct role_mark){ 0 };
	m->offer.boot = clock_boot();
	m->offer.begun = m->role.look.begun;
	m->offer.wanted = member_leads(m);
	memcpy(m->offer.gate, gate, sizeof(m->offer.gate));
	pthread_mutex_unlock(&m->lock);
	member_signal(m->wake);
}

void
member_end(struct member *m)
{
	pthread_mutex_lock(&m->lock);
	m->hosts = member_leads(m);
	pthread_mutex_unlock(&m->lock);
	member_signal(m->wake);
}

void
member_ask(struct member *m)
{
	pthread_mutex_lock(&m->lock);
	m->ask = clock_boot() + MEMBER_ASK_MAX;
	pthread_mutex_unlock(&m->lock);
	member_signal(m->wake);
}

void
member_resign(struct member *m)
{
	pthread_mutex_lock(&m->lock);
	role_resign(&m->role, clock_boot());
	m->leave = true;
	m->offer.wanted = m->hosts = m->begin = false;
	pthread_mutex_unlock(&m->lock);
	member_signal(m->wake);
}
