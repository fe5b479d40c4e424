/*
 * What a history costs: CPU time of a sample, in the hydrator's thread (noted, taken)
 * and in the recorder's (written), bytes that it writes, and how large the database
 * gets. bench_history [DAYS]: so many for the row of 880 models; default: 400.
 *
 * Each hour is a publication and a sample: a tenth of the models are used, mostly the
 * same, a tenth gets or loses workers, of which a fiftieth all, and each is not there
 * for two days in 400 (fixture/history_world.c).
 */
#include <sys/resource.h>

#include <err.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "fixture/history_world.h"
#include "history/store.h"
#include "history/store_file.h"

static char directory[] = "/tmp/hydratord-bench-XXXXXX";
static struct history_rule rule;
static _Atomic bool stop;

struct figures {
	double noted, written; /* CPU ms of all samples */
	double most;           /* of one written */
	unsigned samples;
};

/* SQLite's: this is about CPU, and a disk that is waited for takes none. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	return fsync(fd);
}

static double
cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What the process has written, bytes; 0: the kernel does not tell. */
static double
bytes_written(void)
{
	char line[128];
	FILE *fp = fopen("/proc/self/io", "r");
	double n = 0;

	while (fp != NULL && fgets(line, sizeof(line), fp) != NULL)
		if (strncmp(line, "wchar: ", 7) == 0)
			n = strtod(line + 7, NULL);
	if (fp != NULL)
		fclose(fp);
	return n;
}

static void
sample(
    struct history_world *world, struct history *h, struct store *s, struct figures *f)
{
	struct history_batch *batch;
	double begun, noted, written;
	char why[512];

	history_world_step(world);
	begun = cpu_ms();
	history_world_note(world, h);
	batch = history_take_batch(h);
	noted = cpu_ms();
	if (store_write(s, batch, why, sizeof(why)) != STORE_GOOD)
		errx(1, "%s", why);
	written = cpu_ms();
	history_batch_done(h, &batch, true);
	f->noted += noted - begun;
	f->written += written - noted;
	if (written - noted > f->most)
		f->most = written - noted;
	f->samples++;
}

static double
read_again(const struct store_settings *set)
{
	struct history *h = history_new(&rule);
	double begun = cpu_ms();
	struct store *s;
	char why[512];

	if (store_open(set, &s, why, sizeof(why)) != STORE_GOOD ||
	    store_load(s, h, why, sizeof(why)) != STORE_GOOD)
		errx(1, "%s", why);
	begun = cpu_ms() - begun;
	store_close(&s);
	history_free(&h);
	return begun;
}

static void
measure(size_t models, unsigned samples)
{
	struct history_world *world = history_world_new(models);
	struct history *h = history_new(&rule);
	struct figures f = { 0 }, warm = { 0 };
	char path[PATH_MAX], why[512];
	struct store_settings set = { path, &rule, &stop };
	uint64_t events;
	double wrote;
	struct store *s;
	unsigned i;

	if (store_file_find(path, directory, "bench") == -1 ||
	    store_open(&set, &s, why, sizeof(why)) != STORE_GOOD)
		errx(1, "%s", why);
	for (i = 0; i < 25; i++) /* all models are new at first */
		sample(world, h, s, &warm);
	wrote = bytes_written();
	events = history_count(h)->events;
	for (i = 0; i < samples; i++)
		sample(world, h, s, &f);
	wrote = bytes_written() - wrote;
	events = history_count(h)->events - events;
	store_close(&s);
	history_free(&h);
	history_world_free(&world);
	printf("%9zu %8u %8.2f %8.2f %8.2f %13.0f %10.0f %10.2f %10.0f\n", models,
	    f.samples, f.noted / f.samples, f.written / f.samples, f.most,
	    wrote / f.samples, (double)events * 24 / f.samples,
	    (double)store_file_bytes(path) / 1e6, read_again(&set));
	unlink(path);
	malloc_trim(0);
}

int
main(int argc, char *argv[])
{
	unsigned days = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 400;

	history_defaults(&rule);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (mkdtemp(directory) == NULL)
		err(1, "%s", directory);
	printf("An hour is a sample: a tenth of the models are used in it, a tenth "
	       "gets or loses\nworkers. CPU ms a sample: noted by the hydrator, "
	       "written by the recorder's thread.\n\n"
	       "   models  samples    noted  written     most written_bytes "
	       "events/day         MB    read_ms\n");
	measure(880, 48);
	measure(880, days * 24);
	measure(20000, 48);
	measure(200000, 24);
	rmdir(directory);
	return 0;
}
