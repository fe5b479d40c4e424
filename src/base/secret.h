/* A secret in a file of its own: redis.password_file, notify.url_file,
 * http.admin_token_file. Any process. */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

#define SECRET_MAX 1024 /* with NUL */
#define SECRET_TOKEN_MIN 16

/* A secret that strangers are asked for. Zeroed: nobody knows it. */
struct secret_asked {
	size_t len;
	char bytes[SECRET_MAX]; /* and zeros */
};

/*
 * Reads the first line of a regular file that nobody but its user may read or write, as
 * the user that the process runs as. Blanks are part of it. Returns it, to be freed by
 * secret_free(), or NULL with the reason in err, which begins with the name of the
 * option and has no part of the secret.
 */
char *secret_read(
    const char *option, const char *path, char *err, size_t errlen) MUST_CHECK;
/* The same of a token as RFC 6750 section 2.1 has them (b64token): one with other
 * characters, or with fewer than SECRET_TOKEN_MIN, is refused as well. */
char *secret_read_token(
    const char *option, const char *path, char *err, size_t errlen) MUST_CHECK;
/* Overwrites and frees *secret (NULL is fine) and sets it to NULL. */
void secret_free(char **secret);

/* Makes that what is asked for. */
void secret_ask(struct secret_asked *, const char *secret);
/* Whether it is what was shown. How long that takes tells nothing of the secret, not
 * how much of it was right, nor how long it is. */
bool secret_is(const struct secret_asked *, struct str shown);
/* Overwrites it: nobody knows it. */
void secret_forget(struct secret_asked *);

#endif
