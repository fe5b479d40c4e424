/* How many descriptors a child may have, and how much memory a hydrator. Other limits
 * stay the operator's. */
#ifndef PROC_RLIMITS_H
#define PROC_RLIMITS_H

#include <sys/resource.h>

#include "proc/child.h"

/* Connections that a reader keeps for http.metrics_listen, and as many for
 * http.admin_listen, beside those of http.max_connections: who can reach the public
 * addresses alone takes none of them. */
#define RLIMITS_OPERATORS 128

/*
 * What a child of the role needs at most. Reader: its connections, those for operators,
 * those of each server that are on their way out, its listeners, what it always has
 * open, and bodies, each generation and each large encoded page being a memfd (a page
 * that gets none stays on the heap). Hydrator: a fixed number.
 */
rlim_t rlimits_descriptors(enum role, const struct child_context *);

/*
 * How many public connections a reader keeps that may have so many descriptors (0: not
 * known): http.max_connections, or fewer, but one at least, so that what is beside them
 * in rlimits_descriptors() finds its own: operators get in, and generations are taken.
 */
int64_t rlimits_connections(const struct child_context *, rlim_t limit);

/*
 * What a hydrator may have mapped to write in and not shared (RLIMIT_DATA): a cycle
 * looks at hydration.max_memory while it works (hydrator/memory.h), and this is for
 * what comes between two looks, or by mistake. So it is that limit, each document in a
 * buffer that has doubled, and a payload. RLIM_INFINITY if there is no limit. Address
 * space that is not yet writable does not count, so RLIMIT_AS would be no measure: the
 * segment and reserved mappings are much larger than what is used of them.
 */
rlim_t rlimits_memory(const struct config *);

/*
 * Child: a reader raises its limit to what it needs, as far as the hard limit allows,
 * and the first one warns if that is not enough; a hydrator lowers it for good.
 * RLIMIT_NPROC is left alone: it counts what the user runs on the whole machine, so it
 * would fail for reasons that are not ours; the filter forbids forking instead.
 * RLIMIT_CORE is left alone: see privilege_open_to_user().
 */
void rlimits_set(enum role, const struct child_context *);

#endif
