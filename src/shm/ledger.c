/* Ledgers behind a latch of their own. */
#include "shm/ledger.h"

#include <stdbool.h>
#include <string.h>

#include "base/log_text.h"
#include "shm/latched.h"
#include "shm/layout.h"
#include "shm/origin.h"
#include "shm/tame.h"

_Static_assert(LEDGER_HOST_SIZE == ORIGIN_SIZE, "room for all origins");

static struct ledger_record *
record_of(const struct segment *seg, unsigned category)
{
	return (struct ledger_record *)(seg->base + seg->h.ledgers_offset) + category;
}

void
ledger_put(char *field, size_t size, const char *text)
{
	memset(field, 0, size);
	strlcpy(field, text, size);
	log_defuse(field, strlen(field));
}

static void
tame_fleet(struct ledger_fleet *f)
{
	f->used = f->used != 0;
	f->up = f->up != 0;
	if (f->role >= LEDGER_ROLES)
		f->role = LEDGER_ALONE;
	f->since = tame_time(f->since, 0);
	f->seen = tame_time(f->seen, 0);
	f->lag = tame_time(f->lag, 0);
	f->skew = tame_time(f->skew, -SEGMENT_TIME_MAX);
	tame_text(f->leader, sizeof(f->leader));
	tame_text(f->error, sizeof(f->error));
}

static void
tame_history(struct ledger_history *h)
{
	if (h->state >= LEDGER_PASTS)
		h->state = LEDGER_PAST_OFF;
	h->notify = h->notify != 0;
	h->sampled = tame_time(h->sampled, 0);
	h->delivered = tame_time(h->delivered, 0);
	tame_text(h->error, sizeof(h->error));
	tame_text(h->notify_error, sizeof(h->notify_error));
}

static void
tame_document(struct ledger_document *d)
{
	if (d->state >= LEDGER_STATES)
		d->state = LEDGER_UNTRIED;
	if (d->error.status < 0 || d->error.status > 999)
		d->error.status = 0;
	tame_text(d->name, sizeof(d->name));
	tame_text(d->error.host, sizeof(d->error.host));
	tame_text(d->error.text, sizeof(d->error.text));
	if (d->status > 999)
		d->status = 0;
	d->nsec = tame_time(d->nsec, 0);
	d->asked_wall = tame_time(d->asked_wall, 0);
}

static void
tame_refresh(struct ledger_refresh *r)
{
	if (r->outcome >= LEDGER_OUTCOMES)
		r->outcome = LEDGER_NO_OUTCOME;
	r->begun_boot = tame_time(r->begun_boot, 0);
	tame_text(r->text, sizeof(r->text));
}

/* Who may write a ledger parses strangers' bytes: what it says is not trusted. */
static void
tame(struct ledger *l)
{
	struct ledger_document *d;

	if (l->ndocuments > LEDGER_DOCUMENTS)
		l->ndocuments = LEDGER_DOCUMENTS;
	tame_text(l->cause, sizeof(l->cause));
	tame_text(l->order_text, sizeof(l->order_text));
	for (d = l->document; d < l->document + LEDGER_DOCUMENTS; d++)
		tame_document(d);
	tame_fleet(&l->fleet);
	tame_history(&l->history);
	if (l->phase >= LEDGER_PHASES)
		l->phase = LEDGER_IDLE;
	l->phase_since = tame_time(l->phase_since, 0);
	tame_refresh(&l->refresh);
	l->unsaved_wall = tame_time(l->unsaved_wall, 0);
	tame_text(l->unsaved, sizeof(l->unsaved));
}

void
ledger_write(const struct segment *seg, unsigned category, const struct ledger *l)
{
	latched_write(&record_of(seg, category)->latch, l, sizeof(*l));
}

bool
ledger_read(const struct segment *seg, unsigned category, struct ledger *out)
{
	bool there = latched_read(&record_of(seg, category)->latch, out, sizeof(*out));

	tame(out);
	return there;
}

const char *
ledger_state_name(enum ledger_state state)
{
	static const char *const names[LEDGER_STATES] = {
		[LEDGER_UNTRIED] = "untried",
		[LEDGER_GOOD] = "good",
		[LEDGER_NOT_FETCHED] = "not_fetched",
		[LEDGER_NOT_ACCEPTED] = "not_accepted",
		[LEDGER_IMPLAUSIBLE] = "implausible",
	};

	return names[state];
}

enum ledger_role
ledger_role_now(const struct ledger_fleet *f, int64_t lease, int64_t now)
{
	if (f->role == LEDGER_LEADER && (f->seen == 0 || now - f->seen >= lease))
		return LEDGER_ALONE;
	return (enum ledger_role)f->role;
}

const char *
ledger_role_name(enum ledger_role role)
{
	static const char *const names[LEDGER_ROLES] = {
		[LEDGER_ALONE] = "alone",
		[LEDGER_FOLLOWER] = "follower",
		[LEDGER_LEADER] = "leader",
	};

	return names[role];
}

const char *
ledger_phase_name(enum ledger_phase phase)
{
	static const char *const names[LEDGER_PHASES] = {
		[LEDGER_IDLE] = "idle",
		[LEDGER_FETCH] = "fetch",
		[LEDGER_COMPUTE] = "compute",
		[LEDGER_PUBLISH] = "publish",
		[LEDGER_ENCODE] = "encode",
	};

	return names[phase];
}

const char *
ledger_outcome_name(enum ledger_outcome outcome)
{
	static const char *const names[LEDGER_OUTCOMES] = {
		[LEDGER_NO_OUTCOME] = "none",
		[LEDGER_REFRESHED] = "refreshed",
		[LEDGER_UNREFRESHED] = "not_refreshed",
		[LEDGER_PASSED_ON] = "passed_on",
	};

	return names[outcome];
}

const char *
ledger_past_name(enum ledger_past state)
{
	static const char *const names[LEDGER_PASTS] = {
		[LEDGER_PAST_OFF] = "off",
		[LEDGER_PAST_READING] = "reading",
		[LEDGER_PAST_KEPT] = "kept",
		[LEDGER_PAST_FAILING] = "failing",
	};

	return names[state];
}

int64_t
ledger_age(const struct ledger *l, const char *name, int64_t now)
{
	const struct ledger_document *d;
	int64_t age;

	for (d = l->document; d < l->document + l->ndocuments; d++) {
		if (strcmp(d->name, name) != 0 || d->fetched_wall == 0)
			continue;
		if (__builtin_sub_overflow(now, d->fetched_boot, &age))
			return -1;
		return age > 0 ? age : 0;
	}
	return -1;
}

static bool
document_is_missed(const struct ledger_document *d)
{
	return d->state != LEDGER_UNTRIED && d->state != LEDGER_GOOD;
}

void
ledger_say(const struct ledger *l, struct buf *b)
{
	const char *separator = "";
	const struct ledger_document *d;

	for (d = l->document; d < l->document + l->ndocuments; d++) {
		if (!document_is_missed(d))
			continue;
		buf_printf(b, "%s%s: %s", separator, d->name,
		    d->error.wall != 0 ? d->error.text : "not asked yet");
		if (d->error.host[0] != '\0')
			buf_printf(b, " (%s)", d->error.host);
		separator = "; ";
	}
}
