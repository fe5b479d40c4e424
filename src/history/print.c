/*
 * Printing the history of each model: most of its text are numbers of days, which stand
 * in columns, so that neighbours in memory are neighbours in none of the rows.
 */
#include "history/print.h"

#include <inttypes.h>
#include <time.h>

#include "history/changes.h"
#include "history/printer.h"
#include "history/sheet.h"
#include "history/state.h"
#include "json/write.h"
#include "payload/list.h"
#include "payload/write.h"

#define NUMBER_MAX 21 /* bytes, with a comma */

static const struct view *
history_risk_view(struct buf *payload)
{
	return &payload_directory(payload)->views[VIEW_RISK];
}

/* The payload moves while it grows: what is needed of it is taken before. */
static void
history_take_risk(struct history_printer *p, struct buf *payload)
{
	const struct view *v = history_risk_view(payload);
	const struct view_figures *figures = (const void *)(payload->data + v->figures);
	const struct view_row *rows = (const void *)(payload->data + v->rows);

	p->nrisk = v->nrows;
	p->names = arena_array(p->arena, p->nrisk, sizeof(*p->names));
	p->models = arena_array(p->arena, p->nrisk, sizeof(*p->models));
	p->presets = arena_array(p->arena, p->nrisk, sizeof(*p->presets));
	p->at_risk = arena_array(p->arena, p->nrisk, sizeof(*p->at_risk));
	for (uint32_t i = 0; i < p->nrisk; i++) {
		struct str name = { payload->data + figures[i].name.off,
			figures[i].name.len };

		p->presets[i] = rows[i].presets;
		p->models[i] = map_find(&p->h->names, name);
		if (p->models[i] == MAP_NONE)
			p->names[i] =
			    (struct str){ arena_strndup(p->arena, name.p, name.len),
				    name.len };
	}
}

/* Of models that were forgotten a day may be left. */
static bool
history_day_is_empty(const struct history *h, int64_t day)
{
	const struct history_column *c = history_column_look(h, day);

	for (uint32_t i = 0; c != NULL && i < h->n; i++)
		if (c->used[i] != 0 || c->workers[i] != 0)
			return false;
	return true;
}

static void
history_take_columns(struct history_printer *p)
{
	const struct history *h = p->h;
	int64_t last = history_day_of(h->meta.sampled_at);

	p->columns = arena_array(
	    p->arena, (size_t)h->rule.shown, sizeof(const struct history_column *));
	p->first = last - h->rule.shown + 1;
	while (p->first < last && history_day_is_empty(h, p->first))
		p->first++;
	for (int64_t day = p->first; h->meta.sampled_at != 0 && day <= last; day++)
		p->columns[p->ndates++] = history_column_look(h, day);
}

static void
history_put_dates(const struct history_printer *p, struct buf *out)
{
	struct tm tm;
	time_t at;
	char text[64];

	buf_putc(out, '[');
	for (size_t i = 0; i < p->ndates; i++) {
		at = (time_t)((p->first + (int64_t)i) * HISTORY_DAY);
		buf_add(out, text,
		    strftime(text, sizeof(text),
			i == 0 ? "\"%Y-%m-%d\"" : ",\"%Y-%m-%d\"", gmtime_r(&at, &tm)));
	}
	buf_putc(out, ']');
}

static void
history_put_time(struct buf *out, struct str key, int64_t at)
{
	buf_add(out, key.p, key.len);
	if (at == 0)
		buf_puts(out, "null");
	else
		json_put_int(out, at);
}

static size_t
history_first_known(const struct history_printer *p, uint32_t model)
{
	size_t from = 0;

	while (from < p->ndates &&
	       (p->columns[from] == NULL || (p->columns[from]->used[model] == 0 &&
						p->columns[from]->workers[model] == 0)))
		from++;
	return from;
}

/* value: plus 1, 0 is null. Thousands of models have hundreds of thousands of numbers,
 * so each is written where it belongs. Returns where it ends. */
static char *
history_put_value(char *p, uint64_t value)
{
	char *end;
	uint64_t rest;

	if (value == 0)
		return mempcpy(p, "null,", 5);
	value--;
	end = p + 1;
	for (rest = value; rest >= 10; rest /= 10)
		end++;
	*end = ',';
	for (p = end; value >= 10; value /= 10)
		*--p = (char)('0' + value % 10);
	*--p = (char)('0' + value);
	return end + 1;
}

static char *
history_put_used(const struct history_printer *p, char *to, uint32_t model, size_t from)
{
	for (size_t i = from; i < p->ndates; i++)
		to = history_put_value(
		    to, p->columns[i] == NULL ? 0 : p->columns[i]->used[model]);
	return to;
}

static char *
history_put_workers(
    const struct history_printer *p, char *to, uint32_t model, size_t from)
{
	for (size_t i = from; i < p->ndates; i++)
		to = history_put_value(
		    to, p->columns[i] == NULL ? 0 : p->columns[i]->workers[model]);
	return to;
}

