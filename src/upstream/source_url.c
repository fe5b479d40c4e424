/* Where AI Horde's documents are. */
#include "upstream/source.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static char *
source_url(const char *base, const char *tail)
{
	size_t size = strlen(base) + strlen(tail) + 1;
	char *url = xmalloc(size);

	snprintf(url, size, "%s%s", base, tail);
	return url;
}

static bool
base_is_file(const char *base)
{
	return strncasecmp(base, "file:", 5) == 0;
}

char *
source_status_url(const char *base, bool image)
{
	if (base_is_file(base))
		return source_url(
		    base, image ? "/status_image.json" : "/status_text.json");
	return source_url(base, image
				    ? "/v2/status/models?type=image&model_state=known"
				    : "/v2/status/models?type=text&model_state=known");
}

char *
source_stats_url(const char *base, bool image)
{
	if (base_is_file(base))
		return source_url(
		    base, image ? "/stats_image.json" : "/stats_text.json");
	return source_url(base, image ? "/v2/stats/img/models?model_state=known"
				      : "/v2/stats/text/models?model_state=known");
}

char *
source_workers_url(const char *base, bool image)
{
	if (base_is_file(base))
		return source_url(base, "/workers.json");
	return source_url(
	    base, image ? "/v2/workers?type=image" : "/v2/workers?type=text");
}
