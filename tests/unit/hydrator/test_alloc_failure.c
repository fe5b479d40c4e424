/*
 * The n-th allocation of a whole cycle fails, whoever asks for it (libcurl and libc
 * too), for n = 1, 2, ... until the cycle succeeds: the hydrator publishes or does not,
 * or ends with one log line, but never by a signal; the latch holds the old or the new
 * snapshot whole; nothing leaks; the successor recovers.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <curl/curl.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixture/http_stub.h"
#include "hydrator/cycle.h"
#include "hydrator/recall.h"
#include "fixture/hydrator_world.h"
#include "payload/view.h"
#include "shm/snapshot.h"
#include "unit.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAVE_OWN_MALLOC 0 /* malloc is the sanitizer's */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAVE_OWN_MALLOC 0
#endif
#endif
#ifndef HAVE_OWN_MALLOC
#define HAVE_OWN_MALLOC 1
#endif

/* In the child, of what happens between its first call and its last. */
static _Atomic long countdown = -1; /* the allocation that takes it to 0 fails */
static _Atomic bool for_good;       /* and all that follow */
static _Atomic long held;           /* allocated, not freed */

#if HAVE_OWN_MALLOC
void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void __libc_free(void *);

static bool
fails(void)
{
	long n = countdown;

	if (n < 0)
		return false;
	if (n > 0)
		n = --countdown;
	if (n > 0)
		return false;
	if (!for_good)
		countdown = -1;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t n)
{
	void *p = fails() ? NULL : __libc_malloc(n);

	held += p != NULL;
	return p;
}

void *
calloc(size_t n, size_t size)
{
	void *p = fails() ? NULL : __libc_calloc(n, size);

	held += p != NULL;
	return p;
}

void *
realloc(void *old, size_t n)
{
	void *p = fails() ? NULL : __libc_realloc(old, n);

	held += old == NULL && p != NULL;
	return p;
}

void *
aligned_alloc(size_t alignment, size_t n)
{
	void *p = fails() ? NULL : __libc_memalign(alignment, n);

	held += p != NULL;
	return p;
}

int
posix_memalign(void **p, size_t alignment, size_t n)
{
	void *q = aligned_alloc(alignment, n);

	if (q == NULL)
		return ENOMEM;
	*p = q;
	return 0;
}

void
free(void *p)
{
	held -= p != NULL;
	__libc_free(p);
}
#endif

/* Blocks that libcurl 7.88 leaks itself if it lacks memory for a connection. */
#define LIBCURL_LEAKS 2

struct tally {
	long allocations, kept;
};

enum ending {
	ENDED_PUBLISHED = 0,
	ENDED_FATAL = 1, /* exit(3) of fatal() */
	ENDED_FAILED = 10,
	ENDED_NOT_OPENED,
	ENDED_LEAKING,
	ENDED_MAX
};

static struct http_stub stub;
static struct hydrator_world world;
/* Risk bodies of two versions of the documents, and which one the latch holds. */
static char *bodies[2];
static int version;
static long kept; /* what libraries keep after a life without failures */
static unsigned endings[ENDED_MAX];
/* libbrotli ends the process without a word; the supervisor says that it ended. */
static unsigned silent;

static const char *const references[] = { "elm", "oak_and_elm_and_a_bad_one" };

static bool
go_on(void *arg)
{
	(void)arg;
	return true;
}

/* What a hydrator does, once. */
static enum ending
work(void)
{
	struct source_wait wait = { .fd = -1, .attend = go_on };
	struct cycle cycle = {
		.config = &world.config,
		.section = &world.category,
		.segment = world.segment,
		.counters = segment_counters(world.segment, 0),
	};
	enum ending ending = ENDED_NOT_OPENED;
	char err[256];

	if (publisher_open(world.segment, 0, 0, &cycle.publisher, err, sizeof(err)) ==
	    -1)
		return ENDED_NOT_OPENED;
	if (cycle_open(&cycle, err, sizeof(err)) == 0) {
		recall(&cycle);
		ending = cycle_run(&cycle, &wait) == CYCLE_PUBLISHED ? ENDED_PUBLISHED
								     : ENDED_FAILED;
	}
	cycle_close(&cycle);
	publisher_close(&cycle.publisher);
	return ending;
}

