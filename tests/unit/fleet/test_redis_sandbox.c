/* What a hydrator may ask of the kernel is enough to speak to Redis, in a thread. */
#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "base/attr.h"
#include "config/config.h"
#include "fixture/certificates.h"
#include "fixture/directory.h"
#include "fixture/redis_client.h"
#include "fixture/redis_server.h"
#include "proc/landlock.h"
#include "proc/privilege.h"
#include "proc/sandbox.h"
#include "unit.h"

static struct config config = { .supervisor.sandbox = true };
static const struct child_context context = { .config = &config };

static struct redis_server server;
static bool there;
static char ca[128], password_file[128];

static int
group_setup(void **state UNUSED)
{
	int fd;

	there = redis_server_is_there() && certificates_are_there();
	if (!there)
		return 0;
	if (directory_make() == -1)
		return -1;
	redis_server_start_all(&server);
	snprintf(ca, sizeof(ca), "%s", directory_path("ca.pem"));
	snprintf(
	    password_file, sizeof(password_file), "%s", directory_path("password"));
	fd = open(password_file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, "secret\n", 7) != 7)
		return -1;
	return close(fd);
}

static int
group_teardown(void **state UNUSED)
{
	if (!there)
		return 0;
	redis_server_stop(&server);
	certificates_remove();
	return directory_remove("password", NULL);
}

static void *
fault(struct redis *r, const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", redis_name(r), what, redis_error(r));
	redis_close(&r);
	return (void *)(uintptr_t)what;
}

/* All that a member does with a connection, twice. Returns NULL, or what went wrong. */
static void *
talk(void *arg)
{
	const size_t size = 3000000, lens[] = { 3, 3, size };
	char *value = calloc(size, 1);
	const char *argv[] = { "SET", "key", value }, *last[] = { "DEL", "key" };
	struct redis *r = redis_client_open(arg);
	const struct redisReply *reply;
	unsigned i;

	for (i = 0; i < 2; i++) {
		if (redis_connect(r) != REDIS_ANSWERED)
			return fault(r, "connect");
		if (redis_command(r, 3, argv, lens, NULL) != REDIS_ANSWERED)
			return fault(r, "write");
		if (redis_client_ask(r, &reply, "GET", "key", NULL) != REDIS_ANSWERED)
			return fault(r, "read");
		if (reply->len != size)
			return fault(r, "length");
		redis_part(r, 2, last, NULL, 1000);
	}
	redis_close(&r);
	free(value);
	return NULL;
}

static int
talk_in_thread(const struct redis_settings *set)
{
	void *wrong = NULL;
	pthread_t thread;

	if (pthread_create(&thread, NULL, talk, (void *)(uintptr_t)set) != 0 ||
	    pthread_join(thread, &wrong) != 0)
		return 1;
	return wrong != NULL;
}

/* As hydrator/reach.c does. */
static int
limit(void)
{
	static const char *const system_paths[] = { "/etc", "/usr", "/lib", "/lib64",
		"/run", "/dev/null", "/dev/urandom" };
	const struct privilege nobody_else = { .drop = false };
	struct landlock l;
	size_t i;

	if (privilege_drop(&nobody_else) == -1)
		return -1;
	landlock_open(&l);
	for (i = 0; i < NELEM(system_paths); i++)
		landlock_allow(&l, system_paths[i], LANDLOCK_READ);
	landlock_allow_source(&l, ca);
	landlock_allow_source(&l, password_file);
	if (landlock_enter(&l) == -1 && landlock_version() > 0)
		return -1;
	sandbox_enter(ROLE_HYDRATOR, &context);
	return 0;
}

static void
under_filter(const char *url)
{
	struct redis_settings set = redis_client_settings(url);
	int status;
	pid_t pid;

	set.ca_file = ca;
	set.password_file = password_file;
	fflush(NULL);
	if ((pid = fork()) == 0)
		_exit(limit() == -1 ? 100 : talk_in_thread(&set));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

TEST(a_hydrator_speaks_to_redis)
{
	char url[160];

	redis_server_need_all();
	if (sandbox_why_off(&config) != NULL) {
		print_message("%s\n", sandbox_why_off(&config));
		skip();
	}
	snprintf(url, sizeof(url), "unix://%s", directory_path("redis.sock"));
	under_filter(url);
	snprintf(url, sizeof(url), "redis://127.0.0.1:%d", server.port);
	under_filter(url);
	snprintf(url, sizeof(url), "redis://localhost:%d/1", server.port);
	under_filter(url);
	snprintf(url, sizeof(url), "rediss://127.0.0.1:%d", server.tls_port);
	under_filter(url);
}

UNIT_FIXTURE(.group_setup = group_setup, .group_teardown = group_teardown);
