/* A full /dev/shm: an error message or a rejected publish, never SIGBUS. */
#include "fixture/segment.h"

#include <sys/mount.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>

#include "shm/layout.h"
#include "unit.h"

/* Statuses of the children: each names the step that went wrong. */
enum {
	OK,
	NO_SEGMENT,
	NO_ERROR,
	BAD_MESSAGE,
	LEFTOVER,
	NO_PUBLISH,
	NO_REJECT,
	LOST_GENERATION,
	NO_RECOVERY,
};

static int
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc;

	if (fd == -1)
		return -1;
	rc = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
	close(fd);
	return rc;
}

/* Root of a user namespace of its own, where the real one may not mount. */
static int
become_root(void)
{
	char map[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWNS) == 0)
		return 0;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)uid);
	if (write_file("/proc/self/uid_map", map) == -1 ||
	    write_file("/proc/self/setgroups", "deny") == -1)
		return -1;
	snprintf(map, sizeof(map), "0 %u 1", (unsigned)gid);
	return write_file("/proc/self/gid_map", map);
}

/* A /dev/shm of so many pages, seen by this process only. */
static int
tiny_shm(int pages)
{
	char options[64];

	snprintf(options, sizeof(options), "mode=1777,size=%ld",
	    pages * sysconf(_SC_PAGESIZE));
	if (become_root() == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("tmpfs", "/dev/shm", "tmpfs", 0, options) == -1)
		return -1;
	return 0;
}

static struct segment_spec
big_spec(void)
{
	struct segment_spec spec = fixture_spec();

	spec.capacity = 16 << 20;
	return spec;
}

/* In the child's own /dev/shm; -1 if it cannot be read. */
static int
count_files(void)
{
	DIR *dir = opendir("/dev/shm");
	struct dirent *entry;
	int n = 0;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

static long
pages_of(size_t bytes)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (long)((bytes + page - 1) / page);
}

/* Pages in front of the buffers, of both categories and three processes; the text of
 * the configuration is empty. */
static long
front(void)
{
	const long header = 1, slots = 1, config = 1;

	return header + slots + 3 * pages_of(sizeof(struct segment_process)) +
	       pages_of(HOSTS_MAX * sizeof(struct host)) +
	       pages_of(2 * sizeof(struct ledger_record)) +
	       pages_of(2 * sizeof(struct cycles_rings)) +
	       pages_of(3 * sizeof(struct process_record)) +
	       pages_of(sizeof(struct daemon_record)) +
	       pages_of(ORDER_VERBS * sizeof(struct order_record)) + config;
}

static int
create_in_three_pages(struct segment *unused, void *arg)
{
	struct segment_spec spec;
	struct segment *seg;
	char err[256] = "", wanted[64];

	(void)unused;
	(void)arg;
	if (tiny_shm(3) == -1)
		return FIXTURE_SKIP;
	spec = big_spec();
	if (segment_create(&spec, &seg, err, sizeof(err)) == 0)
		return NO_ERROR;
	/* Three are there. */
	snprintf(wanted, sizeof(wanted), " %ld bytes", front() * sysconf(_SC_PAGESIZE));
	if (strstr(err, wanted) == NULL)
		return BAD_MESSAGE;
	snprintf(wanted, sizeof(wanted), " %ld free", 3 * sysconf(_SC_PAGESIZE));
	if (strstr(err, wanted) == NULL)
		return BAD_MESSAGE;
	return count_files() == 0 ? OK : LEFTOVER;
}

static int
publish_len(struct publisher *p, size_t pages, char c, char *err, size_t errlen)
{
	size_t len = pages * (size_t)sysconf(_SC_PAGESIZE);
	char *data = malloc(len);
	uint64_t g;
	int rc;

	if (data == NULL)
		return -1;
	memset(data, c, len);
	rc = publish(p, data, len, &fixture_stamp, &g, err, errlen);
	free(data);
	return rc;
}

static int
publish_until_full(struct segment *seg)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct publisher *p;
	char err[256] = "";

	if (publisher_open(seg, 0, 0, &p, err, sizeof(err)) == -1 ||
	    publish_len(p, 6, 'a', err, sizeof(err)) == -1 ||
	    publish_len(p, 6, 'b', err, sizeof(err)) == -1)
		return NO_PUBLISH;
	if (publish_len(p, 12, 'c', err, sizeof(err)) == 0)
		return NO_REJECT;
	if (strstr(err, " free") == NULL)
		return BAD_MESSAGE;
	if (!fixture_holds(seg, 2, 'b', 6 * page))
		return LOST_GENERATION;
	if (publish_len(p, 6, 'd', err, sizeof(err)) == -1 ||
	    !fixture_holds(seg, 3, 'd', 6 * page))
		return NO_RECOVERY;
	publisher_close(&p);
	return OK;
}

/* The first two generations have 12 pages; one is left. */
static int
publish_in_thirteen_pages(struct segment *unused, void *arg)
{
	struct segment_spec spec;
	struct segment *seg;
	char err[256];
	int rc;

	(void)unused;
	(void)arg;
	if (tiny_shm((int)front() + 13) == -1)
		return FIXTURE_SKIP;
	spec = big_spec();
	if (segment_create(&spec, &seg, err, sizeof(err)) == -1)
		return NO_SEGMENT;
	rc = publish_until_full(seg);
	segment_unlink(seg);
	segment_close(&seg);
	return rc;
}

TEST(creation_reports_sizes)
{
	fixture_fork_well(create_in_three_pages, NULL, NULL);
}

TEST(publication_is_rejected_and_the_last_one_stays)
{
	fixture_fork_well(publish_in_thirteen_pages, NULL, NULL);
}
