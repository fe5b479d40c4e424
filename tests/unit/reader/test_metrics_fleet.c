/* What is shown of a fleet is what the hydrator left in the ledger, whatever that is.
 */
#include "fixture/answer_world.h"
#include "fixture/json_text.h"

#include <string.h>

#include "base/clock.h"
#include "reader/metrics.h"
#include "shm/ledger.h"
#include "unit.h"

#define LEASE 100 /* s */
#define IMAGE "{category=\"image_generation\"} "

static struct ledger_fleet
fleet(enum ledger_role role)
{
	struct ledger_fleet f = {
		.used = 1,
		.up = 1,
		.role = role,
		.since = 1700000000 * NSEC_PER_SEC,
		.token = 5,
		.generation = 17,
		.seen = clock_boot() - NSEC_PER_SEC,
		.lag = 1250 * (NSEC_PER_SEC / 1000),
		.skew = -1500 * (NSEC_PER_SEC / 1000),
		.commands = 11,
		.errors = 12,
		.bytes_in = 13,
		.bytes_out = 14,
		.refused = 15,
	};

	ledger_put(f.leader, sizeof(f.leader), "node-1");
	return f;
}

static void
put_fleet(struct answer_world *w, struct ledger_fleet f)
{
	struct ledger l = { .fleet = f };

	w->config.redis.lease = LEASE;
	w->config.redis.poll = 2;
	ledger_write(w->segment, 0, &l);
}

/* Whether /metrics has that line, or one that begins so. */
static bool
measures(struct answer_world *w, const char *begin)
{
	const struct metrics m = { &w->config, w->segment, w->answerer.store, 0 };
	char line[128];
	bool has;

	snprintf(line, sizeof(line), "\ncache_hydrator_%s", begin);
	buf_reset(&w->body);
	metrics_print(&m, &w->body);
	buf_putc(&w->body, '\0');
	has = strstr(w->body.data, line) != NULL;
	return has;
}

/* Whether /readyz has that JSON, written as for json_text_of(). */
static bool
tells(struct answer_world *w, const char *text)
{
	assert_int_equal(answer_world_ask(w, "GET", "/readyz?verbose", ""), 200);
	return strstr(w->body.data, json_text_of("%s", text)) != NULL;
}

TEST(nothing_is_shown_without_redis)
{
	struct answer_world *w = *state;

	put_fleet(w, (struct ledger_fleet){ 0 });
	assert_false(measures(w, "redis_up{"));
	assert_false(measures(w, "redis_commands_total{"));
	assert_false(measures(w, "fleet_leader{"));
	assert_true(measures(w, "redis_poll_seconds 2\n"));
	assert_true(measures(w, "redis_lease_seconds 100\n"));
	assert_false(tells(w, "'fleet'"));
}

TEST(a_follower_is_shown)
{
	struct answer_world *w = *state;

	put_fleet(w, fleet(LEDGER_FOLLOWER));
	assert_true(measures(w, "redis_up" IMAGE "1\n"));
	assert_true(measures(w, "redis_look_age_seconds" IMAGE "1."));
	assert_true(measures(w, "redis_clock_skew_seconds" IMAGE "-1.500\n"));
	assert_true(measures(w, "redis_commands_total" IMAGE "11\n"));
	assert_true(measures(w, "redis_errors_total" IMAGE "12\n"));
	assert_true(measures(w, "redis_received_bytes_total" IMAGE "13\n"));
	assert_true(measures(w, "redis_sent_bytes_total" IMAGE "14\n"));
	assert_true(measures(w, "fleet_leader" IMAGE "0\n"));
	assert_true(measures(w, "fleet_alone" IMAGE "0\n"));
	assert_true(measures(w, "fleet_generation" IMAGE "17\n"));
	assert_true(measures(w, "fleet_lag_seconds" IMAGE "1.250\n"));
	assert_true(measures(w, "fleet_refused_total" IMAGE "15\n"));
	/* The other category is in no fleet. */
	assert_false(measures(w, "fleet_leader{category=\"text_generation\"}"));
	assert_true(tells(w, ",'fleet':{'role':'follower','leader':'node-1','up':true,"
			     "'since':1700000000,'error':null,'seen':"));
	assert_true(
	    tells(w, ",'generation':17,'lag':1.250,'skew':-1.500,'refused':15}}"));
}

TEST(a_leader_is_one_for_a_lease_at_most)
{
	struct answer_world *w = *state;
	struct ledger_fleet f = fleet(LEDGER_LEADER);

	put_fleet(w, f);
	assert_true(measures(w, "fleet_leader" IMAGE "1\n"));
	assert_true(measures(w, "fleet_alone" IMAGE "0\n"));
	assert_true(tells(w, "'role':'leader'"));
	f.seen = clock_boot() - LEASE * NSEC_PER_SEC;
	put_fleet(w, f);
	assert_true(measures(w, "fleet_leader" IMAGE "0\n"));
	assert_true(measures(w, "fleet_alone" IMAGE "1\n"));
	assert_true(tells(w, "'role':'alone'"));
}

/* Redis makes nobody unready. */
TEST(who_never_met_redis_is_shown)
{
	struct answer_world *w = *state;
	struct ledger_fleet f = { .used = 1 };

	ledger_put(f.error, sizeof(f.error), "a \"quoted\" reason");
	put_fleet(w, f);
	assert_true(measures(w, "redis_up" IMAGE "0\n"));
	assert_false(measures(w, "redis_look_age_seconds{"));
	assert_true(measures(w, "fleet_alone" IMAGE "1\n"));
	assert_true(
	    tells(w, ",'fleet':{'role':'alone','leader':null,'up':false,'since':"
		     "null,"
		     "'error':'a \\'quoted\\' reason','seen':null,'generation':0,"
		     "'lag':0.000,'skew':0.000,'refused':0}"));
}

UNIT_FIXTURE(.setup = answer_world_setup_filled, .teardown = answer_world_teardown);
