/* What a tool makes of a segment that is whole, another's, damaged, cut, or none. */
#include "fixture/segment.h"

#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fcntl.h>

#include "base/buf.h"
#include "shm/cycles.h"
#include "shm/hosts.h"
#include "shm/inspect.h"
#include "shm/layout.h"
#include "shm/ledger.h"

#define CONFIG_TEXT "readers\t2\t1\tdefault\tno\n"

static struct segment *
make(void)
{
	struct segment_spec spec = fixture_spec();
	struct publisher *p;
	struct segment *seg;
	char err[256];

	spec.config = CONFIG_TEXT;
	assert_int_equal(segment_create(&spec, &seg, err, sizeof(err)), 0);
	p = fixture_publisher(seg, 0);
	fixture_publish(p, 'b', 5000);
	publisher_close(&p);
	return seg;
}

static void
unmake(struct segment *seg)
{
	segment_unlink(seg);
	segment_close(&seg);
}

static int
open_file(int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/dev/shm%s", fixture_name());
	fd = open(path, flags | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	return fd;
}

/* --- All that a tool does with one ----------------------------------------------- */

static void
say_nothing(void *arg UNUSED, bool good UNUSED, const char *where, const char *what)
{
	assert_true(strlen(where) + strlen(what) < 4096);
}

static void
read_slots(const struct segment *seg)
{
	struct inspection in = { .say = say_nothing, .still = true };
	struct process_view v;

	for (unsigned i = 0; i < segment_nprocs(seg); i++) {
		(void)process_read(seg, i, &v);
		assert_true(v.pid >= 0 && v.state < CHILD_STATE_MAX &&
			    v.role < PROCESS_ROLES && v.index < SEGMENT_PROCS_MAX);
		assert_true(v.born >= 0 && v.due >= 0 && v.last_death >= 0);
		(void)counter_get(segment_counters(seg, i), COUNTER_LOG_LOST);
		inspect_slot(&in, seg, i);
	}
}

static void
read_categories(const struct segment *seg)
{
	static struct cycles_brief brief[CYCLES_BRIEFS];
	struct inspection in = { .say = say_nothing, .still = true };
	struct buf payload = { 0 };
	uint64_t generation;
	struct snapshot *s;
	struct ledger l;

	for (unsigned i = 0; i < segment_ncategories(seg); i++) {
		assert_true(strlen(segment_category_name(seg, i)) < SEGMENT_NAME_SIZE);
		(void)ledger_read(seg, i, &l);
		assert_true(cycles_read(seg, i, brief, NELEM(brief)) <= NELEM(brief));
		if (snapshot_take(seg, i, 0, &s) == SNAPSHOT_FRESH) {
			assert_true(s->len <= segment_capacity(seg));
			snapshot_release(&s);
		}
		inspect_category(&in, seg, i);
		for (unsigned b = 0; b < 2; b++)
			if (inspect_buffer(&in, seg, i, b, &payload, &generation))
				assert_true(payload.len <= segment_capacity(seg));
	}
	buf_free(&payload);
}

static void
read_all(const struct segment *seg)
{
	struct inspection in = { .say = say_nothing, .still = true };
	struct order_state order;
	struct daemon_facts facts;
	struct host_view host;
	const char *config;
	unsigned sum = 0;
	size_t len;

	read_slots(seg);
	read_categories(seg);
	inspect_daemon(&in, seg);
	(void)daemon_read(seg, &facts);
	assert_true(strlen(facts.config_path) < sizeof(facts.config_path));
	for (unsigned i = 0; i < ORDER_VERBS; i++)
		if (order_look(seg, i, &order) == 0)
			assert_true(strlen(order.text) < sizeof(order.text));
	for (unsigned i = 0; i < HOSTS_MAX; i++)
		if (hosts_read(seg, i, &host))
			assert_true(strlen(host.name) < sizeof(host.name));
	config = segment_config(seg, &len);
	for (size_t i = 0; i < len; i++)
		sum += (unsigned char)config[i];
	assert_true(sum <= 255 * len);
}

/* Reads all of it, if it is taken for one. */
static bool
look_and_read(void)
{
	char magic[SEGMENT_MAGIC_SIZE];
	struct segment *seen;

	if (segment_look(fixture_name(), getpid(), &seen) == 0) {
		read_slots(seen);
		segment_close(&seen);
	}
	if (segment_look_whole(fixture_name(), &seen, magic) == -1) {
		assert_true(errno == ESRCH || errno == EPROTO || errno == ENOMEM);
		return false;
	}
	read_all(seen);
	segment_close(&seen);
	return true;
}

/* --- Whole ones ------------------------------------------------------------------ */

TEST(a_whole_segment_is_seen_with_its_buffers)
{
	struct segment *seg = make(), *seen;
	char magic[SEGMENT_MAGIC_SIZE];
	const char *config;
	size_t len;

	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), 0);
	assert_int_equal(segment_supervisor(seen), getpid());
	assert_true(segment_is_named(seen));
	assert_true(fixture_holds(seen, 1, 'b', 5000));
	config = segment_config(seen, &len);
	assert_int_equal(len, strlen(CONFIG_TEXT));
	assert_memory_equal(config, CONFIG_TEXT, len);
	read_all(seen);
	segment_close(&seen);
	unmake(seg);
	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), -1);
	assert_int_equal(errno, ENOENT);
}

