/* Comparing and judging URLs, by libcurl's own reading of them. */
#include "upstream/redirect.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* NULL if it is none. */
static CURLU *
url_parse(const char *text)
{
	CURLU *u = curl_url();

	if (u != NULL && curl_url_set(u, CURLUPART_URL, text,
			     CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
		curl_url_cleanup(u);
		return NULL;
	}
	return u;
}

static bool
part_equal(CURLU *a, CURLU *b, CURLUPart part)
{
	char *va = NULL, *vb = NULL;
	bool equal = false;

	if (curl_url_get(a, part, &va, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	    curl_url_get(b, part, &vb, CURLU_DEFAULT_PORT) == CURLUE_OK)
		equal = strcasecmp(va, vb) == 0;
	curl_free(va);
	curl_free(vb);
	return equal;
}

bool
redirect_same_origin(const char *a, const char *b)
{
	CURLU *ua = url_parse(a), *ub = url_parse(b);
	bool same;

	same = ua != NULL && ub != NULL && part_equal(ua, ub, CURLUPART_SCHEME) &&
	       part_equal(ua, ub, CURLUPART_HOST) && part_equal(ua, ub, CURLUPART_PORT);
	curl_url_cleanup(ua);
	curl_url_cleanup(ub);
	return same;
}

static bool
url_has_scheme(CURLU *u, const char *scheme)
{
	char *value = NULL;
	bool has;

	has = curl_url_get(u, CURLUPART_SCHEME, &value, 0) == CURLUE_OK &&
	      strcasecmp(value, scheme) == 0;
	curl_free(value);
	return has;
}

/* Returns why the redirect is not followed, or NULL. */
static const char *
redirect_refuse(CURLU *from, CURLU *to)
{
	if (from == NULL || to == NULL)
		return "a redirect to no URL";
	if (url_has_scheme(to, "https"))
		return NULL;
	if (!url_has_scheme(to, "http"))
		return "a redirect to neither http nor https";
	if (!url_has_scheme(from, "http"))
		return "a redirect from https to http";
	return NULL;
}

char *
redirect_target(const char *from, const char *to, char *err, size_t errlen)
{
	CURLU *ufrom = url_parse(from), *uto = url_parse(to);
	const char *why = redirect_refuse(ufrom, uto);
	char *url = NULL;

	if (why == NULL &&
	    (curl_url_set(uto, CURLUPART_USER, NULL, 0) != CURLUE_OK ||
		curl_url_set(uto, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK ||
		curl_url_get(uto, CURLUPART_URL, &url, 0) != CURLUE_OK))
		why = "a redirect that libcurl cannot spell";
	if (why != NULL)
		snprintf(err, errlen, "%s", why);
	curl_url_cleanup(ufrom);
	curl_url_cleanup(uto);
	return url;
}
