/* Which files are left. */
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fixture/directory.h"
#include "proc/landlock.h"
#include "unit.h"

static int
setup(void **state UNUSED)
{
	return landlock_version() == 0 ? 0 : directory_make();
}

static int
teardown(void **state UNUSED)
{
	return landlock_version() == 0
		   ? 0
		   : directory_remove("file", "other", "made", "link", NULL);
}

static void
make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_not_equal(fd, -1);
	close(fd);
}

/* 0, or the errno of opening it. */
static int
try(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd == -1)
		return errno;
	close(fd);
	return 0;
}

/* Runs probe in a child that has put *l in force; it returns 0 if all is well. */
static void
under(struct landlock *l, int (*probe)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	if ((pid = fork()) == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
		    landlock_enter(l) == -1)
			_exit(100);
		_exit(probe());
	}
	close(l->ruleset);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
need_landlock(void)
{
	if (landlock_version() == 0)
		skip();
}

#define EXPECT(call, error)                                                            \
	do {                                                                           \
		int got = (call);                                                      \
		if (got != (error)) {                                                  \
			fprintf(stderr, "%d: %s: errno %d\n", __LINE__, #call, got);   \
			return 1;                                                      \
		}                                                                      \
	} while (0)

static int
only_reads(void)
{
	EXPECT(try(directory_path("file"), O_RDONLY), 0);
	EXPECT(try(directory_path("file"), O_WRONLY), EACCES);
	EXPECT(try(directory_path("made"), O_WRONLY | O_CREAT), EACCES);
	EXPECT(unlink(directory_path("file")) == -1 ? errno : 0, EACCES);
	EXPECT(try("/etc/passwd", O_RDONLY), EACCES);
	return 0;
}

TEST(what_may_be_read_is_not_written)
{
	struct landlock l;

	need_landlock();
	make(directory_path("file"));
	landlock_open(&l);
	landlock_allow(&l, directory, LANDLOCK_READ);
	under(&l, only_reads);
}

static int
keeps(void)
{
	EXPECT(try(directory_path("made"), O_RDWR | O_CREAT), 0);
	EXPECT(try(directory_path("made"), O_WRONLY | O_TRUNC),
	    landlock_version() < 3 ? 0 : EACCES);
	EXPECT(rename(directory_path("made"), directory_path("other")), 0);
	EXPECT(unlink(directory_path("other")), 0);
	EXPECT(mkdir(directory_path("made"), 0700) == -1 ? errno : 0, EACCES);
	EXPECT(symlink("x", directory_path("made")) == -1 ? errno : 0, EACCES);
	return 0;
}

TEST(a_directory_to_keep_files_in)
{
	struct landlock l;

	need_landlock();
	landlock_open(&l);
	landlock_allow(&l, directory, LANDLOCK_KEEP);
	under(&l, keeps);
}

static int open_before;

static int
opens_it_once_more(void)
{
	char path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", open_before);
	EXPECT(try(path, O_RDWR), 0);
	EXPECT(try(directory_path("other"), O_RDONLY), EACCES);
	return 0;
}

/* As a hydrator opens the segment, for a lock of its own. */
TEST(the_file_behind_a_descriptor)
{
	struct landlock l;

	need_landlock();
	make(directory_path("file"));
	make(directory_path("other"));
	open_before = open(directory_path("file"), O_RDWR | O_CLOEXEC);
	assert_int_not_equal(open_before, -1);
	assert_int_equal(unlink(directory_path("file")), 0);
	landlock_open(&l);
	landlock_allow_open(&l, open_before, LANDLOCK_UPDATE);
	under(&l, opens_it_once_more);
	close(open_before);
}

static int
follows_the_link_when_it_is_switched(void)
{
	EXPECT(try(directory_path("link"), O_RDONLY), 0);
	EXPECT(try("/etc/hostname", O_RDONLY), EACCES);
	return 0;
}

TEST(a_source_behind_a_link_that_is_switched)
{
	const char *link = directory_path("link");
	struct landlock l;

	need_landlock();
	make(directory_path("file"));
	make(directory_path("other"));
	assert_int_equal(symlink("file", link), 0);
	landlock_open(&l);
	landlock_allow_source(&l, link);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("other", link), 0);
	under(&l, follows_the_link_when_it_is_switched);
}

