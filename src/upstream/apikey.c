/* The API key. It is in no log line, and only in the process that sends it. */
#include "upstream/apikey.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

static bool
is_key(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]))
			return false;
	return len > 0 && len < APIKEY_MAX;
}

/* The key in a file's text, or NULL. */
static char *
key_find(char *text)
{
	char *key = text + strspn(text, " \t");

	key[strcspn(key, " \t\r\n")] = '\0';
	return is_key(key, strlen(key)) ? xstrdup(key) : NULL;
}

char *
apikey_read(const char *path)
{
	char text[2 * APIKEY_MAX], *key;
	ssize_t n;
	int fd;

	/* A FIFO must not hold us up. */
	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) == -1)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n == -1)
		return NULL;
	text[n] = '\0';
	if ((key = key_find(text)) == NULL)
		errno = EINVAL;
	explicit_bzero(text, sizeof(text));
	return key;
}

void
apikey_free(char **key)
{
	if (*key != NULL)
		explicit_bzero(*key, strlen(*key));
	free(*key);
	*key = NULL;
}
