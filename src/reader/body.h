/* The body of an answer in the form that the client likes best: a range of the
 * snapshot, or made of it and kept with the generation. */
#ifndef READER_BODY_H
#define READER_BODY_H

#include <stdint.h>

#include "base/attr.h"
#include "codec/encode.h"
#include "http/parse.h"
#include "http/response.h"
#include "reader/generation.h"
#include "reader/selection.h"

/*
 * What encoding may cost the loop, on which nobody else is answered meanwhile: a
 * twentieth of its time, of which it may save up a tenth of a second. All clients share
 * it, so that whoever asks for ever other pages spends the budget and not the time of
 * the others.
 */
struct body_budget {
	int64_t paid; /* clock_boot() until which what was spent is paid off */
};

enum body_result {
	BODY_SET,
	BODY_UNACCEPTABLE, /* no form is */
	BODY_LATER,        /* an encoded form is, but the budget is spent: 503 */
};

/*
 * Sets the body of a 200 and the Content-Encoding line, and makes the answer, which is
 * empty, the owner of what the body points to. The view is present. To a HEAD nothing
 * is made or encoded: where the body is not there, its length is counted instead, and
 * of one that would be encoded it is unknown. If the budget is spent, what is not
 * encoded yet leaves as identity to whoever takes that. With another result than
 * BODY_SET nothing is made and the answer is unchanged but for a body, which is no
 * longer set.
 */
enum body_result body_set(struct encoder *, struct body_budget *,
    struct http_response *, const struct http_request *, struct generation *,
    const struct selection *) MUST_CHECK;

#endif
