/* A secret in a file of its own: redis.password_file, notify.url_file. Any process. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

#include "base/attr.h"

#define SECRET_MAX 1024 /* with NUL */

/*
 * Reads the first line of a regular file that nobody but its user may read or write, as
 * the user that the process runs as. Blanks are part of it. Returns it, to be freed by
 * secret_free(), or NULL with the reason in err, which begins with the name of the
 * option and has no part of the secret.
 */
char *secret_read(
    const char *option, const char *path, char *err, size_t errlen) MUST_CHECK;
/* Overwrites and frees *secret (NULL is fine) and sets it to NULL. */
void secret_free(char **secret);

#endif
