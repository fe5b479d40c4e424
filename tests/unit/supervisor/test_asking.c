/* What readers ask for, without processes: crews by hand, whose channels are ours. */
#include <sys/queue.h>

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fixture/moved_clock.h"
#include "fixture/segment.h"
#include "proc/channel.h"
#include "supervisor/asking.h"
#include "unit.h"

#define SECOND NSEC_PER_SEC

static char names[][8] = { "first", "second", "third" };

/* A crew with a hydrator for each category and one reader. */
struct by_hand {
	struct config config;
	struct config_category category[3];
	struct crew crew;
	int far[4]; /* the children's ends */
};

static void
make(struct by_hand *w, size_t n, const char *const categories[])
{
	int fds[2];
	size_t i;

	*w = (struct by_hand){
		.config = { .category = w->category, .ncategories = n, .readers = 1 }
	};
	for (i = 0; i < n; i++)
		w->category[i].name = (char *)(uintptr_t)categories[i];
	w->crew.config = w->crew.children.config = &w->config;
	w->crew.segment = w->crew.children.segment =
	    fixture_segment_of(categories, (unsigned)n, 1 << 16, (unsigned)n + 2);
	children_init(&w->crew.children);
	for (i = 0; i < w->crew.children.n; i++) {
		assert_int_equal(channel_pair(fds), 0);
		w->crew.children.item[i].channel = fds[0];
		w->far[i] = fds[1];
	}
}

static void
unmake(struct by_hand *w)
{
	size_t i;

	for (i = 0; i < w->crew.children.n; i++)
		close(w->far[i]);
	children_free(&w->crew.children);
	segment_close(&w->crew.segment);
}

/* Its hydrators have. */
static void
leave(struct by_hand *w)
{
	size_t i;

	for (i = 0; i < w->config.ncategories; i++) {
		close(w->crew.children.item[i].channel);
		w->crew.children.item[i].channel = -1;
	}
}

/* As the i-th child. */
static void
say(struct by_hand *w, size_t i, uint64_t category)
{
	assert_int_equal(channel_send(w->far[i], CHANNEL_ASKED, category), 0);
	children_read(&w->crew.children, &w->crew.children.item[i]);
}

static int
orders(const struct by_hand *w, size_t i)
{
	struct channel_message m;
	int n = 0;

	while (channel_recv(w->far[i], &m) == 1) {
		assert_int_equal(m.type, CHANNEL_REFRESH);
		n++;
	}
	return n;
}

static const char *const all[] = { names[0], names[1], names[2] };
static const char *const others[] = { names[2], names[0] };

TEST(test_what_a_reader_asks_for_is_ordered_of_that_category)
{
	struct crews crews = TAILQ_HEAD_INITIALIZER(crews);
	struct by_hand w;

	make(&w, 3, all);
	TAILQ_INSERT_TAIL(&crews, &w.crew, entry);
	say(&w, 3, 1);
	asking_step(&crews, &w.crew, clock_boot());
	assert_int_equal(orders(&w, 0), 0);
	assert_int_equal(orders(&w, 1), 1);
	assert_int_equal(orders(&w, 2), 0);
	asking_step(&crews, &w.crew, clock_boot() + 5 * SECOND);
	assert_int_equal(orders(&w, 1), 0);
	unmake(&w);
}

/* What came first may have fetched what was before the change that is asked for last.
 */
TEST(test_who_asks_again_within_a_second_is_not_forgotten)
{
	struct crews crews = TAILQ_HEAD_INITIALIZER(crews);
	int64_t now = clock_boot();
	struct by_hand w;
	int i;

	make(&w, 1, all);
	TAILQ_INSERT_TAIL(&crews, &w.crew, entry);
	say(&w, 1, 0);
	asking_step(&crews, &w.crew, now);
	for (i = 0; i < 20; i++)
		say(&w, 1, 0);
	asking_step(&crews, &w.crew, now + 1);
	asking_step(&crews, &w.crew, now + SECOND - 1);
	assert_int_equal(orders(&w, 0), 1);
	w.crew.children.item[0].life.wanted = true;
	assert_true(children_deadline(&w.crew.children) == now + SECOND);
	asking_step(&crews, &w.crew, now + SECOND);
	assert_int_equal(orders(&w, 0), 1);
	assert_true(children_deadline(&w.crew.children) > now + SECOND);
	unmake(&w);
}

