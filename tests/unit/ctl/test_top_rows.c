/* What is at the top of top's tables, and its charts. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/top_rows.h"
#include "ctl/top_view.h"
#include "unit.h"

static struct top_look look;

static int
set_up(void **state UNUSED)
{
	memset(&look, 0, sizeof(look));
	look.facts = calloc(1, sizeof(*look.facts));
	assert_non_null(look.facts);
	look.facts->boot = 100 * NSEC_PER_SEC;
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	top_look_end(&look);
	return 0;
}

static unsigned
row_of_status(int status)
{
	unsigned row = 0;

	while (counters_status(row) != status)
		row++;
	return row;
}

/* Two samples, a second apart: many of one, few of another, none any more of the third.
 */
static void
fill_window(void)
{
	struct top_counts c = { .at = NSEC_PER_SEC };

	c.answers[ROUTE_ROOT][row_of_status(200)] = 1000;
	top_window_add(&look.window, &c);
	c.at += NSEC_PER_SEC;
	c.answers[ROUTE_LIVEZ][row_of_status(200)] = 5;
	c.answers[ROUTE_RISK][row_of_status(404)] = 2;
	c.answers[ROUTE_RISK][COUNTER_CODES - 1] = 0;
	top_window_add(&look.window, &c);
}

TEST(routes_are_sorted_by_what_is_asked_for)
{
	struct top_route row[TOP_ROUTES_MAX];

	fill_window();
	assert_int_equal(
	    top_rows_routes(&look.window, TOP_ROUTES_BY_RATE, false, row), 3);
	assert_int_equal(row[0].route, ROUTE_LIVEZ);
	assert_float_equal(row[0].rate, 5, 1e-9);
	assert_int_equal(row[1].route, ROUTE_RISK);
	assert_int_equal(row[1].status, 404);
	assert_int_equal(row[2].route, ROUTE_ROOT);
	assert_float_equal(row[2].rate, 0, 1e-9);
	top_rows_routes(&look.window, TOP_ROUTES_BY_TOTAL, false, row);
	assert_int_equal(row[0].route, ROUTE_ROOT);
	assert_int_equal(row[0].total, 1000);
	top_rows_routes(&look.window, TOP_ROUTES_BY_NAME, false, row);
	assert_int_equal(row[0].route, ROUTE_RISK); /* "deletion_risk" */
	top_rows_routes(&look.window, TOP_ROUTES_BY_CODE, true, row);
	assert_int_equal(row[0].status, 404);
}

static void
add_process(const char *name, enum process_role role, double cpu, uint64_t resident)
{
	struct facts *f = look.facts;
	struct facts_process *p = &f->process[f->nprocesses];

	strlcpy(p->name, name, sizeof(p->name));
	p->view.role = role;
	p->exists = true;
	p->stat.resident = resident;
	p->beat = resident == 0 ? 0 : f->boot - (int64_t)resident;
	look.ran[f->nprocesses++].cpu = cpu;
}

TEST(processes_are_sorted_by_what_is_asked_for)
{
	unsigned row[SEGMENT_PROCS_MAX];

	add_process("hydrator blip", PROCESS_HYDRATOR, 3, 300);
	add_process("", PROCESS_READER, -1, 0); /* a slot that has had nobody */
	add_process("reader 0", PROCESS_READER, 90, 100);
	add_process("supervisor", PROCESS_SUPERVISOR, -1, 200);
	assert_int_equal(
	    top_rows_processes(&look, TOP_PROCESSES_BY_ROLE, false, row), 3);
	assert_int_equal(row[0], 3);
	assert_int_equal(row[1], 0);
	assert_int_equal(row[2], 2);
	top_rows_processes(&look, TOP_PROCESSES_BY_CPU, false, row);
	assert_int_equal(row[0], 2);
	top_rows_processes(&look, TOP_PROCESSES_BY_CPU, true, row);
	assert_int_equal(row[0], 3);
	top_rows_processes(&look, TOP_PROCESSES_BY_MEMORY, false, row);
	assert_int_equal(row[0], 0);
	top_rows_processes(&look, TOP_PROCESSES_BY_BEAT, false, row);
	assert_int_equal(row[0], 0);
	assert_int_equal(top_rows_beat(look.facts, &look.facts->process[0]), 300);
	assert_int_equal(top_rows_beat(look.facts, &look.facts->process[1]), -1);
}

static void
add_category(const char *name, bool there, int64_t age, int64_t next, uint64_t took)
{
	struct facts *f = look.facts;
	struct facts_category *c = &f->category[f->ncategories];

	strlcpy(c->name, name, sizeof(c->name));
	c->there = there;
	c->age = age;
	c->ledger.next_try = next;
	look.duration[f->ncategories][0] = took;
	look.nduration[f->ncategories++] = took > 0;
}

TEST(categories_are_sorted_by_what_is_asked_for)
{
	unsigned row[SEGMENT_CATEGORIES_MAX];

	add_category("lora", true, 10, 0, 5);
	add_category("blip", true, 500, 70, 9);
	add_category("codeformer", false, 0, 50, 0);
	assert_int_equal(
	    top_rows_categories(&look, TOP_CATEGORIES_BY_NAME, false, row), 3);
	assert_int_equal(row[0], 1);
	assert_int_equal(row[2], 0);
	top_rows_categories(&look, TOP_CATEGORIES_BY_AGE, false, row);
	assert_int_equal(row[0], 2); /* it has no answer at all */
	assert_int_equal(row[1], 1);
	top_rows_categories(&look, TOP_CATEGORIES_BY_NEXT, false, row);
	assert_int_equal(row[0], 2);
	assert_int_equal(row[2], 0);
	top_rows_categories(&look, TOP_CATEGORIES_BY_DURATION, false, row);
	assert_int_equal(row[0], 1);
	assert_int_equal(top_rows_duration(&look, 2), 0);
}

TEST(warnings_are_the_newest_first_or_by_process)
{
	unsigned row[TOP_WARNINGS];

	look.nwarnings = 3;
	look.warning[0].slot = 2;
	look.warning[1].slot = 1;
	look.warning[2].slot = 2;
	assert_int_equal(top_rows_warnings(&look, TOP_WARNINGS_BY_TIME, false, row), 3);
	assert_int_equal(row[0], 0);
	top_rows_warnings(&look, TOP_WARNINGS_BY_TIME, true, row);
	assert_int_equal(row[0], 2);
	top_rows_warnings(&look, TOP_WARNINGS_BY_PROCESS, false, row);
	assert_int_equal(row[0], 1);
	assert_int_equal(row[1], 0);
}

static void
assert_spark(const uint64_t *values, size_t n, bool unicode, const char *chart)
{
	struct buf b = { 0 };

	top_rows_spark(values, n, unicode, &b);
	buf_putc(&b, '\0');
	assert_string_equal(b.data, chart);
	buf_free(&b);
}

TEST(a_chart_goes_from_nothing_to_the_most)
{
	const uint64_t values[] = { 0, 7, 14, 21, 28, 35, 42, 49 },
		       huge[] = { UINT64_MAX, 0, UINT64_MAX / 2 }, none[] = { 0, 0 };

	assert_spark(values, 8, true, "▁▂▃▄▅▆▇█");
	assert_spark(values, 8, false, "_.:-=+*#");
	assert_spark(huge, 3, false, "#_=");
	assert_spark(none, 2, false, "__");
	assert_spark(none, 0, true, "");
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);
