/* The effective configuration in the syntax of the file. */
#include "config/load.h"

#include <stdlib.h>
#include <string.h>

#include "terms/redis_url.h"

void
config_print_escaped(const char *s, FILE *out)
{
	for (; *s != '\0'; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else
			fprintf(out, strchr("\"\\$", *s) != NULL ? "\\%c" : "%c", *s);
	}
}

static void
print_string(const char *s, FILE *out)
{
	putc('"', out);
	config_print_escaped(s, out);
	putc('"', out);
}

static void
print_url(const char *url, FILE *out)
{
	char *shown = redis_url_shown(url);

	print_string(shown, out);
	free(shown);
}

static bool
url_has_secret(const char *url)
{
	char *shown = redis_url_shown(url);
	bool has = strcmp(shown, url) != 0;

	free(shown);
	return has;
}

static void
print_list(const struct config_list *l, FILE *out)
{
	size_t i;

	putc('{', out);
	for (i = 0; i < l->n; i++) {
		fputs(i > 0 ? ", " : " ", out);
		print_string(l->item[i], out);
	}
	fputs(l->n > 0 ? " }" : "}", out);
}

static void
print_size(int64_t bytes, FILE *out)
{
	static const char *const units[] = { "", "K", "M", "G" };
	size_t i;

	for (i = 0; i + 1 < NELEM(units) && bytes != 0 && bytes % 1024 == 0; i++)
		bytes /= 1024;
	fprintf(out, "\"%lld%s\"", (long long)bytes, units[i]);
}

/* The fewest digits that read back as the same number. */
static void
print_float(double value, FILE *out)
{
	char text[32];
	int digits = 1;

	do
		snprintf(text, sizeof(text), "%.*g", digits, value);
	while (++digits <= 17 && strtod(text, NULL) != value);
	fputs(text, out);
}

void
config_print_value(const struct config_option *o, const void *base, FILE *out)
{
	const void *member = (const char *)base + o->offset;

	switch (o->type) {
	case OPTION_BOOL:
		fputs(*(const bool *)member ? "true" : "false", out);
		break;
	case OPTION_INT:
		fprintf(out, "%lld", (long long)*(const int64_t *)member);
		break;
	case OPTION_SIZE:
		print_size(*(const int64_t *)member, out);
		break;
	case OPTION_FLOAT:
		print_float(*(const double *)member, out);
		break;
	case OPTION_STRING:
		(o->secret ? print_url : print_string)(*(char *const *)member, out);
		break;
	case OPTION_LIST:
		print_list(member, out);
		break;
	}
}

static void
print_option(
    const struct config_option *o, const void *base, const char *origin, FILE *out)
{
	const void *member = (const char *)base + o->offset;

	fprintf(out, "%s%s = ", o->section[0] != '\0' ? "\t" : "", o->name);
	config_print_value(o, base, out);
	fputs(" # ", out);
	config_print_escaped(origin != NULL ? origin : "default", out);
	fprintf(out, ": %s", o->doc);
	if (o->secret && url_has_secret(*(char *const *)member))
		fputs("; *** hides its user and password", out);
	if (o->unit != NULL)
		fprintf(out, " [%s]", o->unit);
	putc('\n', out);
}

static void
print_categories(const struct config *c, const struct config_option *o, FILE *out)
{
	size_t i;

	for (i = 0; i < c->ncategories; i++) {
		fputs("category ", out);
		print_string(c->category[i].name, out);
		fputs(" {\n", out);
		print_option(o, &c->category[i], c->category[i].origin, out);
		fputs("}\n", out);
	}
}

void
config_dump(const struct config *c, FILE *out)
{
	const struct config_option *o;
	const char *section = "";
	size_t i;

	for (i = 0; i < config_noptions; i++) {
		o = &config_options[i];
		if (strcmp(section, o->section) != 0) {
			fputs(section[0] != '\0' ? "}\n" : "", out);
			section = o->section;
			if (config_option_per_category(o))
				section = "";
			else
				fprintf(out, "%s {\n", section);
		}
		if (config_option_per_category(o))
			print_categories(c, o, out);
		else
			print_option(o, c, c->origin[i], out);
	}
	fputs(section[0] != '\0' ? "}\n" : "", out);
}
