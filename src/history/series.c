/* Samples: what was used on each day of two successive totals, and the most workers. */
#include "history/state.h"

#include <stdlib.h>

int64_t
history_day_of(int64_t at)
{
	return at / HISTORY_DAY;
}

static void
history_column_free(struct history_column *c)
{
	free(c->used);
	free(c->workers);
	*c = (struct history_column){ 0, NULL, NULL };
}

void
history_columns_free(struct history *h)
{
	for (int64_t i = 0; i < h->kept; i++)
		history_column_free(&h->columns[i]);
	free(h->columns);
}

int64_t
history_first_day(const struct history *h)
{
	return history_day_of(h->meta.sampled_at) - h->kept + 1;
}

const struct history_column *
history_column_look(const struct history *h, int64_t day)
{
	const struct history_column *c;

	if (day < 0 || day < history_first_day(h) ||
	    day > history_day_of(h->meta.sampled_at))
		return NULL;
	c = &h->columns[day % h->kept];
	return c->used != NULL && c->day == day ? c : NULL;
}

static void
history_columns_forget(struct history *h)
{
	for (int64_t i = 0; i < h->kept; i++)
		if (h->columns[i].day < history_first_day(h))
			history_column_free(&h->columns[i]);
}

/* One of the days that the state has; it takes the place of a day that is too old. */
struct history_column *
history_column(struct history *h, int64_t day)
{
	struct history_column *c = &h->columns[day % h->kept];

	if (c->used != NULL && c->day == day)
		return c;
	history_column_free(c);
	c->day = day;
	c->used = xcalloc(h->room, sizeof(*c->used));
	c->workers = xcalloc(h->room, sizeof(*c->workers));
	return c;
}

static void *
history_widen(void *old, size_t n, size_t room, size_t size)
{
	void *wide = xcalloc(room, size);

	memcpy(wide, old, n * size);
	free(old);
	return wide;
}

void
history_columns_grow(struct history *h, uint32_t room)
{
	for (int64_t i = 0; i < h->kept; i++) {
		struct history_column *c = &h->columns[i];

		if (c->used == NULL)
			continue;
		c->used = history_widen(c->used, h->n, room, sizeof(*c->used));
		c->workers = history_widen(c->workers, h->n, room, sizeof(*c->workers));
	}
}

void
history_columns_move(struct history *h, uint32_t from, uint32_t to)
{
	for (int64_t i = 0; i < h->kept; i++) {
		if (h->columns[i].used == NULL)
			continue;
		h->columns[i].used[to] = h->columns[i].used[from];
		h->columns[i].workers[to] = h->columns[i].workers[from];
	}
}

void
history_columns_clear(struct history *h, uint32_t from, uint32_t to)
{
	for (int64_t i = 0; i < h->kept; i++) {
		struct history_column *c = &h->columns[i];

		if (c->used == NULL)
			continue;
		memset(c->used + from, 0, (to - from) * sizeof(*c->used));
		memset(c->workers + from, 0, (to - from) * sizeof(*c->workers));
	}
}

static void
history_day_changed(struct history_model *m, int64_t day)
{
	if (day < m->dirty_day)
		m->dirty_day = day;
}

static void
history_add_used(struct history *h, struct history_model *m, int64_t day, int64_t used)
{
	uint64_t *sum = &history_column(h, day)->used[m - h->models];
	uint64_t known = *sum == 0 ? 0 : *sum - 1;

	if (*sum != 0 && used == 0)
		return;
	known = known + (uint64_t)used > INT64_MAX ? INT64_MAX : known + (uint64_t)used;
	*sum = known + 1;
	history_day_changed(m, day);
}

static void
history_add_workers(struct history *h, struct history_model *m, int64_t n)
{
	int64_t day = history_day_of(h->meta.sampled_at);
	uint32_t *most = &history_column(h, day)->workers[m - h->models];
	uint32_t now =
	    (uint32_t)(n > HISTORY_WORKERS_MAX ? HISTORY_WORKERS_MAX : n) + 1;

	if (now <= *most)
		return;
	*most = now;
	history_day_changed(m, day);
}

/* How much of the rise had been by `at`, which is from begin to end. */
static int64_t
history_risen(int64_t rise, int64_t begin, int64_t end, int64_t at)
{
	return (int64_t)((__int128)rise * (at - begin) / (end - begin));
}

/* The interval from the model's last sample to this one; what lies before the days that
 * the state has is left out. */
static void
history_add_interval(struct history *h, struct history_model *m, int64_t rise)
{
	int64_t begin = m->row.sampled_at, end = h->meta.sampled_at;
	int64_t first = history_first_day(h) * HISTORY_DAY;
	int64_t from = begin > first ? begin : first, to;

	for (; from < end; from = to) {
		to = (history_day_of(from) + 1) * HISTORY_DAY;
		if (to > end)
			to = end;
		history_add_used(h, m, history_day_of(from),
		    history_risen(rise, begin, end, to) -
			history_risen(rise, begin, end, from));
	}
}

