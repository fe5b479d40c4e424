/* One line of many, and what its value means. */
#include "ctl/running.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log_text.h"
#include "config/describe.h"
#include "shm/daemon.h"
#include "shm/segment.h"

#define NUMBER_MAX 32

/* One that has been removed is still the one of its path. */
bool
running_is_of_file(const struct segment *seg, const char *path)
{
	struct daemon_facts facts;
	char *ours, *its;
	bool same;

	if (!daemon_read(seg, &facts) || facts.config_path[0] == '\0')
		return false;
	ours = realpath(path, NULL);
	its = realpath(facts.config_path, NULL);
	same = strcmp(path, facts.config_path) == 0 ||
	       (ours != NULL && its != NULL && strcmp(ours, its) == 0);
	free(ours);
	free(its);
	return same;
}

bool
running_find(const struct segment *seg, const char *name, struct str *value)
{
	struct str text;

	text.p = segment_config(seg, &text.len);
	return config_line_find(text, name, value);
}

/* Without quotes, as a text of its own. */
static bool
running_copy(const struct segment *seg, const char *name, char *out, size_t size)
{
	struct str value;

	*out = '\0';
	if (!running_find(seg, name, &value))
		return false;
	if (value.len >= 2 && value.p[0] == '"' && value.p[value.len - 1] == '"')
		value = (struct str){ value.p + 1, value.len - 2 };
	snprintf(
	    out, size, "%.*s", (int)(value.len < size ? value.len : size - 1), value.p);
	return true;
}

int64_t
running_int(const struct segment *seg, const char *name, int64_t otherwise)
{
	static const char units[] = "KMG";
	char text[NUMBER_MAX], *end;
	const char *unit;
	long long n;

	if (!running_copy(seg, name, text, sizeof(text)))
		return otherwise;
	n = strtoll(text, &end, 10);
	if (end == text || n < 0)
		return otherwise;
	if (*end == '\0')
		return n;
	unit = strchr(units, *end);
	if (unit == NULL || end[1] != '\0' || n > INT64_MAX >> 30)
		return otherwise;
	return n << (10 * (unit - units + 1));
}

double
running_double(const struct segment *seg, const char *name, double otherwise)
{
	char text[NUMBER_MAX], *end;
	double d;

	if (!running_copy(seg, name, text, sizeof(text)))
		return otherwise;
	d = strtod(text, &end);
	return end == text || *end != '\0' ? otherwise : d;
}

bool
running_bool(const struct segment *seg, const char *name, bool otherwise)
{
	char text[NUMBER_MAX];

	if (!running_copy(seg, name, text, sizeof(text)))
		return otherwise;
	return strcmp(text, "true") == 0;
}

void
running_text(const struct segment *seg, const char *name, char *out, size_t size)
{
	(void)running_copy(seg, name, out, size);
	log_defuse(out, strlen(out));
}

bool
running_list_has(const struct segment *seg, const char *name, const char *item)
{
	char quoted[256];
	struct str list;
	int len = snprintf(quoted, sizeof(quoted), "\"%s\"", item);

	return running_find(seg, name, &list) && (size_t)len < sizeof(quoted) &&
	       memmem(list.p, list.len, quoted, (size_t)len) != NULL;
}
