/* Section redis, where it follows from something else: from the reference's variables,
 * which mean nothing there unless USE_REDIS is true, and from other options. */
#include "config/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/check.h"
#include "terms/redis_url.h"

#define REDIS "HORDE_MODEL_REFERENCE_REDIS__"
#define REDIS_SWITCH REDIS "USE_REDIS"
#define REDIS_URL "redis://localhost:6379/0" /* what the reference assumes */
#define REDIS_NAME_SIZE 64
/* A lease outlives a cycle and what its end may take. */
#define REDIS_LEASE_MORE 15

/* Its variables, and the options that they set. */
static const struct {
	const char *variable, *option;
} redis_settings[] = {
	{ REDIS "URL", "url" },
	{ REDIS "KEY_PREFIX", "reference_prefix" },
	{ REDIS "TTL_SECONDS", "reference_ttl" },
};

static size_t
redis_row(const char *option)
{
	size_t i;

	for (i = 0; strcmp(config_options[i].section, "redis") != 0 ||
		    strcmp(config_options[i].name, option) != 0;
	     i++)
		;
	return i;
}

static bool
redis_is_used(void)
{
	const char *text = config_env_value(REDIS_SWITCH);
	bool used = false;

	return text != NULL && value_bool(text, &used) && used;
}

static void
redis_apply(struct config *c, size_t row, const char *name, const char *value,
    struct problems *p)
{
	config_env_apply(&config_options[row], c, &c->origin[row], name, value, p);
}

void
config_read_redis(struct config *c, struct problems *p)
{
	const char *text = config_env_value(REDIS_SWITCH), *value;
	bool used = false;
	size_t i, row;

	if (text != NULL && !value_bool(text, &used))
		config_problem_add(
		    p, REDIS_SWITCH, 0, "'%s' does not fit: write true or false", text);
	if (!used)
		return;
	for (i = 0; i < NELEM(redis_settings); i++) {
		row = redis_row(redis_settings[i].option);
		if (config_env_value(config_options[row].env[0]) == NULL &&
		    (value = config_env_value(redis_settings[i].variable)) != NULL)
			redis_apply(c, row, redis_settings[i].variable, value, p);
	}
	row = redis_row("url");
	if (c->origin[row] == NULL)
		redis_apply(c, row, REDIS_SWITCH, REDIS_URL, p);
}

static void
redis_tell_setting(const char *entry, size_t i, struct buf *why)
{
	const struct config_option *o =
	    &config_options[redis_row(redis_settings[i].option)];
	const char *winner = config_env_entry(o->env[0]);
	char label[64];

	if (winner == NULL)
		winner = config_env_entry(redis_settings[i].variable);
	if (!redis_is_used())
		buf_puts(why, "is ignored: " REDIS_SWITCH " is not true");
	else if (winner != entry)
		buf_printf(
		    why, "is ignored: %.*s counts", (int)strcspn(winner, "="), winner);
	else
		buf_printf(why, "sets %s", config_option_label(o, label));
}

bool
config_redis_tell(const char *entry, struct buf *why)
{
	const char *winner = config_env_entry(REDIS_SWITCH);
	size_t i;

	for (i = 0; i < NELEM(redis_settings); i++)
		if (config_env_is(entry, redis_settings[i].variable)) {
			redis_tell_setting(entry, i, why);
			return true;
		}
	if (!config_env_is(entry, REDIS_SWITCH))
		return false;
	if (entry != winner)
		buf_printf(
		    why, "is ignored: %.*s counts", (int)strcspn(winner, "="), winner);
	else if (redis_is_used())
		buf_puts(
		    why, "makes URL, KEY_PREFIX and TTL_SECONDS of " REDIS " count");
	else
		buf_puts(why, "is ignored: redis.url says whether Redis is used");
	return true;
}

int64_t
config_redis_lease(const struct config *c)
{
	return c->redis.lease != 0 ? c->redis.lease
				   : c->upstream.cycle_timeout + REDIS_LEASE_MORE;
}

void
config_redis_settle(struct config *c)
{
	char name[REDIS_NAME_SIZE];

	c->redis.lease = config_redis_lease(c);
	if (c->redis.patience == 0)
		c->redis.patience = c->hydration.interval;
	if (c->redis.reference_ttl == 0)
		c->redis.reference_ttl = c->hydration.stale_ttl;
	if (c->redis.name[0] != '\0')
		return;
	/* A kernel takes any bytes for one. */
	if (gethostname(name, sizeof(name)) == -1)
		name[0] = '\0';
	name[sizeof(name) - 1] = '\0';
	free(c->redis.name);
	c->redis.name = xstrdup(
	    name[0] != '\0' && check_redis_name(name) == NULL ? name : "unnamed");
}

const char *
config_redis_password_fault(const struct config *c)
{
	bool file = c->redis.password_file[0] != '\0';
	const char *fault = NULL;
	struct redis_url url;
	char err[256];

	if (c->redis.url[0] == '\0' ||
	    redis_url_parse(c->redis.url, &url, err, sizeof(err)) == -1)
		return NULL;
	if (file && url.password != NULL)
		fault = "redis.password_file and redis.url have a password each: "
			"remove one";
	else if (!file && url.user != NULL && url.password == NULL)
		fault = "redis.url has a user without a password: write "
			"USER:PASSWORD@, or redis.password_file";
	redis_url_free(&url);
	return fault;
}
