/* Encoded forms of the complete bodies of a payload. Pure. Hydrators. */
#ifndef PAYLOAD_ENCODE_H
#define PAYLOAD_ENCODE_H

#include "base/buf.h"

/*
 * Appends to a payload of analytics_render() each of its complete bodies in every
 * encoding that makes it shorter, and enters them in its views. Views that share a body
 * share its encoded forms. Bodies below ENCODE_MIN are left as they are. What the
 * codecs need is given back in the end.
 */
void view_encode(struct buf *payload);

#endif
