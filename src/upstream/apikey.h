/* The API key that AI Horde may want. Hydrators, as the user they run as. */
#ifndef UPSTREAM_APIKEY_H
#define UPSTREAM_APIKEY_H

#include "base/attr.h"

/*
 * Reads the key from the first line of a file, without the blanks around it. It must be
 * printable ASCII without blanks, since it becomes a header field, and at most
 * APIKEY_MAX - 1 long. Returns it, to be freed by apikey_free, or NULL, with errno set
 * for what the system refused or EINVAL for a file that holds no key.
 */
#define APIKEY_MAX 256
char *apikey_read(const char *path) MUST_CHECK;
/* Overwrites and frees *key (NULL is fine) and sets it to NULL. */
void apikey_free(char **key);

#endif
