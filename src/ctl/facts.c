/* Copying, and believing nothing: a time that lies ahead is now, one of a million years
 * ago is of some years ago. */
#include "ctl/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_text.h"
#include "base/mem.h"
#include "config/config.h"
#include "ctl/facts_read.h"
#include "ctl/running.h"
#include "ctl/top_counts.h"
#include "shm/snapshot.h"
#include "terms/category.h"
#include "terms/part.h"

/* So that differences do not overflow. A fetch may be from before the boot. */
#define LONG_AGO (INT64_MIN / 4)

static int64_t
time_of(const _Atomic int64_t *word, int64_t now)
{
	int64_t t = atomic_load_explicit(word, memory_order_relaxed);

	return t < 0 ? 0 : t > now ? now : t;
}

static void
read_options(const struct segment *seg, struct facts_options *o)
{
	int64_t readers = running_int(seg, "readers", 1);

	o->limits.ttl = running_int(seg, "hydration.ttl", 0);
	o->limits.stale_ttl = running_int(seg, "hydration.stale_ttl", 0);
	o->limits.stale_if_error = running_int(seg, "hydration.stale_if_error", 0);
	o->interval = running_int(seg, "hydration.interval", 0) * NSEC_PER_SEC;
	o->hang_timeout =
	    running_int(seg, "supervisor.hang_timeout", 30) * NSEC_PER_SEC;
	o->start_timeout =
	    running_int(seg, "supervisor.start_timeout", 30) * NSEC_PER_SEC;
	o->redis_lease = running_int(seg, "redis.lease", 0) * NSEC_PER_SEC;
	o->max_connections = readers * running_int(seg, "http.max_connections", 0);
	o->max_streams = readers * running_int(seg, "http.max_streams", 0);
	o->enabled = running_bool(seg, "hydration.enabled", true);
	running_text(seg, "log.level", o->level, sizeof(o->level));
}

static void
read_file(const struct ctl *ctl, const struct segment *seg, struct facts *f)
{
	if (f->daemon.config_hash == 0 || !running_is_of_file(seg, ctl->config_path))
		return;
	if (ctl->config != NULL) {
		f->file = ctl->config->hash == f->daemon.config_hash
			      ? FACTS_FILE_SAME
			      : FACTS_FILE_CHANGED;
	} else if (access(ctl->config_path, R_OK) == 0) {
		f->file = FACTS_FILE_BROKEN;
		strlcpy(f->file_error, ctl->config_error, sizeof(f->file_error));
		f->file_error[strcspn(f->file_error, "\n")] = '\0';
		log_defuse(f->file_error, strlen(f->file_error));
	}
}

static void
read_supervisor(const struct segment *seg, struct facts *f)
{
	const struct counters *k = segment_counters(seg, segment_nprocs(seg) - 1);

	f->reload_refused = counter_read(&k->reload_failed) != 0;
	f->reloaded = time_of(&k->reloaded_wall, f->wall);
	f->former = counter_read(&k->former);
	if (order_look(seg, ORDER_OF_RELOAD, &f->reload) == -1)
		f->reload = (struct order_state){ 0 };
}

static void
process_name(const struct segment *seg, struct facts_process *p)
{
	const struct process_view *v = &p->view;

	if (v->role == PROCESS_READER)
		snprintf(p->name, sizeof(p->name), "reader %u", (unsigned)v->index);
	else if (v->role == PROCESS_SUPERVISOR)
		strlcpy(p->name, "supervisor", sizeof(p->name));
	else if (v->index < segment_ncategories(seg))
		snprintf(p->name, sizeof(p->name), "hydrator %s",
		    segment_category_name(seg, v->index));
	else
		strlcpy(p->name, "hydrator", sizeof(p->name));
	log_defuse(p->name, strlen(p->name));
}

static void
read_processes(const struct segment *seg, struct facts *f)
{
	const struct counters *k;
	struct facts_process *p;

	for (unsigned i = 0; i < segment_nprocs(seg); i++) {
		p = &f->process[f->nprocesses];
		if (!process_read(seg, i, &p->view))
			continue;
		f->nprocesses++;
		k = segment_counters(seg, i);
		process_name(seg, p);
		p->beat = time_of(&k->heartbeat, f->boot);
		p->descriptors = counter_read(&k->descriptors);
		p->descriptors_max = counter_read(&k->descriptors_max);
		p->exists =
		    p->view.pid > 0 && process_stat_read(p->view.pid, &p->stat) == 0;
	}
}

/* The counters of a category's hydrator; NULL: it has no slot. */
static const struct counters *
hydrator_counters(const struct segment *seg, unsigned category)
{
	struct process_view v;

	for (unsigned i = 0; i < segment_nprocs(seg); i++)
		if (process_read(seg, i, &v) && v.role == PROCESS_HYDRATOR &&
		    v.index == category)
			return segment_counters(seg, i);
	return NULL;
}

