/* What is said of a daemon with one thing wrong, and with several. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "ctl/judge.h"
#include "terms/document.h"
#include "unit.h"

#define BOOT (INT64_C(100000) * NSEC_PER_SEC)
#define WALL (INT64_C(1796000000) * NSEC_PER_SEC)

static struct facts *facts;
static struct judge_verdict verdict;

static void
add_process(uint32_t role, uint32_t index, const char *name)
{
	struct facts_process *p = &facts->process[facts->nprocesses++];

	p->view = (struct process_view){ .pid = 100 + (int)facts->nprocesses,
		.state = CHILD_READY,
		.role = role,
		.index = index,
		.born = BOOT - 3600 * NSEC_PER_SEC };
	strlcpy(p->name, name, sizeof(p->name));
	p->exists = true;
	p->stat.state = 'S';
	p->beat = BOOT - NSEC_PER_SEC / 2;
}

static void
add_category(const char *name)
{
	struct facts_category *c = &facts->category[facts->ncategories++];

	strlcpy(c->name, name, sizeof(c->name));
	c->required = c->there = true;
	c->age = 20;
	c->ledger.next_try = BOOT + 60 * NSEC_PER_SEC;
}

/* Two categories, a reader: all is well. */
static int
be_well(void **state UNUSED)
{
	facts = calloc(1, sizeof(*facts));
	facts->boot = BOOT;
	facts->wall = WALL;
	facts->alive = true;
	facts->supervisor = 103;
	facts->options.enabled = true;
	facts->options.hang_timeout = 30 * NSEC_PER_SEC;
	facts->options.start_timeout = 30 * NSEC_PER_SEC;
	strlcpy(facts->options.level, "info", sizeof(facts->options.level));
	strlcpy(facts->daemon.level, "info", sizeof(facts->daemon.level));
	strlcpy(facts->daemon.config_path, "/etc/h.conf",
	    sizeof(facts->daemon.config_path));
	facts->daemon.started_boot = BOOT - 3600 * NSEC_PER_SEC;
	add_process(PROCESS_HYDRATOR, 0, "hydrator blip");
	add_process(PROCESS_READER, 0, "reader 0");
	add_process(PROCESS_SUPERVISOR, 0, "supervisor");
	add_category("blip");
	add_category("clip");
	return 0;
}

static int
tidy(void **state UNUSED)
{
	free(facts);
	return 0;
}

