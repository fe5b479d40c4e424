/* The supervisor under test, and what its throwaway children do. */
#include "supervisor_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/attr.h"
#include "base/clock.h"
#include "base/log.h"
#include "proc/channel.h"
#include "proc/child.h"
#include "shm/publish.h"
#include "shm/segment.h"
#include "shm/snapshot.h"
#include "supervisor/supervisor.h"

#define PATIENCE_MS 30000

struct fixture fx;

static char fx_none[] = "";

static void
beat(const struct child_context *ctx)
{
	atomic_store(
	    &segment_counters(ctx->segment, ctx->slot)->heartbeat, clock_boot());
}

/* Obeys until it is told to stop; what it is told goes to the log. */
static int
role_obey(const struct child_context *ctx)
{
	struct pollfd pfd = { .fd = ctx->channel, .events = POLLIN };
	struct channel_message m;
	int r;

	if (channel_send(ctx->channel, CHANNEL_READY, 5) == -1)
		return 3;
	for (;;) {
		beat(ctx);
		poll(&pfd, 1, 200);
		if ((r = channel_recv(ctx->channel, &m)) == 0)
			return 4;
		if (r == 1 && (m.type == CHANNEL_STOP || m.type == CHANNEL_RETIRE))
			return 0;
		if (r == 1)
			log_info("order %u", m.type);
		if (r == 1 && m.type == CHANNEL_REOPEN && log_reopen() == -1)
			log_warn("cannot reopen");
	}
}

/* What it holds: one line with the number of sockets. */
static void
role_count_sockets(void)
{
	char path[300], to[64];
	const struct dirent *e;
	DIR *d = opendir("/proc/self/fd");
	ssize_t n;
	int sockets = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "/proc/self/fd/%s", e->d_name);
		n = readlink(path, to, sizeof(to));
		sockets += n > 7 && memcmp(to, "socket:", 7) == 0;
	}
	closedir(d);
	log_info("sockets %d uid %d", sockets, (int)getuid());
}

/* Takes the category's lock, as a hydrator does: needs the right to open the segment.
 */
static int
role_publish(const struct child_context *ctx)
{
	struct snapshot_stamp stamp = { 1, 1, 1 };
	struct publisher *p;
	uint64_t generation;
	char err[256];

	if (publisher_open(ctx->segment, ctx->index, 1000, &p, err, sizeof(err)) == -1)
		fatalx("%s", err);
	if (publish(p, "x", 1, &stamp, &generation, err, sizeof(err)) == -1)
		fatalx("%s", err);
	log_info("published %d", (int)generation);
	publisher_close(&p);
	return role_obey(ctx);
}

static int
role_hydrator(const struct child_context *ctx)
{
	const char *what = ctx->config->category[ctx->index].name;
	struct channel_message m;

	log_info("here");
	if (strcmp(what, "fail") == 0)
		return 7;
	if (strcmp(what, "publish") == 0)
		return role_publish(ctx);
	if (strcmp(what, "mute") == 0) {
		beat(ctx);
		if (channel_send(ctx->channel, CHANNEL_READY, 0) == -1)
			return 3;
		for (;;)
			pause();
	}
	if (strcmp(what, "hang_up") == 0) {
		close(ctx->channel);
		for (;;)
			pause();
	}
	if (strcmp(what, "deaf") == 0)
		for (;;)
			pause();
	if (strcmp(what, "stubborn") == 0)
		for (;;)
			if (channel_recv(ctx->channel, &m) != 1)
				poll(NULL, 0, 20);
	role_count_sockets();
	return role_obey(ctx);
}

static int
role_reader(const struct child_context *ctx)
{
	unsigned i;

	log_info("here");
	if (segment_attach_reader(ctx->segment, ctx->slot) == -1)
		fatal("cannot attach");
	for (i = 0; i < segment_ncategories(ctx->segment); i++)
		log_info("has %s %d", segment_category_name(ctx->segment, i),
		    (int)snapshot_generation(ctx->segment, i));
	if (ctx->config->http.retry_after == FIXTURE_DEAF_READERS)
		for (;;)
			pause();
	if (ctx->slot == segment_ncategories(ctx->segment))
		counter_add(
		    segment_counters(ctx->segment, ctx->slot), COUNTER_REQUESTS, 1);
	role_count_sockets();
	return role_obey(ctx);
}

