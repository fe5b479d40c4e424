/* Keeping documents over cycles. */
#include "hydrator/inputs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "terms/document.h"
#include "terms/part.h"

_Static_assert((int)INPUT_DOCUMENT(INPUT_WORKERS) == DOCUMENT_WORKERS, "same order");

static void
document_free(struct input_document *d)
{
	buf_free(&d->body);
	free(d->etag);
	free(d->last_modified);
	memset(d, 0, sizeof(*d));
}

/* A buffer grows by doubling; what is kept for minutes gives the rest back. */
static void
document_shrink(struct input_document *d)
{
	char *p;

	if (d->body.len == 0 || (p = realloc(d->body.data, d->body.len)) == NULL)
		return;
	d->body.data = p;
	d->body.cap = d->body.len;
}

static bool
document_equals(const struct input_document *d, const struct source *s)
{
	if (s->not_modified)
		return d->held;
	return d->held && d->missing == s->missing && d->body.len == s->body.len &&
	       (s->body.len == 0 ||
		   memcmp(d->body.data, s->body.data, s->body.len) == 0);
}

static void
document_renew(struct input_document *d, struct source *s)
{
	free(d->etag);
	free(d->last_modified);
	d->etag = s->etag;
	d->last_modified = s->last_modified;
	s->etag = s->last_modified = NULL;
	d->url = s->url;
	d->fetched_boot = s->fetched_boot;
	d->fetched_wall = s->fetched_wall;
}

static struct input_document *
input_current(struct input *i)
{
	return i->offered.held ? &i->offered : &i->good;
}

void
inputs_begin(struct inputs *in)
{
	size_t k;

	for (k = 0; k < in->n; k++)
		in->of[k].fault = INPUT_GOOD;
}

bool
inputs_is_young(const struct inputs *in, enum input_kind k, int64_t since)
{
	const struct input_document *d = inputs_current(in, k);

	return d != NULL && d->fetched_boot >= since && !source_is_local(d->url);
}

void
inputs_expect(const struct inputs *in, enum input_kind k, struct source *s)
{
	const struct input_document *d = inputs_current(in, k);

	if (d == NULL)
		return;
	s->known_url = d->url;
	s->known_etag = d->etag;
	s->known_last_modified = d->last_modified;
}

void
inputs_offer(struct inputs *in, enum input_kind k, struct source *s,
    const struct document_form *form)
{
	struct input *i = &in->of[k];
	struct input_document *current = input_current(i);

	i->fresh |= s->done;
	if (!s->done) {
		/* Refused everywhere is one reason, not had from all the other. */
		i->fault =
		    s->refused < s->nurls ? INPUT_NOT_FETCHED : INPUT_NOT_ACCEPTED;
		strlcpy(i->why, s->error, sizeof(i->why));
	} else if (document_equals(current, s)) {
		document_renew(current, s);
	} else {
		document_free(&i->offered);
		i->offered.held = true;
		i->offered.missing = s->missing;
		i->offered.body = s->body;
		i->offered.form = *form;
		memset(&s->body, 0, sizeof(s->body));
		document_shrink(&i->offered);
		document_renew(&i->offered, s);
	}
}

void
inputs_refuse(
    struct inputs *in, enum input_kind k, enum input_fault fault, const char *why)
{
	struct input *i = &in->of[k];

	document_free(input_current(i));
	i->fresh = false;
	i->fault = fault;
	strlcpy(i->why, why, sizeof(i->why));
}

void
inputs_accept(struct inputs *in)
{
	struct input *i;

	for (i = in->of; i < in->of + in->n; i++) {
		i->fresh = false;
		if (!i->offered.held)
			continue;
		document_free(&i->good);
		i->good = i->offered;
		memset(&i->offered, 0, sizeof(i->offered));
	}
}

void
inputs_free(struct inputs *in)
{
	size_t k;

	for (k = 0; k < in->n; k++) {
		document_free(&in->of[k].offered);
		document_free(&in->of[k].good);
	}
	memset(in, 0, sizeof(*in));
}

const struct input_document *
inputs_current(const struct inputs *in, enum input_kind k)
{
	const struct input *i = &in->of[k];

	if (k < in->n && i->offered.held)
		return &i->offered;
	return k < in->n && i->good.held ? &i->good : NULL;
}

struct document
inputs_document(const struct inputs *in, enum input_kind k)
{
	const struct input_document *d = inputs_current(in, k);

	if (d == NULL || d->missing)
		return (struct document){ .data = NULL };
	return (struct document){ d->body.data, d->body.len, d->form };
}

bool
inputs_suffice(const struct inputs *in)
{
	size_t k;

	for (k = 0; k < in->n; k++)
		if (in->of[k].fresh)
			return inputs_current(in, INPUT_REFERENCE) != NULL;
	return false;
}

bool
inputs_differ(const struct inputs *in)
{
	size_t k;

	for (k = 0; k < in->n; k++)
		if (in->of[k].offered.held)
			return true;
	return false;
}

size_t
inputs_faults(const struct inputs *in, const enum input_fault *which)
{
	size_t k, n = 0;

	for (k = 0; k < in->n; k++)
		n += in->of[k].fault != INPUT_GOOD &&
		     (which == NULL || in->of[k].fault == *which);
	return n;
}

size_t
inputs_reused(const struct inputs *in)
{
	size_t k, n = 0;

	for (k = 0; k < in->n; k++)
		n += in->of[k].fault != INPUT_GOOD && inputs_current(in, k) != NULL;
	return n;
}

void
inputs_stamp(const struct inputs *in, struct snapshot_stamp *stamp)
{
	/* The last document of each part, which needs all before it as well. */
	static const enum snapshot_part last_of[INPUT_MAX] = {
		[INPUT_REFERENCE] = PART_STATISTICS,
		[INPUT_STATUS] = PART_MAX,
		[INPUT_STATS] = PART_DELETION_RISK,
		[INPUT_WORKERS] = PART_WORKERS,
	};
	const struct input_document *d, *oldest = inputs_current(in, 0);
	size_t k;

	memset(stamp->part, 0, sizeof(stamp->part));
	for (k = 0; k < in->n && (d = inputs_current(in, k)) != NULL; k++) {
		if (d->fetched_boot < oldest->fetched_boot)
			oldest = d;
		if (last_of[k] != PART_MAX)
			stamp->part[last_of[k]] =
			    (struct part_stamp){ oldest->fetched_boot,
				    oldest->fetched_wall };
	}
}

void
inputs_say_faults(const struct inputs *in, struct buf *b)
{
	const char *separator = "";
	size_t k;

	for (k = 0; k < in->n; k++) {
		if (in->of[k].fault == INPUT_GOOD)
			continue;
		buf_printf(b, "%s%s: %s", separator, document_name(INPUT_DOCUMENT(k)),
		    in->of[k].why);
		separator = "; ";
	}
}

void
inputs_say_ages(const struct inputs *in, int64_t now, struct buf *b)
{
	const char *separator = "";
	size_t k;

	for (k = 0; k < in->n; k++) {
		const struct input_document *d = inputs_current(in, k);
		const struct input *i = &in->of[k];

		if (i->fault == INPUT_GOOD)
			continue;
		buf_printf(b, "%s%s is ", separator, document_name(INPUT_DOCUMENT(k)));
		if (d != NULL)
			buf_printf(b, "%" PRId64 " s old: %s",
			    (now - d->fetched_boot) / NSEC_PER_SEC, i->why);
		else
			buf_printf(b, "absent: %s", i->why);
		separator = "; ";
	}
}
