/* The body of an answer in the form that the client likes best: a range of the
 * snapshot, or made of it and kept with the generation. */
#ifndef READER_BODY_H
#define READER_BODY_H

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "codec/encode.h"
#include "http/parse.h"
#include "http/response.h"
#include "reader/coder.h"
#include "reader/generation.h"
#include "reader/selection.h"
#include "shm/counters.h"

/*
 * By which bodies are made. What encoding may cost the loop, on which nobody else is
 * answered meanwhile: a twentieth of its time, of which it may save up a tenth of a
 * second. All clients share it, so that whoever asks for ever other pages spends the
 * budget and not the time of the others. Long bodies are encoded beside the loop only.
 */
struct body_maker {
	struct encoder *encoder;   /* for short bodies */
	struct coder *coder;       /* for all others */
	struct counters *counters; /* of the reader; borrowed */
	enum counter source;       /* where the body that is set is from */
	struct buf key;            /* of the body that is looked for; owned */
	int64_t paid; /* clock_boot() until which what was spent is paid off; 0 to
		       * start */
};

enum body_result {
	BODY_SET,
	BODY_UNACCEPTABLE, /* no form is */
	BODY_LATER,        /* an encoded form is, but is not there yet: 503 */
};

/*
 * Sets the body of a 200 and the Content-Encoding line, and makes the answer, which is
 * empty, the owner of what the body points to. The view is present. What is not there
 * in the encoding that the client likes best, and is too long to be encoded at once, or
 * too much was, leaves in the next best form that is there; it is encoded beside the
 * loop for whoever asks next. To a HEAD nothing is made or encoded, and if the body
 * would be encoded its length is unknown. With another result than BODY_SET nothing is
 * made and the answer is unchanged but for a body, which is no longer set.
 */
enum body_result body_set(struct body_maker *, struct http_response *,
    const struct http_request *, struct generation *,
    const struct selection *) MUST_CHECK;

#endif
