/* What a file: URL names. Hydrators. */
#ifndef UPSTREAM_FILE_URL_H
#define UPSTREAM_FILE_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* The path that a file: URL means, to be freed with free(3); NULL for any other URL. */
char *file_url_path(const char *url) MUST_CHECK;

/*
 * Whether libcurl may be let loose on url: a file: URL must name a regular file, since
 * opening a FIFO or a device could block for ever. Any other URL is left to libcurl's
 * own checks. Returns 0, or -1 with the reason in err; *missing: there is no such file.
 */
int file_url_check(const char *url, char *err, size_t errlen, bool *missing) MUST_CHECK;

#endif
