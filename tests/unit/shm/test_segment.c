/* The segment: how it is built, named and protected. */
#include "fixture/segment.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <glob.h>
#include <signal.h>

#include "shm/layout.h"
#include "unit.h"

static int
create(const struct segment_spec *spec, struct segment **seg, char *err)
{
	return segment_create(spec, seg, err, 256);
}

/* --- What a reader must not be able to write ------------------------------------- */

struct poke {
	size_t offset;
	int unprotect; /* try mprotect(2) first */
};

static int
poke_as_reader(struct segment *seg, void *arg)
{
	const struct poke *poke = arg;
	volatile char *base = seg->base;
	size_t page = seg->h.page_size;

	if (segment_attach_reader(seg, 1) == -1)
		return 2;
	if (poke->unprotect && mprotect(seg->base + poke->offset / page * page, page,
				   PROT_READ | PROT_WRITE) == 0)
		return 3;
	base[poke->offset] = 1;
	return 0;
}

static void
assert_faults(struct segment *seg, size_t offset)
{
	struct poke poke = { offset, 0 };
	int status = fixture_fork(poke_as_reader, seg, &poke);

	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSEGV)
		fail_msg("a write at %zu did not fault", offset);
	poke.unprotect = 1;
	status = fixture_fork(poke_as_reader, seg, &poke);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

TEST(reader_writes_fault)
{
	struct segment *seg = fixture_segment();
	struct publisher *p = fixture_publisher(seg, 0);
	size_t size = seg->h.counters_size, own = seg->h.counters_offset + size;

	fixture_publish(p, 'a', 100);
	assert_faults(seg, 0);
	assert_faults(seg, segment_slot_offset(seg, 0));
	assert_faults(
	    seg, segment_slot_offset(seg, 1) + sizeof(struct segment_slot) - 1);
	assert_faults(seg, own - 1);
	assert_faults(seg, own + size);
	assert_faults(seg, seg->h.processes_offset);
	assert_faults(seg, seg->h.daemon_offset);
	assert_faults(seg, seg->h.orders_offset);
	assert_faults(seg, seg->h.config_offset);
	assert_faults(seg, segment_buffer_offset(seg, 0, 1));
	assert_faults(seg, seg->h.total_size - 1);
	publisher_close(&p);
	segment_close(&seg);
}

/* In the last of the slot's pages. */
#define LAST_COUNTER(c)                                                                \
	(&(c)->of_category[COUNTER_LATCHES - 1][COUNTER_CATEGORY_ROUTES - 1]           \
			  [COUNTER_CODES - 1])

static int
count_as_reader(struct segment *seg, void *arg)
{
	struct counters *before = segment_counters(seg, 1);
	int inherited = seg->fd;
	char err[256];
	struct publisher *p;

	(void)arg;
	if (segment_attach_reader(seg, 1) == -1)
		return 2;
	if (fcntl(inherited, F_GETFD) != -1 || errno != EBADF)
		return 3;
	if ((fcntl(seg->fd_readonly, F_GETFL) & O_ACCMODE) != O_RDONLY)
		return 4;
	if (publisher_open(seg, 0, 0, &p, err, sizeof(err)) == 0)
		return 5;
	if (segment_counters(seg, 1) != before || !fixture_holds(seg, 1, 'a', 100))
		return 6;
	counter_add(before, COUNTER_REQUESTS, 7);
	counter_raise(LAST_COUNTER(before), 3);
	return 0;
}

TEST(reader_counts_in_its_own_page)
{
	struct segment *seg = fixture_segment();
	struct publisher *p = fixture_publisher(seg, 0);

	fixture_publish(p, 'a', 100);
	publisher_close(&p);
	assert_int_equal(fixture_fork(count_as_reader, seg, NULL), 0);
	/* They outlive the process that counted. */
	assert_int_equal(counter_get(segment_counters(seg, 1), COUNTER_REQUESTS), 7);
	assert_int_equal(counter_read(LAST_COUNTER(segment_counters(seg, 1))), 3);
	assert_int_equal(counter_get(segment_counters(seg, 0), COUNTER_REQUESTS), 0);
	assert_int_equal(counter_get(segment_counters(seg, 2), COUNTER_REQUESTS), 0);
	segment_close(&seg);
}

TEST(reader_slot_is_checked)
{
	struct segment *seg = fixture_segment();

	errno = 0;
	assert_int_equal(segment_attach_reader(seg, FIXTURE_PROCS), -1);
	assert_int_equal(errno, EINVAL);
	segment_close(&seg);
}

/* --- The file and its name ----------------------------------------------------------
 */

static int
name_stat(const char *name, struct stat *st)
{
	char path[300];

	snprintf(path, sizeof(path), "/dev/shm%s", name);
	return stat(path, st);
}

static void
assert_no_leftover(void)
{
	char pattern[128];
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/dev/shm%s*", fixture_name());
	assert_int_equal(glob(pattern, 0, NULL, &found), GLOB_NOMATCH);
	globfree(&found);
}

