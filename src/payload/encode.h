/*
 * Encoded forms of the complete bodies of a payload. Those that are wanted are a set of
 * bits, view_form(). Views that share a body share its forms; bodies below ENCODE_MIN
 * have none. Pure. Hydrators.
 */
#ifndef PAYLOAD_ENCODE_H
#define PAYLOAD_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/pace.h"
#include "payload/view.h"

/*
 * Appends to a payload of analytics_render() the wanted forms that it does not have and
 * that are shorter than the body, and enters them in its views. A form that would make
 * the payload longer than max bytes is left out. What the codecs need is given back in
 * the end. The pace, which may be NULL, is asked before each body: returns false if it
 * stopped; the payload is then sound, and has the forms that were made by then.
 */
bool payload_encode(
    struct buf *payload, uint32_t forms, size_t max, struct pace *) MUST_CHECK;
/* Whether there is anything to do for it. */
bool payload_lacks_forms(const struct view_directory *, uint32_t forms) MUST_CHECK;
/* The forms that there are. */
uint32_t payload_forms(const struct view_directory *) MUST_CHECK;
/* Takes over wanted forms of bodies that are byte for byte those of an older payload
 * (view_open), as long as it does not become longer than max, which it is not yet. */
void payload_carry_forms(struct buf *payload, const struct view_directory *older,
    uint32_t forms, size_t max);
/* Puts into the buffer, for what was in it, the payload (view_open) without its encoded
 * forms: the same bytes whatever forms it has, and view_open() takes them. */
void payload_identity(const struct view_directory *, struct buf *out);

#endif
