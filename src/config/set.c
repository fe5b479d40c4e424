/* Given values into the configuration, each checked against its row of the table. */
#include "config/load.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
problem_add(struct problems *p, const char *source, int line, const char *fmt, ...)
{
	char head[32] = "", message[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (line > 0)
		snprintf(head, sizeof(head), ":%d", line);
	p->n++;
	if (p->used >= p->size)
		return;
	n = snprintf(p->text + p->used, p->size - p->used, "%s%s%s: %s",
	    p->used > 0 ? "\n" : "", source, head, message);
	p->used += n > 0 ? (size_t)n : 0;
}

/* The name that messages use: "hydration.ttl", or "readers" at the top level. */
static const char *
option_label(const struct config_option *o, char label[64])
{
	snprintf(
	    label, 64, "%s%s%s", o->section, o->section[0] != '\0' ? "." : "", o->name);
	return label;
}

static bool
in_range(const struct config_option *o, double value, const char *source,
    const struct given *g, struct problems *p)
{
	char label[64];

	if (value >= o->min && value <= o->max)
		return true;
	problem_add(p, source, g->line,
	    "%s: %s is out of range: write %.15g to %.15g %s", option_label(o, label),
	    g->text, o->min, o->max, o->unit);
	return false;
}

static int
set_number(const struct config_option *o, void *member, const char *source,
    const struct given *g, struct problems *p)
{
	static const char *const want[] = {
		[OPTION_BOOL] = "write true or false",
		[OPTION_INT] = "write a whole number",
		[OPTION_SIZE] = "write a number of bytes, or one with K, M or G",
		[OPTION_FLOAT] = "write a number",
	};
	char label[64];
	int64_t integer = 0;
	double real = 0;
	bool flag = false, ok;

	if (o->type == OPTION_BOOL)
		ok = value_bool(g->text, &flag);
	else if (o->type == OPTION_FLOAT)
		ok = value_float(g->text, &real);
	else if (o->type == OPTION_SIZE)
		ok = value_size(g->text, &integer);
	else
		ok = value_int(g->text, &integer);
	if (!ok) {
		problem_add(p, source, g->line, "%s: '%s' does not fit: %s",
		    option_label(o, label), g->text, want[o->type]);
		return -1;
	}
	if (o->type == OPTION_BOOL) {
		*(bool *)member = flag;
		return 0;
	}
	if (!in_range(
		o, o->type == OPTION_FLOAT ? real : (double)integer, source, g, p))
		return -1;
	if (o->type == OPTION_FLOAT)
		*(double *)member = real;
	else
		*(int64_t *)member = integer;
	return 0;
}

/* A checked copy of the text, or NULL. */
static char *
copy_string(const struct config_option *o, const char *source, const struct given *g,
    struct problems *p)
{
	char *copy = xstrdup(g->text), label[64];
	const char *want = o->check != NULL ? o->check(copy) : NULL;

	if (want == NULL)
		return copy;
	problem_add(p, source, g->line, "%s: '%s' does not fit: %s",
	    option_label(o, label), g->text, want);
	free(copy);
	return NULL;
}

static void
list_free(struct config_list *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->item[i]);
	free(l->item);
	*l = (struct config_list){ NULL, 0 };
}

static int
set_list(const struct config_option *o, struct config_list *member, const char *source,
    const struct given *g, size_t n, struct problems *p)
{
	struct config_list l = { NULL, 0 };
	unsigned before = p->n;
	char label[64];
	size_t i;

	if (n > CONFIG_LIST_MAX) {
		problem_add(p, source, g->line, "%s: %zu items: write at most %d",
		    option_label(o, label), n, CONFIG_LIST_MAX);
		return -1;
	}
	l.item = xcalloc(n, sizeof(*l.item));
	for (i = 0; i < n; i++)
		if ((l.item[l.n] = copy_string(o, source, &g[i], p)) != NULL)
			l.n++;
	if (p->n > before) {
		list_free(&l);
		return -1;
	}
	list_free(member);
	*member = l;
	return 0;
}

int
config_set(const struct config_option *o, void *base, const char *source,
    const struct given *g, size_t n, struct problems *p)
{
	void *member = (char *)base + o->offset;
	char *copy;

	if (o->type == OPTION_LIST)
		return set_list(o, member, source, g, n, p);
	if (o->type != OPTION_STRING)
		return set_number(o, member, source, g, p);
	if ((copy = copy_string(o, source, g, p)) == NULL)
		return -1;
	free(*(char **)member);
	*(char **)member = copy;
	return 0;
}

int
config_set_text(const struct config_option *o, void *base, const char *source,
    const char *text, struct problems *p)
{
	struct given *g, one = { text, 0 };
	char label[64];
	json_t *array;
	size_t i, n;
	int status;

	if (o->type != OPTION_LIST)
		return config_set(o, base, source, &one, 1, p);
	array = json_loads(text, 0, NULL);
	n = json_array_size(array);
	g = xcalloc(n, sizeof(*g));
	for (i = 0; i < n; i++)
		if ((g[i].text = json_string_value(json_array_get(array, i))) == NULL)
			break;
	if (!json_is_array(array) || i < n) {
		problem_add(p, source, 0,
		    "%s: '%s' does not fit: "
		    "write a JSON array of strings, like [\"a\", \"b\"]",
		    option_label(o, label), text);
		status = -1;
	} else {
		status = config_set(o, base, source, g, n, p);
	}
	free(g);
	json_decref(array);
	return status;
}

void
config_unset(const struct config_option *o, void *base)
{
	void *member = (char *)base + o->offset;

	if (o->type == OPTION_LIST)
		list_free(member);
	else if (o->type == OPTION_STRING) {
		free(*(char **)member);
		*(char **)member = NULL;
	}
}
