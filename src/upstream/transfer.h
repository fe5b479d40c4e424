/* One slot of the fetcher: a libcurl handle, and what its transfer came to. Hydrators.
 */
#ifndef UPSTREAM_TRANSFER_H
#define UPSTREAM_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <curl/curl.h>

#include "base/attr.h"
#include "base/buf.h"
#include "upstream/fetch.h"

enum transfer_state {
	TRANSFER_IDLE,
	TRANSFER_RUNNING, /* its handle is in the multi handle */
	TRANSFER_REFUSED, /* never begun; error says why */
};

struct transfer {
	enum transfer_state state;
	CURL *easy;
	struct curl_slist *headers;            /* of the request */
	const struct fetch_settings *settings; /* the fetcher's */
	const char *apikey;                    /* the fetcher's, NULL: none */
	char *url;                             /* of the request, owned */
	unsigned redirects;                    /* followed so far */
	int64_t asked_boot, asked_wall;        /* when it began */
	int64_t deadline;                      /* clock_boot() */
	bool conditional;                      /* the request has a validator */
	bool lean_trust;                       /* authorities by directory only */

	struct buf body;
	bool too_large;
	bool stalled;
	bool missing; /* a file: that does not exist */
	bool not_modified;
	bool transient;
	int status;
	int64_t retry_after;
	char etag[FETCH_VALIDATOR_MAX];
	char last_modified[FETCH_VALIDATOR_MAX];
	int64_t last_byte;                /* clock_boot() */
	char curl_error[CURL_ERROR_SIZE]; /* libcurl's own words, if it has any */
	char error[FETCH_ERROR_MAX];
};

/* Makes the handle. Both outlive the transfer; the key may be NULL. Returns 0, or -1 if
 * libcurl lacks an option or memory. */
int transfer_open(
    struct transfer *, const struct fetch_settings *, const char *apikey) MUST_CHECK;
/* Frees what an idle transfer owns. */
void transfer_close(struct transfer *);

/* Makes it ready to be added to the multi handle. Returns 0, or -1 with an error. */
int transfer_prepare(struct transfer *, const struct fetch_request *) MUST_CHECK;

/*
 * After libcurl ended it with rc. Returns true if the answer is a redirect and the
 * transfer has been made ready to be added again, for where it leads to; else the
 * answer is final, or error says why it is not followed.
 */
bool transfer_follow(struct transfer *, CURLcode rc) MUST_CHECK;

/* After libcurl ended it with rc: the same, if the certificate was not to be verified
 * by the system's directory of authorities alone; the system's bundle is asked as well
 * from now on. */
bool transfer_widen_trust(struct transfer *, CURLcode rc) MUST_CHECK;

/* After libcurl ended it with rc, or for a stall: sets error (empty: fetched),
 * not_modified, transient, status, retry_after and the validators. */
void transfer_judge(struct transfer *, CURLcode rc);

#endif
