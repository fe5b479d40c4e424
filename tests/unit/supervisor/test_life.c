/* Every transition of a child's life, and what must hold of all of them. */
#include <string.h>

#include "supervisor/life.h"
#include "unit.h"

/* One row a state, with and without a wish for a process: the outcome of each event. */
static const struct row {
	struct life from;
	struct {
		struct life to;
		enum life_action action;
	} on[LIFE_EVENT_MAX];
} table[] = {
#define W(s)                                                                           \
	{                                                                              \
		CHILD_##s, true                                                        \
	}
#define U(s)                                                                           \
	{                                                                              \
		CHILD_##s, false                                                       \
	}
#define ON(e, to, action) [LIFE_##e] = { to, LIFE_DO_##action }
	{ W(DEAD), { ON(SAID_READY, W(DEAD), NOTHING), ON(HUNG_UP, W(DEAD), NOTHING),
		       ON(TIMEOUT, W(STARTING), FORK), ON(SILENT, W(DEAD), NOTHING),
		       ON(WANT, W(DEAD), NOTHING), ON(RETIRE, U(DEAD), END),
		       ON(STOP, U(DEAD), END), ON(HURRY, U(DEAD), END),
		       ON(REAPED, W(DEAD), NOTHING) } },
	{ W(STARTING),
	    { ON(SAID_READY, W(READY), NOTHING), ON(HUNG_UP, W(DRAINING), WAIT),
		ON(TIMEOUT, W(ABORTED), ABORT), ON(SILENT, W(STARTING), NOTHING),
		ON(WANT, W(STARTING), NOTHING), ON(RETIRE, U(RETIRING), RETIRE),
		ON(STOP, U(DRAINING), ORDER), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, W(DEAD), SCHEDULE) } },
	{ W(READY), { ON(SAID_READY, W(READY), NOTHING), ON(HUNG_UP, W(DRAINING), WAIT),
			ON(TIMEOUT, W(READY), NOTHING), ON(SILENT, W(ABORTED), ABORT),
			ON(WANT, W(READY), NOTHING), ON(RETIRE, U(RETIRING), RETIRE),
			ON(STOP, U(DRAINING), ORDER), ON(HURRY, U(KILLED), KILL),
			ON(REAPED, W(DEAD), SCHEDULE) } },
	{ W(RETIRING),
	    { ON(SAID_READY, W(RETIRING), NOTHING), ON(HUNG_UP, W(DRAINING), WAIT),
		ON(TIMEOUT, W(KILLED), KILL), ON(SILENT, W(ABORTED), ABORT),
		ON(WANT, W(RETIRING), NOTHING), ON(RETIRE, U(RETIRING), NOTHING),
		ON(STOP, U(DRAINING), ORDER), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, W(DEAD), SCHEDULE) } },
	{ W(DRAINING),
	    { ON(SAID_READY, W(DRAINING), NOTHING), ON(HUNG_UP, W(DRAINING), NOTHING),
		ON(TIMEOUT, W(KILLED), KILL), ON(SILENT, W(DRAINING), NOTHING),
		ON(WANT, W(DRAINING), NOTHING), ON(RETIRE, U(DRAINING), NOTHING),
		ON(STOP, U(DRAINING), NOTHING), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, W(DEAD), SCHEDULE) } },
	{ W(ABORTED),
	    { ON(SAID_READY, W(ABORTED), NOTHING), ON(HUNG_UP, W(ABORTED), NOTHING),
		ON(TIMEOUT, W(KILLED), KILL), ON(SILENT, W(ABORTED), NOTHING),
		ON(WANT, W(ABORTED), NOTHING), ON(RETIRE, U(ABORTED), NOTHING),
		ON(STOP, U(ABORTED), NOTHING), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, W(DEAD), SCHEDULE) } },
	{ W(KILLED),
	    { ON(SAID_READY, W(KILLED), NOTHING), ON(HUNG_UP, W(KILLED), NOTHING),
		ON(TIMEOUT, W(KILLED), NOTHING), ON(SILENT, W(KILLED), NOTHING),
		ON(WANT, W(KILLED), NOTHING), ON(RETIRE, U(KILLED), NOTHING),
		ON(STOP, U(KILLED), NOTHING), ON(HURRY, U(KILLED), NOTHING),
		ON(REAPED, W(DEAD), SCHEDULE) } },
	{ U(DEAD), { ON(SAID_READY, U(DEAD), NOTHING), ON(HUNG_UP, U(DEAD), NOTHING),
		       ON(TIMEOUT, U(DEAD), NOTHING), ON(SILENT, U(DEAD), NOTHING),
		       ON(WANT, W(STARTING), FORK), ON(RETIRE, U(DEAD), NOTHING),
		       ON(STOP, U(DEAD), NOTHING), ON(HURRY, U(DEAD), NOTHING),
		       ON(REAPED, U(DEAD), NOTHING) } },
	{ U(STARTING),
	    { ON(SAID_READY, U(READY), NOTHING), ON(HUNG_UP, U(DRAINING), WAIT),
		ON(TIMEOUT, U(ABORTED), ABORT), ON(SILENT, U(STARTING), NOTHING),
		ON(WANT, U(STARTING), NOTHING), ON(RETIRE, U(RETIRING), RETIRE),
		ON(STOP, U(DRAINING), ORDER), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, U(DEAD), END) } },
	{ U(READY), { ON(SAID_READY, U(READY), NOTHING), ON(HUNG_UP, U(DRAINING), WAIT),
			ON(TIMEOUT, U(READY), NOTHING), ON(SILENT, U(ABORTED), ABORT),
			ON(WANT, U(READY), NOTHING), ON(RETIRE, U(RETIRING), RETIRE),
			ON(STOP, U(DRAINING), ORDER), ON(HURRY, U(KILLED), KILL),
			ON(REAPED, U(DEAD), END) } },
	{ U(RETIRING),
	    { ON(SAID_READY, U(RETIRING), NOTHING), ON(HUNG_UP, U(DRAINING), WAIT),
		ON(TIMEOUT, U(KILLED), KILL), ON(SILENT, U(ABORTED), ABORT),
		ON(WANT, U(RETIRING), NOTHING), ON(RETIRE, U(RETIRING), NOTHING),
		ON(STOP, U(DRAINING), ORDER), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, U(DEAD), END) } },
	{ U(DRAINING),
	    { ON(SAID_READY, U(DRAINING), NOTHING), ON(HUNG_UP, U(DRAINING), NOTHING),
		ON(TIMEOUT, U(KILLED), KILL), ON(SILENT, U(DRAINING), NOTHING),
		ON(WANT, U(DRAINING), NOTHING), ON(RETIRE, U(DRAINING), NOTHING),
		ON(STOP, U(DRAINING), NOTHING), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, U(DEAD), END) } },
	{ U(ABORTED),
	    { ON(SAID_READY, U(ABORTED), NOTHING), ON(HUNG_UP, U(ABORTED), NOTHING),
		ON(TIMEOUT, U(KILLED), KILL), ON(SILENT, U(ABORTED), NOTHING),
		ON(WANT, U(ABORTED), NOTHING), ON(RETIRE, U(ABORTED), NOTHING),
		ON(STOP, U(ABORTED), NOTHING), ON(HURRY, U(KILLED), KILL),
		ON(REAPED, U(DEAD), END) } },
	{ U(KILLED),
	    { ON(SAID_READY, U(KILLED), NOTHING), ON(HUNG_UP, U(KILLED), NOTHING),
		ON(TIMEOUT, U(KILLED), NOTHING), ON(SILENT, U(KILLED), NOTHING),
		ON(WANT, U(KILLED), NOTHING), ON(RETIRE, U(KILLED), NOTHING),
		ON(STOP, U(KILLED), NOTHING), ON(HURRY, U(KILLED), NOTHING),
		ON(REAPED, U(DEAD), END) } },
};