/* Judges, and expects that the worst is of a kind. */
static void
assert_worst(
    enum ctl_exit status, enum judge_kind kind, const char *text, const char *advice)
{
	judge(facts, &verdict);
	assert_int_equal(verdict.exit, status);
	assert_true(verdict.n > 0);
	assert_string_equal(
	    judge_kind_name(verdict.finding[0].kind), judge_kind_name(kind));
	if (strstr(verdict.finding[0].text, text) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text, verdict.finding[0].text);
	if (strstr(verdict.finding[0].advice, advice) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", advice, verdict.finding[0].advice);
}

static void
fail_refreshes(struct facts_category *c, const char *cause)
{
	c->ledger.failing_since = WALL - 200 * NSEC_PER_SEC;
	strlcpy(c->ledger.cause, cause, sizeof(c->ledger.cause));
}

TEST(all_is_well)
{
	facts->category[1].age = 47;
	judge(facts, &verdict);
	assert_int_equal(verdict.exit, CTL_FRESH);
	assert_int_equal(verdict.n, 0);
	assert_string_equal(verdict.text,
	    "all is well: 2 categories served, the oldest answer is of 47 s ago");
}

TEST(a_dead_daemon_is_nothing_else)
{
	facts->alive = false;
	facts->category[0].there = false;
	facts->process[2].beat = BOOT - 90 * NSEC_PER_SEC;
	assert_worst(CTL_NOT_RUNNING, JUDGE_NOT_RUNNING,
	    "pid 103 has left its shared memory behind; its last sign of life was 1 "
	    "min "
	    "30 s ago",
	    "start it");
	assert_int_equal(verdict.n, 1);
}

TEST(a_supervisor_that_hangs_is_told_with_what_to_do)
{
	facts->process[2].beat = BOOT - 45 * NSEC_PER_SEC;
	assert_worst(CTL_DEGRADED, JUDGE_SUPERVISOR_HANGS,
	    "supervisor (pid 103) hangs, it is sleeping: no heartbeat for 45 s",
	    "kill -ABRT 103");
	facts->process[2].stat.state = 'D';
	assert_worst(CTL_DEGRADED, JUDGE_SUPERVISOR_HANGS, "", "a disk");
	/* A stopped one need not be waited for. */
	facts->process[2].beat = BOOT;
	facts->process[2].stat.state = 'T';
	assert_worst(CTL_DEGRADED, JUDGE_SUPERVISOR_HANGS, "stopped", "kill -CONT 103");
}

TEST(a_process_that_is_younger_than_its_first_beat_does_not_hang)
{
	facts->process[0].view.state = CHILD_STARTING;
	facts->process[0].beat = BOOT - 3600 * NSEC_PER_SEC; /* its predecessor's */
	judge(facts, &verdict);
	assert_int_equal(verdict.exit, CTL_FRESH);
}

TEST(nobody_answers_without_a_reader_that_works)
{
	facts->process[1].beat = BOOT - 31 * NSEC_PER_SEC;
	assert_worst(CTL_NOT_SERVING, JUDGE_NO_READER, "nobody answers", "warnings");
	assert_int_equal(verdict.finding[1].kind, JUDGE_PROCESS_HANGS);
	facts->process[1].beat = BOOT;
	facts->process[1].exists = false;
	assert_worst(CTL_NOT_SERVING, JUDGE_NO_READER, "nobody answers", "warnings");
	facts->process[1].view.state = CHILD_STARTING;
	assert_worst(CTL_NOT_SERVING, JUDGE_NO_READER, "nobody answers", "warnings");
	facts->daemon.started_boot = BOOT - 2 * NSEC_PER_SEC;
	assert_worst(CTL_NOT_SERVING, JUDGE_STARTING, "starting, for 2.0 s", "wait");
}

TEST(a_daemon_that_was_told_to_stop_is_not_mended)
{
	facts->process[1].view.state = CHILD_DRAINING;
	facts->process[2].view.state = CHILD_DRAINING;
	assert_worst(CTL_NOT_SERVING, JUDGE_STOPPING, "told to stop", "stop --now");
}

TEST(a_category_without_answers_counts_as_readyz_counts_it)
{
	struct facts_category *c = &facts->category[1];

	c->there = false;
	c->age = 0;
	fail_refreshes(c, "status: HTTP status 500");
	assert_worst(CTL_NOT_SERVING, JUDGE_EMPTY,
	    "clip is empty: status: HTTP status 500",
	    "mend what the cause names; hydratorctl refresh clip tries at once, else "
	    "it "
	    "is tried in 1 min");
	c->required = false;
	assert_worst(CTL_DEGRADED, JUDGE_EMPTY, "clip is empty", "");
	c->there = true;
	c->freshness = FRESHNESS_EXPIRED;
	c->age = 90000;
	assert_worst(
	    CTL_DEGRADED, JUDGE_EXPIRED, "clip is expired, of 1 d 1 h ago", "");
	facts->category[0].there = false;
	assert_worst(CTL_NOT_SERVING, JUDGE_NOTHING_SERVED, "no category", "");
}

TEST(a_first_refresh_is_waited_for)
{
	struct facts_category *c = &facts->category[0];

	c->there = c->required = false;
	facts->daemon.started_boot = facts->boot - NSEC_PER_SEC;
	assert_worst(CTL_DEGRADED, JUDGE_EMPTY, "blip is empty",
	    "its first refresh is about to begin: wait");
	facts->daemon.started_boot = facts->boot - facts->options.start_timeout;
	assert_worst(CTL_DEGRADED, JUDGE_EMPTY, "blip is empty",
	    "hydratorctl refresh blip tries at once");
}

TEST(the_documents_say_more_than_the_first_cause)
{
	struct facts_category *c = &facts->category[0];
	struct ledger_document *d = &c->ledger.document[0];

	fail_refreshes(c, "long ago");
	c->ledger.ndocuments = 1;
	strlcpy(d->name, "status", sizeof(d->name));
	d->state = LEDGER_NOT_FETCHED;
	d->error.wall = WALL;
	strlcpy(d->error.text, "HTTP status 404", sizeof(d->error.text));
	assert_worst(CTL_DEGRADED, JUDGE_FAILING,
	    "blip is not refreshed for 3 min 20 s: status: HTTP status 404", "");
}

TEST(many_categories_are_one_finding)
{
	static const char *const names[] = { "lora", "ti", "esrgan", "gfpgan" };

	for (size_t i = 0; i < NELEM(names); i++)
		add_category(names[i]);
	for (size_t i = 0; i < facts->ncategories; i++)
		fail_refreshes(&facts->category[i], "down");
	assert_worst(CTL_DEGRADED, JUDGE_FAILING,
	    "blip, clip, lora and 3 more are not refreshed", "");
	assert_int_equal(verdict.n, 1);
	facts->ncategories = 2;
	assert_worst(
	    CTL_DEGRADED, JUDGE_FAILING, "blip and clip are not refreshed", "");
}

TEST(old_answers_are_worse_than_stale_ones)
{
	facts->category[0].freshness = FRESHNESS_STALE;
	facts->category[0].age = 400;
	facts->category[1].freshness = FRESHNESS_STALE_IF_ERROR;
	facts->category[1].age = 4000;
	assert_worst(CTL_DEGRADED, JUDGE_OLD, "clip is old, of 1 h 6 min ago", "");
	assert_int_equal(verdict.finding[1].kind, JUDGE_STALE);
}

TEST(a_document_that_has_shrunk_has_its_order)
{
	facts->category[1].refused =
	    COUNTERS_REFUSED(WALL / NSEC_PER_SEC - 120, 1u << DOCUMENT_REFERENCE);
	assert_worst(CTL_DEGRADED, JUDGE_GATE, "(reference), for 2 min",
	    "hydratorctl refresh --accept-smaller clip");
}

TEST(no_room_says_which_option_or_which_disk)
{
	facts->max = 100;
	facts->category[0].wanted = 4096;
	assert_worst(CTL_DEGRADED, JUDGE_NO_ROOM, "4.0 KiB", "segment.max");
	facts->max = 8192;
	assert_worst(CTL_DEGRADED, JUDGE_NO_ROOM, "blip", "/dev/shm");
}

TEST(a_host_that_rests_is_only_a_note)
{
	facts->nhosts = 1;
	strlcpy(facts->host[0].name, "https://h:443", sizeof(facts->host[0].name));
	facts->host[0].floor = 30 * NSEC_PER_SEC;
	assert_worst(CTL_FRESH, JUDGE_FLOOR,
	    "sent Retry-After and is not asked for another 30 s", "");
	assert_true(strstr(verdict.text, "all is well") != NULL);
	facts->host[0].breaker =
	    (struct breaker_view){ BREAKER_OPEN, 6, 90 * NSEC_PER_SEC };
	assert_worst(CTL_DEGRADED, JUDGE_BREAKER,
	    "https://h:443 has failed 6 times in a row and is not asked for 1 min 30 s",
	    "");
}

TEST(redis_that_does_not_answer)
{
	struct ledger_fleet *l = &facts->category[1].ledger.fleet;

	l->used = 1;
	assert_int_equal((judge(facts, &verdict), verdict.exit), CTL_FRESH);
	l->since = WALL - 60 * NSEC_PER_SEC;
	strlcpy(l->error, "Connection refused", sizeof(l->error));
	assert_worst(CTL_DEGRADED, JUDGE_REDIS,
	    "Redis does not answer 1 of 2 categories, for 1 min: Connection refused",
	    "redis.url");
	l->up = 1;
	assert_int_equal((judge(facts, &verdict), verdict.exit), CTL_FRESH);
}

TEST(the_configuration)
{
	facts->file = FACTS_FILE_CHANGED;
	assert_worst(
	    CTL_FRESH, JUDGE_FILE_CHANGED, "/etc/h.conf has changed", "--diff");
	facts->file = FACTS_FILE_BROKEN;
	strlcpy(facts->file_error, "/etc/h.conf:3: no", sizeof(facts->file_error));
	assert_worst(CTL_DEGRADED, JUDGE_FILE_BROKEN, "/etc/h.conf:3: no", "");
	facts->reload_refused = true;
	strlcpy(facts->reload.text, "line 3\nline 4\n", sizeof(facts->reload.text));
	assert_worst(CTL_DEGRADED, JUDGE_RELOAD_REFUSED,
	    "the last reload was refused: line 3", "hydratord -t");
	assert_null(strchr(verdict.finding[0].text, '\n'));
	assert_int_equal(verdict.n, 1);
}

TEST(deaths)
{
	struct process_view *v = &facts->process[0].view;

	v->deaths[DEATH_SIGNAL] = 3;
	v->last_status = SIGKILL;
	v->last_death = WALL - 20 * NSEC_PER_SEC;
	assert_worst(CTL_DEGRADED, JUDGE_RESTARTED,
	    "hydrator blip died 3 times since the start, last by signal 9 (Killed) 20 "
	    "s "
	    "ago",
	    "dmesg");
	v->last_death = WALL - 3600 * NSEC_PER_SEC;
	assert_int_equal((judge(facts, &verdict), verdict.exit), CTL_FRESH);
	v->pid = 0;
	v->state = CHILD_DEAD;
	v->due = BOOT + 8 * NSEC_PER_SEC;
	assert_worst(CTL_DEGRADED, JUDGE_PROCESS_DEAD,
	    "hydrator blip is not running: it ended by signal 9 (Killed); it is "
	    "started "
	    "again in 8.0 s",
	    "warnings");
}

TEST(histories_webhooks_and_states)
{
	struct facts_category *c = &facts->category[0];

	c->ledger.unsaved_wall = WALL - NSEC_PER_SEC;
	strlcpy(c->ledger.unsaved, "No space left on device", 64);
	c->saved = WALL;
	assert_int_equal((judge(facts, &verdict), verdict.exit), CTL_FRESH);
	c->saved = WALL - 2 * NSEC_PER_SEC;
	assert_worst(CTL_DEGRADED, JUDGE_NOT_SAVED, "No space left", "state_dir");
	c->ledger.history.state = LEDGER_PAST_FAILING;
	strlcpy(c->ledger.history.error, "database is locked", 64);
	assert_worst(CTL_DEGRADED, JUDGE_HISTORY, "database is locked", "state_dir");
	c->ledger.history.notify = 1;
	c->ledger.history.pending = 7;
	strlcpy(c->ledger.history.notify_error, "HTTP status 500", 64);
	assert_worst(CTL_DEGRADED, JUDGE_HISTORY, "", "");
	assert_int_equal(verdict.finding[2].kind, JUDGE_WEBHOOK);
}

TEST(notes_do_not_degrade)
{
	facts->lost_lines = 3;
	facts->options.enabled = false;
	strlcpy(facts->daemon.level, "debug", sizeof(facts->daemon.level));
	facts->daemon.level_until = BOOT + 10 * NSEC_PER_SEC;
	judge(facts, &verdict);
	assert_int_equal(verdict.exit, CTL_FRESH);
	assert_int_equal(verdict.n, 3);
	assert_int_equal(verdict.finding[0].kind, JUDGE_DISABLED);
	assert_string_equal(verdict.finding[1].text,
	    "the log is at level debug by order, for another 10 s");
}

/* As long as they come: no text ends in the middle of another one's memory. */
TEST(long_texts_are_cut)
{
	struct facts_category *c = &facts->category[0];

	c->there = false;
	c->ledger.failing_since = 1;
	memset(c->ledger.cause, 'x', sizeof(c->ledger.cause) - 1);
	memset(c->name, 'y', sizeof(c->name) - 1);
	judge(facts, &verdict);
	assert_true(strlen(verdict.text) < JUDGE_TEXT);
	assert_true(strlen(verdict.finding[0].advice) < JUDGE_TEXT);
}

UNIT_FIXTURE(.setup = be_well, .teardown = tidy);
