/* Encoding of complete bodies. */
#include "payload/encode.h"

#include <string.h>

#include "payload/write.h"

_Static_assert(VIEW_FORM_KINDS *ENCODING_MAX <= 32, "a set of forms is a word");

struct encoding_run {
	struct encoder *encoder;
	struct buf *payload;
	uint32_t forms;
	size_t max; /* bytes of the payload */
	struct pace *pace;
	struct buf scratch;
};

static bool
view_is_twin(const struct view_directory *d, int kind, int other)
{
	return d->views[other].present && d->views[kind].present &&
	       d->views[other].body.off == d->views[kind].body.off;
}

/* A view before this one that has the same body, or the view itself. */
static int
view_first(const struct view_directory *d, int kind)
{
	int first = 0;

	while (first < kind && !view_is_twin(d, kind, first))
		first++;
	return first;
}

/* Whether it is to be made: of views with one body the first stands for all. */
static bool
view_lacks(const struct view_directory *d, uint32_t forms, int kind, int encoding)
{
	const struct view *v = &d->views[kind];
	uint32_t wanted = 0;

	if (!v->present || v->body.len < ENCODE_MIN || v->coded[encoding].len > 0 ||
	    view_first(d, kind) != kind)
		return false;
	for (int k = kind; k < VIEW_MAX; k++)
		if (view_is_twin(d, kind, k))
			wanted |= forms &
				  view_form((enum view_kind)k, (enum encoding)encoding);
	return wanted != 0;
}

bool
payload_lacks_forms(const struct view_directory *d, uint32_t forms)
{
	for (int k = 0; k < VIEW_MAX; k++)
		for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
			if (view_lacks(d, forms, k, e))
				return true;
	return false;
}

uint32_t
payload_forms(const struct view_directory *d)
{
	uint32_t forms = 0;

	for (int k = 0; k < VIEW_MAX; k++)
		for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
			if (d->views[k].present && d->views[k].coded[e].len > 0)
				forms |= view_form((enum view_kind)k, (enum encoding)e);
	return forms;
}

static void
view_share_forms(struct view_directory *d)
{
	for (int k = 0; k < VIEW_MAX; k++)
		if (d->views[k].present)
			memcpy(d->views[k].coded, d->views[view_first(d, k)].coded,
			    sizeof(d->views[k].coded));
}

static void
view_add_form(struct buf *payload, int kind, int encoding, struct str coded)
{
	payload_directory(payload)->views[kind].coded[encoding] =
	    (struct view_span){ payload->len, coded.len };
	buf_add(payload, coded.p, coded.len);
}

/* The body may move when the payload grows. */
static void
view_encode_body(struct encoding_run *run, int kind, int encoding)
{
	struct buf *payload = run->payload, *scratch = &run->scratch;
	const struct view *v = &payload_directory(payload)->views[kind];

	buf_reset(scratch);
	encode_body(run->encoder, (enum encoding)encoding, ENCODE_SMALL,
	    (struct str){ payload->data + v->body.off, v->body.len }, scratch);
	if (scratch->len < v->body.len && payload->len <= run->max &&
	    scratch->len <= run->max - payload->len)
		view_add_form(payload, kind, encoding,
		    (struct str){ scratch->data, scratch->len });
}

bool
payload_encode(struct buf *payload, uint32_t forms, size_t max, struct pace *pace)
{
	struct encoding_run run = { encoder_new(SIZE_MAX), payload, forms, max, pace,
		{ 0 } };

	for (int k = 0; k < VIEW_MAX; k++)
		for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
			if (view_lacks(payload_directory(payload), forms, k, e) &&
			    pace_beat(pace))
				view_encode_body(&run, k, e);
	view_share_forms(payload_directory(payload));
	payload_directory(payload)->size = payload->len;
	buf_free(&run.scratch);
	encoder_free(&run.encoder);
	return !pace_stopped(pace);
}

static bool
view_has_same_body(const struct buf *payload, const struct view_directory *d,
    const struct view_directory *older, int kind)
{
	const struct view *v = &d->views[kind], *o = &older->views[kind];

	return o->present && o->body.len == v->body.len &&
	       memcmp(payload->data + v->body.off, (const char *)older + o->body.off,
		   v->body.len) == 0;
}

void
payload_carry_forms(
    struct buf *payload, const struct view_directory *older, uint32_t forms, size_t max)
{
	struct view_span old;
	bool same;

	for (int k = 0; k < VIEW_MAX; k++) {
		same =
		    payload_lacks_forms(payload_directory(payload), forms) &&
		    view_has_same_body(payload, payload_directory(payload), older, k);
		for (int e = ENCODING_IDENTITY + 1; same && e < ENCODING_MAX; e++) {
			old = older->views[k].coded[e];
			if (old.len > 0 && old.len <= max - payload->len &&
			    view_lacks(payload_directory(payload), forms, k, e))
				view_add_form(payload, k, e,
				    (struct str){
					(const char *)older + old.off, old.len });
		}
	}
	view_share_forms(payload_directory(payload));
	payload_directory(payload)->size = payload->len;
}

/* Forms are put behind all else, one after the other. */
static size_t
view_identity_length(const struct view_directory *d)
{
	size_t len = d->size;

	for (int k = 0; k < VIEW_MAX; k++)
		for (int e = 0; e < ENCODING_MAX; e++)
			if (d->views[k].present && d->views[k].coded[e].len > 0 &&
			    d->views[k].coded[e].off < len)
				len = d->views[k].coded[e].off;
	return len;
}

static bool
view_cut(const struct view_directory *d, size_t len, struct buf *out)
{
	struct view_directory *cut;

	buf_reset(out);
	buf_add(out, (const char *)d, len);
	cut = payload_directory(out);
	cut->size = len;
	for (int k = 0; k < VIEW_MAX; k++)
		memset(cut->views[k].coded, 0, sizeof(cut->views[k].coded));
	return view_open(out->data, len, (enum category)d->category) != NULL;
}

/* Former versions put statistics behind the forms of what they carried over: then
 * nothing can be cut off. */
void
payload_identity(const struct view_directory *d, struct buf *out)
{
	if (!view_cut(d, view_identity_length(d), out))
		(void)view_cut(d, d->size, out);
}
