/*
 * Fetching documents by http, https or from files by libcurl, which must not exist in a
 * process that forks. Hydrators, after fork.
 */
#ifndef UPSTREAM_FETCH_H
#define UPSTREAM_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

#define FETCH_SLOTS 4 /* transfers at once: a cycle has four documents */
#define FETCH_ERROR_MAX 320
#define FETCH_REDIRECTS_MAX 3
#define FETCH_VALIDATOR_MAX 256 /* with NUL; a longer one is ignored */
/* Seconds. What an upstream asks for beyond that is read as this much; how long its
 * host is left alone is bounded by HOST_FLOOR_MAX, which is less. */
#define FETCH_RETRY_AFTER_MAX 86400

/* Seconds and bytes; borrowed strings that outlive the fetcher. */
struct fetch_settings {
	int64_t connect_timeout;
	int64_t stall_timeout; /* not a byte for so long */
	size_t max_bytes;      /* of one document, after decompression */
	const char *user_agent;
	const char *proxy;   /* "": none, whatever the environment says */
	const char *ca_file; /* trusted instead of the system's; "" or NULL: those */
	/* The API key is read from apikey_file ("" or NULL: none) and sent to the
	 * origin of apikey_url alone, also when a redirect leads elsewhere. */
	const char *apikey_file;
	const char *apikey_url;
};

/* What to fetch. Borrowed strings that are needed only while fetcher_start runs. */
struct fetch_request {
	const char *url;
	int64_t timeout; /* of all of it, redirects included, seconds */
	/* Validators of the document that the caller has (RFC 9110 8.8), NULL: none. */
	const char *etag;
	const char *last_modified;
};

/* One finished transfer. Its strings are valid until the slot's next start. */
struct fetch_result {
	unsigned slot;
	const char *error; /* NULL: fetched, or not_modified */
	bool missing;      /* the error is that the file: does not exist */
	bool not_modified; /* 304 to a request with validators: the body is empty */
	bool transient;    /* the error may be gone if it is tried again soon */
	int status;        /* of HTTP, 0: none */
	/* Seconds from now that a 429 or 503 asked for, at most FETCH_RETRY_AFTER_MAX;
	 * -1: none */
	int64_t retry_after;
	const char *etag; /* of the answer, NULL: none */
	const char *last_modified;
	struct buf *body; /* the fetcher's; the caller may take it over and zero it */
	/* clock_boot() and clock_wall() when the request was made, not when its answer
	 * was complete: what takes long to come is that much older (RFC 9111 4.2.3). */
	int64_t fetched_boot, fetched_wall;
};

struct fetcher;

/*
 * Initialises libcurl (once a process) and sets SIGPIPE to ignored, which libcurl
 * leaves to its user. An API key that cannot be read is logged and done without.
 * Returns 0, or -1 with a message in err.
 */
int fetcher_open(const struct fetch_settings *, struct fetcher **out, char *err,
    size_t errlen) MUST_CHECK;
/* Abandons what is running without waiting for it, frees *f (NULL is fine) and sets it
 * to NULL. */
void fetcher_close(struct fetcher **f);

/*
 * Begins to fetch in a slot that is idle. Whatever goes wrong, also at once, is
 * reported by fetcher_wait. Only status 200 is success, and 304 if the request had a
 * validator; a file: URL must name a regular file. At most FETCH_REDIRECTS_MAX
 * redirects are followed, to http or https, never from https to http; validators and
 * whatever else identifies us stay behind, so what a redirect led to has no validators
 * either.
 */
void fetcher_start(struct fetcher *, unsigned slot, const struct fetch_request *);
/* Abandons all transfers; their slots are idle again. Connections that were idle are
 * kept. */
void fetcher_cancel(struct fetcher *);

/*
 * Lets transfers run for at most wait_ms, or until one is finished, or until fd (-1:
 * none) is readable, which the caller then has to read. Returns 1 and fills *result if
 * one is finished (its slot is idle again), else 0.
 */
int fetcher_wait(
    struct fetcher *, int fd, int wait_ms, struct fetch_result *result) MUST_CHECK;

#endif
