/*
 * Torture of the latch: a writer is killed at random instants and restarted, over and
 * over, while readers check every snapshot they take.
 *
 *	torture [-k KILLED] [-n SNAPSHOTS] [-r READERS] [-s SECONDS]
 *
 * Runs until KILLED writers died and SNAPSHOTS were verified, or fails: at the first
 * torn snapshot or stuck reader, or after SECONDS.
 * Every second reader leaves the checksum out, so that the latch alone is tried: it
 * must not need the checksum. A payload's words all follow from its first one, its
 * length and stamp as well. Exit status: 0 good, 1 torn or stuck, 2 not run to the end.
 */
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int latch_only; /* of this process: do without the checksum */

/* The code under test, built here because SEQLOCK_TEST_PLUS_ONE may spoil it. */
#define SNAPSHOT_TEST_SKIP_CHECKSUM latch_only
#include "shm/publish.c"
#include "shm/snapshot.c"

#include "base/clock.h"

#define READERS_MAX 16
#define WORDS_MAX 2048 /* 16 KB: most of a writer's time goes into the copying */
#define STUCK_AFTER (10 * NSEC_PER_SEC)

/* Of one reader. Written by it, read by the parent. */
struct score {
	_Atomic uint64_t verified;
	_Atomic uint64_t busy;
	_Atomic uint64_t torn; /* words, length or stamp of different generations */
	_Atomic uint64_t misplaced; /* whole, but not the generation it is said to be */
	_Atomic uint64_t rejected;  /* foreign: the checksum or a length caught it */
	_Atomic uint64_t failed;    /* no memory, no descriptor */
	_Atomic int64_t progress;   /* clock_boot() of the last verified one */
	_Atomic int64_t returned;   /* clock_boot() of the last return of a call */
};

struct torture {
	struct segment *seg;
	struct score *scores; /* shared */
	unsigned nreaders;
	pid_t readers[READERS_MAX];
	uint64_t killed, killed_writing; /* writers; those that left the latch odd */
	uint64_t stuck;
};

static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * UINT64_C(0x9e3779b97f4a7c15);
	return x ^ (x >> 29);
}

/* The bytes that a generation must have; returns their number. */
static size_t
payload(uint64_t generation, uint64_t *words)
{
	size_t i, nwords = 2 + mix(generation) % (WORDS_MAX - 2);

	words[0] = generation;
	for (i = 1; i < nwords; i++)
		words[i] = mix(generation + i);
	return nwords * sizeof(*words) - generation % sizeof(*words);
}

static struct snapshot_stamp
stamp_of(uint64_t generation)
{
	uint64_t words[SNAPSHOT_STAMP_WORDS], i;
	struct snapshot_stamp stamp;

	for (i = 0; i < SNAPSHOT_STAMP_WORDS; i++)
		words[i] = mix(generation + (i + 1) * 1000000);
	memcpy(&stamp, words, sizeof(stamp));
	return stamp;
}

/* Publications must come at any instant of a reader's copying: sleeps at first, which
 * let the readers in, later a little work or nothing, so that death mostly comes in
 * the middle of a generation. */
static void
writer_rest(unsigned *leisurely)
{
	const struct timespec pause = { .tv_nsec = 20000 };
	unsigned spin;

	if (*leisurely > 0) {
		--*leisurely;
		nanosleep(&pause, NULL);
		return;
	}
	for (spin = arc4random_uniform(2) * arc4random_uniform(20000); spin > 0; spin--)
		atomic_signal_fence(memory_order_seq_cst);
}

static void
writer_main(struct segment *seg)
{
	unsigned leisurely = arc4random_uniform(40);
	uint64_t words[WORDS_MAX], intended, generation;
	struct snapshot_stamp stamp;
	struct publisher *p;
	char err[256];
	size_t len;

	if (publisher_open(seg, 0, 5000, &p, err, sizeof(err)) == -1)
		goto fail;
	for (;;) {
		intended = snapshot_generation(seg, 0) + 1;
		len = payload(intended, words);
		stamp = stamp_of(intended);
		if (publish(p, words, len, &stamp, &generation, err, sizeof(err)) == -1)
			goto fail;
		writer_rest(&leisurely);
	}
fail:
	fprintf(stderr, "writer: %s\n", err);
	_exit(1);
}

