/* Copying from one segment to another. */
#include "supervisor/carry.h"

#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "shm/counters.h"
#include "shm/cycles.h"
#include "shm/ledger.h"
#include "shm/publish.h"
#include "shm/segment.h"
#include "shm/snapshot.h"

static int
carry_publish(const struct snapshot *s, struct segment *to, unsigned category,
    char *err, size_t errlen)
{
	struct publisher *p;
	uint64_t generation;
	int r;

	if (publisher_open(to, category, 0, &p, err, errlen) == -1)
		return -1;
	if (snapshot_generation(to, category) == 0)
		publisher_resume(p, s->generation);
	r = publish(p, s->data, s->len, &s->stamp, &generation, err, errlen);
	publisher_close(&p);
	return r;
}

static int
carry_snapshot(const struct segment *from, unsigned f, struct segment *to, unsigned t,
    char *err, size_t errlen)
{
	struct snapshot *s;
	enum snapshot_verdict verdict;
	char why[256];
	int r;

	if (snapshot_generation(from, f) <= snapshot_generation(to, t))
		return 0;
	verdict = snapshot_take(from, f, 0, &s);
	/* Eight tries have failed: no writer is that quick. */
	if (verdict == SNAPSHOT_FOREIGN || verdict == SNAPSHOT_BUSY) {
		log_errx("%s: the snapshot in shared memory is damaged, and is left "
			 "behind",
		    segment_category_name(from, f));
		return 0;
	}
	if (verdict != SNAPSHOT_FRESH) {
		snprintf(err, errlen, "%s: the snapshot cannot be copied: it is %s",
		    segment_category_name(from, f), snapshot_verdict_name(verdict));
		return -1;
	}
	r = carry_publish(s, to, t, why, sizeof(why));
	if (r == -1)
		snprintf(err, errlen, "%s: %s", segment_category_name(to, t), why);
	snapshot_release(&s);
	return r;
}

static void
carry_ledger(const struct segment *from, unsigned f, struct segment *to, unsigned t)
{
	struct ledger ledger;

	if (ledger_read(from, f, &ledger))
		ledger_write(to, t, &ledger);
}

/* The hydrator of category i has process slot i. */
int
carry_category(const struct segment *from, struct segment *to, const char *name,
    char *err, size_t errlen)
{
	int f = segment_find_category(from, name), t = segment_find_category(to, name);

	if (f == -1 || t == -1)
		return 0;
	counters_copy(
	    segment_counters(to, (unsigned)t), segment_counters(from, (unsigned)f));
	carry_ledger(from, (unsigned)f, to, (unsigned)t);
	cycles_carry(from, (unsigned)f, to, (unsigned)t);
	return carry_snapshot(from, (unsigned)f, to, (unsigned)t, err, errlen);
}
