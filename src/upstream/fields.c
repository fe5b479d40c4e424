/* Header fields, as libcurl has collected them. */
#include "upstream/fields.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "upstream/fetch.h"

/* The only value of a field, or NULL. */
static const char *
field_only(CURL *easy, const char *name)
{
	struct curl_header *h;

	if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &h) != CURLHE_OK ||
	    h->amount != 1)
		return NULL;
	return h->value;
}

enum coding
fields_coding(CURL *easy)
{
	const char *text = field_only(easy, "Content-Encoding");
	struct curl_header *h;
	CURLHcode rc =
	    curl_easy_header(easy, "Content-Encoding", 0, CURLH_HEADER, -1, &h);

	if (rc == CURLHE_MISSING || rc == CURLHE_NOHEADERS)
		return CODING_NONE;
	if (text == NULL)
		return CODING_UNKNOWN;
	if (strcasecmp(text, "identity") == 0)
		return CODING_NONE;
	/* RFC 9110 8.4.1.3: x-gzip is the same. */
	if (strcasecmp(text, "gzip") == 0 || strcasecmp(text, "x-gzip") == 0)
		return CODING_GZIP;
	return CODING_UNKNOWN;
}

void
fields_validator(CURL *easy, const char *name, char *value, size_t size)
{
	const char *text = field_only(easy, name);
	const char *p;

	value[0] = '\0';
	if (text == NULL || strlen(text) >= size)
		return;
	for (p = text; *p != '\0'; p++)
		if (!isprint((unsigned char)*p))
			return;
	strlcpy(value, text, size);
}

static int64_t
seconds_parse(const char *text)
{
	int64_t n = 0;

	for (; isdigit((unsigned char)*text); text++)
		if ((n = n * 10 + (*text - '0')) > FETCH_RETRY_AFTER_MAX)
			n = FETCH_RETRY_AFTER_MAX;
	return *text == '\0' ? n : -1;
}

int64_t
fields_parse_retry_after(const char *text, int64_t now)
{
	time_t date;
	int64_t left;

	if (isdigit((unsigned char)*text))
		return seconds_parse(text);
	/* All three forms begin with the name of a day; libcurl takes more. */
	if (!isalpha((unsigned char)*text) || strchr(text, ':') == NULL ||
	    (date = curl_getdate(text, NULL)) == -1)
		return -1;
	left = (int64_t)date - now / NSEC_PER_SEC;
	if (left < 0)
		return 0;
	return left < FETCH_RETRY_AFTER_MAX ? left : FETCH_RETRY_AFTER_MAX;
}

int64_t
fields_retry_after(CURL *easy, int64_t now)
{
	const char *text = field_only(easy, "Retry-After");

	return text == NULL ? -1 : fields_parse_retry_after(text, now);
}
