/* Rules between options. */
#include "config/load.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* Where the two members of c got their values: the first in the table that has not its
 * default; NULL: both have it. */
static const char *
rule_origin(const struct config *c, const void *a, const void *b)
{
	const char *source = NULL;
	size_t i, offset;

	for (i = 0; i < config_noptions && source == NULL; i++) {
		offset = config_options[i].offset;
		if (!config_option_per_category(&config_options[i]) &&
		    (offset == (size_t)((const char *)a - (const char *)c) ||
			offset == (size_t)((const char *)b - (const char *)c)))
			source = c->origin[i];
	}
	return source;
}

/* For the head of a message. Defaults alone break no rule. */
static const char *
rule_source(const struct config *c, const void *a, const void *b)
{
	const char *source = rule_origin(c, a, b);

	return source != NULL ? source : "defaults";
}

static void
check_ages(const struct config *c, struct problems *p)
{
	const struct {
		const char *low, *high;
		const int64_t *a, *b;
		bool strict;
		const char *why;
	} rule[] = {
		{ "interval", "ttl", &c->hydration.interval, &c->hydration.ttl, true,
		    "else answers grow stale between two cycles" },
		{ "ttl", "stale_ttl", &c->hydration.ttl, &c->hydration.stale_ttl, false,
		    "an answer is stale after it was fresh" },
		{ "stale_ttl", "stale_if_error", &c->hydration.stale_ttl,
		    &c->hydration.stale_if_error, false,
		    "an outage may only prolong the life of an answer" },
	};
	size_t i;

	for (i = 0; i < NELEM(rule); i++) {
		if (rule[i].strict ? *rule[i].a < *rule[i].b : *rule[i].a <= *rule[i].b)
			continue;
		config_problem_add(p, rule_source(c, rule[i].a, rule[i].b), 0,
		    "hydration.%s (%lld s) must be %s hydration.%s (%lld s): %s",
		    rule[i].low, (long long)*rule[i].a,
		    rule[i].strict ? "less than" : "at most", rule[i].high,
		    (long long)*rule[i].b, rule[i].why);
	}
}

static void
check_categories(
    const struct config *c, bool (*known_category)(const char *), struct problems *p)
{
	const struct config_category *category;
	size_t i;

	for (i = 0; i < c->ncategories; i++) {
		category = &c->category[i];
		if (!known_category(category->name))
			config_problem_add(p, category->origin, 0,
			    "category '%s' does not exist; hydratord.conf(5) lists "
			    "them",
			    category->name);
		if (category->reference.n == 0)
			config_problem_add(p, category->origin, 0,
			    "category '%s' has no source: set its reference",
			    category->name);
		if (category->reference.n > CONFIG_LIST_MAX)
			config_problem_add(p, category->origin, 0,
			    "category '%s' has %zu sources: write at most %d",
			    category->name, category->reference.n, CONFIG_LIST_MAX);
	}
}

static bool
rule_is_configured(const struct config *c, const char *category)
{
	size_t i;

	for (i = 0; i < c->ncategories; i++)
		if (strcmp(c->category[i].name, category) == 0)
			return true;
	return false;
}

/* Nobody would ever be ready. What is named by default alone is config_settle()'s. */
static void
check_ready_categories(const struct config *c, struct problems *p)
{
	const struct config_list *l = &c->http.ready_categories;
	const char *source = rule_origin(c, l, l);
	size_t i;

	for (i = 0; source != NULL && i < l->n; i++)
		if (!rule_is_configured(c, l->item[i]))
			config_problem_add(p, source, 0,
			    "http.ready_categories: '%s' is not configured: add its "
			    "category section, or leave it out here",
			    l->item[i]);
}