TEST(header_says_what_it_is)
{
	struct segment_spec spec = fixture_spec();
	struct segment *seg = NULL;
	struct segment_header h;
	struct segment_slot slot;
	char err[256] = "";
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd;

	assert_int_equal(create(&spec, &seg, err), 0);
	fd = shm_open(spec.name, O_RDONLY, 0);
	assert_int_not_equal(fd, -1);
	assert_int_equal(pread(fd, &h, sizeof(h), 0), sizeof(h));
	assert_string_equal(h.magic, SEGMENT_MAGIC);
	assert_int_equal(h.byte_order, SEGMENT_BYTE_ORDER);
	assert_int_equal(h.header_size, sizeof(h));
	assert_int_equal(h.capacity, (FIXTURE_CAPACITY + page - 1) / page * page);
	assert_int_equal(segment_capacity(seg), h.capacity);
	assert_int_equal(h.slots_offset % page, 0);
	assert_int_equal(h.counters_offset % page, 0);
	assert_int_equal(h.counters_size % page, 0);
	assert_true(h.counters_size >= sizeof(struct counters));
	assert_int_equal(segment_find_category(seg, "text_generation"), 1);
	assert_int_equal(segment_find_category(seg, "text"), -1);
	assert_int_equal(h.buffers_offset % page, 0);
	assert_int_equal(h.total_size, h.buffers_offset + 4 * h.capacity);
	assert_int_equal(lseek(fd, 0, SEEK_END), h.total_size);
	assert_true(h.epoch != 0);
	if (access("/proc/sys/kernel/random/boot_id", R_OK) == 0)
		assert_int_equal(strlen(h.boot_id), 36);
	assert_int_equal(
	    pread(fd, &slot, sizeof(slot), (off_t)(h.slots_offset + h.slot_size)),
	    sizeof(slot));
	assert_string_equal(slot.name, "text_generation");
	assert_string_equal(segment_category_name(seg, 1), "text_generation");
	assert_int_equal(segment_ncategories(seg), 2);
	assert_int_equal(segment_nprocs(seg), FIXTURE_PROCS);
	close(fd);
	segment_unlink(seg);
	segment_close(&seg);
	assert_null(seg);
	assert_no_leftover();
}

