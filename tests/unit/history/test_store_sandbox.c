/* What a hydrator may ask of the kernel, and which files it may reach, is enough to
 * keep a history, in a thread. */
#include <sys/stat.h>
#include <sys/wait.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "config/config.h"
#include "fixture/directory.h"
#include "fixture/history_world.h"
#include "history/store.h"
#include "history/store_file.h"
#include "proc/landlock.h"
#include "proc/privilege.h"
#include "proc/sandbox.h"
#include "unit.h"

#define HOURS 60

static struct config config = { .supervisor.sandbox = true };
static const struct child_context context = { .config = &config };

static struct history_rule rule;
static char path[PATH_MAX], message[1024];
static _Atomic bool stop;
static const struct store_settings settings = { path, &rule, &stop };

static int
set_up(void **state UNUSED)
{
	history_defaults(&rule);
	return directory_make() == -1 ||
		       store_file_find(path, directory, "controlnet") == -1
		   ? -1
		   : 0;
}

static int
tear_down(void **state UNUSED)
{
	(void)directory_sweep("controlnet.history.db*");
	return directory_remove(NULL, NULL);
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

/* Returns what went wrong, or NULL. */
static const char *
record_hours(struct store *s, struct history *h)
{
	struct history_world *world = history_world_new(2000);
	enum store_verdict verdict = STORE_GOOD;
	struct history_batch *batch;
	int i;

	for (i = 0; i < HOURS && verdict == STORE_GOOD; i++) {
		history_world_step(world);
		history_world_note(world, h);
		batch = history_take_batch(h);
		verdict = store_write(s, batch, message, sizeof(message));
		history_batch_done(h, &batch, verdict == STORE_GOOD);
	}
	history_world_free(&world);
	return verdict == STORE_GOOD ? NULL : message;
}

static const char *
keep(void)
{
	struct history *h = history_new(&rule);
	const char *wrong = NULL;
	struct store *s;

	if (store_open(&settings, &s, message, sizeof(message)) != STORE_GOOD ||
	    store_load(s, h, message, sizeof(message)) != STORE_GOOD)
		wrong = message;
	else
		wrong = record_hours(s, h);
	history_free(&h);
	store_close(&s);
	return wrong;
}

/* All that a recorder does with its files, from a first start on; then a second one. */
static void *
work(void *unused)
{
	char aside[PATH_MAX];
	const char *wrong;

	(void)unused;
	if ((wrong = keep()) == NULL && store_file_set_aside(path, 1000, aside) == -1)
		wrong = "it cannot be set aside";
	if (wrong == NULL && (wrong = keep()) == NULL)
		wrong = keep();
	if (wrong != NULL)
		fprintf(stderr, "%s\n", wrong);
	return (void *)(uintptr_t)wrong;
}

static int
work_in_thread(void)
{
	void *wrong = NULL;
	pthread_t thread;

	if (pthread_create(&thread, NULL, work, NULL) != 0 ||
	    pthread_join(thread, &wrong) != 0)
		return 1;
	return wrong != NULL;
}

/* Of what hydrator/reach.c allows, the directory alone. */
static int
limit(void)
{
	const struct privilege nobody_else = { .drop = false };
	struct landlock l;

	if (privilege_drop(&nobody_else) == -1)
		return -1;
	landlock_open(&l);
	landlock_allow(&l, directory, LANDLOCK_KEEP);
	if (landlock_enter(&l) == -1 && landlock_version() > 0)
		return -1;
	sandbox_enter(ROLE_HYDRATOR, &context);
	return 0;
}

TEST(a_hydrator_keeps_a_history)
{
	int status;
	pid_t pid;

	if (sandbox_why_off(&config) != NULL) {
		print_message("%s\n", sandbox_why_off(&config));
		skip();
	}
	fflush(NULL);
	if ((pid = fork()) == 0)
		_exit(limit() == -1 ? 100 : work_in_thread());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(
	    history_world_ask(path, "SELECT count(*) FROM samples"), HOURS);
	assert_true(history_world_is_whole(path));
}
