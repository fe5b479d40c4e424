/* What machines tell each other of hosts: it arrives, it ends, and garbage is refused.
 */
#include "fixture/segment.h"

#include "base/clock.h"
#include "shm/breaker.h"
#include "shm/hosts.h"
#include "unit.h"

#define A "https://a.example:443"
#define B "http://b.example:80"
#define HEAD "HYDRATORD-HST-1\n"
#define SEC NSEC_PER_SEC

/* Each machine was booted at another time; the shared clock is the same. */
#define NOW_HERE (1000 * SEC)
#define NOW_THERE (77 * SEC)
#define SHARED (1700000000 * SEC)

static struct segment *here, *there;
static struct buf told;
static char err[256];

static int
set_up(void **state UNUSED)
{
	here = fixture_segment();
	there = fixture_segment();
	return 0;
}

static int
tear_down(void **state UNUSED)
{
	segment_close(&here);
	segment_close(&there);
	buf_free(&told);
	return 0;
}

UNIT_FIXTURE(.setup = set_up, .teardown = tear_down);

/* `there` hears what `here` told so many nanoseconds ago. */
static int
pass_on(int64_t ago)
{
	buf_reset(&told);
	hosts_tell(here, NOW_HERE, SHARED, &told);
	return hosts_learn(there, (struct str){ told.data, told.len }, NOW_THERE,
	    SHARED + ago, err, sizeof(err));
}

static int
learn(const char *text)
{
	return hosts_learn(there, (struct str){ text, strlen(text) }, NOW_THERE, SHARED,
	    err, sizeof(err));
}

/* Opens the breaker of a host, with its last failure at `when`. */
static void
break_host(const char *name, int64_t when)
{
	struct host *h = hosts_claim(here, name);

	for (uint64_t i = 0; i < BREAKER_FAILURES; i++)
		breaker_fail(&h->breaker, i + 1, when);
}

static struct breaker_view
breaker_there(const char *name)
{
	struct host_view v;

	assert_true(hosts_find(there, name, &v));
	return breaker_look(v.breaker, NOW_THERE);
}

static int64_t
floor_there(const char *name)
{
	struct host_view v;

	return hosts_find(there, name, &v) ? v.floor : -1;
}

TEST(a_quiet_machine_has_nothing_to_tell)
{
	host_raise_floor(hosts_claim(here, A), NOW_HERE, NOW_HERE);
	breaker_fail(&hosts_claim(here, B)->breaker, 1, NOW_HERE);
	assert_int_equal(pass_on(0), 0);
	assert_int_equal(told.len, strlen(HEAD));
	assert_int_equal(floor_there(A), -1);
}

TEST(a_floor_is_as_long_as_it_was)
{
	host_raise_floor(hosts_claim(here, A), NOW_HERE + 100 * SEC, NOW_HERE);
	assert_int_equal(pass_on(0), 1);
	assert_int_equal(floor_there(A), NOW_THERE + 100 * SEC);
	assert_int_equal(breaker_there(A).state, BREAKER_CLOSED);
}

/* Not a millisecond too short. */
TEST(a_floor_is_rounded_up)
{
	host_raise_floor(hosts_claim(here, A), NOW_HERE + 1, NOW_HERE);
	assert_int_equal(pass_on(0), 1);
	assert_int_equal(floor_there(A), NOW_THERE + NSEC_PER_MSEC);
}

TEST(time_goes_on_while_it_lies_there)
{
	host_raise_floor(hosts_claim(here, A), NOW_HERE + 100 * SEC, NOW_HERE);
	assert_int_equal(pass_on(30 * SEC), 1);
	assert_int_equal(floor_there(A), NOW_THERE + 70 * SEC);
}

TEST(a_floor_that_is_over_is_nothing)
{
	host_raise_floor(hosts_claim(here, A), NOW_HERE + 100 * SEC, NOW_HERE);
	assert_int_equal(pass_on(100 * SEC), 0);
	assert_int_equal(floor_there(A), -1);
}

TEST(floors_are_raised_alone)
{
	struct host *h = hosts_claim(there, A);

	host_raise_floor(h, NOW_THERE + 200 * SEC, NOW_THERE);
	host_raise_floor(hosts_claim(here, A), NOW_HERE + 100 * SEC, NOW_HERE);
	assert_int_equal(pass_on(0), 1);
	assert_int_equal(floor_there(A), NOW_THERE + 200 * SEC);
	host_raise_floor(hosts_claim(here, A), NOW_HERE + 300 * SEC, NOW_HERE);
	assert_int_equal(pass_on(0), 1);
	assert_int_equal(floor_there(A), NOW_THERE + 300 * SEC);
}

/* Whatever is told, or the clock was set back. */
TEST(nobody_is_kept_away_for_more_than_the_cap)
{
	host_raise_floor(hosts_claim(here, A), NOW_HERE + HOST_FLOOR_MAX, NOW_HERE);
	assert_int_equal(pass_on(-5 * HOST_FLOOR_MAX), 1);
	assert_int_equal(floor_there(A), NOW_THERE + HOST_FLOOR_MAX);
	assert_int_equal(learn(HEAD B " 9223372036854 65535 9223372036854\n"), 1);
	assert_int_equal(floor_there(B), NOW_THERE + HOST_FLOOR_MAX);
	assert_int_equal(breaker_there(B).wait, BREAKER_COOLDOWN);
}

TEST(an_open_breaker_is_open_there)
{
	struct breaker_view v;

	break_host(A, NOW_HERE - 20 * SEC);
	assert_int_equal(pass_on(0), 1);
	v = breaker_there(A);
	assert_int_equal(v.state, BREAKER_OPEN);
	assert_int_equal(v.failures, BREAKER_FAILURES);
	assert_int_equal(v.wait, BREAKER_COOLDOWN - 20 * SEC);
	assert_int_equal(floor_there(A), 0);
}

