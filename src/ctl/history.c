/* What became of a model, as a chart: the series that the answer has, and its changes
 * below the days since which they are so. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "ctl/changes_out.h"
#include "ctl/chart.h"
#include "ctl/commands.h"
#include "ctl/published.h"
#include "ctl/row.h"
#include "json/walk.h"
#include "lists/day.h"
#include "terms/event.h"

#define DATE_LEN 10      /* "2026-11-29" */
#define WIDTH_PRINTED 80 /* where nobody says how wide it is */
#define WIDTH_MOST 1000
#define USAGE_HEIGHT 8
#define WORKERS_HEIGHT 4
#define MARKS_MAX 26

struct past {
	const struct published *p;
	struct str name;
	struct json_value row;
	struct arena *arena;
	size_t n;         /* days that are known, the last ones of the answer's */
	struct str *date; /* of each */
	int64_t *usage;   /* -1: not known */
	int64_t *workers;
	uint32_t *event; /* rows of VIEW_CHANGES, newest first */
	size_t nevents;
};

/* Models that have gone stand behind the others, and the index of names has them not.
 * -1: there is none. */
static int64_t
find_gone(const struct published *p, struct str name, struct arena *arena)
{
	uint32_t n = p->directory->views[VIEW_HISTORY].nrows;
	struct json_value row, found;

	for (uint32_t i = p->directory->views[VIEW_RISK].nrows; i < n; i++) {
		if (!row_open(published_row(p, VIEW_HISTORY, i), &row))
			continue;
		found = row_get(&row, "name");
		if (found.type == JSON_T_STRING &&
		    str_eq(json_str(&found, arena), name))
			return i;
	}
	return -1;
}

/* -1 if there is none, which is said. */
static int64_t
find_row(const struct past *past, const char *name)
{
	int64_t row = view_find(past->p->directory, past->name);

	if (row < 0)
		row = find_gone(past->p, past->name, past->arena);
	return row >= 0 ? row : published_find(past->p, name);
}

static void
take_series(const struct past *past, const char *key, int64_t *to)
{
	struct json_value list = row_get(&past->row, key), value;
	struct json_walk walk;
	size_t i = 0;

	memset(to, 0xff, past->n * sizeof(*to)); /* -1 */
	if (list.type != JSON_T_ARRAY)
		return;
	for (walk = json_walk(&list); i < past->n && json_element(&walk, &value); i++)
		if (value.type != JSON_T_INTEGER || !json_int64(&value, &to[i]))
			to[i] = -1;
}

/* The dates of the days from the first known one on. Returns false if the history is
 * not what it should be. */
static bool
take_dates(struct past *past, uint64_t from)
{
	struct json_error error;
	struct json_value list, value;
	struct json_walk walk;
	struct str text = published_text(past->p, past->p->directory->past.dates_text);
	uint64_t i = 0, total;

	if (json_scan(text.p, text.len, &list, &error) != 0 ||
	    list.type != JSON_T_ARRAY)
		return false;
	total = json_count(&list);
	past->n = from < total ? (size_t)(total - from) : 0;
	past->date = arena_array(past->arena, past->n, sizeof(*past->date));
	for (walk = json_walk(&list); json_element(&walk, &value); i++)
		if (i >= from)
			past->date[i - from] = value.type == JSON_T_STRING
						   ? json_str(&value, past->arena)
						   : STR("");
	return true;
}

static void
take_events(struct past *past)
{
	const struct view_event *e = published_events(past->p);
	uint32_t n = past->p->directory->views[VIEW_CHANGES].nrows;

	past->event = arena_array(past->arena, n, sizeof(*past->event));
	for (uint32_t i = 0; i < n; i++)
		if (str_eq(published_text(past->p, e[i].model), past->name) ||
		    str_eq(published_text(past->p, e[i].former), past->name))
			past->event[past->nevents++] = i;
}

static bool
take_past(struct past *past, uint32_t row)
{
	int64_t from;

	if (!row_open(published_row(past->p, VIEW_HISTORY, row), &past->row))
		return false;
	from = row_int(&past->row, "from", 0);
	if (from < 0 || !take_dates(past, (uint64_t)from))
		return false;
	past->usage = arena_array(past->arena, past->n, sizeof(*past->usage));
	past->workers = arena_array(past->arena, past->n, sizeof(*past->workers));
	take_series(past, "usage", past->usage);
	take_series(past, "workers", past->workers);
	take_events(past);
	return true;
}

static void
out_series(const struct past *past, struct out *o)
{
	out_table(o, "days", NULL, NULL, 0);
	for (size_t i = 0; i < past->n; i++) {
		out_row(o);
		out_text(o, "date", NULL, past->date[i].p, past->date[i].len);
		if (past->usage[i] >= 0)
			out_int(o, "usage", NULL, past->usage[i]);
		else
			out_null(o, "usage", NULL);
		if (past->workers[i] >= 0)
			out_int(o, "workers", NULL, past->workers[i]);
		else
			out_null(o, "workers", NULL);
	}
	out_table_end(o);
}

/* Each line of the buffer, which is then empty. */
static void
note_lines(struct out *o, struct buf *b)
{
	char *line, *next;

	buf_putc(b, '\0');
	for (next = b->data; (line = strsep(&next, "\n")) != NULL;)
		if (next != NULL || line[0] != '\0')
			out_note(o, line);
	buf_reset(b);
}

/* The letter of the event with that number among those of the model. */
static char
letter_of(size_t number)
{
	return number < MARKS_MAX ? (char)('a' + number) : '*';
}

/* The day since which it is so; past->n: none that is shown. */
static size_t
day_of(const struct past *past, const struct view_event *e)
{
	struct buf b = { 0 };
	size_t i;

	day_put(&b, e->since);
	for (i = 0; i < past->n; i++)
		if (str_eq(past->date[i], (struct str){ b.data, b.len }))
			break;
	buf_free(&b);
	return i;
}

