/* What has been made is kept under its whole name, which is the encoding's and the
 * selection's text: no two bodies share one. */
#include "reader/body.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "codec/encode.h"
#include "http/negotiate.h"
#include "reader/page.h"
#include "shm/asked.h"

/* One part in so many of the loop's time is for encoding, and so much may be saved up.
 */
#define BUDGET_PART 20
#define BUDGET_SAVED (100 * NSEC_PER_MSEC)

/* A body up to this is made at once, and kept, so that it leaves as fast as a range of
 * the snapshot; a longer one is made while it is sent. */
#define MAKE_MAX (size_t)(1024 * 1024)

/* A body up to this may be encoded on the loop: a page of a few dozen models. */
#define ENCODE_HERE_MAX (size_t)(32 * 1024)

/* Of a body: the name of the encoding, in which there is no ' ', and what is selected.
 * Until the next one is made. */
static struct str
make_key(struct body_maker *m, enum encoding encoding, const struct selection *s)
{
	struct str name = encoding_name(encoding);

	buf_reset(&m->key);
	buf_add(&m->key, name.p, name.len);
	buf_putc(&m->key, ' ');
	buf_add(&m->key, s->text.p, s->text.len);
	return (struct str){ m->key.data, m->key.len };
}

static struct blob *
find(struct body_maker *m, struct generation *g, enum encoding encoding,
    const struct selection *s)
{
	return cache_find(g->made, make_key(m, encoding, s));
}

/* Ends the time of its maker. */
static void
keep(struct body_maker *m, struct generation *g, enum encoding encoding,
    const struct selection *s, struct blob *blob)
{
	cache_add(g->made, make_key(m, encoding, s), blob);
	blob_forget(blob);
}

static void
drop(struct http_response *r)
{
	if (r->source != NULL)
		r->source->free(r->source);
	r->source = NULL;
	if (r->release != NULL)
		r->release(r->owner);
	r->release = NULL;
	r->owner = NULL;
	r->pinned = NULL;
	r->pin = NULL;
	r->fd = -1;
	r->nbody = 0;
	buf_reset(&r->text); /* a page's numbers must not lead another answer */
}

/* In place of the body that is there, if any. */
static void
use_blob(struct http_response *r, struct blob *blob)
{
	drop(r);
	r->release = blob_unref;
	r->owner = blob;
	blob_lend(blob, r);
	http_response_add(r, (struct str){ blob->data, blob->len });
}

/* Whether it is asked for again in the same words: there are as many pages as there are
 * limits, so none of them is kept. */
static bool
is_worth_keeping(const struct http_response *r, const struct selection *s)
{
	return r->source != NULL && !s->rare && r->source->len <= MAKE_MAX;
}

static void
set_identity(struct body_maker *m, struct http_response *r, bool head,
    struct generation *g, const struct selection *s)
{
	struct buf body = { 0 };
	struct blob *blob =
	    s->rare || s->whole ? NULL : find(m, g, ENCODING_IDENTITY, s);

	m->source = COUNTER_BODIES_KEPT;
	if (blob == NULL) {
		m->source = s->whole ? COUNTER_BODIES_READY : COUNTER_BODIES_MADE;
		page_put(r, g, s);
		page_own(r, g);
		if (head || !is_worth_keeping(r, s))
			return;
		page_drain(r, &body);
		blob = blob_new(&body);
		keep(m, g, ENCODING_IDENTITY, s, blob);
	}
	use_blob(r, blob);
}

/* Sets the encoded form, in place of what is set, if it is there. Short bodies are not
 * kept encoded, so one that is found is long enough. */
static bool
set_ready(struct body_maker *m, struct http_response *r, struct generation *g,
    const struct selection *s, enum encoding encoding, bool short_too)
{
	const struct view *v = &g->directory->views[s->kind];
	struct blob *blob;

	if (s->whole && v->coded[encoding].len > 0 &&
	    (short_too || v->body.len >= ENCODE_MIN)) {
		drop(r);
		page_span(r, g, v->coded[encoding]);
		page_own(r, g);
		m->source = COUNTER_BODIES_READY;
		return true;
	}
	if ((blob = find(m, g, encoding, s)) == NULL)
		return false;
	m->source = COUNTER_BODIES_KEPT;
	use_blob(r, blob);
	return true;
}

