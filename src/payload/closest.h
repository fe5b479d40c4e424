/* The names that a name was probably meant to be. Pure. Any process. */
#ifndef PAYLOAD_CLOSEST_H
#define PAYLOAD_CLOSEST_H

#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "payload/view.h"

#define CLOSEST_MAX 3
/* Names that are looked at, around where the name would be among all of them. */
#define CLOSEST_WINDOW 1024
/* Bytes of a name; nobody is told a longer one, which an upstream may make as long as
 * its document. */
#define CLOSEST_NAME_MAX 1024
/* Bytes of a name that are compared. */
#define CLOSEST_BYTES 64

/* Finds the names of VIEW_RISK that take the fewest insertions, removals and
 * replacements of a byte to become that name, in whatever case; the closest first,
 * among equals by name. order: what name_order_make() made of all n of them. Returns
 * how many there are. They lie in the payload. */
unsigned closest_find(const struct view_directory *, const uint32_t *order, uint32_t n,
    struct str name, struct str closest[CLOSEST_MAX]) MUST_CHECK;

#endif
