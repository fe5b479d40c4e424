/*
 * All that top shows, of one moment: what the segment says (facts.h), and what is told
 * only by a look before. No process of the daemon notices.
 */
#ifndef CTL_TOP_LOOK_H
#define CTL_TOP_LOOK_H

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#include "base/log_ring.h"
#include "ctl/facts.h"
#include "ctl/judge.h"
#include "ctl/top_counts.h"

#define TOP_SPARK 60     /* cycles that a chart shows at most */
#define TOP_WARNINGS 256 /* of all processes together */

struct top_warning {
	unsigned slot;
	struct log_ring_line line;
};

/* Of a process, from look to look. */
struct top_ran {
	pid_t pid;
	int64_t at, ran; /* clock_boot(), processor time then, nanoseconds */
	double cpu;      /* percent of a processor; negative: not known yet */
};

/* Zeroed to start. */
struct top_look {
	struct facts *facts; /* owned; NULL: there was no look yet */
	struct judge_verdict verdict;
	struct top_window window;
	struct top_ran ran[SEGMENT_PROCS_MAX]; /* as facts->process */
	/* How long the last cycles took, ns, the newest last; as facts->category. */
	uint64_t duration[SEGMENT_CATEGORIES_MAX][TOP_SPARK];
	unsigned nduration[SEGMENT_CATEGORIES_MAX];
	struct top_warning warning[TOP_WARNINGS]; /* the newest first */
	size_t nwarnings;
};

/* Looks again. */
void top_look_take(struct top_look *, const struct ctl *, const struct attached *);
/* Frees what it owns and zeroes it. */
void top_look_end(struct top_look *);

/* Keeps what a process had run at an instant, and tells what share of that time;
 * another pid begins anew. Pure. */
void top_ran_note(struct top_ran *, pid_t, int64_t at, int64_t ran);
/* Whose warning it is: the process in that slot, or which one was; "slot 5" if that is
 * not known. Appends. */
void top_look_put_name(const struct top_look *, unsigned slot, struct buf *);

#endif
