/* Taking part of an older payload over into a new one. Pure. Hydrators. */
#ifndef PAYLOAD_CARRY_H
#define PAYLOAD_CARRY_H

#include "base/buf.h"
#include "payload/view.h"

/*
 * Gives the models of a payload that was rendered without workers those that models of
 * the same name have in an older payload (view_open), with the tag that they had there.
 * Nothing happens if one of the two has no with-stats.
 */
void payload_carry_workers(struct buf *payload, const struct view_directory *older);
/*
 * Gives a payload that was rendered without the Horde's documents, and so has
 * statistics alone, all other views of an older payload (view_open).
 */
void payload_carry_risk(struct buf *payload, const struct view_directory *older);

#endif
