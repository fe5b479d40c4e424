/* What is shown of a history is what the hydrator left in the ledger, whatever that is.
 */
#include "fixture/answer_world.h"

#include <string.h>

#include "base/clock.h"
#include "reader/metrics.h"
#include "shm/ledger.h"
#include "unit.h"

#define IMAGE "{category=\"image_generation\"} "

static struct ledger_history
kept(void)
{
	return (struct ledger_history){
		.state = LEDGER_PAST_KEPT,
		.models = 11,
		.bytes = 12,
		.sampled = 1700000000 * NSEC_PER_SEC,
		.samples = 13,
		.lost = 14,
		.resets = 15,
		.events = 16,
		.last_event = 17,
	};
}

static void
put_history(struct answer_world *w, struct ledger_history h)
{
	struct ledger l = { .history = h };

	ledger_write(w->segment, 0, &l);
}

/* Whether /metrics has a line that begins so. */
static bool
measures(struct answer_world *w, const char *begin)
{
	const struct metrics m = { &w->config, w->segment, w->answerer.store, 0 };
	char line[128];

	snprintf(line, sizeof(line), "\ncache_hydrator_%s", begin);
	buf_reset(&w->body);
	metrics_print(&m, &w->body);
	buf_putc(&w->body, '\0');
	return strstr(w->body.data, line) != NULL;
}

static bool
tells(struct answer_world *w, const char *text)
{
	assert_int_equal(answer_world_ask(w, "GET", "/readyz?verbose", ""), 200);
	return strstr(w->body.data, text) != NULL;
}

TEST(nothing_is_shown_where_none_is_kept)
{
	struct answer_world *w = *state;

	put_history(w, (struct ledger_history){ 0 });
	assert_false(measures(w, "history_kept{"));
	assert_false(measures(w, "notify_posted_total{"));
	assert_false(tells(w, "\"history\""));
}

TEST(a_history_is_shown)
{
	struct answer_world *w = *state;

	put_history(w, kept());
	assert_true(measures(w, "history_kept" IMAGE "1\n"));
	assert_true(measures(w, "history_models" IMAGE "11\n"));
	assert_true(measures(w, "history_database_bytes" IMAGE "12\n"));
	assert_true(measures(
	    w, "history_last_sample_timestamp_seconds" IMAGE "1700000000.000\n"));
	assert_true(measures(w, "history_samples_total" IMAGE "13\n"));
	assert_true(measures(w, "history_failures_total" IMAGE "14\n"));
	assert_true(measures(w, "history_resets_total" IMAGE "15\n"));
	assert_true(measures(w, "history_events_total" IMAGE "16\n"));
	assert_false(measures(w, "notify_pending{"));
	assert_true(
	    tells(w, ",\"history\":{\"state\":\"kept\",\"models\":11,"
		     "\"sampled\":1700000000,\"last_event\":17,\"error\":null}}"));
}

TEST(what_fails_is_shown)
{
	struct answer_world *w = *state;
	struct ledger_history h = kept();

	h.state = LEDGER_PAST_FAILING;
	h.sampled = 0;
	h.notify = 1;
	h.posted = 21;
	h.failed = 22;
	h.pending = 23;
	ledger_put(h.error, sizeof(h.error), "disk \"full\"");
	ledger_put(h.notify_error, sizeof(h.notify_error), "HTTP status 500");
	put_history(w, h);
	assert_true(measures(w, "history_kept" IMAGE "0\n"));
	assert_false(measures(w, "history_last_sample_timestamp_seconds{"));
	assert_true(measures(w, "notify_posted_total" IMAGE "21\n"));
	assert_true(measures(w, "notify_failures_total" IMAGE "22\n"));
	assert_true(measures(w, "notify_pending" IMAGE "23\n"));
	assert_false(measures(w, "notify_last_success_timestamp_seconds{"));
	assert_true(
	    tells(w, ",\"error\":\"disk \\\"full\\\"\",\"notify\":{\"pending\":23,"
		     "\"delivered\":null,\"error\":\"HTTP status 500\"}}}"));
}

/* Whoever may write a ledger parses strangers' bytes. */
TEST(what_cannot_be_is_tamed)
{
	struct answer_world *w = *state;
	struct ledger_history h = kept();

	h.state = 77;
	h.sampled = -5;
	memset(h.error, 'x', sizeof(h.error));
	put_history(w, h);
	assert_false(measures(w, "history_kept{"));
	h.state = LEDGER_PAST_FAILING;
	put_history(w, h);
	assert_false(measures(w, "history_last_sample_timestamp_seconds{"));
	assert_true(tells(w, "\"sampled\":null"));
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
