/* The configuration as a whole: defaults, then the file, then the environment. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/load.h"

struct config *
config_new(void)
{
	struct config *c = xcalloc(1, sizeof(*c));
	char err[512];
	struct problems p = { err, sizeof(err), 0, 0 };
	const struct config_option *o;
	size_t i;

	c->text = xstrdup("");
	c->origin = xcalloc(config_noptions, sizeof(*c->origin));
	for (i = 0; i < config_noptions; i++) {
		o = &config_options[i];
		if (!config_option_per_category(o) &&
		    config_set_text(o, c, "default", o->preset, &p) == -1)
			fatalx("option table: %s", err);
	}
	return c;
}

struct config_category *
config_add_category(struct config *c, const char *name)
{
	struct config_category *category;
	size_t i;

	for (i = 0; i < c->ncategories; i++)
		if (strcmp(c->category[i].name, name) == 0)
			return &c->category[i];
	c->category =
	    xreallocarray(c->category, c->ncategories + 1, sizeof(*c->category));
	category = &c->category[c->ncategories++];
	memset(category, 0, sizeof(*category));
	category->name = xstrdup(name);
	return category;
}

int
config_load(const char *path, bool (*known_category)(const char *), struct config **out,
    char *err, size_t errlen)
{
	struct problems p = { err, errlen, 0, 0 };
	struct config *c = config_new();

	if (errlen > 0)
		err[0] = '\0';
	if (path != NULL)
		config_read_file(c, path, &p);
	config_read_environment(c, &p);
	/* Rules between options say little about values that were refused. */
	if (p.n == 0)
		config_check_rules(c, path, known_category, &p);
	if (p.n > 0) {
		config_free(&c);
		return -1;
	}
	config_settle(c);
	*out = c;
	return 0;
}

void
config_free(struct config **cp)
{
	struct config *c = *cp;
	size_t i, j;

	if (c == NULL)
		return;
	*cp = NULL;
	for (i = 0; i < config_noptions; i++) {
		free(c->origin[i]);
		if (!config_option_per_category(&config_options[i])) {
			config_unset(&config_options[i], c);
			continue;
		}
		for (j = 0; j < c->ncategories; j++)
			config_unset(&config_options[i], &c->category[j]);
	}
	for (j = 0; j < c->ncategories; j++) {
		free(c->category[j].name);
		free(c->category[j].origin);
	}
	free(c->category);
	free(c->origin);
	free(c->text);
	free(c);
}