static void
bump(_Atomic uint64_t *counter)
{
	atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

/* Judges by what the payload says of itself; its number is a matter of its own. */
static void
reader_judge(struct score *score, const struct snapshot *s, uint64_t known)
{
	static uint64_t expected[WORDS_MAX];
	struct snapshot_stamp stamp;
	uint64_t first;

	memcpy(&first, s->data, sizeof(first));
	stamp = stamp_of(first);
	if (s->len < sizeof(first) || payload(first, expected) != s->len ||
	    memcmp(expected, s->data, s->len) != 0 ||
	    memcmp(&stamp, &s->stamp, sizeof(stamp)) != 0)
		bump(&score->torn);
	else if (first != s->generation || s->generation <= known)
		bump(&score->misplaced);
	else
		bump(&score->verified);
	atomic_store(&score->progress, clock_boot());
}

static void
reader_main(struct segment *seg, struct score *score)
{
	struct snapshot *s;
	uint64_t known = 0;

	for (;;) {
		switch (snapshot_take(seg, 0, known, &s)) {
		case SNAPSHOT_FRESH:
			reader_judge(score, s, known);
			known = s->generation;
			snapshot_release(&s);
			break;
		case SNAPSHOT_BUSY:
			bump(&score->busy);
			break;
		case SNAPSHOT_FOREIGN:
			bump(&score->rejected);
			break;
		case SNAPSHOT_NOMEM:
			bump(&score->failed);
			break;
		case SNAPSHOT_EMPTY:
		case SNAPSHOT_UNCHANGED:
			sched_yield();
		}
		atomic_store(&score->returned, clock_boot());
	}
}

static pid_t
start_reader(struct torture *t, unsigned i)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	latch_only = i % 2;
	if (segment_attach_reader(t->seg, i) == -1)
		_exit(1);
	reader_main(t->seg, &t->scores[i]);
	_exit(1);
}

/* Lets a writer live for up to four milliseconds. Returns -1 if it died by itself. */
static int
kill_a_writer(struct torture *t)
{
	struct timespec life = { .tv_nsec = arc4random_uniform(4000000) };
	pid_t pid = fork();
	int status;

	if (pid == -1)
		return -1;
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		writer_main(t->seg);
	}
	nanosleep(&life, NULL);
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) ||
	    WTERMSIG(status) != SIGKILL)
		return -1;
	t->killed++;
	t->killed_writing += seqlock_get(&segment_slot(t->seg, 0)->latch.seq) & 1;
	return 0;
}

static uint64_t
sum(const struct torture *t, size_t offset)
{
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < t->nreaders; i++)
		n += seqlock_get((_Atomic uint64_t *)((char *)&t->scores[i] + offset));
	return n;
}
#define SUM(t, field) sum(t, offsetof(struct score, field))

/* Readers that no call returned to, or that got nothing, for a long time. */
static uint64_t
count_stuck(const struct torture *t)
{
	int64_t now = clock_boot();
	uint64_t n = 0;
	unsigned i;

	for (i = 0; i < t->nreaders; i++)
		n += now - atomic_load(&t->scores[i].returned) > STUCK_AFTER ||
		     now - atomic_load(&t->scores[i].progress) > STUCK_AFTER;
	return n;
}

/* Snapshots that are none. */
static uint64_t
wrong(const struct torture *t)
{
	return SUM(t, torn) + SUM(t, misplaced) + SUM(t, rejected);
}