TEST(mode_is_0640_whatever_the_umask)
{
	struct segment_spec spec = fixture_spec();
	struct segment *seg = NULL;
	const mode_t masks[] = { 0, 0777 };
	struct stat st;
	char err[256] = "";
	size_t i;

	for (i = 0; i < NELEM(masks); i++) {
		mode_t old = umask(masks[i]);
		int rc = create(&spec, &seg, err);

		umask(old);
		if (rc == -1)
			fail_msg("%s", err);
		assert_int_equal(name_stat(spec.name, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0640);
		segment_unlink(seg);
		segment_close(&seg);
	}
}

TEST(stale_name_is_replaced_and_only_the_own_removed)
{
	struct segment_spec spec = fixture_spec();
	struct segment *old = NULL, *new = NULL;
	struct publisher *p;
	struct stat st;
	char err[256] = "";

	assert_int_equal(create(&spec, &old, err), 0);
	p = fixture_publisher(old, 0);
	fixture_publish(p, 'o', 50);
	publisher_close(&p);

	assert_int_equal(create(&spec, &new, err), 0);
	assert_int_equal(name_stat(spec.name, &st), 0);
	assert_true(st.st_ino == new->ino &&st.st_ino != old->ino);
	assert_int_equal(snapshot_generation(new, 0), 0);
	assert_true(fixture_holds(old, 1, 'o', 50)); /* whoever has it keeps it */
	segment_unlink(old);
	assert_int_equal(name_stat(spec.name, &st), 0);
	segment_unlink(new);
	assert_int_equal(name_stat(spec.name, &st), -1);
	segment_unlink(new); /* not there any more: harmless */
	segment_close(&old);
	segment_close(&new);
	segment_close(&new);
	assert_no_leftover();
}

TEST(a_segment_that_is_made_for_later_has_no_name_yet)
{
	struct segment_spec spec = fixture_spec();
	struct segment *old = NULL, *new = NULL;
	struct stat st;
	char err[256] = "";

	assert_int_equal(create(&spec, &old, err), 0);
	spec.unnamed = true;
	assert_int_equal(create(&spec, &new, err), 0);
	assert_int_equal(name_stat(spec.name, &st), 0);
	assert_true(st.st_ino == old->ino);
	assert_int_equal(segment_take_name(new), 0);
	assert_int_equal(segment_take_name(new), 0);
	assert_int_equal(name_stat(spec.name, &st), 0);
	assert_true(st.st_ino == new->ino);
	segment_unlink(old);
	segment_close(&old);
	segment_unlink(new);
	segment_close(&new);
	assert_no_leftover();
}

/* Another daemon, which has made a segment when this returns. */
static pid_t
start_another(const struct segment_spec *spec)
{
	struct segment *seg;
	char err[256], ready;
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0) {
		if (create(spec, &seg, err) == 0 && write(fds[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &ready, 1), 1);
	close(fds[0]);
	return pid;
}

TEST(a_name_is_not_taken_from_the_living)
{
	struct segment_spec spec = fixture_spec();
	struct segment *seg = NULL;
	struct stat before, after;
	char err[256] = "", expected[64];
	pid_t pid = start_another(&spec);
	int other;

	assert_int_equal(name_stat(spec.name, &before), 0);
	assert_int_equal(create(&spec, &seg, err), -1);
	assert_int_equal(errno, EBUSY);
	snprintf(expected, sizeof(expected), "the hydratord with pid %d:", (int)pid);
	assert_non_null(strstr(err, expected));
	/* Also from those of another version. */
	other = shm_open(spec.name, O_RDWR, 0);
	assert_int_equal(pwrite(other, "HYDRATORD-SHM12", 16, 0), 16);
	close(other);
	assert_int_equal(create(&spec, &seg, err), -1);
	assert_non_null(strstr(err, expected));
	spec.unnamed = true;
	assert_int_equal(create(&spec, &seg, err), 0);
	assert_int_equal(segment_take_name(seg), -1);
	assert_int_equal(errno, EBUSY);
	assert_int_equal(name_stat(spec.name, &after), 0);
	assert_true(before.st_ino == after.st_ino);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(segment_take_name(seg), 0);
	segment_unlink(seg);
	segment_close(&seg);
	assert_no_leftover();
}

/* As an ordinary user, whom the sticky bit keeps from what is root's. */
static int
create_beside_root(const struct segment_spec *spec)
{
	struct segment *seg = NULL;
	char err[256] = "";

	if (setgid(65534) == -1 || setuid(65534) == -1)
		return 2;
	if (create(spec, &seg, err) == -1)
		return 3;
	if (segment_take_name(seg) == 0 || errno == EBUSY)
		return 4;
	segment_unlink(seg);
	return 0;
}

/* It might be made by anybody, on purpose, and be locked. */
TEST(the_name_of_another_user_is_left_and_nothing_is_refused)
{
	const struct segment_spec spec = fixture_spec();
	struct stat before, after;
	int fd, status;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	fd = shm_open(spec.name, O_RDWR | O_CREAT, 0666);
	assert_int_equal(fchmod(fd, 0666), 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(fstat(fd, &before), 0);
	if ((pid = fork()) == 0)
		_exit(create_beside_root(&spec));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(name_stat(fixture_name(), &after), 0);
	assert_true(before.st_ino == after.st_ino);
	close(fd);
	assert_int_equal(shm_unlink(fixture_name()), 0);
	assert_no_leftover();
}

TEST(bad_specifications_are_refused)
{
	static const char *const long_name[] = { "a_name_of_thirty_two_bytes_it_is" };
	static const char *const no_name[] = { "" };
	struct segment_spec specs[11];
	struct segment *seg = NULL;
	char err[256];
	size_t i;

	for (i = 0; i < NELEM(specs); i++)
		specs[i] = fixture_spec();
	specs[0].name = "hydratord";
	specs[1].name = "/a/b";
	specs[2].name = "/";
	specs[3].name = "/..";
	specs[4].ncategories = 0;
	specs[5].ncategories = SEGMENT_CATEGORIES_MAX + 1;
	specs[6].nprocs = SEGMENT_PROCS_MAX + 1;
	specs[7].capacity = 0;
	specs[8].capacity = SIZE_MAX - 1;
	specs[9].categories = long_name;
	specs[9].ncategories = 1;
	specs[10].categories = no_name;
	specs[10].ncategories = 1;
	for (i = 0; i < NELEM(specs); i++) {
		err[0] = '\0';
		if (create(&specs[i], &seg, err) != -1)
			fail_msg("specification %zu was accepted", i);
		assert_int_not_equal(err[0], '\0');
		assert_null(seg);
		assert_no_leftover();
	}
}

TEST(every_limit_can_be_reached)
{
	static const char *names[SEGMENT_CATEGORIES_MAX];
	struct segment_spec spec = fixture_spec();
	struct segment *seg = NULL;
	struct publisher *p;
	char err[256] = "";
	size_t i;

	for (i = 0; i < NELEM(names); i++)
		names[i] = "a_name_of_thirty_one_bytes_long";
	spec.categories = names;
	spec.ncategories = NELEM(names);
	spec.nprocs = SEGMENT_PROCS_MAX;
	spec.capacity = 16 << 20; /* half a gigabyte: address space only */
	if (create(&spec, &seg, err) == -1)
		fail_msg("%s", err);
	segment_unlink(seg);
	p = fixture_publisher(seg, SEGMENT_CATEGORIES_MAX - 1);
	assert_int_equal(fixture_publish(p, 'z', 10), 1);
	assert_int_equal(fixture_publish(p, 'z', 10), 2);
	counter_add(
	    segment_counters(seg, SEGMENT_PROCS_MAX - 1), COUNTER_SNAPSHOTS_BAD, 1);
	publisher_close(&p);
	segment_close(&seg);
}

/* The tests die of signals on purpose. */
static int
no_cores(void **state UNUSED)
{
	const struct rlimit none = { 0, 0 };

	return setrlimit(RLIMIT_CORE, &none);
}

UNIT_FIXTURE(.group_setup = no_cores);
