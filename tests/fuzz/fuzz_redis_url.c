/* Fuzzes redis.url: any text is read or refused, and a password comes back as it went
 * in, but is never shown. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "terms/redis_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
read_any(const char *text)
{
	struct redis_url u;
	char err[256] = "", *shown = redis_url_shown(text);

	require(strlen(shown) <= strlen(text) + 3);
	free(shown);
	if (redis_url_parse(text, &u, err, sizeof(err)) == -1) {
		require(err[0] != '\0');
		return;
	}
	require((u.host == NULL) != (u.path == NULL));
	require(u.path != NULL || (u.port > 0 && u.port < 65536));
	require(u.db <= REDIS_URL_DB_MAX);
	require(u.password == NULL || u.password[0] != '\0');
	redis_url_free(&u);
}

static void
read_password(const char *password)
{
	struct buf url = { 0 };
	struct redis_url u;
	char err[256], *shown;
	const char *p;

	buf_puts(&url, "redis://me:");
	for (p = password; *p != '\0'; p++)
		buf_printf(&url, "%%%02x", (unsigned char)*p);
	buf_puts(&url, "@host/7");
	buf_putc(&url, '\0');
	require(redis_url_parse(url.data, &u, err, sizeof(err)) == 0);
	require(strcmp(u.password, password) == 0 && u.db == 7);
	shown = redis_url_shown(url.data);
	require(strcmp(shown, "redis://***@host/7") == 0);
	free(shown);
	redis_url_free(&u);
	buf_free(&url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	read_any(text);
	if (text[0] != '\0')
		read_password(text);
	free(text);
	return 0;
}