static role_main_fn *const roles[ROLE_MAX] = {
	[ROLE_HYDRATOR] = role_hydrator,
	[ROLE_READER] = role_reader,
};

/* The test's side. */

void
sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

char *
slurp(const char *path)
{
	static char text[1 << 20];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd != -1)
		close(fd);
	return text;
}

/* How often a text stands in the log. */
int
logged(const char *what)
{
	const char *p = slurp(fx.log);
	int n = 0;

	while ((p = strstr(p, what)) != NULL) {
		n++;
		p++;
	}
	return n;
}

void
wait_log(const char *what, int times)
{
	int waited;

	for (waited = 0; logged(what) < times; waited += 10) {
		if (waited > PATIENCE_MS)
			fail_msg("\"%s\" is not %d times in the log:\n%s", what, times,
			    slurp(fx.log));
		sleep_ms(10);
	}
}

/* The pid in the last log line of a child. */
pid_t
pid_of(const char *title)
{
	char prefix[96];
	const char *p = slurp(fx.log), *last = NULL;

	snprintf(prefix, sizeof(prefix), "Z %s[", title);
	while ((p = strstr(p, prefix)) != NULL)
		last = p += strlen(prefix);
	return last == NULL ? -1 : (pid_t)strtol(last, NULL, 10);
}

bool
alive(pid_t pid)
{
	char path[64], *p;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	p = strrchr(slurp(path), ')');
	return p != NULL && p[2] != 'Z';
}

void
wait_dead(pid_t pid, int ms)
{
	for (; alive(pid); ms -= 10) {
		if (ms <= 0)
			fail_msg("pid %d lives:\n%s", (int)pid, slurp(fx.log));
		sleep_ms(10);
	}
}

int
fixture_setup(void **state UNUSED)
{
	int fd;

	memset(&fx, 0, sizeof(fx));
	strlcpy(fx.dir, "/tmp/test_supervisor.XXXXXX", sizeof(fx.dir));
	if (mkdtemp(fx.dir) == NULL || chmod(fx.dir, 0777) == -1)
		return -1;
	snprintf(fx.log, sizeof(fx.log), "%s/log", fx.dir);
	snprintf(fx.file, sizeof(fx.file), "%s/conf", fx.dir);
	snprintf(fx.lock, sizeof(fx.lock), "%s/run/pid", fx.dir);
	snprintf(fx.clock, sizeof(fx.clock), "%s/clock", fx.dir);
	snprintf(fx.segment, sizeof(fx.segment), "/test_supervisor-%d", (int)getpid());
	snprintf(fx.shm, sizeof(fx.shm), "/dev/shm%s", fx.segment);
	strlcpy(fx.listen, "127.0.0.1:0", sizeof(fx.listen));
	fd = open(fx.clock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, "\0\0\0\0\0\0\0", 8) != 8)
		return -1;
	close(fd);
	setenv("HYDRATORD_TEST_CLOCK", fx.clock, 1);
	fx.listen_item[0] = fx.listen;
	strlcpy(fx.level, "debug", sizeof(fx.level));
	strlcpy(fx.names[0], "obey", sizeof(fx.names[0]));
	fx.category[0].name = fx.names[0];
	fx.config = (struct config){
		.http = { .access_log = fx_none },
		.listen = { fx.listen_item, 1 },
		.readers = 1,
		.user = fx.user,
		.pidfile = fx.lock,
		.segment = { fx.segment, 65536 },
		.log = { fx.log, fx.level },
		.supervisor = { 30, 30, 30 },
		.state_dir = fx.dir,
		.category = fx.category,
		.ncategories = 1,
	};
	return 0;
}

