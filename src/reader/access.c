/* Gathering, writing, rotating. */
#include "reader/access.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"

#define BATCH_BYTES ((size_t)64 * 1024)

struct access_log {
	const char *path; /* borrowed */
	struct counters *counters;
	void (*put)(struct buf *, const struct http_exchange *, int64_t now);
	int fd; /* -1: not open */
	struct buf batch;
	bool torn; /* a batch ended within a line: the next one begins a new one */
	bool said; /* that a write failed, until one succeeds */
};

struct access_log *
access_open(const struct config *config, int fd, struct counters *counters)
{
	bool json = strcmp(config->http.access_log_format, "json") == 0;
	struct access_log *log;

	if (config->http.access_log[0] == '\0')
		return NULL;
	log = xcalloc(1, sizeof(*log));
	log->path = config->http.access_log;
	log->counters = counters;
	log->put = json ? access_put_json : access_put_combined;
	log->fd = fd;
	return log;
}

/* Lines that are not, or not wholly, in the file. */
static void
count_dropped(struct access_log *log, const char *p, size_t len)
{
	const char *end = p + len;
	uint64_t lines = 0;

	for (; (p = memchr(p, '\n', (size_t)(end - p))) != NULL; p++)
		lines++;
	counter_add(log->counters, COUNTER_ACCESS_LOG_DROPPED, lines);
}

/* A pipe whose reader is slow, a full disk: neither is waited for. */
static void
report(struct access_log *log, ssize_t n)
{
	bool good = n == (ssize_t)log->batch.len;

	if (!good && !log->said) {
		if (n == -1)
			log_warn("access log %s: lines are dropped", log->path);
		else
			log_warnx("access log %s: lines are dropped: no room for all",
			    log->path);
	}
	log->said = !good;
}

void
access_flush(struct access_log *log)
{
	struct buf *b;
	ssize_t n = -1;
	size_t done;

	if (log == NULL || log->batch.len == 0)
		return;
	b = &log->batch;
	if (log->fd != -1) {
		n = write(log->fd, b->data, b->len);
		report(log, n);
	}
	done = n > 0 ? (size_t)n : 0;
	if (done < b->len)
		count_dropped(log, b->data + done, b->len - done);
	if (done > 0)
		log->torn = b->data[done - 1] != '\n';
	buf_reset(b);
}

void
access_add(struct access_log *log, const struct http_exchange *e, int64_t now)
{
	if (log == NULL)
		return;
	if (log->torn && log->batch.len == 0) {
		/* Not a line of its own: count_dropped() must not count it. */
		log->torn = false;
		buf_putc(&log->batch, '\n');
	}
	log->put(&log->batch, e, now);
	if (log->batch.len >= BATCH_BYTES)
		access_flush(log);
}

void
access_adopt(struct access_log *log, int fd)
{
	if (log == NULL) {
		if (fd != -1)
			close(fd);
		return;
	}
	access_flush(log);
	if (log->fd != -1)
		close(log->fd);
	log->fd = fd;
	log->torn = log->said = false;
}

void
access_close(struct access_log **logp)
{
	struct access_log *log = *logp;

	*logp = NULL;
	if (log == NULL)
		return;
	access_flush(log);
	if (log->fd != -1)
		close(log->fd);
	buf_free(&log->batch);
	free(log);
}