/* One process there probes, as one would have here. */
TEST(a_breaker_whose_cooldown_is_over_is_probed)
{
	uint64_t ticket;

	break_host(A, NOW_HERE - BREAKER_COOLDOWN);
	break_host(B, NOW_HERE);
	assert_int_equal(pass_on(BREAKER_COOLDOWN), 2);
	assert_int_equal(breaker_there(A).state, BREAKER_HALF_OPEN);
	assert_int_equal(breaker_there(B).state, BREAKER_HALF_OPEN);
	assert_int_equal(
	    breaker_ask(&hosts_claim(there, A)->breaker, NOW_THERE, SEC, &ticket),
	    BREAKER_PROBE);
	assert_int_equal(
	    breaker_ask(&hosts_claim(there, A)->breaker, NOW_THERE, SEC, &ticket),
	    BREAKER_BUSY);
}

TEST(a_breaker_that_has_seen_something_stays)
{
	struct host *h = hosts_claim(there, A);
	uint64_t seen;

	breaker_fail(&h->breaker, 1, NOW_THERE);
	seen = atomic_load(&h->breaker);
	break_host(A, NOW_HERE);
	assert_int_equal(pass_on(0), 1);
	assert_int_equal(atomic_load(&h->breaker), seen);
}

TEST(a_full_table_fits)
{
	char name[HOST_NAME_SIZE];

	for (int i = 0; i < HOSTS_MAX; i++) {
		snprintf(name, sizeof(name), "https://%0200d:65535", i);
		host_raise_floor(
		    hosts_claim(here, name), NOW_HERE + HOST_FLOOR_MAX, NOW_HERE);
		break_host(name, NOW_HERE);
	}
	assert_int_equal(pass_on(0), HOSTS_MAX);
	assert_in_range(told.len, HOSTS_MAX * 240, HOSTS_TOLD_MAX);
	/* And no room there is no harm. */
	assert_int_equal(learn(HEAD A " 1700000001000 0 0\n"), 0);
}

/* Nothing of it is taken, so that nobody has to think about halves. */
TEST(garbage_is_refused_as_a_whole)
{
	static const char *const texts[] = { "", "HYDRATORD-HST-1", "HYDRATORD-HST-2\n",
		HEAD "x", HEAD "\n", HEAD A "\n", HEAD A " 1\n", HEAD A " 1 0\n",
		HEAD A " 1 0 0", HEAD A " 1 0 0 \n", HEAD A " 1 0 0 0\n",
		HEAD A "  1 0 0\n", HEAD A " -1 0 0\n", HEAD A " +1 0 0\n",
		HEAD A " 1x 0 0\n", HEAD A " 1 0x1 0\n", HEAD A " 1 0 0\r\n",
		HEAD A " 1 65536 0\n", HEAD A " 9223372036855 0 0\n",
		HEAD A " 99999999999999999999999 0 0\n", HEAD A "\t1 0 0\n",
		HEAD " 1 0 0\n", HEAD "a.example 1 0 0\n",
		HEAD "https://a.example 1 0 0\n", HEAD "HTTPS://a.example:443 1 0 0\n",
		HEAD "https://u:p@a.example:443 1 0 0\n",
		HEAD "https://a.example:443/x 1 0 0\n", HEAD "file:///etc 1 0 0\n",
		HEAD "https://a\x1b.example:443 1 0 0\n",
		HEAD "https://\xc3\xa4.example:443 1 0 0\n" };
	char text[512];

	for (size_t i = 0; i < NELEM(texts); i++) {
		/* Behind what is good. */
		snprintf(text, sizeof(text), "%s%s",
		    strncmp(texts[i], HEAD, strlen(HEAD)) == 0 ? HEAD B
			" 1700000100000 7 1700000100000\n"
							       : "",
		    texts[i] + (strncmp(texts[i], HEAD, strlen(HEAD)) == 0
				       ? strlen(HEAD)
				       : 0));
		err[0] = '\0';
		if (learn(text) != -1)
			fail_msg("taken: %s", text);
		assert_string_equal(err, "is not understood");
		assert_int_equal(floor_there(B), -1);
	}
}

TEST(no_byte_more_than_there_is)
{
	char long_name[400], *copy;
	int n = 0;

	memset(long_name, 'a', sizeof(long_name));
	memcpy(long_name, HEAD "https://", strlen(HEAD "https://"));
	strlcpy(long_name + 300, ":443 1 0 0\n", 20);
	assert_int_equal(learn(long_name), -1);
	assert_int_equal(hosts_learn(there, (struct str){ HEAD A "\0 1 0 0\n", 46 },
			     NOW_THERE, SHARED, err, sizeof(err)),
	    -1);
	/* One line too many, and then a text that is too long. */
	buf_puts(&told, HEAD);
	for (n = 0; n <= HOSTS_MAX; n++)
		buf_printf(&told, "http://h%d:80 1 0 0\n", n);
	assert_int_equal(hosts_learn(there, (struct str){ told.data, told.len },
			     NOW_THERE, SHARED, err, sizeof(err)),
	    -1);
	/* Each truncation, in an allocation of its own size. */
	for (size_t len = 0; len < told.len; len++) {
		copy = malloc(len > 0 ? len : 1);
		memcpy(copy, told.data, len);
		n = hosts_learn(there, (struct str){ copy, len }, NOW_THERE, SHARED,
		    err, sizeof(err));
		assert_int_equal(
		    n, len >= strlen(HEAD) && copy[len - 1] == '\n' ? 0 : -1);
		free(copy);
	}
}
