/* Lines in shared memory. A checksum makes a line whole, not a lock or a sequence: a
 * writer may be killed in it, or sleep in it until another one comes round the ring. */
#include "base/log_ring.h"

#include <stdbool.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/clock.h"
#include "base/log_text.h"

#define TIME_MAX (INT64_MAX / 2)

/* As it lies in memory. */
union log_ring_record {
	uint64_t word[LOG_RING_WORDS];
	struct {
		uint64_t number;
		int64_t wall;
		int32_t level, pid;
		char text[LOG_RING_TEXT];
		uint64_t checksum;
	} line;
};
_Static_assert(
    sizeof(((union log_ring_record *)NULL)->line) == LOG_RING_WORDS * sizeof(uint64_t),
    "a record has no holes");

static uint64_t
checksum_of(const union log_ring_record *r)
{
	return XXH3_64bits(r->word, (LOG_RING_WORDS - 1) * sizeof(uint64_t));
}

static void
put_record(struct log_ring *ring, union log_ring_record *r)
{
	_Atomic uint64_t *to;
	size_t i;

	r->line.number =
	    atomic_fetch_add_explicit(&ring->last, 1, memory_order_relaxed) + 1;
	r->line.checksum = checksum_of(r);
	to = ring->record[r->line.number % LOG_RING_LINES];
	for (i = 0; i < LOG_RING_WORDS; i++)
		atomic_store_explicit(&to[i], r->word[i], memory_order_relaxed);
}

void
log_ring_put(struct log_ring *ring, int level, const char *text, size_t len)
{
	union log_ring_record r;

	memset(&r, 0, sizeof(r));
	r.line.wall = clock_wall();
	r.line.level = level;
	r.line.pid = (int32_t)getpid();
	memcpy(r.line.text, text, len < LOG_RING_TEXT ? len : LOG_RING_TEXT - 1);
	put_record(ring, &r);
}

static bool
read_record(const struct log_ring *ring, size_t i, union log_ring_record *r)
{
	size_t k;

	for (k = 0; k < LOG_RING_WORDS; k++)
		r->word[k] =
		    atomic_load_explicit(&ring->record[i][k], memory_order_relaxed);
	return r->line.number != 0 && r->line.number % LOG_RING_LINES == i &&
	       r->line.checksum == checksum_of(r);
}

size_t
log_ring_read(const struct log_ring *ring, struct log_ring_line out[LOG_RING_LINES])
{
	uint64_t last = atomic_load_explicit(&ring->last, memory_order_relaxed);
	union log_ring_record r;
	size_t i, n = 0;

	for (i = 1; i <= LOG_RING_LINES; i++) {
		if (!read_record(ring, (last + i) % LOG_RING_LINES, &r))
			continue;
		out[n] = (struct log_ring_line){
			.number = r.line.number,
			.wall =
			    r.line.wall < 0 || r.line.wall > TIME_MAX ? 0 : r.line.wall,
			.level = r.line.level == LOG_ERR ? LOG_ERR : LOG_WARNING,
			.pid = r.line.pid,
		};
		/* Half of a character may be at the end, and anything in a stranger's.
		 */
		memcpy(out[n].text, r.line.text, LOG_RING_TEXT - 1);
		log_defuse(out[n].text, strlen(out[n].text));
		n++;
	}
	return n;
}

void
log_ring_fold(struct log_ring *to, const struct log_ring *from, uint64_t *told)
{
	uint64_t last = atomic_load_explicit(&from->last, memory_order_relaxed),
		 before = *told;
	union log_ring_record r;
	size_t i;

	for (i = 1; last > before && i <= LOG_RING_LINES; i++) {
		if (!read_record(from, (last + i) % LOG_RING_LINES, &r) ||
		    r.line.number <= before)
			continue;
		if (r.line.number > *told)
			*told = r.line.number;
		put_record(to, &r);
	}
}
