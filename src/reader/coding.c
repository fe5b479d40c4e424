/* Encoding of answers. */
#include "reader/coding.h"

#include <string.h>

#include "base/buf.h"
#include "codec/encode.h"
#include "http/negotiate.h"

/* Longer ones (a limit may have thousands of digits) are not worth keeping. */
#define KEY_MAX 256

struct coding {
	struct encoder *encoder;
	struct http_response *response;
	struct generation *generation;
	const struct view *view;
	const struct selection *selection;
};

/* Whether the body is the view's complete one. */
static bool
is_whole(const struct coding *c)
{
	const struct http_response *r = c->response;

	return r->nbody == 1 &&
	       r->body[0].p == c->generation->snapshot->data + c->view->body.off &&
	       r->body[0].len == c->view->body.len;
}

/* No name of an encoding holds a ' '. */
static void
put_key(struct buf *key, enum encoding encoding, const struct selection *s)
{
	struct str name = encoding_name(encoding);

	buf_add(key, name.p, name.len);
	buf_putc(key, ' ');
	buf_add(key, s->text.p, s->text.len);
}

static struct blob *
encode(const struct coding *c, enum encoding encoding)
{
	const struct http_response *r = c->response;
	struct buf body = { 0 }, coded = { 0 };
	unsigned i;

	for (i = 0; i < r->nbody; i++)
		buf_add(&body, r->body[i].p, r->body[i].len);
	encode_body(c->encoder, encoding, ENCODE_FAST,
	    (struct str){ body.data, body.len }, &coded);
	buf_free(&body);
	return blob_new(&coded);
}

/* The encoded body, with a reference for the caller. */
static struct blob *
find_or_encode(const struct coding *c, enum encoding encoding)
{
	struct buf key = { 0 };
	struct blob *blob;
	struct str s;

	put_key(&key, encoding, c->selection);
	s = (struct str){ key.data, key.len };
	blob = cache_find(c->generation->coded, s);
	if (blob == NULL) {
		blob = encode(c, encoding);
		if (key.len <= KEY_MAX)
			cache_add(c->generation->coded, s, blob);
	}
	buf_free(&key);
	return blob;
}

static void
use_blob(struct http_response *r, struct blob *blob)
{
	r->release(r->owner);
	r->release = blob_unref;
	r->owner = blob;
	blob_lend(blob, r);
	http_response_add(r, (struct str){ blob->data, blob->len });
}

static void
use_encoding(const struct coding *c, enum encoding encoding)
{
	struct http_response *r = c->response;
	struct str name = encoding_name(encoding);
	struct blob *blob = NULL;
	bool ready = is_whole(c) && c->view->coded[encoding].len > 0;

	if (!ready)
		blob = find_or_encode(c, encoding);
	r->nbody = 0;
	if (ready)
		http_response_add(
		    r, generation_span(c->generation, c->view->coded[encoding]));
	else
		use_blob(r, blob);
	buf_puts(&r->fields, "Content-Encoding: ");
	buf_add(&r->fields, name.p, name.len);
	buf_puts(&r->fields, "\r\n");
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

bool
coding_apply(struct encoder *encoder, struct http_response *r,
    const struct http_request *request, struct generation *g, const struct selection *s)
{
	struct coding c = { encoder, r, g, &g->directory->views[s->kind], s };
	struct negotiation n;

	negotiate(request, &n);
	if (n.n == 0)
		return false;
	if (n.order[0] == ENCODING_IDENTITY ||
	    (http_response_length(r) < ENCODE_MIN && accepts_identity(&n)))
		return true;
	use_encoding(&c, n.order[0]);
	return true;
}
