/* The last warnings and errors of all processes, by time: of each slot the ring beside
 * its counters, so that one noisy process does not push out what the others said. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/attr.h"
#include "base/log_ring.h"
#include "base/log_text.h"
#include "base/mem.h"
#include "ctl/attach.h"
#include "ctl/commands.h"
#include "shm/process.h"
#include "shm/segment.h"

#define WARNINGS_MAX 256 /* that are shown without --limit */

struct warning {
	struct log_ring_line line;
	unsigned slot;
};

struct warnings {
	struct warning *item;
	size_t n;
};

static const struct out_column warning_columns[] = {
	{ "at", "TIME", 0 },
	{ "level", "LEVEL", 0 },
	{ "process", "PROCESS", 0 },
	{ "text", "TEXT", 0 },
};

static int
compare_warnings(const void *a, const void *b)
{
	const struct warning *x = a, *y = b;

	if (x->line.wall != y->line.wall)
		return x->line.wall < y->line.wall ? -1 : 1;
	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return (x->line.number > y->line.number) - (x->line.number < y->line.number);
}

static void
warnings_collect(const struct segment *seg, struct warnings *w)
{
	struct log_ring_line *lines = xcalloc(LOG_RING_LINES, sizeof(*lines));
	unsigned slot, nprocs = segment_nprocs(seg);
	size_t i, n;

	w->item = xcalloc((size_t)nprocs * LOG_RING_LINES, sizeof(*w->item));
	for (slot = 0; slot < nprocs; slot++) {
		n = log_ring_read(segment_log_ring(seg, slot), lines);
		for (i = 0; i < n; i++)
			w->item[w->n++] = (struct warning){ lines[i], slot };
	}
	free(lines);
	qsort(w->item, w->n, sizeof(*w->item), compare_warnings);
}

/* Whose slot it is: predecessors were of the same role. */
static void
slot_name(const struct segment *seg, unsigned slot, char *name, size_t size)
{
	struct process_view v;

	if (!process_read(seg, slot, &v))
		snprintf(name, size, "slot %u", slot);
	else if (v.role == PROCESS_HYDRATOR && v.index < segment_ncategories(seg))
		snprintf(
		    name, size, "hydrator %s", segment_category_name(seg, v.index));
	else if (v.role == PROCESS_READER)
		snprintf(name, size, "reader %u", (unsigned)v.index);
	else
		strlcpy(name, process_role_name((enum process_role)v.role), size);
	log_defuse(name, strlen(name));
}

static void
warnings_put(struct out *o, const struct segment *seg, const struct warning *w)
{
	bool error = w->line.level == LOG_ERR;
	char name[64];

	slot_name(seg, w->slot, name, sizeof(name));
	out_row(o);
	out_time(o, "at", NULL, w->line.wall);
	out_mark(o, error ? OUT_BAD : OUT_WARN);
	out_string(o, "level", NULL, error ? "error" : "warning");
	out_string(o, "process", NULL, name);
	out_int(o, "pid", NULL, w->line.pid);
	out_string(o, "text", NULL, w->line.text);
}

static void
warnings_show(const struct ctl *ctl, const struct segment *seg, size_t limit)
{
	struct warnings w = { 0 };
	struct out *o;
	size_t i;

	warnings_collect(seg, &w);
	o = out_open(ctl, stdout, "warnings", 1);
	out_table(o, "warnings", "", warning_columns, NELEM(warning_columns));
	for (i = w.n > limit ? w.n - limit : 0; i < w.n; i++)
		warnings_put(o, seg, &w.item[i]);
	out_table_end(o);
	if (w.n == 0)
		out_note(o, "no warning and no error since the start");
	out_close(&o);
	free(w.item);
}

int
ctl_warnings(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "limit", required_argument, NULL, 'l' }, { 0 }
	};
	size_t limit = WARNINGS_MAX;
	const char *bad;
	struct attached a;
	int c, status;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'l')
			return ctl_usage(argv[0], NULL);
		limit = (size_t)strtonum(optarg, 1, 1000000, &bad);
		if (bad != NULL)
			return ctl_usage(argv[0], "--limit must be a number from 1 on");
	}
	if (optind < argc)
		return ctl_usage(argv[0], "it takes no argument");
	if ((status = attach_open(ctl, &a)) != 0)
		return status;
	warnings_show(ctl, a.segment, limit);
	attach_close(&a);
	return CTL_FRESH;
}