static bool
budget_is_spent(const struct body_maker *m)
{
	return m->paid > clock_boot();
}

/* Processor time, because a machine that is busy elsewhere is nobody's fault. */
static int64_t
time_used(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static void
budget_spend(struct body_maker *m, int64_t nsec)
{
	int64_t least = clock_boot() - BUDGET_SAVED * BUDGET_PART;

	m->paid = (m->paid > least ? m->paid : least) + nsec * BUDGET_PART;
}

/* Puts the encoded form in place of the body. */
static void
encode(struct body_maker *m, struct http_response *r, struct generation *g,
    const struct selection *s, enum encoding encoding)
{
	struct buf body = { 0 }, coded = { 0 };
	int64_t begun = time_used();
	struct blob *blob;

	page_drain(r, &body);
	encode_body(m->encoder, encoding, ENCODE_FAST,
	    (struct str){ body.data, body.len }, &coded);
	blob = blob_new(&coded);
	if (body.len >= ENCODE_MIN)
		keep(m, g, encoding, s, blob);
	else
		blob_forget(blob);
	buf_free(&body);
	use_blob(r, blob);
	m->source = COUNTER_BODIES_MADE;
	budget_spend(m, time_used() - begun);
}

static bool
accepts_identity(const struct negotiation *n)
{
	unsigned i;

	for (i = 0; i < n->n; i++)
		if (n->order[i] == ENCODING_IDENTITY)
			return true;
	return false;
}

/* How long an encoded body is, only encoding tells: a HEAD does without. */
static void
leave_out(struct http_response *r)
{
	drop(r);
	r->length_unknown = true;
}

/* For whoever asks next. */
static void
have_encoded(struct body_maker *m, const struct http_response *r, struct generation *g,
    const struct selection *s, enum encoding encoding)
{
	coder_ask(m->coder, g, s, encoding, make_key(m, encoding, s),
	    http_response_length(r));
}

/* Sets the body in the best form there is, and returns which one it is; ENCODING_MAX:
 * none, later. */
static enum encoding
set_best(struct body_maker *m, struct http_response *r, bool head,
    const struct negotiation *n, struct generation *g, const struct selection *s)
{
	enum encoding best = n->order[0];
	bool must = !accepts_identity(n);
	size_t len;

	if (best != ENCODING_IDENTITY && set_ready(m, r, g, s, best, must))
		return best;
	set_identity(m, r, head, g, s);
	len = http_response_length(r);
	if (best == ENCODING_IDENTITY || (len < ENCODE_MIN && !must))
		return ENCODING_IDENTITY;
	if (len <= ENCODE_HERE_MAX && head) {
		leave_out(r);
		return best;
	}
	if (len <= ENCODE_HERE_MAX && !budget_is_spent(m)) {
		encode(m, r, g, s, best);
		return best;
	}
	if (!head)
		have_encoded(m, r, g, s, best);
	for (unsigned i = 1; i < n->n; i++)
		if (n->order[i] == ENCODING_IDENTITY ||
		    set_ready(m, r, g, s, n->order[i], must))
			return n->order[i];
	if (head) {
		leave_out(r);
		return best;
	}
	drop(r);
	return ENCODING_MAX;
}

/* Hydrators make what was asked for lately beforehand. */
static void
note_asked(
    const struct generation *g, const struct selection *s, enum encoding encoding)
{
	uint32_t form = view_form(s->kind, encoding);

	if (s->whole && encoding != ENCODING_IDENTITY && g->asked != NULL && form != 0)
		asked_note(g->asked, form, clock_boot());
}

enum body_result
body_set(struct body_maker *m, struct http_response *r, const struct http_request *q,
    struct generation *g, const struct selection *s)
{
	struct negotiation n;
	enum encoding encoding;

	negotiate(q, &n);
	if (n.n == 0)
		return BODY_UNACCEPTABLE;
	note_asked(g, s, n.order[0]);
	coder_collect(m->coder);
	encoding = set_best(m, r, q->method == HTTP_HEAD, &n, g, s);
	if (encoding == ENCODING_MAX)
		return BODY_LATER;
	negotiate_put_encoding(&r->fields, encoding);
	if (q->method != HTTP_HEAD) /* to one nothing is sent */
		counter_add(m->counters, m->source, 1);
	return BODY_SET;
}
