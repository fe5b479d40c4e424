/* A secret that others can read is none: it is refused, not used with a warning. */
#include "base/secret.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static char *
refuse(char *err, size_t errlen, const char *option, const char *path, const char *why)
{
	snprintf(err, errlen, "%s %s: %s", option, path, why);
	return NULL;
}

/* Why the open file is not to be used; NULL: it is fine. */
static const char *
fault_of(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is no regular file";
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return "others may read or write it (chmod 600 helps)";
	return NULL;
}

/* The first line of n bytes, which are not NUL terminated. */
static char *
first_line(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n);
	size_t len = end != NULL ? (size_t)(end - text) : n;
	char *line;

	if (len > 0 && text[len - 1] == '\r')
		len--;
	if (len == 0 || len >= SECRET_MAX || memchr(text, '\0', len) != NULL)
		return NULL;
	line = xmalloc(len + 1);
	memcpy(line, text, len);
	line[len] = '\0';
	return line;
}

char *
secret_read(const char *option, const char *path, char *err, size_t errlen)
{
	char text[SECRET_MAX + 1], *secret;
	const char *fault;
	ssize_t n = 0;
	int fd;

	/* A FIFO must not hold us up. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)) == -1)
		return refuse(err, errlen, option, path, strerror(errno));
	if ((fault = fault_of(fd)) == NULL && (n = read(fd, text, sizeof(text))) == -1)
		fault = strerror(errno);
	close(fd);
	if (fault != NULL)
		return refuse(err, errlen, option, path, fault);
	secret = first_line(text, n > 0 ? (size_t)n : 0);
	explicit_bzero(text, sizeof(text));
	if (secret == NULL)
		return refuse(err, errlen, option, path,
		    "its first line has not 1 to 1023 bytes without NUL");
	return secret;
}

void
secret_free(char **secret)
{
	if (*secret != NULL)
		freezero(*secret, strlen(*secret));
	*secret = NULL;
}

/* b64token: 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"=" */
static bool
is_token(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			     "0123456789-._~+/");

	return n > 0 && s[n + strspn(s + n, "=")] == '\0';
}

char *
secret_read_token(const char *option, const char *path, char *err, size_t errlen)
{
	char *token = secret_read(option, path, err, errlen);

	if (token == NULL || (strlen(token) >= SECRET_TOKEN_MIN && is_token(token)))
		return token;
	secret_free(&token);
	return refuse(err, errlen, option, path,
	    "its first line is no token of 16 or more of A-Z a-z 0-9 - . _ ~ + / and "
	    "= at the end (openssl rand -hex 32 makes one)");
}

void
secret_ask(struct secret_asked *a, const char *secret)
{
	*a = (struct secret_asked){ .len = strnlen(secret, SECRET_MAX - 1) };
	memcpy(a->bytes, secret, a->len);
}

bool
secret_is(const struct secret_asked *a, struct str shown)
{
	char padded[SECRET_MAX] = "";
	size_t i, differ = a->len ^ shown.len;

	if (shown.len == 0 || shown.len >= SECRET_MAX)
		return false;
	memcpy(padded, shown.p, shown.len);
	/* All of it, whatever has been found: no branch, and no length of the secret.
	 */
	for (i = 0; i < SECRET_MAX; i++)
		differ |= (unsigned char)(padded[i] ^ a->bytes[i]);
	return differ == 0;
}

void
secret_forget(struct secret_asked *a)
{
	explicit_bzero(a, sizeof(*a));
}
