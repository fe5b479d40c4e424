/* Checks of text options: addresses, paths, URLs, words. */
#include "config/check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"
#include "terms/category.h"
#include "terms/event.h"
#include "terms/redis_url.h"

/* Bytes that no address, URL or header field may carry unescaped. */
static bool
is_printable(const char *text, bool blanks)
{
	const unsigned char *s = (const unsigned char *)text;

	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s == 0x7f || (*s == ' ' && !blanks))
			return false;
	return true;
}

/* Puts text into the spelling of the table if it is one of its words, in any case. */
static bool
one_of(char *text, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcasecmp(text, words[i]) == 0) {
			memcpy(text, words[i], strlen(words[i]));
			return true;
		}
	return false;
}

static bool
is_host(const char *text, size_t n)
{
	char host[256];
	struct in6_addr in6;

	if (n == 0 || n >= sizeof(host))
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		return inet_pton(AF_INET6, host + 1, &in6) == 1;
	}
	return strpbrk(host, ":[]/") == NULL;
}

const char *
check_listen(char *text)
{
	static const char want[] =
	    "write host:port, [v6]:port or *:port, port 0 to 65535";
	const char *colon = strrchr(text, ':'), *bad = NULL;

	if (colon == NULL || !is_printable(text, false) ||
	    !is_host(text, (size_t)(colon - text)))
		return want;
	if (strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return want;
	(void)strtonum(colon + 1, 0, 65535, &bad);
	return bad == NULL ? NULL : want;
}

const char *
check_dashboard_listen(char *text)
{
	return strcmp(text, "none") == 0 ? NULL : check_listen(text);
}

const char *
check_user(char *text)
{
	if (is_printable(text, false) && strpbrk(text, ":/") == NULL)
		return NULL;
	return "write a login name, or \"\" to stay who we are";
}

const char *
check_path(char *text)
{
	return text[0] == '/' && text[1] != '\0' ? NULL : "write an absolute path";
}

const char *
check_segment_name(char *text)
{
	/* NAME_MAX, less room for the suffix of a segment that is being built. */
	if (text[0] == '/' && text[1] != '\0' && strlen(text) <= 200 &&
	    strchr(text + 1, '/') == NULL && strcmp(text, "/.") != 0 &&
	    strcmp(text, "/..") != 0)
		return NULL;
	return "write a slash and a name without further slashes, like /hydratord";
}

const char *
check_log_target(char *text)
{
	static const char *const targets[] = { "auto", "syslog", "stderr" };

	if (one_of(text, targets, NELEM(targets)) || check_path(text) == NULL)
		return NULL;
	return "write auto, syslog, stderr or an absolute path";
}

const char *
check_log_format(char *text)
{
	static const char *const formats[] = { "text", "json" };

	return one_of(text, formats, NELEM(formats)) ? NULL : "write text or json";
}

const char *
check_path_or_none(char *text)
{
	return text[0] == '\0' ? NULL : check_path(text);
}

const char *
check_access_log_format(char *text)
{
	static const char *const formats[] = { "combined", "json" };

	return one_of(text, formats, NELEM(formats)) ? NULL : "write combined or json";
}

const char *
check_log_level(char *text)
{
	static const char *const levels[] = { "error", "warning", "info", "debug" };

	return one_of(text, levels, NELEM(levels))
		   ? NULL
		   : "write error, warning, info or debug";
}

/* The length of "scheme://" if text begins with it, any case, else 0. */
static size_t
scheme_length(const char *text, const char *scheme)
{
	size_t n = strlen(scheme);

	if (strncasecmp(text, scheme, n) != 0 || strncmp(text + n, "://", 3) != 0)
		return 0;
	return n + 3;
}

static bool
has_authority(const char *rest)
{
	return strcspn(rest, "/?#") > 0;
}

const char *
check_url(char *text)
{
	size_t n;
	bool ok;

	if ((n = scheme_length(text, "file")) > 0)
		ok = text[n] == '/';
	else
		ok = ((n = scheme_length(text, "https")) > 0 ||
			 (n = scheme_length(text, "http")) > 0) &&
		     has_authority(text + n);
	if (ok && is_printable(text, false))
		return NULL;
	return "write an http:// or https:// URL, or file:/// and an absolute path";
}

const char *
check_base_url(char *text)
{
	const char *want = check_url(text);
	size_t len = strlen(text);

	/* Paths are appended with a slash of their own; file:/// alone stays. */
	while (want == NULL && len > strlen("file:///") && text[len - 1] == '/')
		text[--len] = '\0';
	return want;
}

const char *
check_proxy(char *text)
{
	static const char *const schemes[] = { "http", "https", "socks5", "socks5h" };
	size_t i, n;

	if (text[0] == '\0')
		return NULL;
	for (i = 0; i < NELEM(schemes); i++)
		if ((n = scheme_length(text, schemes[i])) > 0 &&
		    has_authority(text + n) && is_printable(text, false))
			return NULL;
	return "write an http, https, socks5 or socks5h URL, or \"\" for none";
}

const char *
check_user_agent(char *text)
{
	if (text[0] != '\0' && is_printable(text, true))
		return NULL;
	return "write a name without control characters";
}

const char *
check_correction(char *text)
{
	static const char *const names[] = { "parameter-buckets", "never-used",
		"exact-usage" };

	return one_of(text, names, NELEM(names))
		   ? NULL
		   : "write parameter-buckets, never-used or exact-usage";
}

const char *
check_category(char *text)
{
	return category_find(text, strlen(text)) >= 0
		   ? NULL
		   : "write names of categories, which hydratord.conf(5) lists";
}

const char *
check_origin(char *text)
{
	static const char scheme[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
	size_t n = strspn(text, scheme);

	if (strcmp(text, "*") == 0 || strcmp(text, "null") == 0)
		return NULL;
	/* Quotes, commas and semicolons are of a list that was taken for one origin. */
	if (n > 0 && strncmp(text + n, "://", 3) == 0 && has_authority(text + n + 3) &&
	    strpbrk(text, "\"',;") == NULL && is_printable(text, false))
		return NULL;
	return "write an origin like https://example.org, or *";
}

const char *
check_event_kind(char *text)
{
	static char want[256];
	int k;

	if (event_kind_find(text, strlen(text)) != -1)
		return NULL;
	strlcpy(want, "write one of", sizeof(want));
	for (k = 0; k < EVENT_KIND_MAX; k++) {
		strlcat(want, k == 0 ? " " : ", ", sizeof(want));
		strlcat(want, event_kind_name((enum event_kind)k), sizeof(want));
	}
	return want;
}

const char *
check_notify_format(char *text)
{
	static const char *const formats[] = { "json", "discord" };

	return one_of(text, formats, NELEM(formats)) ? NULL : "write json or discord";
}

/* What it says names the option, and no part of the text. */
const char *
check_redis_url(char *text)
{
	static char want[256];
	struct redis_url url;

	if (text[0] == '\0')
		return NULL;
	if (redis_url_parse(text, &url, want, sizeof(want)) == -1)
		return want;
	redis_url_free(&url);
	return NULL;
}

#define REDIS_WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* Braces mark what Redis Cluster hashes, and *, ? and brackets are of the patterns of
 * an ACL. */
const char *
check_redis_prefix(char *text)
{
	size_t n = strspn(text, REDIS_WORD ":/");

	return n > 0 && n <= 128 && text[n] == '\0'
		   ? NULL
		   : "write letters, digits, and :/._- up to 128 bytes";
}

const char *
check_redis_reference_prefix(char *text)
{
	return text[0] == '\0' ? NULL : check_redis_prefix(text);
}

const char *
check_redis_name(char *text)
{
	size_t n = strspn(text, REDIS_WORD);

	return n <= 63 && text[n] == '\0'
		   ? NULL
		   : "write letters, digits, and ._- up to 63 bytes";
}

const char *
check_replicate_mode(char *text)
{
	static const char *const modes[] = { "PRIMARY", "REPLICA" };

	return one_of(text, modes, NELEM(modes)) ? NULL : "write PRIMARY or REPLICA";
}

const char *
check_canonical_format(char *text)
{
	static const char *const formats[] = { "v2", "legacy" };

	return one_of(text, formats, NELEM(formats)) ? NULL : "write v2 or legacy";
}