static void
history_add_total(struct history *h, struct history_model *m)
{
	int64_t rise = m->row.last.usage[2] - m->row.sample.usage[2];

	if (rise > 0)
		m->row.rose_at = h->meta.sampled_at;
	if (rise < 0) {
		m->row.resets++;
		h->counts.resets++;
	}
	history_add_interval(h, m, rise < 0 ? 0 : rise);
}

static void
history_sample_model(struct history *h, struct history_model *m)
{
	bool same = memcmp(&m->row.sample, &m->row.last, sizeof(m->row.sample)) == 0;

	if (m->row.sampled_at != 0 && m->row.sampled_at < h->meta.sampled_at)
		history_add_total(h, m);
	history_add_workers(h, m, m->row.last.workers);
	if (!same || (m->row.state & HISTORY_SAMPLED) == 0) {
		m->dirty = m->dirty_hour = true;
		m->row.sample = m->row.last;
	}
	m->row.state |= HISTORY_SAMPLED;
	m->row.sampled_at = m->row.last_seen = h->meta.sampled_at;
}

static int64_t
history_used_on(const struct history *h, const struct history_model *m, int64_t day)
{
	const struct history_column *c = history_column_look(h, day);

	return c == NULL ? -1 : (int64_t)(c->used[m - h->models] - 1);
}

static bool
history_usage_turned(const struct history *h, const struct history_model *m,
    int64_t day, enum event_kind *kind)
{
	int64_t last = history_used_on(h, m, day - 1), used;
	double sum = 0, mean;
	int known = 0;

	for (int64_t d = day - HISTORY_JUDGED_DAYS + 1; d < day - 1; d++)
		if ((used = history_used_on(h, m, d)) != -1) {
			sum += (double)used;
			known++;
		}
	if (last == -1 || known < 3)
		return false;
	mean = sum / known;
	if (last < h->rule.usage_least && mean < (double)h->rule.usage_least)
		return false;
	if ((double)last >= h->rule.factor * mean)
		*kind = EVENT_USAGE_ROSE;
	else if ((double)last * h->rule.factor <= mean)
		*kind = EVENT_USAGE_FELL;
	else
		return false;
	return true;
}

/* At the first sample of a day: the day before it is complete. */
static void
history_judge_usage(struct history *h, const struct history_model *m,
    const struct view_event_figures *before)
{
	int64_t day = history_day_of(h->meta.sampled_at);
	enum event_kind kind;
	struct history_event e = { .since = (day - 1) * HISTORY_DAY,
		.flag = UINT32_MAX,
		.model = m->row.name,
		.before = *before,
		.after = m->row.last };

	if (!h->makes_events || !history_usage_turned(h, m, day, &kind))
		return;
	e.kind = kind;
	history_event_make(h, &e, h->meta.sampled_at);
}

static bool
history_sample_is_due(const struct history *h, int64_t now)
{
	return h->meta.sampled_at == 0 ||
	       (now > h->meta.sampled_at &&
		   now - h->meta.sampled_at >= h->rule.sample_interval);
}

void
history_sample(struct history *h, int64_t now)
{
	int64_t last = h->meta.sampled_at;

	if (!history_sample_is_due(h, now))
		return;
	h->meta.sampled_at = now;
	history_columns_forget(h);
	for (uint32_t i = 0; i < h->n; i++) {
		struct history_model *m = &h->models[i];
		struct view_event_figures before = m->row.sample;

		if ((m->row.state & HISTORY_PRESENT) != 0) {
			history_sample_model(h, m);
			if (last != 0 && history_day_of(last) < history_day_of(now))
				history_judge_usage(h, m, &before);
		} else if ((m->row.state & HISTORY_SAMPLED) != 0) {
			m->row.state &= ~(uint32_t)HISTORY_SAMPLED;
			m->dirty = true;
		}
	}
	h->samples++;
	h->counts.samples++;
	h->dirty = true;
}

static void
history_turn_model(struct history_model *m, int64_t now)
{
	struct history_model_row *r = &m->row;
	int64_t *times[] = { &r->first_seen, &r->last_seen, &r->rose_at };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (*times[i] > now)
			*times[i] = now;
	for (int b = 0; b < HISTORY_BITS; b++)
		if (r->since[b] > now)
			r->since[b] = now;
	if (r->sampled_at > now) {
		r->sampled_at = 0;
		r->sample = (struct view_event_figures){ 0 };
		r->state &= ~(uint32_t)HISTORY_SAMPLED;
	}
	m->dirty = true;
	if (m->dirty_day > history_day_of(now))
		m->dirty_day = INT64_MAX;
}

/* What came after now never was. */
void
history_turn_back(struct history *h, int64_t now)
{
	if (h->meta.sampled_at == 0 || now >= h->meta.sampled_at - HISTORY_TURN)
		return;
	for (int64_t i = 0; i < h->kept; i++)
		if (h->columns[i].day > history_day_of(now))
			history_column_free(&h->columns[i]);
	for (uint32_t i = 0; i < h->n; i++)
		history_turn_model(&h->models[i], now);
	h->meta.sampled_at = 0;
	if (h->turned_to == 0 || now < h->turned_to)
		h->turned_to = now;
	h->counts.turns++;
	h->dirty = true;
}
