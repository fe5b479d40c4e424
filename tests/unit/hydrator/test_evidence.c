/* From publications to a history and back, and what the operator is told of it. */
#include "hydrator/evidence.h"

#include "fixture/directory.h"
#include "fixture/log_lines.h"
#include "fixture/risk_payload.h"
#include "unit.h"

#define DATABASE "image_generation.history.db"
#define NOON INT64_C(1767268800)

static char url_file[] = "", format[] = "json";
static struct config config;
static struct evidence *evidence;
static struct buf payload;

static int
set_up(void **state UNUSED)
{
	if (directory_make() == -1)
		return -1;
	config.state_dir = directory;
	config.history.enabled = true;
	config.history.sample_interval = 3600;
	config.history.days = 400;
	config.history.usage_factor = 3;
	config.notify.url_file = url_file;
	config.notify.format = format;
	evidence = evidence_open(&config, CATEGORY_IMAGE_GENERATION);
	payload = (struct buf){ NULL, 0, 0, NULL };
	return log_lines_begin();
}

static int
tear_down(void **state UNUSED)
{
	int r = log_lines_end();

	buf_free(&payload);
	if (!evidence_close(&evidence))
		return -1;
	return r | directory_remove(DATABASE, DATABASE "-wal", DATABASE "-shm",
		       DATABASE "-journal", NULL);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

/* A hydrator attends while it works. */
static bool
attend(void *arg UNUSED)
{
	struct ledger_history ledger = { 0 };

	evidence_attend(evidence, true, &ledger);
	return true;
}

/* A publication of one model; the payload then has views of its history. */
static void
publish_at(int64_t now)
{
	struct history_model_now m = { .name = STR("a"), .workers = 1 };
	const struct view_directory *d;
	struct pace pace = { .beat = attend };

	attend(NULL);
	buf_reset(&payload);
	risk_payload(&payload, CATEGORY_IMAGE_GENERATION, &m, 1);
	assert_int_equal(
	    evidence_add(evidence, &payload, true, now, SIZE_MAX, SIZE_MAX, &pace), 0);
	d = view_open(payload.data, payload.len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	assert_int_equal(d->views[VIEW_HISTORY].nrows, 1);
	assert_int_equal(d->past.sampled_at, now);
}

TEST(clock_that_went_back_is_told_once)
{
	publish_at(NOON);
	publish_at(NOON + 2 * HISTORY_DAY);
	assert_int_equal(log_lines("the clock is more than a day behind"), 0);
	publish_at(NOON);
	publish_at(NOON + HISTORY_HOUR);
	assert_int_equal(log_lines("the clock is more than a day behind"), 1);
	assert_int_equal(log_lines("image_generation: the clock"), 1);
}
