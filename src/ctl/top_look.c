/* A look costs the daemon nothing: it reads memory and /proc. */
#include "ctl/top_look.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* Less than this between two looks tells nothing: the kernel counts in ticks. */
#define RAN_LEAST (100 * NSEC_PER_MSEC)

void
top_ran_note(struct top_ran *r, pid_t pid, int64_t at, int64_t ran)
{
	if (pid != r->pid || ran < r->ran || at < r->at) {
		*r = (struct top_ran){ .pid = pid, .at = at, .ran = ran, .cpu = -1 };
		return;
	}
	if (at - r->at < RAN_LEAST)
		return;
	r->cpu = 100 * (double)(ran - r->ran) / (double)(at - r->at);
	r->at = at;
	r->ran = ran;
}

static void
look_at_processes(struct top_look *l)
{
	const struct facts_process *p;
	size_t i;

	for (i = 0; i < l->facts->nprocesses; i++) {
		p = &l->facts->process[i];
		top_ran_note(&l->ran[i], p->exists ? p->view.pid : 0, l->facts->boot,
		    p->exists ? p->stat.ran : 0);
	}
}

static void
look_at_cycles(struct top_look *l, const struct segment *segment)
{
	struct cycles_brief brief[TOP_SPARK];
	const struct cycles_brief *b;
	unsigned category, i;

	for (category = 0; category < segment_ncategories(segment); category++) {
		l->nduration[category] =
		    (unsigned)cycles_read(segment, category, brief, TOP_SPARK);
		for (i = 0; i < l->nduration[category]; i++) {
			b = &brief[i];
			l->duration[category][i] =
			    b->fetch + b->compute + b->publish + b->encode;
		}
	}
}

static int
newest_first(const void *a, const void *b)
{
	const struct top_warning *x = a, *y = b;

	return (x->line.wall < y->line.wall) - (x->line.wall > y->line.wall);
}

static void
look_at_warnings(struct top_look *l, const struct segment *segment)
{
	size_t room = segment_nprocs(segment) * (size_t)LOG_RING_LINES, n = 0, k, got;
	struct top_warning *all = xcalloc(room, sizeof(*all));
	struct log_ring_line line[LOG_RING_LINES];
	unsigned slot;

	for (slot = 0; slot < segment_nprocs(segment); slot++) {
		got = log_ring_read(segment_log_ring(segment, slot), line);
		for (k = 0; k < got; k++)
			all[n++] = (struct top_warning){ slot, line[k] };
	}
	qsort(all, n, sizeof(*all), newest_first);
	l->nwarnings = n < TOP_WARNINGS ? n : TOP_WARNINGS;
	memcpy(l->warning, all, l->nwarnings * sizeof(*all));
	free(all);
}

void
top_look_take(struct top_look *l, const struct ctl *ctl, const struct attached *a)
{
	struct top_counts counts;

	free(l->facts);
	l->facts = facts_read(ctl, a);
	judge(l->facts, &l->verdict);
	top_counts_read(a->segment, &counts);
	top_window_add(&l->window, &counts);
	look_at_processes(l);
	look_at_cycles(l, a->segment);
	look_at_warnings(l, a->segment);
}

void
top_look_end(struct top_look *l)
{
	free(l->facts);
	memset(l, 0, sizeof(*l));
}

void
top_look_put_name(const struct top_look *l, unsigned slot, struct buf *b)
{
	if (slot < l->facts->nprocesses && l->facts->process[slot].name[0] != '\0')
		buf_puts(b, l->facts->process[slot].name);
	else
		buf_printf(b, "slot %u", slot);
}
