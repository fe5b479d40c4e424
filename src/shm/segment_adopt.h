/*
 * A segment over an execve(2): what one program of a supervisor says of it to the next
 * one in the same process. Supervisor only.
 */
#ifndef SHM_SEGMENT_ADOPT_H
#define SHM_SEGMENT_ADOPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct segment;

/* The header is the supervisor's own copy: the one in shared memory bounds nothing,
 * because hydrators can write it. */
struct segment_handle {
	int fd, readonly, held; /* -1: none */
	char *header; /* in hexadecimal digits, to be freed with free(3); NULL: none */
};

/* Its descriptors, which stay the segment's, and its header. */
void segment_handle_of(const struct segment *, struct segment_handle *);

/* Whether a header of a handle is of this program's layout. */
bool segment_header_is_ours(const char *header) MUST_CHECK;

/*
 * Maps a segment of this layout, and takes over its descriptors: name and names (of its
 * n categories) are those that it was made with, borrowed. Returns 0, or -1 with errno,
 * and nothing taken: EINVAL if the header is of another layout, or does not fit the
 * file or the categories.
 */
int segment_adopt(const char *name, const char *const *names, size_t n,
    const struct segment_handle *, struct segment **out) MUST_CHECK;

#endif
