/* Encoding of complete bodies. */
#include "payload/encode.h"

#include <stdint.h>
#include <string.h>

#include "payload/write.h"
#include "codec/encode.h"
#include "payload/view.h"

struct encoding_run {
	struct encoder *encoder;
	struct buf *payload;
	size_t max; /* bytes of the payload */
	struct pace *pace;
	struct buf scratch;
};

/* A view before this one that has the same body, or NULL. */
static const struct view *
view_twin(const struct view_directory *d, int kind)
{
	const struct view *v = &d->views[kind];

	for (int k = 0; k < kind; k++)
		if (d->views[k].present && d->views[k].body.off == v->body.off)
			return &d->views[k];
	return NULL;
}

/* The body may move when the payload grows. */
static void
view_encode_body(struct encoding_run *run, enum view_kind kind, enum encoding encoding)
{
	struct buf *payload = run->payload, *scratch = &run->scratch;
	struct view *v = &view_directory_of(payload)->views[kind];

	buf_reset(scratch);
	encode_body(run->encoder, encoding, ENCODE_SMALL,
	    (struct str){ payload->data + v->body.off, v->body.len }, scratch);
	if (scratch->len >= v->body.len || payload->len > run->max ||
	    scratch->len > run->max - payload->len)
		return;
	v->coded[encoding] = (struct view_span){ payload->len, scratch->len };
	buf_add(payload, scratch->data, scratch->len);
}

static void
view_encode_one(struct encoding_run *run, enum view_kind kind)
{
	struct view_directory *d = view_directory_of(run->payload);
	const struct view *twin = view_twin(d, kind);

	if (!d->views[kind].present || d->views[kind].body.len < ENCODE_MIN)
		return;
	if (twin != NULL) {
		memcpy(d->views[kind].coded, twin->coded, sizeof(twin->coded));
		return;
	}
	for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
		if (pace_beat(run->pace))
			view_encode_body(run, kind, (enum encoding)e);
}

bool
view_encode(struct buf *payload, size_t max, struct pace *pace)
{
	struct encoding_run run = { encoder_new(SIZE_MAX), payload, max, pace, { 0 } };

	for (int k = 0; k < VIEW_MAX; k++)
		view_encode_one(&run, (enum view_kind)k);
	view_directory_of(payload)->size = payload->len;
	buf_free(&run.scratch);
	encoder_free(&run.encoder);
	return !pace_stopped(pace);
}