TEST(it_is_held_as_long_as_its_supervisor_lives)
{
	char magic[SEGMENT_MAGIC_SIZE];
	struct segment *seg = make(), *seen;

	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), 0);
	assert_true(segment_is_held(seen));
	segment_close(&seg);
	assert_false(segment_is_held(seen));
	assert_true(segment_is_named(seen));
	seg = make();
	assert_false(segment_is_named(seen));
	assert_false(segment_is_held(seen));
	segment_close(&seen);
	unmake(seg);
}

TEST(another_layout_is_refused_with_its_version)
{
	struct segment *seg = make(), *seen;
	char magic[SEGMENT_MAGIC_SIZE];
	int fd = open_file(O_RDWR);

	assert_int_equal(pwrite(fd, "HYDRATORD-SHM12", 16, 0), 16);
	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(magic, "HYDRATORD-SHM12");
	assert_int_equal(segment_look(fixture_name(), getpid(), &seen), -1);
	assert_int_equal(errno, ESRCH);
	/* It goes to a terminal. */
	assert_int_equal(pwrite(fd, "HYDRATORD-SHM\033[2", 16, 0), 16);
	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(magic, "HYDRATORD-SHM?[");
	assert_int_equal(pwrite(fd, "another program", 16, 0), 16);
	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), -1);
	assert_int_equal(errno, ESRCH);
	close(fd);
	unmake(seg);
}

/* --- A start is not held up by those who look ------------------------------------ */

/* Left by a daemon that is dead, whose pid is not ours. */
static void
leave_one(void)
{
	const struct segment_spec spec = fixture_spec();
	struct segment *seg;
	char err[256];
	int status;
	pid_t pid;

	if ((pid = fork()) == 0)
		_exit(segment_create(&spec, &seg, err, sizeof(err)) == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

TEST(a_tool_that_looks_is_no_daemon_to_one_that_starts)
{
	struct segment *seg;
	int fd;

	leave_one();
	fd = open_file(O_RDONLY);
	assert_int_equal(flock(fd, LOCK_SH), 0);
	seg = make();
	close(fd);
	unmake(seg);
}

/* --- Damaged ones ---------------------------------------------------------------- */

/* Tries it with each of these in place of the word at an offset. */
static void
damage_word(int fd, off_t at, size_t size)
{
	const uint64_t page = SEGMENT_PAGE_MIN;
	uint64_t was = 0;

	assert_int_equal(pread(fd, &was, size, at), size);
	{
		const uint64_t wrong[] = { 0, 1, 7, was - 1, was + 1, was + 8, was * 2,
			was ^ page, was + page, was << 20, UINT32_MAX, INT32_MAX,
			UINT64_MAX, INT64_MAX, UINT64_MAX - page + 1, was << 32 };

		for (size_t i = 0; i < NELEM(wrong); i++) {
			assert_int_equal(pwrite(fd, &wrong[i], size, at), size);
			(void)look_and_read();
		}
	}
	assert_int_equal(pwrite(fd, &was, size, at), size);
}

TEST(no_word_of_the_header_is_believed)
{
	struct segment *seg = make();
	int fd = open_file(O_RDWR);
	off_t at;

	for (at = 16; at < (off_t)sizeof(struct segment_header); at += 4)
		damage_word(fd, at, 4);
	for (at = 16; at < (off_t)sizeof(struct segment_header); at += 8)
		damage_word(fd, at, 8);
	assert_true(look_and_read());
	close(fd);
	unmake(seg);
}

static void
fill(int fd, off_t from, off_t to, int c)
{
	char bytes[4096];
	size_t n;

	memset(bytes, c, sizeof(bytes));
	for (; from < to; from += (off_t)n) {
		n = to - from < (off_t)sizeof(bytes) ? (size_t)(to - from)
						     : sizeof(bytes);
		assert_int_equal(pwrite(fd, bytes, n, from), n);
	}
}

/* Names and texts without an end, all numbers of the greatest. */
TEST(nothing_behind_the_header_is_believed)
{
	struct segment *seg = make(), *seen;
	char magic[SEGMENT_MAGIC_SIZE];
	int fd = open_file(O_RDWR);

	for (int c = 0; c < 256; c += c < 2 ? 1 : 63) {
		fill(fd, (off_t)seg->h.slots_offset, (off_t)seg->h.total_size, c);
		assert_true(look_and_read());
	}
	fill(fd, (off_t)seg->h.slots_offset, (off_t)seg->h.total_size, 0x1b);
	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), 0);
	assert_int_equal(strspn(segment_category_name(seen, 0), "?"), 31);
	segment_close(&seen);
	close(fd);
	unmake(seg);
}