/* One life of a hydrator. */
struct trial {
	long fail_at; /* 0: nothing fails */
	bool sticky;  /* so do all that follow */
	bool again; /* works once more, with all it needs, and then tells if it leaks */
	int report; /* where to tell what it has counted, or -1 */
};

static int
trial_run(const struct trial *t)
{
	struct tally tally = { .kept = -held };
	enum ending ending;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for_good = t->sticky;
	countdown = t->fail_at > 0 ? t->fail_at : LONG_MAX;
	ending = work();
	tally.allocations = LONG_MAX - countdown;
	countdown = -1;
	if (!t->again)
		return ending;
	/* What libraries keep for themselves they have now, whatever failed before. */
	if (work() != ENDED_PUBLISHED)
		return ENDED_FAILED;
	tally.kept += held;
	if (t->report != -1)
		return write(t->report, &tally, sizeof(tally)) != sizeof(tally);
	return tally.kept > kept + LIBCURL_LEAKS ? ENDED_LEAKING : ENDED_PUBLISHED;
}

/* cmocka's handlers would go on with the test in the child. */
static void
let_signals_kill(void)
{
	static const int numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT,
		SIGSYS };

	for (size_t i = 0; i < NELEM(numbers); i++)
		signal(numbers[i], SIG_DFL);
}

static int
in_child(const struct trial *t)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		let_signals_kill();
		exit(trial_run(t));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The risk body of the latch, or NULL if it holds nothing; to be freed. */
static char *
latched(uint64_t *generation)
{
	const struct view_directory *d;
	struct snapshot *s = NULL;
	char *body;

	*generation = 0;
	if (snapshot_take(world.segment, 0, 0, &s) == SNAPSHOT_EMPTY)
		return NULL;
	assert_non_null(s); /* whole, and of the right checksum */
	d = view_open(s->data, s->len, CATEGORY_IMAGE_GENERATION);
	assert_non_null(d);
	body = strndup(
	    s->data + d->views[VIEW_RISK].body.off, d->views[VIEW_RISK].body.len);
	assert_non_null(body);
	*generation = s->generation;
	snapshot_release(&s);
	return body;
}

static void
assert_publishes(int wanted)
{
	uint64_t before, after;

	free(latched(&before));
	hydrator_world_put_case(references[wanted]);
	assert_int_equal(in_child(&(struct trial){ .report = -1 }), 0);
	free(bodies[wanted]);
	bodies[wanted] = latched(&after);
	assert_int_equal(after, before + 1);
	version = wanted;
}

/* The latch holds what it held, or the next generation with the other version; without
 * status or stats, with the answers that it had. */
static void
assert_old_or_new(long n, uint64_t before)
{
	uint64_t after;
	char *body = latched(&after);

	if (after == before + 1 && body != NULL && strcmp(body, bodies[!version]) == 0)
		version = !version;
	else if (after != before && after != before + 1)
		fail_msg("allocation %ld: generation %d after %d", n, (int)after,
		    (int)before);
	if (body == NULL || strcmp(body, bodies[version]) != 0)
		fail_msg("allocation %ld: another answer: %s", n, body);
	free(body);
}