void
move_clock(int64_t seconds)
{
	int64_t offset = seconds * NSEC_PER_SEC;
	int fd = open(fx.clock, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, &offset, sizeof(offset), 0), sizeof(offset));
	close(fd);
}

void
write_file(const char *lines)
{
	FILE *f = fopen(fx.file, "w");
	size_t i;

	assert_non_null(f);
	fprintf(f,
	    "listen = { \"%s\" }\nreaders = %d\npidfile = \"%s\"\n"
	    "state_dir = \"%s\"\nsegment { name = \"%s\" capacity = %d }\n"
	    "log { target = \"%s\" level = \"%s\" }\n",
	    fx.listen, (int)fx.config.readers, fx.lock, fx.dir, fx.segment,
	    (int)fx.config.segment.capacity, fx.log, fx.level);
	for (i = 0; i < fx.config.ncategories; i++)
		fprintf(f, "category \"%s\" { reference = { \"file:///none\" } }\n",
		    fx.names[i]);
	fputs(lines, f);
	assert_int_equal(fclose(f), 0);
}

void
config_category(size_t i, const char *name)
{
	strlcpy(fx.names[i], name, sizeof(fx.names[i]));
	fx.category[i].name = fx.names[i];
	if (fx.config.ncategories <= i)
		fx.config.ncategories = i + 1;
}

static bool
any_category(const char *name UNUSED)
{
	return true;
}

static int
load_file(const char *path, struct config **out, char *err, size_t errlen)
{
	return config_load(path, any_category, out, err, errlen);
}

/* Runs the supervisor in a child process, its stderr in the directory. */
pid_t
launch(bool foreground)
{
	char path[96];
	pid_t pid;
	int fd;

	fflush(NULL);
	if ((pid = fork()) != 0) {
		assert_true(pid > 0);
		return pid;
	}
	snprintf(path, sizeof(path), "%s/stderr", fx.dir);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dup2(fd, STDERR_FILENO);
	dup2(fd, STDOUT_FILENO);
	close(fd);
	supervisor_block_signals();
	exit(supervisor_run(&(struct supervisor_start){
	    .config = &fx.config,
	    .load = load_file,
	    .path = fx.file,
	    .roles = roles,
	    .foreground = foreground,
	}));
}

int
finish(pid_t pid)
{
	int status, waited;
	pid_t r;

	for (waited = 0; (r = waitpid(pid, &status, WNOHANG)) == 0; waited += 10) {
		if (waited > PATIENCE_MS)
			fail_msg("pid %d does not end:\n%s", (int)pid, slurp(fx.log));
		sleep_ms(10);
	}
	assert_int_equal(r, pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

void
start(void)
{
	fx.pid = launch(true);
	wait_log("serving", 1);
}

void
stop(void)
{
	assert_int_equal(kill(fx.pid, SIGTERM), 0);
	assert_int_equal(finish(fx.pid), 0);
	fx.pid = 0;
	assert_int_equal(access(fx.shm, F_OK), -1);
	assert_int_equal(access(fx.lock, F_OK), -1);
}

/* Two signals at once would be one. */
void
hurry(void)
{
	assert_int_equal(kill(fx.pid, SIGTERM), 0);
	wait_log("stopping by SIGTERM", 1);
	stop();
}

const char *
errors(void)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/stderr", fx.dir);
	return slurp(path);
}

int
fixture_teardown(void **state UNUSED)
{
	static const char *const files[] = { "log", "log.1", "clock", "stderr",
		"run/pid", "conf" };
	char path[128];
	size_t i;

	if (fx.pid > 0) { /* the test failed on its way */
		kill(fx.pid, SIGKILL);
		waitpid(fx.pid, NULL, 0);
	}
	for (i = 0; i < NELEM(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", fx.dir, files[i]);
		unlink(path);
	}
	unlink(fx.shm);
	snprintf(path, sizeof(path), "%s/run", fx.dir);
	rmdir(path);
	return rmdir(fx.dir);
}