/* The leader looks, and so renews its lease, as often as all others look. */
static void
check_redis(const struct config *c, struct problems *p)
{
	const char *fault = config_redis_password_fault(c);
	int64_t lease = config_redis_lease(c);

	if (lease <= c->upstream.cycle_timeout)
		config_problem_add(p,
		    rule_source(c, &c->redis.lease, &c->upstream.cycle_timeout), 0,
		    "redis.lease (%lld s) must be more than upstream.cycle_timeout "
		    "(%lld s): else a leader may lose it while it refreshes",
		    (long long)lease, (long long)c->upstream.cycle_timeout);
	if (c->redis.poll >= lease)
		config_problem_add(p, rule_source(c, &c->redis.poll, &c->redis.lease),
		    0,
		    "redis.poll (%lld s) must be less than redis.lease (%lld s): else "
		    "no leader keeps it",
		    (long long)c->redis.poll, (long long)lease);
	if (c->redis.patience > c->hydration.stale_if_error)
		config_problem_add(p,
		    rule_source(c, &c->redis.patience, &c->hydration.stale_if_error), 0,
		    "redis.patience (%lld s) must be at most hydration.stale_if_error "
		    "(%lld s): else answers end before a machine refreshes for itself",
		    (long long)c->redis.patience,
		    (long long)c->hydration.stale_if_error);
	if (fault != NULL)
		config_problem_add(p,
		    rule_source(c, &c->redis.password_file, &c->redis.url), 0, "%s",
		    fault);
}

static void
check_notify(const struct config *c, struct problems *p)
{
	if (c->notify.url_file[0] == '\0' ||
	    (c->history.enabled && c->state_dir[0] != '\0'))
		return;
	config_problem_add(p, rule_source(c, &c->notify.url_file, &c->notify.url_file),
	    0,
	    "notify.url_file: nothing would be posted, as it is the history that "
	    "notices changes: set history.enabled and state_dir");
}

/* Neither is of use without the other, and one that is forgotten would be missed when
 * the first order comes. */
static void
check_admin(const struct config *c, struct problems *p)
{
	const struct config_list *l = &c->http.admin_listen;
	bool token = c->http.admin_token_file[0] != '\0';

	if (l->n > 0 && !token)
		config_problem_add(p, rule_source(c, l, l), 0,
		    "http.admin_listen: nobody could show a token there: set "
		    "http.admin_token_file as well");
	if (l->n == 0 && token)
		config_problem_add(p,
		    rule_source(
			c, &c->http.admin_token_file, &c->http.admin_token_file),
		    0,
		    "http.admin_token_file: nobody could be asked for it: set "
		    "http.admin_listen as well");
}

static void
check_dashboard(const struct config *c, struct problems *p)
{
	const struct config_list *l = &c->http.dashboard_listen;
	size_t i;

	for (i = 0; l->n > 1 && i < l->n; i++)
		if (strcmp(l->item[i], "none") == 0) {
			config_problem_add(p, rule_source(c, l, l), 0,
			    "http.dashboard_listen: \"none\" goes with no address");
			return;
		}
}

bool
config_has_dashboard(const struct config *c)
{
	const struct config_list *l = &c->http.dashboard_listen;

	return l->n == 0 || strcmp(l->item[0], "none") != 0;
}

void
config_settle(struct config *c)
{
	struct config_list *l = &c->http.ready_categories;
	size_t i, n = l->n;

	config_redis_settle(c);
	if (rule_origin(c, l, l) != NULL)
		return;
	for (i = l->n = 0; i < n; i++)
		if (rule_is_configured(c, l->item[i]))
			l->item[l->n++] = l->item[i];
		else
			free(l->item[i]);
	if (l->n > 0)
		return;
	l->item = xreallocarray(l->item, c->ncategories, sizeof(*l->item));
	while (l->n < c->ncategories) {
		l->item[l->n] = xstrdup(c->category[l->n].name);
		l->n++;
	}
}

void
config_check_rules(const struct config *c, const char *path,
    bool (*known_category)(const char *), struct problems *p)
{
	const char *source;

	check_ages(c, p);
	check_categories(c, known_category, p);
	check_ready_categories(c, p);
	check_redis(c, p);
	check_notify(c, p);
	check_admin(c, p);
	check_dashboard(c, p);
	config_check_files(c, path, p);
	if (c->http.max_target > c->http.max_head)
		config_problem_add(p,
		    rule_source(c, &c->http.max_target, &c->http.max_head), 0,
		    "http.max_target (%lld bytes) must be at most http.max_head "
		    "(%lld bytes): the target is a part of the head",
		    (long long)c->http.max_target, (long long)c->http.max_head);
	if (c->listen.n == 0) {
		source = rule_source(c, &c->listen, &c->listen);
		config_problem_add(p, source, 0, "listen: write at least one address");
	}
	if (c->ncategories == 0)
		config_problem_add(p, path != NULL ? path : "environment", 0,
		    "no category: write at least one category section");
}