/* Below each day the letters of its events; of several in a column, a star. */
static void
put_marks(
    const struct past *past, const struct chart_scale *s, unsigned lead, struct buf *b)
{
	const struct view_event *events = published_events(past->p);
	char *line = buf_reserve(b, lead + 2 + s->width + 1);
	size_t at, day, used = 0;

	memset(line, ' ', lead + 2 + s->width);
	for (size_t i = 0; i < past->nevents; i++) {
		day = day_of(past, &events[past->event[i]]);
		if (day == past->n)
			continue;
		at = lead + 2 + chart_column(s, day);
		line[at] = line[at] == ' ' ? letter_of(i) : '*';
		if (at + 1 > used)
			used = at + 1;
	}
	if (used > 0) {
		b->len += used;
		buf_putc(b, '\n');
	}
}

/* The first and the last, as far as there is room for them. */
static void
put_dates(
    const struct past *past, const struct chart_scale *s, unsigned lead, struct buf *b)
{
	size_t gap = s->width > 2 * DATE_LEN ? s->width - 2 * DATE_LEN : 0;
	const struct str *last = &past->date[past->n - 1];

	buf_printf(b, "%*s", (int)lead + 2, "");
	buf_add(b, past->date[0].p, past->date[0].len);
	if (past->n > 1) {
		buf_printf(b, "%*s", gap > 0 ? (int)gap : 4, gap > 0 ? "" : " to ");
		buf_add(b, last->p, last->len);
	}
	buf_putc(b, '\n');
}

static size_t
width_for(const struct ctl *ctl)
{
	size_t width = out_width(ctl);

	return width <= WIDTH_MOST ? width : WIDTH_PRINTED;
}

static void
note_chart(const struct ctl *ctl, const struct past *past, struct out *o)
{
	unsigned lead = chart_lead(past->usage, past->n), other;
	bool unicode = out_is_unicode();
	struct chart_scale s;
	struct buf b = { 0 };
	size_t width = width_for(ctl);

	if ((other = chart_lead(past->workers, past->n)) > lead)
		lead = other;
	s = chart_scale(past->n, width > lead + 3 ? width - lead - 3 : 1);
	out_note(o, "");
	out_note(o, s.per == 1 ? "Usage of each day (_: none, blank: not known)"
			       : "Usage of a day, the most of each column (_: none, "
				 "blank: not known)");
	chart_put(&b, &s, past->usage, USAGE_HEIGHT, lead, unicode);
	note_lines(o, &b);
	out_note(o, "Workers, the most of each day");
	chart_put(&b, &s, past->workers, WORKERS_HEIGHT, lead, unicode);
	put_marks(past, &s, lead, &b);
	put_dates(past, &s, lead, &b);
	note_lines(o, &b);
	buf_free(&b);
}

static void
out_times(const struct past *past, struct out *o)
{
	static const char *const keys[] = { "first_seen", "last_seen", "at_risk_since",
		"critical_since", "unused_since", "no_workers_since" };

	out_bool(o, "present", "present", row_is_true(&past->row, "present"));
	for (size_t k = 0; k < NELEM(keys); k++)
		out_time(o, keys[k], keys[k],
		    published_wall(row_int(&past->row, keys[k], 0)));
	out_int(o, "resets", "resets", row_int(&past->row, "resets", 0));
}

static void
out_events(const struct ctl *ctl, const struct past *past, struct out *o)
{
	const struct view_event *events = published_events(past->p);
	char mark[2] = "";

	changes_out_begin(o, "Changes", true);
	for (size_t i = 0; i < past->nevents; i++) {
		out_row(o);
		mark[0] = letter_of(i);
		out_string(o, "mark", "", mark);
		changes_out_event(o, ctl->format, past->p, &events[past->event[i]]);
	}
	out_table_end(o);
}

static void
print_past(const struct ctl *ctl, const struct past *past)
{
	struct out *o = out_open(ctl, stdout, "history", 1);

	out_string(o, "category", "category", past->p->category);
	out_text(o, "name", "name", past->name.p, past->name.len);
	out_int(o, "generation", NULL, (int64_t)past->p->snapshot->generation);
	out_time(o, "sampled_at", "sampled_at",
	    published_wall(past->p->directory->past.sampled_at));
	out_times(past, o);
	out_series(past, o);
	if (past->n > 0)
		note_chart(ctl, past, o);
	out_events(ctl, past, o);
	out_close(&o);
}

static int
history_of(const struct ctl *ctl, const struct published *p, const char *name)
{
	struct past past = {
		.p = p, .name = { name, strlen(name) }, .arena = arena_new()
	};
	int64_t row = find_row(&past, name);
	int status = 0;

	if (row < 0)
		status = EXIT_FAILURE;
	else if (take_past(&past, (uint32_t)row))
		print_past(ctl, &past);
	else {
		warnx("the history of %s is damaged; see hydratorctl verify",
		    p->category);
		status = CTL_NOT_SERVING;
	}
	arena_free(&past.arena);
	return status;
}

int
ctl_history(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct option none[] = { { 0 } };
	struct published p;
	int status;

	if (getopt_long(argc, argv, "", none, NULL) != -1)
		return ctl_usage(argv[0], NULL);
	if (argc - optind != 2)
		return ctl_usage(argv[0], "needs a category and a name");
	if ((status = published_open(ctl, argv[optind], &p)) != 0)
		return status;
	if (published_has_models(&p) && published_has_history(&p))
		status = history_of(ctl, &p, argv[optind + 1]);
	else
		status = CTL_NOT_SERVING;
	published_close(&p);
	return status;
}