TEST(test_every_transition)
{
	size_t i;
	int e;

	assert_int_equal(NELEM(table), CHILD_STATE_MAX * 2);
	for (i = 0; i < NELEM(table); i++)
		for (e = 0; e < LIFE_EVENT_MAX; e++) {
			struct life life = table[i].from;
			enum life_action action = life_next(&life, (enum life_event)e);

			if (life.state != table[i].on[e].to.state ||
			    life.wanted != table[i].on[e].to.wanted ||
			    action != table[i].on[e].action)
				fail_msg(
				    "%s, wanted %d, event %d: became %s, wanted %d, "
				    "action %d",
				    process_state_name(table[i].from.state),
				    table[i].from.wanted, e,
				    process_state_name(life.state), life.wanted,
				    action);
		}
}

static bool
has_process(enum child_state s)
{
	return s != CHILD_DEAD;
}

/* The rules that the table must obey whatever it says. */
TEST(test_rules)
{
	int s, w, e;

	for (s = 0; s < CHILD_STATE_MAX; s++)
		for (w = 0; w < 2; w++)
			for (e = 0; e < LIFE_EVENT_MAX; e++) {
				struct life l = { (enum child_state)s, w };
				enum life_action a = life_next(&l, (enum life_event)e);

				/* Never signal or order a process that is not there. */
				if (a == LIFE_DO_KILL || a == LIFE_DO_ABORT ||
				    a == LIFE_DO_ORDER || a == LIFE_DO_RETIRE)
					assert_true(has_process((enum child_state)s));
				/* Never a second process for a slot. */
				if (a == LIFE_DO_FORK)
					assert_true(!has_process(s) && l.wanted);
				/* Only waitpid() makes a process disappear. */
				if (has_process((enum child_state)s) &&
				    e != LIFE_REAPED)
					assert_true(has_process(l.state));
				/* A slot that is given up stays so unless asked for. */
				if (!w && e != LIFE_WANT)
					assert_false(l.wanted);
				/* A wanted slot never ends without a next step. */
				if (e == LIFE_REAPED && has_process(s) && w)
					assert_int_equal(a, LIFE_DO_SCHEDULE);
			}
}

/* From anywhere: stop, patience ends, reaped: gone, and told exactly once. */
TEST(test_stop_always_ends)
{
	int s, retired;

	for (s = 0; s < CHILD_STATE_MAX; s++) {
		struct life l = { (enum child_state)s, true };

		retired = life_next(&l, LIFE_STOP) == LIFE_DO_END;
		retired += life_next(&l, LIFE_TIMEOUT) == LIFE_DO_END;
		retired += life_next(&l, LIFE_REAPED) == LIFE_DO_END;
		assert_int_equal(l.state, CHILD_DEAD);
		assert_int_equal(retired, 1);
	}
}

TEST(test_names_differ)
{
	int a, b;

	for (a = 0; a < CHILD_STATE_MAX; a++)
		for (b = 0; b < a; b++)
			assert_string_not_equal(process_state_name((enum child_state)a),
			    process_state_name((enum child_state)b));
}
