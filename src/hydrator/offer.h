/* What of a snapshot goes to other machines and to the reference's service. Called in
 * the thread of fleet/member.h. */
#ifndef HYDRATOR_OFFER_H
#define HYDRATOR_OFFER_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "fleet/member.h"
#include "shm/snapshot.h"
#include "terms/category.h"

struct offer {
	enum category category;
	const char *prefix; /* of the reference's keys; "": none */
};

/* Of struct member_work; arg is a struct offer. */

/* The payload without encoded forms. */
bool offer_identity(void *arg, const struct snapshot *, struct buf *out) MUST_CHECK;
/* The complete bodies that the reference keeps in Redis, by its keys (doc/reference.md,
 * doc/fleet.md): a service that has use_redis finds them there. */
void offer_bodies(
    void *arg, const struct snapshot *, member_put_fn *put, void *put_arg);

#endif
