/* What a file: URL names, by libcurl's own reading of it. */
#include "upstream/file_url.h"

#include <sys/stat.h>

#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/mem.h"
#include "upstream/fetch.h"

static int
file_check(const char *path, char *err, size_t errlen, bool *missing)
{
	struct stat st;

	if (stat(path, &st) == -1) {
		*missing = errno == ENOENT;
		snprintf(err, errlen, "%s", strerror(errno));
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		snprintf(err, errlen, "not a regular file");
		return -1;
	}
	return 0;
}

/* The path of a file: URL, to be freed with curl_free(); NULL of any other. */
static CURLUcode
decode_path(const char *url, char **path)
{
	CURLU *u = curl_url();
	char *scheme = NULL;
	CURLUcode rc;

	*path = NULL;
	if (u == NULL)
		fatalx("out of memory");
	/* Other schemes are left to what libcurl may speak. */
	rc = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
	if (rc == CURLUE_OK)
		rc = curl_url_get(u, CURLUPART_SCHEME, &scheme, 0);
	if (rc == CURLUE_OK && strcasecmp(scheme, "file") == 0)
		rc = curl_url_get(u, CURLUPART_PATH, path, CURLU_URLDECODE);
	curl_free(scheme);
	curl_url_cleanup(u);
	return rc;
}

char *
file_url_path(const char *url)
{
	char *path, *copy;

	if (decode_path(url, &path) != CURLUE_OK || path == NULL)
		return NULL;
	copy = xstrdup(path);
	curl_free(path);
	return copy;
}

int
file_url_check(const char *url, char *err, size_t errlen, bool *missing)
{
	char *path;
	CURLUcode rc = decode_path(url, &path);
	int ret = 0;

	if (rc != CURLUE_OK) {
		snprintf(err, errlen, "%s", curl_url_strerror(rc));
		ret = -1;
	} else if (path != NULL)
		ret = file_check(path, err, errlen, missing);
	curl_free(path);
	return ret;
}
