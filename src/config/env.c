/* The environment: every option has a variable, and it wins over the file. */
#include "config/load.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "config/check.h"

#define CATEGORY_PREFIX "HYDRATORD_CATEGORY_"

bool
config_env_is(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return strncasecmp(entry, name, len) == 0 && entry[len] == '=';
}

const char *
config_env_entry(const char *name)
{
	const char *entry = NULL;
	char **e;

	for (e = environ; e != NULL && *e != NULL; e++)
		if (config_env_is(*e, name))
			entry = *e;
	return entry;
}

const char *
config_env_value(const char *name)
{
	const char *entry = config_env_entry(name);

	return entry != NULL ? entry + strlen(name) + 1 : NULL;
}

void
config_env_apply(const struct config_option *o, void *base, char **origin,
    const char *name, const char *value, struct problems *p)
{
	if (config_set_text(o, base, name, value, p) == -1)
		return;
	free(*origin);
	*origin = xstrdup(name);
}

static void
env_apply_option(struct config *c, size_t row, struct problems *p)
{
	const struct config_option *o = &config_options[row];
	const char *value;
	size_t i;

	for (i = 0; i < NELEM(o->env) && o->env[i] != NULL; i++)
		if ((value = config_env_value(o->env[i])) != NULL) {
			config_env_apply(o, c, &c->origin[row], o->env[i], value, p);
			return;
		}
}

char *
config_env_category(const char *entry, const char *option)
{
	size_t prefix = strlen(CATEGORY_PREFIX), tail = strlen(option), n;
	const char *equals = strchr(entry, '=');
	char *name, *s;

	if (equals == NULL || strncasecmp(entry, CATEGORY_PREFIX, prefix) != 0)
		return NULL;
	n = (size_t)(equals - entry);
	if (n <= prefix + 1 + tail || entry[n - tail - 1] != '_' ||
	    strncasecmp(entry + n - tail, option, tail) != 0)
		return NULL;
	name = xstrdup(entry + prefix);
	name[n - prefix - tail - 1] = '\0';
	for (s = name; *s != '\0'; s++)
		*s = (char)tolower((unsigned char)*s);
	return name;
}

/* Such a variable sets the category's sources, and makes the category if need be. */
static void
env_apply_categories(
    struct config *c, const struct config_option *o, struct problems *p)
{
	struct config_category *category;
	char **e, *name, *variable;

	for (e = environ; e != NULL && *e != NULL; e++) {
		if ((name = config_env_category(*e, o->name)) == NULL)
			continue;
		variable = xstrdup(*e);
		variable[strcspn(variable, "=")] = '\0';
		category = config_add_category(c, name);
		config_env_apply(o, category, &category->origin, variable,
		    *e + strlen(variable) + 1, p);
		free(variable);
		free(name);
	}
}

static void
list_prepend(struct config_list *l, const char *text)
{
	l->item = xreallocarray(l->item, l->n + 1, sizeof(*l->item));
	memmove(l->item + 1, l->item, l->n * sizeof(*l->item));
	l->item[0] = xstrdup(text);
	l->n++;
}

/* The reference's own source of documents (doc/reference.md 9.1) goes in front of those
 * that the file lists. An empty value means there, too, that there is none. */
static void
env_apply_primary(struct config *c, struct problems *p)
{
	const char *value = config_env_value(CONFIG_PRIMARY_URL), *want;
	struct config_category *category;
	struct buf url = { 0 };
	char *base;
	size_t i;

	if (value == NULL || value[0] == '\0')
		return;
	base = xstrdup(value);
	if ((want = check_base_url(base)) != NULL)
		config_problem_add(
		    p, CONFIG_PRIMARY_URL, 0, "'%s' does not fit: %s", value, want);
	for (i = 0; want == NULL && i < c->ncategories; i++) {
		category = &c->category[i];
		buf_reset(&url);
		buf_printf(&url, "%s/model_references/v2/%s", base, category->name);
		buf_putc(&url, '\0');
		if (category->reference.n > 0 &&
		    strcmp(category->reference.item[0], url.data) == 0)
			continue;
		list_prepend(&category->reference, url.data);
		buf_reset(&url);
		buf_printf(&url, "%s, %s", CONFIG_PRIMARY_URL, category->origin);
		buf_putc(&url, '\0');
		free(category->origin);
		category->origin = xstrdup(url.data);
	}
	buf_free(&url);
	free(base);
}

void
config_read_environment(struct config *c, struct problems *p)
{
	size_t i;

	for (i = 0; i < config_noptions; i++)
		if (config_option_per_category(&config_options[i]))
			env_apply_categories(c, &config_options[i], p);
		else
			env_apply_option(c, i, p);
	env_apply_primary(c, p);
	config_read_redis(c, p);
}
