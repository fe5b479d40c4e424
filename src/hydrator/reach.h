/* Which files a hydrator can reach. */
#ifndef HYDRATOR_REACH_H
#define HYDRATOR_REACH_H

#include "proc/child.h"

/*
 * Hydrator, before the filter and before it starts a thread: from now on it reads its
 * own sources, the files that libcurl, OpenSSL and the resolver need, and those of
 * sections upstream and redis; it writes to the segment and in state_dir. Needs
 * no_new_privs. Without Landlock, or without a sandbox at all, the first hydrator says
 * so in one line.
 */
void reach_limit(const struct child_context *);

#endif
