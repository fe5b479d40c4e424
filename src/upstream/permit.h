/*
 * Being a good client: whether a place may be asked now, and what its host's record
 * learns from the answer. A host that said Retry-After is left alone that long, and one
 * that fails again and again until its breaker lets a probe through; all hydrators
 * share both. Hydrators.
 */
#ifndef UPSTREAM_PERMIT_H
#define UPSTREAM_PERMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "shm/hosts.h"
#include "shm/segment.h"

/* What all permits of a hydrator share. Borrowed; the last is zero at first. */
struct permits {
	const struct segment *segment; /* NULL: everybody may be asked at any time */
	const char *state_dir;         /* "": floors do not survive a restart */
	const char *category;
	bool full; /* logged: the table of hosts has no room */
};

/* One try. */
struct permit {
	struct host *host; /* NULL: a file, or there is no record */
	bool probe;        /* on behalf of everybody: a single try */
	uint64_t ticket;
	int64_t wait;      /* PERMIT_REFUSED: for how long, nanoseconds */
	uint64_t document; /* breaker_document() */
};

enum permit_answer {
	PERMIT_GRANTED,
	PERMIT_SOON, /* another process probes: ask again */
	PERMIT_REFUSED,
};

/*
 * Asks for one try of url that takes at most timeout seconds. Fills *out if it is
 * granted, then one of the functions below must be called; why (for a log line behind
 * the URL) if it is refused. permits: NULL is as if without a segment.
 */
enum permit_answer permit_ask(struct permits *, const char *url, int64_t timeout,
    struct permit *out, char *why, size_t whylen) MUST_CHECK;

/* The try has ended with a status (0: none) after so many nanoseconds. May be called
 * before any of the next three. */
void permit_count(const struct permit *, int status, int64_t nsec);
/* The host has answered, if not what was wanted: it is alive. */
void permit_answered(struct permit *);
/* The host has not answered, or with an error of its own, to the last try. */
void permit_failed(struct permit *);
/* It will not be known. */
void permit_abandon(struct permit *);

/* The host wants to be left alone for so long, seconds. Kept in state_dir as well. May
 * be called before any of the three. */
void permit_set_floor(struct permits *, const struct permit *, int64_t seconds);

#endif