/* A generator of its own, so that a failure comes again. */
static uint32_t
draw(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

TEST(bytes_at_random_do_no_harm)
{
	struct segment *seg = make();
	int fd = open_file(O_RDWR);
	off_t limit = (off_t)seg->h.total_size;
	uint32_t seed = 20261129;
	struct segment_header good;

	assert_int_equal(pread(fd, &good, sizeof(good), 0), sizeof(good));
	for (int round = 0; round < 300; round++) {
		assert_int_equal(pwrite(fd, &good, sizeof(good), 0), sizeof(good));
		for (int i = 0; i < 64; i++) {
			uint64_t word = (uint64_t)draw(&seed) << (draw(&seed) % 40);
			off_t at = (off_t)draw(&seed) % (limit - 8) / 8 * 8;

			if (at >= 16)
				assert_int_equal(pwrite(fd, &word, 8, at), 8);
		}
		if (round % 4 == 0) {
			uint32_t word = draw(&seed) % 4096;

			assert_int_equal(
			    pwrite(fd, &word, 4, 16 + draw(&seed) % 216 / 4 * 4), 4);
		}
		(void)look_and_read();
	}
	close(fd);
	unmake(seg);
}

/* A sparse file is as long as anybody likes. */
TEST(a_file_of_any_size_is_refused_or_read)
{
	struct segment *seg = make();
	const off_t total = (off_t)seg->h.total_size, at[] = { 0, 1, 15, 16, 150,
		sizeof(struct segment_header), 4096, (off_t)seg->h.slots_offset,
		(off_t)seg->h.counters_offset, (off_t)seg->h.hosts_offset,
		(off_t)seg->h.ledgers_offset, (off_t)seg->h.cycles_offset,
		(off_t)seg->h.processes_offset, (off_t)seg->h.daemon_offset,
		(off_t)seg->h.orders_offset, (off_t)seg->h.config_offset,
		(off_t)seg->h.buffers_offset, total };
	char *bytes = malloc((size_t)total);
	int fd = open_file(O_RDWR);

	assert_int_equal(pread(fd, bytes, (size_t)total, 0), total);
	close(fd);
	segment_unlink(seg);
	segment_close(&seg);
	fd = open_file(O_RDWR | O_CREAT | O_EXCL);
	for (size_t i = 0; i < NELEM(at); i++)
		for (off_t size = at[i] > 0 ? at[i] - 1 : 0; size <= at[i] + 1;
		     size++) {
			assert_int_equal(ftruncate(fd, 0), 0);
			assert_int_equal(
			    pwrite(fd, bytes, (size_t)(size < total ? size : total), 0),
			    size < total ? size : total);
			assert_int_equal(ftruncate(fd, size), 0);
			assert_int_equal(look_and_read(), size >= total);
		}
	assert_int_equal(ftruncate(fd, INT64_MAX / 2), 0);
	assert_true(look_and_read());
	close(fd);
	shm_unlink(fixture_name());
	free(bytes);
}

/* The largest that a file can say. */
TEST(what_cannot_be_mapped_is_refused)
{
	struct segment *seg = make(), *seen;
	char magic[SEGMENT_MAGIC_SIZE];
	int fd = open_file(O_RDWR);
	const uint64_t size = INT64_MAX / 2;

	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	assert_int_equal(
	    pwrite(fd, &size, 8, offsetof(struct segment_header, total_size)), 8);
	assert_int_equal(segment_look_whole(fixture_name(), &seen, magic), -1);
	assert_int_equal(errno, ENOMEM);
	close(fd);
	segment_unlink(seg);
	segment_close(&seg);
}
