/* A copy of a category, and what is said where something of it is missing. */
#include "ctl/published.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_text.h"
#include "base/mem.h"
#include "ctl/out.h"
#include "ctl/running.h"
#include "payload/closest.h"
#include "payload/name_order.h"
#include "terms/category.h"
#include "terms/freshness.h"

/* What is in the buffer, and frees it. */
static void
say_line(struct buf *b)
{
	fprintf(stderr, "hydratorctl: %.*s\n", (int)b->len, b->data);
	buf_free(b);
}

/* What is shown may be old, and nothing else of it would tell. */
static void
say_how_old(const struct published *p)
{
	const struct segment *s = p->attached.segment;
	const struct freshness_limits limits = {
		.ttl = running_int(s, "hydration.ttl", INT64_MAX),
		.stale_ttl = running_int(s, "hydration.stale_ttl", INT64_MAX),
		.stale_if_error = running_int(s, "hydration.stale_if_error", INT64_MAX),
	};
	int64_t age = published_age(p, PART_DELETION_RISK);
	enum freshness freshness;
	struct buf b = { 0 };

	if (age < 0)
		age = published_age(p, PART_STATISTICS);
	freshness = freshness_within(&limits, age / NSEC_PER_SEC);
	if (p->attached.alive && freshness == FRESHNESS_FRESH)
		return;
	if (p->attached.alive)
		buf_printf(&b, "%s is %s: its documents are ", p->category,
		    freshness_name(freshness));
	else
		buf_puts(&b, "the daemon is dead; this is what it left, of documents "
			     "that are ");
	out_put_span(&b, age > 0 ? age : 0);
	buf_puts(&b, " old");
	say_line(&b);
}

int
published_open(const struct ctl *ctl, const char *category, struct published *p)
{
	int status;

	*p = (struct published){ .category = category };
	if ((status = attach_open(ctl, &p->attached)) != 0)
		return status;
	status = attach_snapshot(&p->attached, category, &p->snapshot, &p->directory);
	if (status != 0)
		attach_close(&p->attached);
	else
		say_how_old(p);
	return status;
}

void
published_close(struct published *p)
{
	snapshot_release(&p->snapshot);
	attach_close(&p->attached);
	p->directory = NULL;
}

bool
published_has_models(const struct published *p)
{
	const struct view *v = &p->directory->views[VIEW_RISK];
	struct buf b = { 0 };

	if (v->present && v->figures != 0 && p->directory->typed_entries > 0)
		return true;
	if (!category_has_horde((enum category)p->directory->category))
		buf_printf(&b,
		    "%s has no deletion risk: AI Horde counts image_generation and "
		    "text_generation alone",
		    p->category);
	else if (p->directory->raw_entries > 0)
		buf_printf(&b, "none of the records of %s is valid", p->category);
	else
		buf_printf(&b, "%s has no models", p->category);
	say_line(&b);
	return false;
}

bool
published_has_history(const struct published *p)
{
	struct buf b = { 0 };

	if (p->directory->views[VIEW_HISTORY].present &&
	    p->directory->views[VIEW_CHANGES].present)
		return true;
	buf_printf(&b,
	    "%s has no history: it is not kept (history.enabled, state_dir), or has "
	    "not been read yet; see hydratorctl status",
	    p->category);
	say_line(&b);
	return false;
}

int64_t
published_age(const struct published *p, enum snapshot_part part)
{
	const struct part_stamp *stamp = &p->snapshot->stamp.part[part];
	int64_t age = clock_boot() - stamp->fetched_boot;

	if (!part_stamp_is_there(stamp))
		return -1;
	return age > 0 ? age : 0;
}

struct str
published_text(const struct published *p, struct view_span span)
{
	return (struct str){ p->snapshot->data + span.off, span.len };
}

struct str
published_row(const struct published *p, enum view_kind kind, uint32_t row)
{
	const struct view_row *rows =
	    (const void *)(p->snapshot->data + p->directory->views[kind].rows);

	return (struct str){ p->snapshot->data + rows[row].off, rows[row].len };
}

const struct view_figures *
published_figures(const struct published *p, enum view_kind kind)
{
	return (const void *)(p->snapshot->data + p->directory->views[kind].figures);
}

const struct view_event *
published_events(const struct published *p)
{
	return (const void *)(p->snapshot->data + p->directory->events);
}

int64_t
published_at_risk_since(const struct published *p, uint32_t row)
{
	const int64_t *since =
	    (const void *)(p->snapshot->data + p->directory->past.at_risk);

	if (p->directory->past.at_risk == 0 ||
	    published_figures(p, VIEW_RISK)[row].flags == 0)
		return 0;
	return since[row];
}

static void
put_name(struct buf *b, struct str name)
{
	size_t from = b->len;

	buf_add(b, name.p, name.len);
	log_defuse(b->data + from, name.len);
}

static void
say_closest(const struct published *p, struct str name)
{
	uint32_t n = name_order_count(p->directory);
	uint32_t *order = xcalloc(n > 0 ? n : 1, sizeof(*order));
	struct str closest[CLOSEST_MAX];
	struct buf b = { 0 };
	unsigned found;

	name_order_make(p->directory, order);
	found = closest_find(p->directory, order, n, name, closest);
	buf_printf(&b, "%s has no model ", p->category);
	put_name(&b, name);
	for (unsigned i = 0; i < found; i++) {
		buf_puts(&b, i == 0 ? "; the closest:" : ",");
		buf_putc(&b, ' ');
		put_name(&b, closest[i]);
	}
	say_line(&b);
	free(order);
}

int64_t
published_find(const struct published *p, const char *name)
{
	struct str wanted = { name, strlen(name) };
	int64_t row = view_find(p->directory, wanted);

	if (row < 0)
		say_closest(p, wanted);
	return row;
}