TEST(test_nothing_but_the_number_of_a_category_is_believed)
{
	static const uint64_t numbers[] = { 3, 4, 31, 32, 33, 64, 255, UINT32_MAX,
		UINT64_C(1) << 32, UINT64_C(1) << 63, UINT64_MAX };
	struct crews crews = TAILQ_HEAD_INITIALIZER(crews);
	struct by_hand w;
	size_t i;

	make(&w, 3, all);
	TAILQ_INSERT_TAIL(&crews, &w.crew, entry);
	for (i = 0; i < NELEM(numbers); i++)
		say(&w, 3, numbers[i]);
	say(&w, 0, 1); /* a hydrator */
	asking_step(&crews, &w.crew, clock_boot());
	for (i = 0; i < 3; i++)
		assert_int_equal(orders(&w, i), 0);
	unmake(&w);
}

TEST(test_a_former_reader_asks_those_that_hydrate_now)
{
	struct crews crews = TAILQ_HEAD_INITIALIZER(crews);
	struct by_hand former, serving;

	make(&former, 3, all);
	make(&serving, 2, others);
	TAILQ_INSERT_TAIL(&crews, &former.crew, entry);
	TAILQ_INSERT_TAIL(&crews, &serving.crew, entry);
	leave(&former);
	say(&former, 3, 2);
	say(&former, 3, 1); /* which is not configured any more */
	asking_step(&crews, NULL, clock_boot());
	asking_step(&crews, &serving.crew, clock_boot());
	assert_int_equal(orders(&serving, 0), 1);
	assert_int_equal(orders(&serving, 1), 0);
	unmake(&serving);
	unmake(&former);
}

TEST(test_a_hydrator_that_is_not_there_is_told_when_it_comes)
{
	struct crews crews = TAILQ_HEAD_INITIALIZER(crews);
	struct by_hand w;

	make(&w, 1, all);
	TAILQ_INSERT_TAIL(&crews, &w.crew, entry);
	leave(&w);
	say(&w, 1, 0);
	asking_step(&crews, &w.crew, clock_boot());
	assert_true(w.crew.children.item[0].owed);
	unmake(&w);
}

/* The supervisor's loop has others to attend to. */
TEST(test_a_child_that_talks_without_end_is_heard_a_part_of_each_second)
{
	struct child *reader;
	struct by_hand w;
	int i;

	assert_int_equal(moved_clock_start(), 0);
	make(&w, 1, all);
	reader = &w.crew.children.item[1];
	for (i = 0; i < 100; i++)
		assert_int_equal(channel_send(w.far[1], CHANNEL_ASKED, 0), 0);
	children_read(&w.crew.children, reader);
	assert_int_equal(reader->heard, 64);
	assert_int_equal(child_channel(reader, clock_boot()), -1);
	children_read(&w.crew.children, reader);
	assert_int_equal(reader->heard, 64);
	moved_clock_set(2);
	assert_int_equal(child_channel(reader, clock_boot()), reader->channel);
	children_read(&w.crew.children, reader);
	assert_int_equal(reader->heard, 100 - 64 + 1); /* and that there is no more */
	unmake(&w);
	moved_clock_stop();
}

/* An order that the former one does not read any more is its heir's. */
TEST(test_both_hydrators_are_asked_while_one_replaces_the_other)
{
	struct crews crews = TAILQ_HEAD_INITIALIZER(crews);
	struct by_hand serving, rising;

	make(&serving, 1, all);
	make(&rising, 1, all);
	TAILQ_INSERT_TAIL(&crews, &serving.crew, entry);
	TAILQ_INSERT_TAIL(&crews, &rising.crew, entry);
	say(&serving, 1, 0);
	asking_step(&crews, &serving.crew, clock_boot());
	assert_int_equal(orders(&serving, 0), 1);
	assert_int_equal(orders(&rising, 0), 1);
	unmake(&rising);
	unmake(&serving);
}