static void
assert_ending(long n, int status)
{
	int ending = WIFEXITED(status) ? WEXITSTATUS(status) : -1, lines;

	if (ending != ENDED_PUBLISHED && ending != ENDED_FATAL &&
	    ending != ENDED_FAILED && ending != ENDED_NOT_OPENED)
		fail_msg("allocation %ld: status 0x%x", n, (unsigned)status);
	endings[ending]++;
	lines = hydrator_world_logged("error: ");
	silent += ending == ENDED_FATAL && lines == 0;
	if (lines > 1 || (lines == 1 && ending != ENDED_FATAL))
		fail_msg("allocation %ld: %d lines of its end", n, lines);
	lines = hydrator_world_logged(" not refreshed: ") +
		hydrator_world_logged(" is absent: ");
	if (ending == ENDED_FAILED && lines != 1)
		fail_msg("allocation %ld: not a line of the failure", n);
}

/* One cycle onto the other version of the documents. */
static void
fail_one(long n, bool sticky)
{
	struct trial t = { n, sticky, false, -1 };
	uint64_t before;
	int status;

	free(latched(&before));
	hydrator_world_put_case(references[!version]);
	hydrator_world_forget_log();
	assert_ending(n, in_child(&t));
	assert_old_or_new(n, before);
	t.again = true;
	status = in_child(&t);
	if (status != 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != ENDED_FATAL))
		fail_msg("allocation %ld, and once more: status 0x%x", n, status);
	/* The successor has all that the failed one lacked. */
	assert_publishes(!version);
}

/* Sets `kept`; returns how many allocations a cycle has. */
static long
measure(void)
{
	struct trial t = { .again = true };
	struct tally tally;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	t.report = fds[1];
	assert_int_equal(in_child(&t), 0);
	assert_int_equal(read(fds[0], &tally, sizeof(tally)), sizeof(tally));
	close(fds[0]);
	close(fds[1]);
	kept = tally.kept;
	return tally.allocations;
}

static int
setup(void **state UNUSED)
{
	http_stub_start(&stub);
	hydrator_world_make(&world, "image_generation", HYDRATOR_WORLD_CAPACITY);
	/* Some of libcurl's HTTP as well. */
	hydrator_world_places(&world, http_stub_url(&stub, "/404"), world.own);
	return 0;
}

static int
teardown(void **state UNUSED)
{
	free(bodies[0]);
	free(bodies[1]);
	bodies[0] = bodies[1] = NULL;
	hydrator_world_remove(&world);
	http_stub_stop(&stub);
	return 0;
}

/* HYDRATORD_TEST_ALLOCATIONS=all: each; else some sixty, other ones in each run. */
static void
fail_all(bool sticky)
{
	const char *all = getenv("HYDRATORD_TEST_ALLOCATIONS");
	long total, n, step, tried = 0;

	if (!HAVE_OWN_MALLOC)
		skip();
	memset(endings, 0, sizeof(endings));
	silent = 0;
	assert_publishes(0);
	assert_publishes(1);
	total = measure();
	assert_in_range(total, 100, 1000000);
	step = all != NULL ? 1 : 1 + total / 60;
	for (n = 1 + (long)getpid() % step; n <= total; n += step, tried++)
		fail_one(n, sticky);
	assert_int_equal(
	    in_child(&(struct trial){ 2 * total, sticky, true, -1 }), ENDED_PUBLISHED);
	print_message(
	    "%ld of %ld allocations failed, %s: published %u, not refreshed %u, "
	    "not opened %u, ended %u (%u by libbrotli); left to libraries %ld\n",
	    tried, total, sticky ? "and all after it" : "once",
	    endings[ENDED_PUBLISHED], endings[ENDED_FAILED], endings[ENDED_NOT_OPENED],
	    endings[ENDED_FATAL], silent, kept);
	assert_in_range(silent, 0, total / 10);
	assert_true(endings[ENDED_FATAL] > silent);
}

TEST(test_one_allocation_fails)
{
	fail_all(false);
}

TEST(test_all_allocations_fail_from_one_on)
{
	fail_all(true);
}

/* Thousands of allocations of OpenSSL, which leaks some if one of them fails. */
static int
begin_curl(void **state UNUSED)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

UNIT_FIXTURE(.group_setup = begin_curl, .setup = setup, .teardown = teardown);
