/* Prints the option table as the manual and the sample file must show it; "ignored":
 * the variables that the manual must name as ignored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/load.h"
#include "config/options.h"

/* The default in the file's syntax. */
static char *
default_text(const struct config_option *o, const struct config *defaults)
{
	static const struct config_category category;
	const void *base = defaults;
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	if (config_option_per_category(o))
		base = &category;
	config_print_value(o, base, f);
	fclose(f);
	return text;
}

static void
print_mdoc_words(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == '"')
			fputs("\\(dq", stdout);
		else
			putchar(*s);
}

static void
print_bound(const struct config_option *o, double bound)
{
	static const char units[] = "KMG";
	const char *unit = units;

	if (o->type != OPTION_SIZE || bound < 1024) {
		printf("%.15g", bound);
		return;
	}
	for (bound /= 1024; bound >= 1024; bound /= 1024)
		unit++;
	printf("%.15g%c", bound, *unit);
}

/* Section, the head of the item, the line below it; separated by tabs. */
static void
print_man(const struct config_option *o, const char *value)
{
	printf(
	    "%s\t.It Ic %s No = ", o->section[0] ? o->section : "Top level", o->name);
	print_mdoc_words(value);
	if (o->type == OPTION_BOOL)
		fputs(" Pq true or false", stdout);
	if (o->type == OPTION_INT || o->type == OPTION_SIZE ||
	    o->type == OPTION_FLOAT) {
		fputs(" Pq ", stdout);
		print_bound(o, o->min);
		fputs(" to ", stdout);
		print_bound(o, o->max);
		printf(" %s", o->unit);
	}
	printf("\t.Ev %s", o->env[0]);
	if (o->env[1] != NULL)
		printf(" , %s", o->env[1]);
	putchar('\n');
}

int
main(int argc, char **argv)
{
	struct config *defaults;
	const struct config_option *o;
	char *value;
	size_t i;

	if (argc == 2 && strcmp(argv[1], "ignored") == 0) {
		for (i = 0; i < config_nignored; i++)
			puts(config_ignored[i].name);
		return 0;
	}
	defaults = config_new();
	for (i = 0; i < config_noptions; i++) {
		o = &config_options[i];
		value = default_text(o, defaults);
		if (argc == 2 && strcmp(argv[1], "man") == 0)
			print_man(o, value);
		else
			printf("%s.%s\t%s\n", o->section, o->name, value);
		free(value);
	}
	config_free(&defaults);
	return 0;
}