/* The last comma is none. */
static void
history_put_series(const struct history_printer *p, struct buf *out, uint32_t model)
{
	size_t from = history_first_known(p, model), last = from < p->ndates;
	char *to;

	buf_puts(out, ",\"from\":");
	json_put_int(out, (int64_t)from);
	buf_puts(out, ",\"usage\":[");
	to = history_put_used(p, buf_reserve(out, p->ndates * NUMBER_MAX), model, from);
	out->len = (size_t)(to - out->data) - last;
	buf_puts(out, "],\"workers\":[");
	to = history_put_workers(
	    p, buf_reserve(out, p->ndates * NUMBER_MAX), model, from);
	out->len = (size_t)(to - out->data) - last;
	buf_puts(out, "]}");
}

static void
history_put_model(const struct history_printer *p, struct buf *out, uint32_t model)
{
	const struct history_model_row *r = &p->h->models[model].row;
	bool present = (r->state & HISTORY_PRESENT) != 0;

	buf_puts(out, "{\"name\":");
	json_put_string(out, r->name);
	buf_puts(out, ",\"present\":");
	json_put_bool(out, present);
	history_put_time(out, STR(",\"first_seen\":"), r->first_seen);
	history_put_time(out, STR(",\"last_seen\":"), r->last_seen);
	history_put_time(
	    out, STR(",\"at_risk_since\":"), history_bit_since(r, HISTORY_AT_RISK));
	history_put_time(
	    out, STR(",\"critical_since\":"), history_bit_since(r, HISTORY_CRITICAL));
	history_put_time(out, STR(",\"unused_since\":"), history_unused_since(r));
	history_put_time(out, STR(",\"no_workers_since\":"),
	    history_bit_since(r, RISK_NO_ACTIVE_WORKERS));
	buf_puts(out, ",\"resets\":");
	json_put_int(out, (int64_t)r->resets);
	history_put_series(p, out, model);
}

static void
history_put_unknown(const struct history_printer *p, struct buf *out, struct str name)
{
	buf_puts(out, "{\"name\":");
	json_put_string(out, name);
	buf_puts(out, ",\"present\":true,\"first_seen\":null,\"last_seen\":null,"
		      "\"at_risk_since\":null,\"critical_since\":null,"
		      "\"unused_since\":null,\"no_workers_since\":null,\"resets\":0,"
		      "\"from\":");
	json_put_int(out, (int64_t)p->ndates);
	buf_puts(out, ",\"usage\":[],\"workers\":[]}");
}

static void
history_put_rows(struct history_printer *p, struct payload_list *l)
{
	for (uint32_t i = 0; i < p->nrisk; i++) {
		payload_list_open_row(l);
		if (p->models[i] == MAP_NONE) {
			history_put_unknown(p, l->out, p->names[i]);
		} else {
			history_put_model(p, l->out, p->models[i]);
			p->at_risk[i] = history_bit_since(
			    &p->h->models[p->models[i]].row, HISTORY_AT_RISK);
		}
		payload_list_close_row(l, p->presets[i]);
	}
	for (uint32_t i = 0; i < p->h->n; i++) {
		if (!history_is_gone(p->h, i))
			continue;
		payload_list_open_row(l);
		history_put_model(p, l->out, i);
		payload_list_close_row(l, 0);
	}
}

static void
history_print_models(
    struct history_printer *p, enum category category, struct buf *payload)
{
	struct view_past past = { .sampled_at = p->h->meta.sampled_at,
		.delivered = p->h->meta.delivered_id,
		.dates = p->ndates };
	uint32_t nrows = p->nrisk + p->ngone;
	struct payload_list l;

	payload_list_begin(&l, payload, category,
	    arena_array(p->arena, nrows, sizeof(struct view_row)));
	history_put_time(payload, STR("\"sampled_at\":"), past.sampled_at);
	buf_puts(payload, ",\"dates\":");
	past.dates_text.off = payload->len;
	history_put_dates(p, payload);
	past.dates_text = payload_since(payload, past.dates_text.off);
	buf_putc(payload, ',');
	payload_list_begin_rows(&l, "models", nrows, nrows);
	history_put_rows(p, &l);
	payload_list_end(&l, VIEW_HISTORY);
	past.at_risk =
	    payload_table(payload, p->at_risk, p->nrisk * sizeof(*p->at_risk));
	payload_directory(payload)->past = past;
}

void
history_print(const struct history *h, enum category category, struct buf *payload)
{
	struct history_printer p = { .h = h, .arena = NULL };

	if (!history_risk_view(payload)->present ||
	    history_risk_view(payload)->figures == 0)
		return;
	p.arena = arena_new();
	history_take_risk(&p, payload);
	history_take_columns(&p);
	for (uint32_t i = 0; i < h->n; i++)
		p.ngone += history_is_gone(h, i);
	history_print_models(&p, category, payload);
	sheet_print(&p, payload);
	changes_print(h, category, payload, p.arena);
	payload_seal(payload);
	arena_free(&p.arena);
}
