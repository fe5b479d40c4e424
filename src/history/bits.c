/* The bits of a model: since when each is as it is, and which changes last long enough
 * to be said. */
#include "history/state.h"

void
history_bits_begin(
    struct history_model *m, const struct view_event_figures *now, int64_t at)
{
	for (int b = 0; b < HISTORY_BITS; b++)
		m->row.since[b] = at;
	m->row.last = m->row.steady = *now;
	m->row.reported = history_bits(now);
}

static void
history_bit_event(struct history *h, const struct history_model *m, int bit, int64_t at)
{
	bool set = (history_bits(&m->row.last) >> bit & 1) != 0;
	struct history_event e = { .since = m->row.since[bit],
		.flag = UINT32_MAX,
		.model = m->row.name,
		.before = m->row.steady,
		.after = m->row.last };

	if (bit == HISTORY_AT_RISK) {
		e.kind = set ? EVENT_AT_RISK : EVENT_RECOVERED;
	} else if (bit == HISTORY_CRITICAL) {
		e.kind = EVENT_CRITICAL;
	} else {
		e.kind = set ? EVENT_FLAG_SET : EVENT_FLAG_CLEARED;
		e.flag = (uint32_t)bit;
	}
	history_event_make(h, &e, at);
}

/* That a model is no longer critical is no event, and so it is nobody's to make. */
static bool
history_bit_says(const struct history *h, uint32_t bits, int bit)
{
	return h->makes_events || (bit == HISTORY_CRITICAL && (bits >> bit & 1) == 0);
}

static void
history_bits_settle(struct history *h, struct history_model *m, int64_t at)
{
	uint32_t bits = history_bits(&m->row.last), pending = bits ^ m->row.reported;

	for (int b = 0; b < HISTORY_BITS; b++) {
		if ((pending >> b & 1) == 0 || !history_bit_says(h, bits, b) ||
		    at - m->row.since[b] < h->rule.settle)
			continue;
		if (b != HISTORY_CRITICAL || (bits >> b & 1) != 0)
			history_bit_event(h, m, b, at);
		m->row.reported ^= 1u << b;
		history_touch(h, m);
	}
}

void
history_bits_note(struct history *h, struct history_model *m,
    const struct view_event_figures *now, int64_t at)
{
	uint32_t changed = history_bits(&m->row.last) ^ history_bits(now);

	for (int b = 0; changed != 0 && b < HISTORY_BITS; b++)
		if ((changed >> b & 1) != 0)
			m->row.since[b] = at;
	if (changed != 0)
		history_touch(h, m);
	m->row.last = *now;
	if (history_bits(now) != m->row.reported)
		history_bits_settle(h, m, at);
	if (history_bits(now) == m->row.reported)
		m->row.steady = *now;
}
