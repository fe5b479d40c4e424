/* Warm start: directory, files, publication. */
#include "supervisor/warm.h"

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/config.h"
#include "payload/view.h"
#include "proc/privilege.h"
#include "shm/counters.h"
#include "shm/publish.h"
#include "shm/retry_after.h"
#include "shm/segment.h"
#include "shm/snapshot.h"
#include "shm/state.h"

#define WARM_DIR_MODE 0750

void
warm_make_dir(const struct config *c, const struct privilege *p)
{
	const char *dir = c->state_dir;

	if (dir[0] == '\0')
		return;
	if (mkdir(dir, WARM_DIR_MODE) == 0) {
		if (privilege_give(p, dir) == -1)
			log_warn("cannot give %s to user \"%s\"", dir, p->user);
	} else if (errno != EEXIST)
		log_err(
		    "state_dir %s cannot be made: nothing will survive a restart", dir);
}

size_t
warm_need(const struct config *c)
{
	struct state_id id = { .dir = c->state_dir };
	size_t need = 0, size, i;

	if (c->state_dir[0] == '\0')
		return 0;
	for (i = 0; i < c->ncategories; i++) {
		id.category = c->category[i].name;
		size = state_size(&id);
		if (size > need)
			need = size;
	}
	return need;
}

/* The cycle that made the snapshot was the category's last success; a wall clock that
 * was moved since must not make it one to come. */
static void
warm_note_success(struct counters *k, const struct snapshot_stamp *stamp)
{
	int64_t wall = clock_wall(), boot = clock_boot(), since;

	since = stamp->published_wall < wall ? wall - stamp->published_wall : 0;
	atomic_store_explicit(&k->last_success, boot - since, memory_order_relaxed);
	atomic_store_explicit(
	    &k->last_success_wall, wall - since, memory_order_relaxed);
}

static void
warm_publish(struct segment *seg, unsigned latch, const struct state *s, int64_t age)
{
	const char *name = segment_category_name(seg, latch);
	struct publisher *p = NULL;
	uint64_t generation;
	char err[512];

	if (publisher_open(seg, latch, 0, &p, err, sizeof(err)) == -1 ||
	    publish(p, s->data, s->len, &s->stamp, &generation, err, sizeof(err)) == -1)
		log_warnx("%s: the saved snapshot cannot be published: %s", name, err);
	else {
		warm_note_success(segment_counters(seg, latch), &s->stamp);
		log_info("restored %s: %zu bytes, %" PRId64 " s old", name, s->len,
		    age / NSEC_PER_SEC);
	}
	publisher_close(&p);
}

/* Passed over, and left, is what time may heal: a clock, a longer stale_if_error. */
static void
warm_judge(struct segment *seg, unsigned latch, const struct config *c, struct state *s)
{
	const char *name = segment_category_name(seg, latch);
	int64_t age = state_rebase(s, clock_boot(), clock_wall());

	if (age == -1)
		log_warnx(
		    "%s: the saved snapshot is passed over: it is from the future, "
		    "so the clock is wrong, or was",
		    name);
	else if (age / NSEC_PER_SEC > c->hydration.stale_if_error)
		log_warnx("%s: the saved snapshot is passed over: it is %" PRId64
			  " s old, hydration.stale_if_error is %" PRId64 " s",
		    name, age / NSEC_PER_SEC, c->hydration.stale_if_error);
	else
		warm_publish(seg, latch, s, age);
}

static void
warm_set_aside(const struct state_id *id, const char *why)
{
	if (state_set_aside(id) == 0)
		log_warnx("%s; set aside as .bad", why);
	else
		log_warn("%s; cannot be set aside", why);
}

static void
warm_load_category(struct segment *seg, unsigned latch, const struct config *c)
{
	struct state_id id = {
		.dir = c->state_dir,
		.category = segment_category_name(seg, latch),
		.format = VIEW_MAGIC,
		.boot_id = segment_boot_id(seg),
	};
	struct state s = { .data = NULL };
	char err[512];

	switch (state_load(&id, segment_capacity(seg), &s, err, sizeof(err))) {
	case STATE_GOOD:
		warm_judge(seg, latch, c, &s);
		break;
	case STATE_BAD:
		warm_set_aside(&id, err);
		break;
	case STATE_PASSED:
		log_warnx("%s", err);
		break;
	case STATE_NONE:
		log_debug("%s: nothing is saved in %s", id.category, id.dir);
	}
	state_free(&s);
}

/* No file is set aside: the next floor is written over it. */
static void
warm_load_floors(struct segment *seg, unsigned latch, const struct config *c)
{
	const char *name = segment_category_name(seg, latch);
	char err[512];
	int n = retry_after_load(seg, c->state_dir, name, err, sizeof(err));

	if (n == -1)
		log_warnx("%s; Retry-After of the last run is forgotten", err);
	else if (n > 0)
		log_info("%s: hosts that are not asked yet (Retry-After): %d", name, n);
}

void
warm_load(struct segment *seg, const struct config *c)
{
	unsigned i;

	if (c->state_dir[0] == '\0')
		return;
	for (i = 0; i < segment_ncategories(seg); i++)
		warm_load_floors(seg, i, c);
	for (i = 0; i < segment_ncategories(seg); i++)
		if (snapshot_generation(seg, i) == 0)
			warm_load_category(seg, i, c);
}
