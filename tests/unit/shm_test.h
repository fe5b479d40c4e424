/* What the tests of src/shm share: a segment of their own, and children. */
#ifndef TESTS_SHM_TEST_H
#define TESTS_SHM_TEST_H

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "shm/publish.h"
#include "shm/segment.h"
#include "shm/snapshot.h"

#define SHM_TEST_CAPACITY 10000 /* not whole pages, on purpose */
#define SHM_TEST_PROCS 3
/* A child's way to say that this machine does not allow the test. */
#define SHM_TEST_SKIP 77

static const char *const shm_test_categories[] = { "image_generation",
	"text_generation" };

static const struct snapshot_stamp shm_test_stamp = { .fetched_boot = -5,
	.fetched_wall = 1700000000000000001,
	.published_wall = 1700000000000000002 };

static inline const char *
shm_test_name(void)
{
	static char name[64];

	snprintf(name, sizeof(name), "/hydratord-unit-%d", (int)getpid());
	return name;
}

static inline struct segment_spec
shm_test_spec(void)
{
	return (struct segment_spec){
		.name = shm_test_name(),
		.capacity = SHM_TEST_CAPACITY,
		.ncategories = NELEM(shm_test_categories),
		.categories = shm_test_categories,
		.nprocs = SHM_TEST_PROCS,
	};
}

/* Unlinked at once: the test holds it by its descriptors, and leaves nothing. */
static inline struct segment *
shm_test_segment(void)
{
	struct segment_spec spec = shm_test_spec();
	struct segment *seg = NULL;
	char err[256] = "";

	if (segment_create(&spec, &seg, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	segment_unlink(seg);
	return seg;
}

static inline struct publisher *
shm_test_publisher(struct segment *seg, unsigned category)
{
	struct publisher *p = NULL;
	char err[256] = "";

	if (publisher_open(seg, category, 0, &p, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	return p;
}

/* Publishes len bytes, all of them c; returns the generation. */
static inline uint64_t
shm_test_publish(struct publisher *p, char c, size_t len)
{
	uint64_t generation = 0;
	char err[256] = "", *data = malloc(len);

	assert_non_null(data);
	memset(data, c, len);
	if (publish(p, data, len, &shm_test_stamp, &generation, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	free(data);
	return generation;
}

/* 1 if the newest generation is len bytes of c and numbered so. */
static inline int
shm_test_holds(const struct segment *seg, uint64_t generation, char c, size_t len)
{
	struct snapshot *s = NULL;
	size_t i;
	int same;

	if (snapshot_take(seg, 0, 0, &s) != SNAPSHOT_FRESH)
		return 0;
	same = s->generation == generation && s->len == len &&
	       memcmp(&s->stamp, &shm_test_stamp, sizeof(s->stamp)) == 0;
	for (i = 0; same && i < len; i++)
		same = s->data[i] == c;
	snapshot_release(&s);
	return same;
}

typedef int shm_test_child_fn(struct segment *, void *arg);

/* Runs fn in a child whose exit status is its result; returns the wait status. */
static inline int
shm_test_fork(shm_test_child_fn *fn, struct segment *seg, void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		/* Sanitizers would turn the signal that is asked for into a report. */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		_exit(fn(seg, arg));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

#endif