static void
bound_time(int64_t *t, int64_t least, int64_t most)
{
	if (*t < least)
		*t = least;
	else if (*t > most)
		*t = most;
}

/* What ledger_read() leaves as it stands. The next try may lie ahead. */
static void
bound_ledger(struct ledger *l, const struct facts *f)
{
	struct ledger_document *d;

	bound_time(&l->next_try, 0, INT64_MAX / 2);
	bound_time(&l->failing_since, 0, f->wall);
	for (size_t i = 0; i < l->ndocuments; i++) {
		d = &l->document[i];
		bound_time(&d->fetched_boot, LONG_AGO, f->boot);
		bound_time(&d->fetched_wall, 0, f->wall);
		bound_time(&d->error.wall, 0, f->wall);
	}
}

static void
read_answers(const struct segment *seg, const struct facts *f, unsigned i,
    struct facts_category *c)
{
	struct snapshot_stamp stamp;
	const struct part_stamp *part;
	int64_t fetched;

	c->generation = snapshot_generation(seg, i);
	c->bytes = snapshot_length(seg, i);
	c->wanted = segment_wanted(seg, i);
	snapshot_stamp_now(seg, i, &stamp);
	part = &stamp.part[c->horde ? PART_DELETION_RISK : PART_STATISTICS];
	if (!part_stamp_is_there(part))
		return;
	fetched = part->fetched_boot;
	bound_time(&fetched, LONG_AGO, f->boot);
	c->there = true;
	c->age = freshness_age(fetched, f->boot);
	c->freshness = freshness_within(&f->options.limits, c->age);
	c->published = stamp.published_wall > 0 && stamp.published_wall <= f->wall
			   ? stamp.published_wall
			   : f->wall;
}

static void
read_category(const struct segment *seg, struct facts *f, unsigned i)
{
	struct facts_category *c = &f->category[f->ncategories++];
	const struct counters *k = hydrator_counters(seg, i);
	int known;

	strlcpy(c->name, segment_category_name(seg, i), sizeof(c->name));
	log_defuse(c->name, strlen(c->name));
	known = category_find(c->name, strlen(c->name));
	c->horde = known >= 0 && category_has_horde((enum category)known);
	c->required = running_list_has(seg, "http.ready_categories", c->name);
	read_answers(seg, f, i, c);
	(void)ledger_read(seg, i, &c->ledger);
	bound_ledger(&c->ledger, f);
	(void)cycles_read(seg, i, &c->cycle, 1);
	if (k == NULL)
		return;
	c->succeeded = time_of(&k->last_success_wall, f->wall);
	c->failures = counter_read(&k->failures_in_row);
	c->refused = counter_read(&k->refused);
	c->saved = time_of(&k->saved_wall, f->wall);
}

static void
sum_traffic(const struct top_counts *counts, struct facts_traffic *t)
{
	t->requests = counts->value[COUNTER_REQUESTS];
	t->bytes = counts->value[COUNTER_BYTES_SENT];
	t->shed = counts->value[COUNTER_CONNECTIONS_SHED];
	t->dropped = counts->value[COUNTER_CLIENTS_DROPPED];
	t->connections = counts->connections;
	t->streams = counts->streams;
}

void
facts_read_traffic(const struct segment *seg, struct facts_traffic *t)
{
	struct top_counts counts;

	top_counts_read(seg, &counts);
	sum_traffic(&counts, t);
}

struct facts *
facts_read(const struct ctl *ctl, const struct attached *a)
{
	struct facts *f = xcalloc(1, sizeof(*f));
	const struct segment *seg = a->segment;
	struct top_counts counts;

	f->boot = clock_boot();
	f->wall = clock_wall();
	f->alive = a->alive;
	f->supervisor = a->supervisor;
	(void)daemon_read(seg, &f->daemon);
	read_options(seg, &f->options);
	f->capacity = segment_capacity(seg);
	f->max = (uint64_t)running_int(seg, "segment.max", 0);
	read_file(ctl, seg, f);
	read_supervisor(seg, f);
	read_processes(seg, f);
	for (unsigned i = 0; i < segment_ncategories(seg); i++)
		read_category(seg, f, i);
	facts_read_hosts(seg, f);
	top_counts_read(seg, &counts);
	f->lost_lines = counts.value[COUNTER_LOG_LOST];
	sum_traffic(&counts, &f->traffic);
	return f;
}

bool
facts_process_hangs(const struct facts *f, const struct facts_process *p)
{
	if (p->view.pid == 0 || p->view.state == CHILD_STARTING)
		return false;
	if (p->exists && (p->stat.state == 'T' || p->stat.state == 't'))
		return true;
	return p->beat != 0 && f->boot - p->beat > f->options.hang_timeout;
}
