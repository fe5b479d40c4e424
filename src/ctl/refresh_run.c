/* One signal for all categories, and a result for each in its ledger. */
#include "ctl/refresh_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/clock.h"
#include "ctl/ctl.h"

/* Of a cycle, where no configuration says how long it may take. */
#define CYCLE 300

static const struct out_column task_columns[] = {
	{ "category", "CATEGORY", 0 },
	{ "outcome", "OUTCOME", 0 },
	{ "text", "TEXT", OUT_CUT },
};

/* A cycle's reason may begin with that word. */
static void
task_tell(const struct refresh *r, const struct refresh_task *t, const char *text)
{
	const char *word = r->accept ? "not accepted" : "not refreshed";
	size_t len = strlen(word);

	if (strncmp(text, word, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;
	fprintf(stderr, "hydratorctl: %s: %s: %s\n", t->category, word, text);
}

/* Programs get one document in the end. */
static void
task_end(const struct refresh *r, struct refresh_task *t, bool well,
    const char *outcome, const char *text)
{
	t->ended = true;
	t->well = well;
	t->outcome = outcome;
	strlcpy(t->text, text, sizeof(t->text));
	if (r->to.ctl->format != OUT_TABLE)
		return;
	if (well)
		printf("%s: %s\n", t->category, text);
	else
		task_tell(r, t, text);
	fflush(stdout);
}

static void
task_look_accept(
    const struct refresh *r, struct refresh_task *t, const struct ledger *l)
{
	if (l->orders <= t->before)
		return;
	task_end(r, t, l->order_done == 1,
	    l->order_done == 1 ? "accepted" : "not_accepted", l->order_text);
}

static void
task_look_refresh(
    const struct refresh *r, struct refresh_task *t, const struct ledger *l)
{
	const struct ledger_refresh *f = &l->refresh;

	if (f->done > t->before && f->begun_boot >= r->sent)
		task_end(r, t, f->outcome != LEDGER_UNREFRESHED,
		    ledger_outcome_name((enum ledger_outcome)f->outcome), f->text);
}

/* Notes how far a category is before the order. What was counted is carried over by a
 * reload, but not by a hydrator that could not be asked. */
static void
task_begin(const struct refresh *r, struct refresh_task *t, const struct ledger *l)
{
	uint64_t now = r->accept ? l->orders : l->refresh.asked;

	if (r->sent == 0 || now < t->before)
		t->before = now;
}

/* Goes over the categories that are waited for, in a segment. Returns their bits. */
static unsigned
tasks_look(struct refresh *r, const struct segment *seg,
    void (*look)(const struct refresh *, struct refresh_task *, const struct ledger *))
{
	unsigned categories = 0;
	struct refresh_task *t;
	struct ledger l;
	int latch;

	for (t = r->task; t < r->task + r->n; t++) {
		if (t->ended)
			continue;
		if ((latch = segment_find_category(seg, t->category)) == -1) {
			task_end(r, t, false, "gone", "it is not configured any more");
			continue;
		}
		categories |= 1u << latch;
		ledger_read(seg, (unsigned)latch, &l);
		look(r, t, &l);
	}
	return categories;
}

/* To a segment that is open. */
static int
refresh_send(struct refresh *r, const struct segment *seg)
{
	unsigned categories = tasks_look(r, seg, task_begin);

	if (r->sent == 0)
		r->sent = clock_boot();
	r->epoch = segment_epoch(seg);
	if (categories == 0)
		return 0;
	return order_send(&r->to, ORDER_SIGNAL,
	    order_value(seg, r->accept ? ORDER_ACCEPT : ORDER_REFRESH, categories));
}

static bool
refresh_has_ended(const struct refresh *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!r->task[i].ended)
			return false;
	return true;
}

/* An order that a reload has overtaken is given again; one to accept is not: what is
 * refused by then nobody has looked at. */
static int
refresh_look(struct refresh *r)
{
	struct segment *seg;
	int status = 0;

	if (segment_look(r->to.ctl->name, r->to.pid, &seg) == -1)
		return 0;
	tasks_look(r, seg, r->accept ? task_look_accept : task_look_refresh);
	if (segment_epoch(seg) != r->epoch && !r->accept && !refresh_has_ended(r))
		status = refresh_send(r, seg);
	segment_close(&seg);
	return status;
}

static void
refresh_give_up(struct refresh *r, const char *outcome, const char *why)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (!r->task[i].ended)
			task_end(r, &r->task[i], false, outcome, why);
}

static int
refresh_await(struct refresh *r)
{
	/* A cycle may be under way, and another one follows. */
	int64_t patience = order_patience(
		    2 * order_option(&r->to, "upstream.cycle_timeout", CYCLE)),
		end = r->sent + patience * NSEC_PER_SEC;
	char why[96];
	int status = 0;

	while (status == 0 && !refresh_has_ended(r)) {
		if (order_has_ended(&r->to)) {
			r->has_ended = true;
			refresh_give_up(r, "stopped", "the daemon has stopped");
		} else if (clock_boot() > end) {
			snprintf(why, sizeof(why),
			    "no answer within %lld s: see the log",
			    (long long)patience);
			refresh_give_up(r, "no_answer", why);
		} else
			status = refresh_look(r);
	}
	return status;
}

static void
refresh_print(const struct refresh *r)
{
	struct out *o = out_open(r->to.ctl, stdout, "refresh", 1);
	const struct refresh_task *t;

	out_table(o, "categories", NULL, task_columns, NELEM(task_columns));
	for (t = r->task; t < r->task + r->n; t++) {
		out_row(o);
		out_string(o, "category", NULL, t->category);
		out_string(o, "outcome", NULL, t->outcome);
		out_string(o, "text", NULL, t->text);
	}
	out_table_end(o);
	out_close(&o);
}

int
refresh_run(struct refresh *r)
{
	struct segment *seg;
	int status;
	size_t i;

	if (segment_look(r->to.ctl->name, r->to.pid, &seg) == -1)
		return order_tell_unseen(&r->to);
	status = refresh_send(r, seg);
	segment_close(&seg);
	if (status == 0)
		status = refresh_await(r);
	if (status != 0)
		return status;
	if (r->to.ctl->format != OUT_TABLE)
		refresh_print(r);
	for (i = 0; i < r->n; i++)
		if (!r->task[i].well)
			status = r->has_ended ? CTL_NOT_RUNNING : EXIT_FAILURE;
	return status;
}
