/*
 * A history's database whose writer is killed at random instants, over and over:
 *
 *	history_kills [KILLS [SEED]]
 *
 * Each writer goes on where the database says that the one before was, with the same
 * publications. After each death SQLite finds the file whole. In the end every row of
 * every table is as in the database of a writer that was never killed: no day is lost
 * or doubled. Exit status: 0 good, 1 not.
 */
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "fixture/history_world.h"
#include "history/store.h"
#include "history/store_file.h"

#define KILLS 200
#define MODELS 200
/* A life takes up to so long at first, and later as long as it takes to record about so
 * many hours, on whatever machine. */
#define LIFE_US 20000
#define LIFE_HOURS 4
#define RECORDED "SELECT coalesce(max(sampled_at), 0) FROM meta"

static char directory[64];
static struct history_rule rule;
static _Atomic bool stop;

struct place {
	char path[PATH_MAX];
	struct store_settings settings;
};

static void
place_name(struct place *p, const char *category)
{
	if (store_file_find(p->path, directory, category) == -1)
		err(1, "%s", directory);
	p->settings = (struct store_settings){ p->path, &rule, &stop };
}

static void
place_remove(const struct place *p)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
	char path[PATH_MAX + 16];
	size_t i;

	for (i = 0; i < NELEM(suffixes); i++) {
		strlcpy(path, p->path, sizeof(path));
		strlcat(path, suffixes[i], sizeof(path));
		unlink(path);
	}
}

/* Publications from the one after the last that is recorded on, until `last`; for ever
 * if that is below 0. Returns the hour that it reached. */
static int64_t
live(const struct place *p, int64_t last)
{
	struct history_world *world = history_world_new(MODELS);
	struct history *h = history_new(&rule);
	struct history_batch *batch;
	int64_t hour = 0, begun = history_world_ask(p->path, RECORDED);
	struct store *s;
	char why[512];

	if (store_open(&p->settings, &s, why, sizeof(why)) != STORE_GOOD ||
	    store_load(s, h, why, sizeof(why)) != STORE_GOOD)
		errx(1, "%s", why);
	while (last < 0 || hour < last) {
		history_world_step(world);
		hour++;
		if (history_world_now(world) <= begun)
			continue;
		history_world_note(world, h);
		batch = history_take_batch(h);
		if (store_write(s, batch, why, sizeof(why)) != STORE_GOOD)
			errx(1, "%s", why);
		history_batch_done(h, &batch, true);
	}
	store_close(&s);
	history_free(&h);
	history_world_free(&world);
	return hour;
}

/* Most lives end in the middle of a sample, some before the first. */
static void
kill_one(const struct place *p, long most_us)
{
	long us = random() % most_us;
	struct timespec life = { us / 1000000, us % 1000000 * 1000 };
	int status;
	pid_t pid;

	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		(void)live(p, -1);
		_exit(1);
	}
	nanosleep(&life, NULL);
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		errx(1, "a writer ended by itself");
}

static void
kill_all(const struct place *p, long kills)
{
	int64_t before, after = 0;
	long i, most_us = LIFE_US;

	for (i = 0; i < kills; i++) {
		before = after;
		kill_one(p, most_us);
		if (access(p->path, F_OK) == 0 && !history_world_is_whole(p->path))
			errx(1, "after %ld kills %s is not whole", i + 1, p->path);
		after = history_world_ask(p->path, RECORDED);
		if (after - before > LIFE_HOURS * HISTORY_HOUR)
			most_us -= most_us / 4;
		else if (after <= before)
			most_us += most_us / 8;
	}
	printf("%ld writers killed, the file whole after each\n", kills);
}

/* Another hour, so that the killed one ends like the other. */
static int
compare(const struct place *killed, const struct place *whole)
{
	int64_t hour =
	    (history_world_ask(killed->path, RECORDED) - HISTORY_WORLD_BEGIN) /
		HISTORY_HOUR +
	    1;
	char *a, *b;
	int same;

	if (hour < 1)
		hour = 1; /* nobody lived long enough to record anything */
	(void)live(killed, hour);
	(void)live(whole, hour);
	a = history_world_dump(killed->path, NULL);
	b = history_world_dump(whole->path, NULL);
	same = a != NULL && b != NULL && strcmp(a, b) == 0;
	printf("%jd hours, %zu bytes of rows: %s\n", (intmax_t)hour,
	    a != NULL ? strlen(a) : 0,
	    same ? "as if nobody had been killed" : "NOT as without kills");
	free(a);
	free(b);
	return same ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	long kills = argc > 1 ? strtol(argv[1], NULL, 10) : KILLS;
	unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 15;
	struct place killed, whole;
	int result;

	history_defaults(&rule);
	rule.days = 20; /* so that some go */
	srandom(seed);
	strlcpy(directory, "/tmp/hydratord-kills-XXXXXX", sizeof(directory));
	if (mkdtemp(directory) == NULL)
		err(1, "%s", directory);
	place_name(&killed, "killed");
	place_name(&whole, "whole");
	kill_all(&killed, kills);
	result = compare(&killed, &whole);
	if (result == 0) {
		place_remove(&killed);
		place_remove(&whole);
		if (rmdir(directory) == -1)
			err(1, "%s", directory);
	}
	return result;
}