static int
reads_what_came_later(void)
{
	return try(directory_path("file"), O_RDONLY);
}

TEST(a_source_that_is_not_there_yet)
{
	struct landlock l;

	need_landlock();
	landlock_open(&l);
	landlock_allow_source(&l, directory_path("no/such/directory/file"));
	make(directory_path("file"));
	under(&l, reads_what_came_later);
}

static int
reads_what_the_link_leads_to(void)
{
	return try(directory_path("place/link"), O_RDONLY);
}

/* As /etc/resolv.conf may, before the network is up. */
TEST(a_source_behind_a_link_that_leads_nowhere_yet)
{
	struct landlock l;

	need_landlock();
	assert_int_equal(mkdir(directory_path("place"), 0700), 0);
	assert_int_equal(symlink("../file", directory_path("place/link")), 0);
	landlock_open(&l);
	landlock_allow_source(&l, directory_path("place/link"));
	make(directory_path("file"));
	under(&l, reads_what_the_link_leads_to);
	assert_int_equal(unlink(directory_path("place/link")), 0);
	assert_int_equal(rmdir(directory_path("place")), 0);
}

static int
reads_no_file_of_others(void)
{
	EXPECT(try("/etc/passwd", O_RDONLY), EACCES);
	EXPECT(try(directory_path("file"), O_RDONLY), EACCES);
	EXPECT(try("/", O_RDONLY | O_DIRECTORY), EACCES);
	return 0;
}

/* On a machine without /lib64, for one. */
TEST(the_root_is_never_allowed)
{
	struct landlock l;

	need_landlock();
	make(directory_path("file"));
	landlock_open(&l);
	landlock_allow(&l, "/no-such-directory-in-the-root", LANDLOCK_READ);
	landlock_allow_source(&l, "/no-such-directory-in-the-root/nor/here/file");
	landlock_allow_source(&l, "/no-such-file-in-the-root");
	landlock_allow_source(&l, "");
	under(&l, reads_no_file_of_others);
}

/* Of datagrams to names that nobody needs to see. */
static struct sockaddr_un abstract = { .sun_family = AF_UNIX };
static socklen_t abstract_len;

static int
reaches_nobody_by_a_name(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), own[2];

	EXPECT(
	    connect(fd, (struct sockaddr *)&abstract, abstract_len) == -1 ? errno : 0,
	    EPERM);
	EXPECT(kill(getppid(), 0) == -1 ? errno : 0, EPERM);
	EXPECT(kill(getpid(), 0), 0);
	EXPECT(socketpair(AF_UNIX, SOCK_STREAM, 0, own), 0);
	return 0;
}

TEST(nobody_is_reached_by_an_abstract_socket_or_a_signal)
{
	int receiver = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct landlock l;

	if (landlock_version() < 6)
		skip();
	/* A name of the kernel's choice. */
	abstract_len = sizeof(abstract.sun_family);
	assert_int_equal(bind(receiver, (struct sockaddr *)&abstract, abstract_len), 0);
	abstract_len = sizeof(abstract);
	assert_int_equal(
	    getsockname(receiver, (struct sockaddr *)&abstract, &abstract_len), 0);
	landlock_open(&l);
	under(&l, reaches_nobody_by_a_name);
	close(receiver);
}

static int
makes_nothing(void)
{
	return try(directory_path("made"), O_WRONLY | O_CREAT) == EACCES ? 0 : 1;
}

/* Not the directory above it, which may be everybody's. */
TEST(a_directory_to_keep_files_in_that_is_not_there)
{
	struct landlock l;

	need_landlock();
	landlock_open(&l);
	landlock_allow(&l, directory_path("state"), LANDLOCK_KEEP);
	under(&l, makes_nothing);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
