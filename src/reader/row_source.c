/* A row may be cut anywhere: it is walked through again from its beginning, and what
 * has been sent of it is skipped. */
#include "reader/row_source.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"
#include "reader/sink.h"
#include "reader/with_stats_row.h"

struct row_source {
	struct http_source source; /* the first: see own() */
	const struct generation *generation;
	const struct view *view;
	struct row_run run;
	struct str end;
	struct row_filter filter;
	const uint64_t *text; /* where rows begin in another format; NULL: JSON */
	bool with_stats;
	struct with_stats_choice choice; /* if with_stats */
	struct buf digits;
	/* How far it is. */
	uint32_t next; /* of the run; run.n: the end */
	uint32_t left; /* rows that are asked for, from next on */
	bool begun;    /* a row came before */
	size_t done;   /* bytes of that row, its comma included, or of the end */
};

static struct row_source *
own(struct http_source *source)
{
	return (struct row_source *)source;
}

static uint32_t
number_at(const struct row_source *s, uint32_t i)
{
	i += s->run.first;
	return s->run.numbers != NULL ? s->run.numbers[i] : i;
}

static bool
is_asked_for(const struct row_source *s, uint32_t i)
{
	if (s->with_stats)
		return with_stats_row_is_chosen(
		    s->generation, &s->choice, number_at(s, i));
	return row_filter_has(&s->filter, number_at(s, i));
}

static void
put_row(struct row_source *s, struct sink *k)
{
	const char *data = s->generation->snapshot->data;
	const struct view_row *rows = (const void *)(data + s->view->rows);
	uint32_t number = number_at(s, s->next);

	if (s->text != NULL) {
		sink_put(k, (struct str){ data + s->text[number],
				s->text[number + 1] - s->text[number] });
		return;
	}
	if (s->begun)
		sink_put(k, STR(","));
	if (s->with_stats)
		with_stats_row_put(k, s->generation, &s->choice, number, &s->digits);
	else
		sink_put(k, (struct str){ data + rows[number].off, rows[number].len });
}

/* Puts what is left of the row, or of the end, as far as there is room. */
static void
put_next(struct row_source *s, struct sink *k)
{
	size_t room = k->room;

	k->skip = s->done;
	k->len = 0;
	if (s->next < s->run.n)
		put_row(s, k);
	else
		sink_put(k, s->end);
	s->done += room - k->room;
	if (s->done < k->len || s->next == s->run.n)
		return;
	s->next++;
	s->left--;
	s->done = 0;
	s->begun = true;
}

/* To the next row that is asked for, or to the end. */
static void
seek(struct row_source *s)
{
	if (s->left == 0)
		s->next = s->run.n;
	while (s->next < s->run.n && !is_asked_for(s, s->next))
		s->next++;
}

static void
fill(struct http_source *source, char *to, size_t n)
{
	struct row_source *s = own(source);
	struct sink sink = { .to = to, .room = n };

	while (sink.room > 0) {
		seek(s);
		put_next(s, &sink);
	}
}

static void
destroy(struct http_source *source)
{
	struct row_source *s = own(source);

	buf_free(&s->digits);
	free(s);
}

/* Of a preset, a page of it too, or of all candidates of some days: they are added up.
 * Returns whether that is what is asked for. */
static bool
know_length(
    const struct row_source *s, const struct selection *selection, size_t *length)
{
	const struct row_lists *lists = &s->generation->lists;
	const struct row_ages *ages = s->filter.ages;
	const uint64_t *before;
	uint32_t n;

	if (s->text != NULL || selection->preset == SELECTION_NO_PRESET ||
	    selection->kind == VIEW_CHANGES)
		return false;
	*length = s->run.wanted > 0 ? s->run.wanted - 1 : 0; /* commas */
	if (s->filter.open) {
		before =
		    lists->before[selection->kind][selection->preset] + s->run.first;
		*length += before[s->run.n] - before[0];
		return true;
	}
	n = row_ages_count(ages, s->filter.until);
	if (n > 0)
		*length += ages->sorted[n - 1].length;
	return s->run.wanted == n;
}

/* Of the rows of a page: a number for each. Leaves the source as it was. */
static size_t
length(struct row_source *s)
{
	struct sink sink = { .to = NULL };

	s->left = s->run.wanted;
	for (seek(s); s->next < s->run.n; seek(s)) {
		put_row(s, &sink);
		s->begun = true;
		s->next++;
		s->left--;
	}
	s->next = 0;
	s->left = s->run.wanted;
	s->begun = false;
	return sink.len;
}

struct http_source *
row_source_new(const struct generation *g, const struct selection *selection,
    struct row_run run, struct str end)
{
	struct row_source *s = xcalloc(1, sizeof(*s));
	size_t known;

	s->source =
	    (struct http_source){ .memory = sizeof(*s), .fill = fill, .free = destroy };
	s->generation = g;
	s->view = &g->directory->views[selection->kind];
	s->run = run;
	s->end = end;
	row_filter_make(&s->filter, g, selection);
	if (selection->format != FORMAT_JSON)
		s->text = (const void *)(g->snapshot->data +
					 s->view->texts[selection->format].rows);
	s->with_stats = selection->kind == VIEW_WITH_STATS;
	s->choice = (struct with_stats_choice){ selection->workers,
		selection->variations, selection->least };
	s->left = run.wanted;
	if (s->with_stats)
		known = row_lengths_sum(g, &s->choice, &s->left);
	else if (!know_length(s, selection, &known))
		known = length(s);
	s->source.len = end.len + known;
	return &s->source;
}
