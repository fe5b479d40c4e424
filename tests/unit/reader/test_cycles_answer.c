/* Cycles from the ring: which of them, what each has, and how often they are printed.
 */
#include <string.h>

#include "base/clock.h"
#include "fixture/answer_world.h"
#include "fixture/json_text.h"
#include "reader/blob.h"
#include "shm/cycles.h"
#include "unit.h"

#define IMAGE "/model_references/statistics/image_generation/cycles"
#define HOUR (3600 * NSEC_PER_SEC)

static int
ask(struct answer_world *w, const char *target)
{
	return answer_world_ask(w, "GET", target, "");
}

static void
assert_has(struct answer_world *w, const char *text)
{
	text = json_text_of("%s", text);
	if (strstr(w->body.data, text) == NULL)
		fail_msg("no %s in %s", text, w->body.data);
}

static void
note(const struct answer_world *w, enum cycles_result result, int64_t begun)
{
	struct cycles_detail d = { .brief = {
				       .begun = begun,
				       .fetch = 1500000,
				       .compute = 2 * NSEC_PER_SEC,
				       .encode = 3000000,
				       .publish = 4999999,
				       .result = result,
				   } };

	if (result == CYCLES_PUBLISHED) {
		d.brief.models = 40;
		d.brief.at_risk = 23;
		d.brief.critical = 4;
		d.brief.generation = 1;
		d.brief.input_age = 7 * NSEC_PER_SEC - 1;
	}
	cycles_note(w->segment, 0, &d);
}

TEST(before_any_cycle_there_are_empty_lists)
{
	struct answer_world *w = *state;

	assert_int_equal(ask(w, IMAGE), 200);
	assert_has(w, "{'category':'image_generation','now':");
	assert_has(w, ",'ring_since':null,'cycles':{'number':[],'begun':[],'took_ms':[]"
		      ",'result':[],'more':[],'models':[],'at_risk':[],'critical':[],'"
		      "input_age':[]}}");
	assert_string_equal(w->response.fields.data, "Cache-Control: no-store\r\n");
}

TEST(what_published_nothing_has_no_models)
{
	struct answer_world *w = *state;

	note(w, CYCLES_PUBLISHED, clock_wall());
	note(w, CYCLES_FAILED, clock_wall());
	note(w, CYCLES_IDLE, clock_wall());
	note(w, CYCLES_IDLE, clock_wall());
	assert_int_equal(ask(w, IMAGE), 200);
	assert_has(w, "'number':[1,2,3]");
	assert_has(w, "'took_ms':[2008,2008,2008]");
	assert_has(w, "'result':['published','failed','idle'],'more':[0,0,1],"
		      "'models':[40,null,null],'at_risk':[23,null,null],"
		      "'critical':[4,null,null],'input_age':[6,null,null]}}");
	/* Another category has a ring of its own. */
	assert_int_equal(
	    ask(w, "/model_references/statistics/text_generation/cycles"), 200);
	assert_has(w, "'number':[]");
}

TEST(those_of_a_day_and_the_one_before)
{
	struct answer_world *w = *state;
	int64_t now = clock_wall();

	note(w, CYCLES_PUBLISHED, 77 * NSEC_PER_SEC);
	note(w, CYCLES_PUBLISHED, now - 50 * HOUR);
	note(w, CYCLES_PUBLISHED, now - 25 * HOUR);
	assert_int_equal(ask(w, IMAGE), 200);
	assert_has(w, "'number':[3]");
	note(w, CYCLES_PUBLISHED, now - 23 * HOUR);
	note(w, CYCLES_PUBLISHED, now);
	assert_int_equal(ask(w, IMAGE), 200);
	assert_has(w, "'ring_since':77,");
	assert_has(w, "'number':[3,4,5]");
}

/* Whoever asks again in the same second has the same bytes; a cycle that ends is seen
 * at once. */
TEST(it_is_printed_once_a_second)
{
	struct answer_world *w = *state;
	const struct cycles_kept *kept = &w->answerer.cycles[0];
	const struct blob *blob;
	int64_t second;
	int tries = 0;

	note(w, CYCLES_PUBLISHED, clock_wall());
	do {
		assert_int_equal(ask(w, IMAGE), 200);
		blob = kept->blob;
		second = kept->second;
		assert_int_equal(ask(w, IMAGE), 200);
	} while (kept->second != second && ++tries < 100);
	assert_ptr_equal(kept->blob, blob);
	note(w, CYCLES_FAILED, clock_wall());
	assert_int_equal(ask(w, IMAGE), 200);
	assert_has(w, "'number':[1,2]");
}

/* As many as the ring has. */
TEST(a_full_ring_is_told)
{
	struct answer_world *w = *state;
	int64_t now = clock_wall();

	for (int i = 0; i < CYCLES_BRIEFS + 5; i++)
		note(w, CYCLES_PUBLISHED, now);
	assert_int_equal(ask(w, IMAGE), 200);
	assert_has(w, "'number':[6,7,8,");
	assert_has(w, ",1444,1445],'begun'");
	assert_true(w->body.len < 100 * 1024);
	assert_int_equal(answer_world_ask(w, "HEAD", IMAGE, ""), 200);
	assert_true(w->length > 40 * 1024);
}

TEST(what_is_not_here_has_no_cycles)
{
	struct answer_world *w = *state;

	assert_int_equal(ask(w, "/model_references/statistics/blip/cycles"), 404);
	assert_int_equal(ask(w, "/model_references/statistics/x/cycles"), 422);
}

UNIT_FIXTURE(.setup = answer_world_setup, .teardown = answer_world_teardown);