static int
run(struct torture *t, uint64_t kills, uint64_t snapshots, int64_t deadline)
{
	unsigned i;

	for (i = 0; i < t->nreaders; i++) {
		t->scores[i].progress = t->scores[i].returned = clock_boot();
		if ((t->readers[i] = start_reader(t, i)) == -1)
			return -1;
	}
	while (t->killed < kills || SUM(t, verified) < snapshots) {
		if (kill_a_writer(t) == -1 || clock_boot() > deadline)
			return -1;
		t->stuck = count_stuck(t);
		if (t->stuck + wrong(t) > 0)
			break;
	}
	return 0;
}

static int
report(const struct torture *t, int complete)
{
	uint64_t torn = SUM(t, torn), misplaced = SUM(t, misplaced);
	uint64_t rejected = SUM(t, rejected), failed = SUM(t, failed);
	uint64_t latch = 0;
	unsigned i;

	for (i = 1; i < t->nreaders; i += 2)
		latch += t->scores[i].verified;
	printf("verified snapshots  %" PRIu64 " (%" PRIu64 " without their checksum)\n"
	       "generations         %" PRIu64 "\n"
	       "killed writers      %" PRIu64 " (%" PRIu64 " while writing)\n"
	       "torn                %" PRIu64 "\n"
	       "misplaced           %" PRIu64 "\n"
	       "rejected            %" PRIu64 "\n"
	       "stuck readers       %" PRIu64 "\n"
	       "busy                %" PRIu64 "\n",
	    SUM(t, verified), latch, snapshot_generation(t->seg, 0), t->killed,
	    t->killed_writing, torn, misplaced, rejected, t->stuck, SUM(t, busy));
	if (torn + misplaced + rejected + t->stuck > 0)
		return 1;
	if (!complete || failed > 0) {
		fprintf(stderr,
		    "torture: not run to the end, %" PRIu64 " calls failed\n", failed);
		return 2;
	}
	return 0;
}

static int
set_up(struct torture *t)
{
	static const char *const categories[] = { "torture" };
	struct segment_spec spec = { .capacity = WORDS_MAX * sizeof(uint64_t),
		.ncategories = 1,
		.categories = categories,
		.nprocs = t->nreaders };
	char name[64], err[256];

	snprintf(name, sizeof(name), "/hydratord-torture-%d", (int)getpid());
	spec.name = name;
	if (segment_create(&spec, &t->seg, err, sizeof(err)) == -1) {
		fprintf(stderr, "torture: %s\n", err);
		return -1;
	}
	segment_unlink(t->seg);
	t->scores = mmap(NULL, READERS_MAX * sizeof(*t->scores), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return t->scores == MAP_FAILED ? -1 : 0;
}

static uint64_t
number(const char *text, long long max)
{
	const char *wrong;
	long long n = strtonum(text, 1, max, &wrong);

	if (wrong != NULL) {
		fprintf(stderr, "torture: %s is %s\n", text, wrong);
		exit(2);
	}
	return (uint64_t)n;
}

int
main(int argc, char **argv)
{
	struct torture t = { .nreaders = 4 };
	uint64_t kills = 600, snapshots = 20000, seconds = 600;
	unsigned i;
	int c, complete;

	while ((c = getopt(argc, argv, "k:n:r:s:")) != -1) {
		switch (c) {
		case 'k':
			kills = number(optarg, INT64_MAX);
			break;
		case 'n':
			snapshots = number(optarg, INT64_MAX);
			break;
		case 'r':
			t.nreaders = (unsigned)number(optarg, READERS_MAX);
			break;
		case 's':
			seconds = number(optarg, 1000000);
			break;
		default:
			return 2;
		}
	}
	if (set_up(&t) == -1)
		return 2;
	complete = run(&t, kills, snapshots,
		       clock_boot() + (int64_t)seconds * NSEC_PER_SEC) == 0;
	for (i = 0; i < t.nreaders && t.readers[i] > 0; i++) {
		kill(t.readers[i], SIGKILL);
		waitpid(t.readers[i], NULL, 0);
	}
	c = report(&t, complete);
	segment_close(&t.seg);
	return c;
}
