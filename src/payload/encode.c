/* Encoding of complete bodies. */
#include "payload/encode.h"

#include <stdint.h>
#include <string.h>

#include "payload/write.h"
#include "codec/encode.h"
#include "payload/view.h"

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

/* The scratch buffer is emptied. The body may move when the payload grows. */
static void
view_encode_body(struct encoder *encoder, struct buf *payload, enum view_kind kind,
    enum encoding encoding, struct buf *scratch)
{
	struct view *v = &view_directory_of(payload)->views[kind];

	buf_reset(scratch);
	encode_body(encoder, encoding, ENCODE_SMALL,
	    (struct str){ payload->data + v->body.off, v->body.len }, scratch);
	if (scratch->len >= v->body.len)
		return;
	v->coded[encoding] = (struct view_span){ payload->len, scratch->len };
	buf_add(payload, scratch->data, scratch->len);
}

static void
view_encode_one(struct encoder *encoder, struct buf *payload, enum view_kind kind,
    struct buf *scratch)
{
	struct view_directory *d = view_directory_of(payload);
	const struct view *twin = view_twin(d, kind);

	if (!d->views[kind].present || d->views[kind].body.len < ENCODE_MIN)
		return;
	if (twin != NULL) {
		memcpy(d->views[kind].coded, twin->coded, sizeof(twin->coded));
		return;
	}
	for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
		view_encode_body(encoder, payload, kind, (enum encoding)e, scratch);
}

void
view_encode(struct buf *payload)
{
	struct encoder *encoder = encoder_new(SIZE_MAX);
	struct buf scratch = { 0 };

	for (int k = 0; k < VIEW_MAX; k++)
		view_encode_one(encoder, payload, (enum view_kind)k, &scratch);
	view_directory_of(payload)->size = payload->len;
	buf_free(&scratch);
	encoder_free(&encoder);
}
