/* Encoded forms of the complete bodies of a payload. Pure. Hydrators. */
#ifndef PAYLOAD_ENCODE_H
#define PAYLOAD_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/pace.h"

/*
 * Appends to a payload of analytics_render() each of its complete bodies in every
 * encoding that makes it shorter, and enters them in its views. Views that share a body
 * share its encoded forms. Bodies below ENCODE_MIN are left as they are, and a form
 * that would make the payload longer than max bytes is left out. What the codecs need
 * is given back in the end. The pace, which may be NULL, is asked before each body:
 * returns false if it stopped; the payload is then sound, and has the forms that were
 * made by then.
 */
bool view_encode(struct buf *payload, size_t max, struct pace *) MUST_CHECK;

#endif
