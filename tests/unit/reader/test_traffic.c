/* Counting requests: each in one row and one class, none beside the tables. */
#include <string.h>

#include "reader/traffic.h"
#include "unit.h"

static struct counters counters;

static void
count_of(unsigned label, int status, int64_t duration, bool refused)
{
	static struct http_request request;
	struct http_response response = {
		.status = status, .label = label, .refused = refused
	};
	struct http_exchange e = {
		.request = &request, .response = &response, .duration = duration
	};

	traffic_count(&counters, &e);
}

/* Of a category that is not configured, if the route has one. */
static void
count(enum route route, int status, int64_t duration, bool refused)
{
	count_of(traffic_label(route, -1), status, duration, refused);
}

static int
forget(void **state UNUSED)
{
	memset(&counters, 0, sizeof(counters));
	return 0;
}

TEST(each_status_has_its_row)
{
	unsigned row;

	for (row = 0; counters_status(row) > 0; row++)
		count(ROUTE_RISK, counters_status(row), 1, false);
	assert_int_equal(counters_status(row), 0);
	assert_int_equal(counters_status(row + 1), -1);
	count(ROUTE_RISK, 418, 1, false);
	assert_true(row < COUNTER_CODES);
	do
		assert_int_equal(counter_read(&counters.requests[ROUTE_RISK][row]), 1);
	while (row-- > 0);
}

static uint64_t
counted_of_category(void)
{
	uint64_t n = 0;
	unsigned i, route, row;

	for (i = 0; i < COUNTER_LATCHES; i++)
		for (route = 0; route < COUNTER_CATEGORY_ROUTES; route++)
			for (row = 0; row < COUNTER_CODES; row++)
				n += counter_read(&counters.of_category[i][route][row]);
	return n;
}

TEST(each_category_has_its_rows)
{
	static const enum route rows[] = { ROUTE_STATISTICS, ROUTE_RISK,
		ROUTE_WITH_STATS, ROUTE_HISTORY, ROUTE_CHANGES, ROUTE_UNLISTED,
		ROUTE_MODEL, ROUTE_COLUMNS, ROUTE_CYCLES };
	enum route route;
	int i, row;

	for (row = 0; row < (int)NELEM(rows); row++)
		for (i = 0; i < COUNTER_LATCHES; i++) {
			assert_int_equal(route_row(rows[row]), row);
			count_of(traffic_label(rows[row], i), 200, 1, false);
			assert_int_equal(
			    counter_read(&counters.of_category[i][row][0]), 1);
		}
	assert_true(NELEM(rows) <= COUNTER_CATEGORY_ROUTES);
	assert_int_equal(counted_of_category(), COUNTER_LATCHES * NELEM(rows));
	for (route = 0; route < ROUTE_MAX; route++)
		assert_int_equal(counter_read(&counters.requests[route][0]), 0);
}

TEST(what_has_no_category_is_of_none)
{
	enum route route;

	for (route = 0; route < ROUTE_MAX; route++) {
		count_of(traffic_label(route, route_has_category(route) ? -1 : 7), 200,
		    1, false);
		assert_int_equal(counter_read(&counters.requests[route][0]), 1);
	}
	count_of(traffic_label(ROUTE_RISK, 3), 400, 5, true);
	assert_int_equal(counter_read(&counters.requests[ROUTE_REFUSED][4]), 1);
	assert_int_equal(counted_of_category(), 0);
}

/* A class holds its upper end (Prometheus: le), and the last one all the rest. */
TEST(each_duration_has_its_class)
{
	unsigned i;
	uint64_t sum = 0;

	for (i = 0; counters_bound(i) > 0; i++) {
		count(ROUTE_ROOT, 200, counters_bound(i), false);
		assert_int_equal(counter_read(&counters.duration[i]), i > 0 ? 2 : 1);
		count(ROUTE_ROOT, 200, counters_bound(i) + 1, false);
		sum += 2 * (uint64_t)counters_bound(i) + 1;
	}
	assert_true(i > 5);
	assert_int_equal(counters_bound(i), 0);
	count(ROUTE_ROOT, 200, INT64_C(86400000000000), false);
	assert_int_equal(counter_read(&counters.duration[i]), 2);
	assert_int_equal(
	    counter_read(&counters.duration_nsec), sum + UINT64_C(86400000000000));
}

TEST(what_was_refused_has_no_duration)
{
	count(ROUTE_RISK, 400, 5, true);
	assert_int_equal(counter_read(&counters.requests[ROUTE_RISK][4]), 0);
	assert_int_equal(counter_read(&counters.requests[ROUTE_REFUSED][4]), 1);
	assert_int_equal(counters_status(4), 400);
	assert_int_equal(counter_read(&counters.duration[0]), 0);
	assert_int_equal(counter_read(&counters.duration_nsec), 0);
}

UNIT_FIXTURE(.setup = forget);
