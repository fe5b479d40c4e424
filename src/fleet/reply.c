/* hiredis bounds neither how long a reply is nor how many elements it has. */
#include "fleet/reply.h"

#include <stdio.h>
#include <stdlib.h>

#include <hiredis/hiredis.h>

#include "base/log.h"
#include "base/mem.h"

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

struct reply_reader {
	redisReader *reader;
	redisReplyObjectFunctions functions; /* hiredis' own, but createArray */
	void *(*create_array)(const redisReadTask *, element_count);
	size_t max;
	size_t fed;      /* bytes of this reply so far */
	size_t elements; /* of its arrays so far */
};

static void *
create_array(const redisReadTask *task, element_count n)
{
	struct reply_reader *r = task->privdata;

	if ((size_t)n > REPLY_ELEMENTS_MAX - r->elements) {
		r->elements = REPLY_ELEMENTS_MAX + 1;
		return NULL;
	}
	r->elements += (size_t)n;
	return r->create_array(task, n);
}

struct reply_reader *
reply_open(size_t max)
{
	struct reply_reader *r = xcalloc(1, sizeof(*r));

	if ((r->reader = redisReaderCreate()) == NULL)
		fatalx("out of memory");
	r->functions = *r->reader->fn;
	r->create_array = r->functions.createArray;
	r->functions.createArray = create_array;
	r->reader->fn = &r->functions;
	r->reader->privdata = r;
	r->max = max;
	return r;
}

void
reply_close(struct reply_reader **rp)
{
	struct reply_reader *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	redisReaderFree(r->reader);
	free(r);
}

int
reply_feed(struct reply_reader *r, const char *data, size_t n, struct redisReply **out,
    char *err, size_t errlen)
{
	void *reply = NULL;

	*out = NULL;
	r->fed += n;
	if (reply_is_large(r)) {
		snprintf(err, errlen, "a reply of more than %zu bytes", r->max);
		return -1;
	}
	if (redisReaderFeed(r->reader, data, n) != REDIS_OK ||
	    redisReaderGetReply(r->reader, &reply) != REDIS_OK) {
		if (r->elements > REPLY_ELEMENTS_MAX)
			snprintf(err, errlen, "a reply of more than %d elements",
			    REPLY_ELEMENTS_MAX);
		else
			snprintf(
			    err, errlen, "no reply of Redis: %s", r->reader->errstr);
		return -1;
	}
	if ((*out = reply) != NULL) {
		r->fed = r->reader->len - r->reader->pos;
		r->elements = 0;
	}
	return 0;
}

bool
reply_is_begun(const struct reply_reader *r)
{
	return r->fed > 0;
}

bool
reply_is_large(const struct reply_reader *r)
{
	return r->fed > r->max;
}
