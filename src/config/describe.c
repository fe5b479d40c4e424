/* Lines of fields: the same values as in dump.c, but for programs. */
#include "config/describe.h"

#include <stdlib.h>

#include "base/log.h"
#include "config/load.h"

static void
describe_option(const struct config_option *o, const char *category, const void *base,
    const void *presets, const char *origin, FILE *out)
{
	char label[64];

	if (category == NULL)
		fputs(config_option_label(o, label), out);
	else
		fprintf(out, "%s.%s.%s", o->section, category, o->name);
	putc('\t', out);
	config_print_value(o, base, out);
	putc('\t', out);
	config_print_value(o, presets, out);
	putc('\t', out);
	config_print_escaped(origin != NULL ? origin : "default", out);
	fprintf(out, "\t%s\n", o->reloadable ? "yes" : "no");
}

static void
describe_all(const struct config *c, const struct config *presets, FILE *out)
{
	/* Every row of a category has an empty preset. */
	static const struct config_category none;
	const struct config_category *category;
	const struct config_option *o;
	size_t i, j;

	for (i = 0; i < config_noptions; i++) {
		o = &config_options[i];
		if (!config_option_per_category(o)) {
			describe_option(o, NULL, c, presets, c->origin[i], out);
			continue;
		}
		for (j = 0; j < c->ncategories; j++) {
			category = &c->category[j];
			describe_option(
			    o, category->name, category, &none, category->origin, out);
		}
	}
}

char *
config_describe(const struct config *c)
{
	struct config *presets = config_new();
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		fatal("out of memory");
	describe_all(c, presets, out);
	if (fclose(out) == EOF)
		fatal("out of memory");
	config_free(&presets);
	return text;
}

/* Up to the separator, which is taken as well. */
static bool
line_take(struct str *line, char separator, struct str *field)
{
	const char *end = line->len > 0 ? memchr(line->p, separator, line->len) : NULL;

	if (end == NULL)
		return false;
	*field = (struct str){ line->p, (size_t)(end - line->p) };
	*line = str_from(*line, field->len + 1);
	return true;
}

bool
config_line_next(struct str *text, struct config_line *l)
{
	struct str line;

	if (!line_take(text, '\n', &line) || !line_take(&line, '\t', &l->name) ||
	    !line_take(&line, '\t', &l->value) || !line_take(&line, '\t', &l->preset) ||
	    !line_take(&line, '\t', &l->source))
		return false;
	l->reloadable = str_eq(line, STR("yes"));
	return l->reloadable || str_eq(line, STR("no"));
}

bool
config_line_find(struct str text, const char *name, struct str *value)
{
	const struct str wanted = { name, strlen(name) };
	struct config_line line;

	while (config_line_next(&text, &line))
		if (str_eq(line.name, wanted)) {
			*value = line.value;
			return true;
		}
	return false;
}

/* "FILE:LINE" and "default" are no names of variables. */
bool
config_line_is_of_environment(const struct config_line *l)
{
	return !str_eq(l->source, STR("default")) &&
	       memchr(l->source.p, ':', l->source.len) == NULL;
}
