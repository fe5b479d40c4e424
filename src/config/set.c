/* Given values into the configuration, each checked against its row of the table. */
#include "config/load.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
config_problem_add(
    struct problems *p, const char *source, int line, const char *fmt, ...)
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

const char *
config_option_label(const struct config_option *o, char label[64])
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
	config_problem_add(p, source, g->line,
	    "%s: %s is out of range: write %.15g to %.15g %s",
	    config_option_label(o, label), g->text, o->min, o->max, o->unit);
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
		config_problem_add(p, source, g->line, "%s: '%s' does not fit: %s",
		    config_option_label(o, label), g->text, want[o->type]);
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
	if (o->secret)
		config_problem_add(p, source, g->line, "%s", want);
	else
		config_problem_add(p, source, g->line, "%s: '%s' does not fit: %s",
		    config_option_label(o, label), g->text, want);
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
		config_problem_add(p, source, g->line,
		    "%s: %zu items: write at most %d", config_option_label(o, label), n,
		    CONFIG_LIST_MAX);
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

static void
list_add(struct config_list *l, const char *text)
{
	l->item = xreallocarray(l->item, l->n + 1, sizeof(*l->item));
	l->item[l->n++] = xstrdup(text);
}

/* Returns false if text is no JSON array of strings. */
static bool
list_add_array(struct config_list *l, const char *text)
{
	json_t *array = json_loads(text, 0, NULL), *value;
	bool good = json_is_array(array);
	size_t i;

	json_array_foreach(array, i, value)
	{
		if (json_is_string(value))
			list_add(l, json_string_value(value));
		else
			good = false;
	}
	json_decref(array);
	return good;
}

/* What stands between commas, as the reference takes it: without the blanks around it,
 * and without what is empty. */
static void
list_add_separated(struct config_list *l, const char *text)
{
	char *copy = xstrdup(text), *rest = copy, *item;
	size_t n;

	while ((item = strsep(&rest, ",")) != NULL) {
		item += strspn(item, CONFIG_BLANKS);
		n = strlen(item);
		while (n > 0 && strchr(CONFIG_BLANKS, item[n - 1]) != NULL)
			n--;
		item[n] = '\0';
		if (n > 0)
			list_add(l, item);
	}
	free(copy);
}

/* Adds what a text says that may hold several values. Returns false if it is a bad
 * array. */
static bool
list_add_several(struct config_list *l, const struct config_option *o, const char *text)
{
	if (!o->separated || text[strspn(text, CONFIG_BLANKS)] == '[')
		return list_add_array(l, text);
	list_add_separated(l, text);
	return true;
}

/* Of the texts that g are, each of which may hold several values. */
static int
set_several(const struct config_option *o, void *base, const char *source,
    const struct given *g, size_t n, struct problems *p)
{
	struct config_list l = { NULL, 0 };
	struct given *each = NULL;
	char label[64];
	size_t i, k = 0;
	int status = 0;

	for (i = 0; i < n && status == 0; i++) {
		if (!list_add_several(&l, o, g[i].text)) {
			config_problem_add(p, source, g[i].line,
			    "%s: '%s' does not fit: write a JSON array of strings, "
			    "like [\"a\", \"b\"]%s",
			    config_option_label(o, label), g[i].text,
			    o->separated ? ", or a, b" : "");
			status = -1;
		}
		each = xreallocarray(each, l.n + 1, sizeof(*each));
		for (; k < l.n; k++)
			each[k] = (struct given){ l.item[k], g[i].line };
	}
	if (status == 0)
		status =
		    set_list(o, (void *)((char *)base + o->offset), source, each, k, p);
	free(each);
	list_free(&l);
	return status;
}

int
config_set(const struct config_option *o, void *base, const char *source,
    const struct given *g, size_t n, struct problems *p)
{
	void *member = (char *)base + o->offset;
	char *copy;

	if (o->type == OPTION_LIST && o->separated)
		return set_several(o, base, source, g, n, p);
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
	const struct given one = { text, 0 };

	if (o->type == OPTION_LIST)
		return set_several(o, base, source, &one, 1, p);
	return config_set(o, base, source, &one, 1, p);
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
