/* Becoming the user, for good. */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/privilege.h"
#include "unit.h"

#define USER "nobody"

#define CHECK(condition)                                                               \
	do {                                                                           \
		if (!(condition)) {                                                    \
			fprintf(stderr, "%d: %s: %s\n", __LINE__, #condition,          \
			    strerror(errno));                                          \
			return 1;                                                      \
		}                                                                      \
	} while (0)

static struct privilege
find(const char *user)
{
	struct privilege p;
	char err[256] = "";

	if (privilege_find(user, &p, err, sizeof(err)) == -1)
		fail_msg("%s", err);
	return p;
}

/* The exit status of probe, which runs in a child after it gave up its rights. */
static int
after_drop(const struct privilege *p, bool open, int (*probe)(const struct privilege *))
{
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (privilege_drop(p) == -1)
			_exit(100);
		_exit(privilege_open_to_user(open) == -1 ? 101 : probe(p));
	}
	assert_int_not_equal(pid, -1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
is_the_user(const struct privilege *p)
{
	gid_t want[64], have[64];
	int nwant = NELEM(want), nhave, i;
	uid_t r, e, s;
	gid_t rg, eg, sg;

	CHECK(getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0);
	CHECK(r == p->uid && e == p->uid && s == p->uid);
	CHECK(rg == p->gid && eg == p->gid && sg == p->gid);
	CHECK(getgrouplist(p->user, p->gid, want, &nwant) > 0);
	nhave = getgroups(NELEM(have), have);
	CHECK(nhave == nwant);
	for (i = 0; i < nhave; i++)
		CHECK(have[i] == want[i]);
	return 0;
}

static int
has_no_way_back(const struct privilege *p)
{
	const gid_t root = 0;

	CHECK(p->uid != 0);
	CHECK(setuid(0) == -1 && seteuid(0) == -1 && setresuid(0, 0, 0) == -1);
	CHECK(setgid(0) == -1 && setegid(0) == -1 && setresgid(0, 0, 0) == -1);
	CHECK(setgroups(1, &root) == -1);
	CHECK(access("/proc/1/mem", R_OK) == -1);
	return 0;
}

static int
gains_nothing(const struct privilege *p)
{
	(void)p;
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	return 0;
}

static int
is_closed_to_others(const struct privilege *p)
{
	(void)p;
	CHECK(prctl(PR_GET_DUMPABLE) == 0);
	return 0;
}

static int
leaves_a_core(const struct privilege *p)
{
	(void)p;
	CHECK(prctl(PR_GET_DUMPABLE) == 1);
	return 0;
}

TEST(root_becomes_the_user_for_good)
{
	struct privilege p;

	if (geteuid() != 0)
		skip();
	p = find(USER);
	assert_true(p.drop);
	assert_int_not_equal(p.uid, 0);
	assert_int_equal(after_drop(&p, false, is_the_user), 0);
	assert_int_equal(after_drop(&p, false, has_no_way_back), 0);
	assert_int_equal(after_drop(&p, false, gains_nothing), 0);
}

TEST(cores_are_the_operators_choice)
{
	struct privilege p;

	if (geteuid() != 0)
		skip();
	p = find(USER);
	assert_int_equal(after_drop(&p, false, is_closed_to_others), 0);
	assert_int_equal(after_drop(&p, true, leaves_a_core), 0);
}

/* Root as whom to become: the way back is open, and that is found out. */
TEST(who_cannot_change_does_not_go_on)
{
	struct privilege p = { .drop = true, .uid = 0, .gid = 0, .user = "root" };

	assert_int_equal(after_drop(&p, false, gains_nothing), 100);
}

TEST(without_a_user_only_rights_to_come_are_given_up)
{
	struct privilege p = find("");

	assert_false(p.drop);
	assert_int_equal(p.uid, geteuid());
	assert_int_equal(p.gid, getegid());
	assert_int_equal(after_drop(&p, false, gains_nothing), 0);
}

TEST(an_unknown_user_is_explained)
{
	struct privilege p;
	char err[256] = "";

	if (geteuid() != 0) {
		assert_int_equal(privilege_find("no-such-user", &p, err, 256), 0);
		assert_false(p.drop);
		return;
	}
	assert_int_equal(privilege_find("no-such-user", &p, err, sizeof(err)), -1);
	assert_non_null(strstr(err, "no-such-user"));
	assert_false(find("root").drop);
}
