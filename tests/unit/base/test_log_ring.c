/* Lines of a ring: whole or missing. */
#include <sys/mman.h>
#include <sys/wait.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/log_ring.h"
#include "unit.h"

static struct log_ring ring;
static struct log_ring_line lines[LOG_RING_LINES];

static void
empty(struct log_ring *r)
{
	memset((void *)r, 0, sizeof(*r));
}

static void
put(struct log_ring *r, unsigned n)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "line %u", n);

	log_ring_put(r, n % 2 ? LOG_ERR : LOG_WARNING, text, (size_t)len);
}

TEST(the_last_lines_are_read_oldest_first)
{
	char want[32];
	size_t n;

	empty(&ring);
	assert_int_equal(log_ring_read(&ring, lines), 0);
	for (unsigned i = 1; i <= 100; i++)
		put(&ring, i);
	n = log_ring_read(&ring, lines);
	assert_int_equal(n, LOG_RING_LINES);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(lines[i].number, 100 - LOG_RING_LINES + 1 + i);
		snprintf(want, sizeof(want), "line %u", (unsigned)lines[i].number);
		assert_string_equal(lines[i].text, want);
		assert_int_equal(
		    lines[i].level, lines[i].number % 2 ? LOG_ERR : LOG_WARNING);
		assert_int_equal(lines[i].pid, getpid());
		assert_true(lines[i].wall > 0);
	}
}

TEST(a_long_line_is_cut_and_stays_text)
{
	char text[1000];

	empty(&ring);
	memset(text, 'x', sizeof(text));
	memcpy(text + LOG_RING_TEXT - 2, "\xc3\xa9", 2); /* cut in half */
	log_ring_put(&ring, LOG_ERR, text, sizeof(text));
	assert_int_equal(log_ring_read(&ring, lines), 1);
	assert_int_equal(strlen(lines[0].text), LOG_RING_TEXT - 1);
	assert_string_equal(lines[0].text + LOG_RING_TEXT - 3, "x?");
}

/* Each bit of a record. */
TEST(a_line_that_is_not_whole_is_missing)
{
	for (size_t w = 0; w < LOG_RING_WORDS; w++) {
		empty(&ring);
		put(&ring, 1);
		put(&ring, 2);
		for (int bit = 0; bit < 64; bit++) {
			ring.record[1][w] ^= UINT64_C(1) << bit;
			assert_int_equal(log_ring_read(&ring, lines), 1);
			assert_int_equal(lines[0].number, 2);
			ring.record[1][w] ^= UINT64_C(1) << bit;
		}
		assert_int_equal(log_ring_read(&ring, lines), 2);
	}
}

static void *
put_many(void *arg)
{
	for (unsigned i = 0; i < 20000; i++)
		put(arg, i);
	return NULL;
}

/* Threads that come round the ring while others write, a process that is killed. */
TEST(nothing_torn_is_read_beside_writers)
{
	struct log_ring *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_t threads[3];
	unsigned n, line;
	char end;
	pid_t pid;

	assert_ptr_not_equal(shared, MAP_FAILED);
	assert_int_not_equal(pid = fork(), -1);
	if (pid == 0)
		for (;;)
			put_many(shared);
	for (size_t i = 0; i < NELEM(threads); i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, put_many, shared), 0);
	for (unsigned k = 0; k < 500; k++) {
		n = (unsigned)log_ring_read(shared, lines);
		for (unsigned i = 0; i < n; i++)
			assert_int_equal(
			    sscanf(lines[i].text, "line %u%c", &line, &end), 1);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	for (size_t i = 0; i < NELEM(threads); i++)
		pthread_join(threads[i], NULL);
	assert_true(log_ring_read(shared, lines) >= LOG_RING_LINES - 4);
	munmap(shared, sizeof(*shared));
}

TEST(an_heir_gets_what_is_new)
{
	static struct log_ring heir;
	uint64_t told = 0;

	empty(&ring);
	empty(&heir);
	put(&ring, 1);
	put(&ring, 2);
	log_ring_fold(&heir, &ring, &told);
	assert_int_equal(told, 2);
	put(&heir, 3);
	log_ring_fold(&heir, &ring, &told);
	assert_int_equal(log_ring_read(&heir, lines), 3);
	put(&ring, 4);
	log_ring_fold(&heir, &ring, &told);
	assert_int_equal(log_ring_read(&heir, lines), 4);
	assert_string_equal(lines[0].text, "line 1");
	assert_string_equal(lines[3].text, "line 4");
	assert_int_equal(lines[3].number, 4);
}

/* A reader that was taken over may write anything. */
TEST(whatever_was_written_can_be_shown)
{
	static struct log_ring other;

	memset((void *)&ring, 0xff, sizeof(ring));
	assert_int_equal(log_ring_read(&ring, lines), 0);
	empty(&ring);
	ring.last = UINT64_MAX - 1;
	put(&ring, 1);
	log_ring_put(&ring, 99, "\x1b[31m\n", 6); /* number 0 is none */
	put(&ring, 3);
	assert_int_equal(log_ring_read(&ring, lines), 2);
	ring.last = 4;
	log_ring_put(&ring, 99, "\x1b[31m\n", 6);
	empty(&other);
	other.record[5][0] = 0;
	log_ring_fold(&other, &ring, &(uint64_t){ 0 });
	assert_true(log_ring_read(&other, lines) > 0);
	for (size_t i = 0; i < log_ring_read(&other, lines); i++) {
		assert_true(lines[i].level == LOG_WARNING || lines[i].level == LOG_ERR);
		assert_null(strpbrk(lines[i].text, "\x1b\n"));
	}
}
