/* The documents of a cycle and the places they may come from. Hydrators. */
#ifndef UPSTREAM_SOURCE_H
#define UPSTREAM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "upstream/fetch.h"
#include "upstream/permit.h"

#define SOURCE_ERROR_MAX 1024

/* One document. The caller sets the first group and zeroes the rest. */
struct source {
	const char *name;        /* "reference", "status", ...: for log lines */
	const char *const *urls; /* borrowed; tried in this order until one succeeds */
	size_t nurls;            /* at least 1 */
	int64_t timeout;         /* of one try, seconds */
	/* Whether this is the document at all; if not, says why and the next place is
	 * tried. arg: where the caller keeps what it learns of the body that was taken.
	 * NULL: whatever was fetched will do. */
	bool (*accept)(void *arg, const struct buf *body, char *why, size_t whylen);
	void *arg;
	/* A file: that does not exist is an empty document: done, missing, no body. */
	bool optional;
	/* Of the document that the caller still has, borrowed, NULL: none. Used for the
	 * place known_url alone. */
	const char *known_url, *known_etag, *known_last_modified;

	bool done; /* body, fetched_* and url are good */
	bool missing;
	bool not_modified; /* done, no body: the caller's document is still good */
	struct buf body;   /* owned; source_free_all */
	char *etag, *last_modified; /* of body, or as known; owned, NULL: none */
	const char *url;            /* where it came from */
	int64_t fetched_boot; /* clock_boot(), clock_wall() when it was asked for */
	int64_t fetched_wall;
	unsigned unfetched;           /* how many places gave nothing */
	unsigned refused;             /* how many gave something else */
	char error[SOURCE_ERROR_MAX]; /* "URL: why; URL: why" of those that failed */
	unsigned retries;             /* requests that repeated another */
	unsigned unsent;              /* places not asked: floors, open breakers */
	size_t next;                  /* the place being tried */
	/* If a place was not asked: for how long none of those is, nanoseconds. */
	int64_t unsent_wait;
	/* The last place that was asked in vain: why, and the status of HTTP (0: none).
	 * NULL: none was. */
	const char *failed_url;
	char failed[FETCH_ERROR_MAX];
	int failed_status;

	/* The last request that ended, well or not. */
	struct source_asked {
		size_t place; /* its number in urls */
		int status;   /* of HTTP, 0: none */
		size_t bytes; /* of the body that came, after decompression */
		int64_t nsec; /* how long it took */
		int64_t wall; /* clock_wall() when it was made; 0: none was */
	} asked;

	/* While source_fetch_all() runs. */
	unsigned tries; /* of this place */
	int64_t due;    /* when to try it, clock_boot(); INT64_MAX: not now */
	bool settled;   /* done, or no place is left */
	struct permit permit;
	char last[FETCH_ERROR_MAX]; /* why its last try failed */
	int last_status;            /* of HTTP, of that try */
};

/* How to pay attention to other things while documents arrive. */
struct source_wait {
	int fd; /* -1: none */
	/* Called at least once a second, and when fd is readable, which it has to
	 * read. Returns false to give up. */
	bool (*attend)(void *arg);
	void *arg;
	struct permits *permits; /* NULL: anybody may be asked at any time */
	int64_t timeout;         /* of all documents together, seconds; 0: none */
};

enum source_result {
	SOURCE_FETCHED, /* all are done */
	SOURCE_FAILED,  /* some are not, and have an error */
	SOURCE_STOPPED, /* attend said so */
};

/*
 * Fetches n (at most FETCH_SLOTS) documents at once. A place is tried up to RETRY_TRIES
 * times, unless it is a file:, more tries could not change anything, or its host is not
 * to be asked (permit.h). A place that failed while another
 * one succeeded is logged; a document that nobody had is only described in its error,
 * for the one line that the caller writes.
 */
enum source_result source_fetch_all(
    struct fetcher *, struct source *, size_t n, const struct source_wait *) MUST_CHECK;
/* Afterwards: whether nobody was asked for it, because nobody may be. */
bool source_is_unsent(const struct source *) MUST_CHECK;
/* Whether it is a file: URL: nobody is asked for it. */
bool source_is_local(const char *url);
/* Frees the bodies and their validators. */
void source_free_all(struct source *, size_t n);

/*
 * The addresses of AI Horde's documents (doc/reference.md 9.1) under base, which has no
 * trailing '/': for http its /v2 interface, for file: the files status_TYPE.json and
 * stats_TYPE.json of that directory, and workers.json for both types. image: those of
 * image models, else of text models. To be freed with free(3).
 */
char *source_status_url(const char *base, bool image) MUST_CHECK;
char *source_stats_url(const char *base, bool image) MUST_CHECK;
char *source_workers_url(const char *base, bool image) MUST_CHECK;

#endif
