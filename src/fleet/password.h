/* The password of redis.password_file. */
#ifndef FLEET_PASSWORD_H
#define FLEET_PASSWORD_H

#include <stddef.h>

#include "base/attr.h"

#define PASSWORD_MAX 1024 /* with NUL */

/*
 * Reads the first line of a regular file that nobody but its user may read or write, as
 * the user that the process runs as. Blanks are part of it. Returns it, to be freed by
 * password_free(), or NULL with the reason in err.
 */
char *password_read(const char *path, char *err, size_t errlen) MUST_CHECK;
/* Overwrites and frees *password (NULL is fine) and sets it to NULL. */
void password_free(char **password);

#endif
