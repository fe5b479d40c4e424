/* What became of the variables in the environment: hydratord -T and -t. */
#include "config/load.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define PREFIX "HORDE_MODEL_REFERENCE_"

/* The first row that fits counts. Names without the prefix are read by libraries of the
 * reference (doc/reference.md 9.2). */
const struct config_ignored config_ignored[] = {
	{ PREFIX "AUDIT_CACHE_TTL", "since version 3 of the reference it is " PREFIX
				    "DELETION_RISK_CACHE_TTL" },
	{ PREFIX "AUDIT*", "nothing is changed here that could be recorded" },
	{ PREFIX "CACHE_TTL_SECONDS", "every document is fetched once a cycle" },
	{ PREFIX "ENABLE_GITHUB_FALLBACK",
	    "GitHub is a source where a category's reference lists it" },
	{ PREFIX "ENABLE_STATISTICS_PRECOMPUTE",
	    "statistics are always computed before they are asked for" },
	{ PREFIX "GITHUB_SEED_ENABLED", "no documents are kept that could be seeded" },
	{ PREFIX "HORDE_API_CACHE_TTL", "every document is fetched once a cycle" },
	{ PREFIX "IMAGE_GITHUB_REPO*",
	    "reference of category image_generation holds whole addresses" },
	{ PREFIX "LEGACY_DOWNLOAD_RETRY_*",
	    "a document is asked for three times at most in a cycle" },
	{ PREFIX "MAKE_FOLDERS", "no documents are kept" },
	{ PREFIX "OFFLINE", "sources that begin with file:/// need no network" },
	{ PREFIX "PENDING_QUEUE*", "nothing is changed here that could be pending" },
	{ PREFIX "REDIS",
	    "its settings are read as " PREFIX "REDIS__URL and the like" },
	{ PREFIX "REDIS__POOL_SIZE", "each category has one connection" },
	{ PREFIX "REDIS__RETRY_*",
	    "a connection that failed is tried again for as long as it fails" },
	{ PREFIX "REDIS__SOCKET_*",
	    "a connection has 2 seconds to be made, and a command 5" },
	{ PREFIX "REDIS__USE_PUBSUB", "Redis is looked at every redis.poll seconds" },
	{ PREFIX "STATISTICS_CACHE_TTL",
	    "statistics have the ttl of all answers, hydration.ttl" },
	{ PREFIX "TEXT_GITHUB_REPO*",
	    "reference of category text_generation holds whole addresses" },
	{ "AIWORKER_CACHE_HOME",
	    "a category's reference says by file:/// where documents are" },
	{ "AI_HORDE_TESTING", "fields that are not known never spoil a record" },
	{ "GITHUB_PROXY_URL_BASE", "a proxy is upstream.proxy" },
};

const size_t config_nignored = NELEM(config_ignored);

enum fate {
	FATE_FOREIGN, /* none of ours */
	FATE_COUNTS,
	FATE_IGNORED,
	FATE_UNKNOWN,
};

/* Of two entries that mean the same, the one that counts. */
static enum fate
fate_between(const char *entry, const char *winner, const char *sets, struct buf *why)
{
	if (entry == winner) {
		buf_printf(why, "sets %s", sets);
		return FATE_COUNTS;
	}
	buf_printf(why, "is ignored: %.*s counts", (int)strcspn(winner, "="), winner);
	return FATE_IGNORED;
}

static const char *
option_winner(const struct config_option *o)
{
	const char *winner = NULL;
	size_t i;

	for (i = 0; i < NELEM(o->env) && o->env[i] != NULL && winner == NULL; i++)
		winner = config_env_entry(o->env[i]);
	return winner;
}

static enum fate
fate_of_option(const struct config_option *o, const char *entry, struct buf *why)
{
	char label[64];
	size_t i;

	for (i = 0; i < NELEM(o->env) && o->env[i] != NULL; i++)
		if (config_env_is(entry, o->env[i]))
			return fate_between(entry, option_winner(o),
			    config_option_label(o, label), why);
	return FATE_FOREIGN;
}

/* Of an option that each category has. */
static enum fate
fate_of_category(const struct config_option *o, const char *entry, struct buf *why)
{
	char *name = config_env_category(entry, o->name), *other, sets[128];
	const char *winner = entry;
	char **e;

	if (name == NULL)
		return FATE_FOREIGN;
	for (e = environ; *e != NULL; e++) {
		other = config_env_category(*e, o->name);
		if (other != NULL && strcmp(other, name) == 0)
			winner = *e;
		free(other);
	}
	snprintf(sets, sizeof(sets), "%s of category %s", o->name, name);
	free(name);
	return fate_between(entry, winner, sets, why);
}

static enum fate
fate_of_primary(const char *entry, struct buf *why)
{
	const char *winner = config_env_entry(CONFIG_PRIMARY_URL);

	if (!config_env_is(entry, CONFIG_PRIMARY_URL))
		return FATE_FOREIGN;
	if (entry == winner && entry[strlen(CONFIG_PRIMARY_URL) + 1] == '\0') {
		buf_puts(why, "is empty: it adds no source");
		return FATE_COUNTS;
	}
	return fate_between(entry, winner, "the first source of every category", why);
}

static enum fate
fate_elsewhere(const char *entry, struct buf *why)
{
	const char *name;
	size_t i, n;

	for (i = 0; i < config_nignored; i++) {
		name = config_ignored[i].name;
		n = strcspn(name, "*");
		if (name[n] == '*' ? strncasecmp(entry, name, n) != 0
				   : !config_env_is(entry, name))
			continue;
		buf_printf(why, "is ignored: %s", config_ignored[i].why);
		return FATE_IGNORED;
	}
	if (strncasecmp(entry, PREFIX, strlen(PREFIX)) != 0)
		return FATE_FOREIGN;
	buf_puts(why, "is ignored: hydratord knows no such setting of the reference");
	return FATE_UNKNOWN;
}

/* why: a clause whose subject is the variable; empty if it is foreign. */
static enum fate
fate_of(const char *entry, struct buf *why)
{
	enum fate fate = fate_of_primary(entry, why);
	size_t i;

	if (config_redis_tell(entry, why))
		return FATE_COUNTS;
	for (i = 0; i < config_noptions && fate == FATE_FOREIGN; i++)
		fate = config_option_per_category(&config_options[i])
			   ? fate_of_category(&config_options[i], entry, why)
			   : fate_of_option(&config_options[i], entry, why);
	return fate == FATE_FOREIGN ? fate_elsewhere(entry, why) : fate;
}

size_t
config_print_variables(FILE *out, const char *lead, bool unknown_only)
{
	struct buf why = { 0 };
	enum fate fate;
	size_t n = 0;
	char **e, *name;

	for (e = environ; e != NULL && *e != NULL; e++) {
		buf_reset(&why);
		fate = fate_of(*e, &why);
		if (fate == FATE_FOREIGN || (unknown_only && fate != FATE_UNKNOWN))
			continue;
		buf_putc(&why, '\0');
		name = xstrdup(*e);
		name[strcspn(name, "=")] = '\0';
		fprintf(out, "%s%s", lead, fate == FATE_UNKNOWN ? "warning: " : "");
		config_print_escaped(name, out);
		fprintf(out, " %s\n", why.data);
		free(name);
		n++;
	}
	buf_free(&why);
	return n;
}
