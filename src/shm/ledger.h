/*
 * The ledger of a category: what its hydrator has to say of its documents and its
 * cycles, in the segment, so that the reason of an outage outlives the log and the
 * process. The hydrator of the category writes, anybody reads; a reader gets all of one
 * writing or nothing, whoever is killed whenever (seqlock.h, doc/segment-format.md).
 */
#ifndef SHM_LEDGER_H
#define SHM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "shm/segment.h"

#define LEDGER_DOCUMENTS 4
#define LEDGER_NAME_SIZE 16
#define LEDGER_HOST_SIZE 216 /* ORIGIN_SIZE (origin.h) */
#define LEDGER_TEXT_SIZE 256
#define LEDGER_CAUSE_SIZE 512
#define LEDGER_ORDER_SIZE 512
#define LEDGER_LEADER_SIZE 64

/* What became of a document in the last cycle that wanted it. */
enum ledger_state {
	LEDGER_UNTRIED,
	LEDGER_GOOD,
	LEDGER_NOT_FETCHED,
	LEDGER_NOT_ACCEPTED,
	LEDGER_IMPLAUSIBLE, /* the gate holds it back */
	LEDGER_STATES
};

/* Something that was really tried, and failed. */
struct ledger_error {
	int64_t boot, wall;          /* clock_boot(), clock_wall(); wall 0: none */
	int64_t status;              /* of HTTP, 0: none */
	char host[LEDGER_HOST_SIZE]; /* SCHEME://HOST:PORT, "": a file */
	char text[LEDGER_TEXT_SIZE]; /* why, without the address */
};

/* What the gate compares (hydrator/gate.h), with the names of its fields. */
struct ledger_gate {
	uint64_t known, at_least;
	uint64_t good_count, good_names;
	uint64_t doubted_count, doubted_names;
	uint64_t seen;
	int64_t seen_at, since; /* clock_boot(); clock_wall() */
};

struct ledger_document {
	char name[LEDGER_NAME_SIZE];        /* "reference", ... */
	int64_t fetched_boot, fetched_wall; /* of the one in use; wall 0: none */
	uint64_t state;                     /* enum ledger_state */
	struct ledger_error error;          /* the last one, kept when it is over */
	struct ledger_gate gate;
	/* Of the last time that it was asked for, well or not. */
	uint64_t place;     /* number of the last address asked in its list, from 0 */
	uint64_t status;    /* of HTTP; 0: none */
	uint64_t bytes;     /* of the body that came */
	int64_t nsec;       /* how long that request took */
	int64_t asked_wall; /* clock_wall() of the request; 0: never */
};

/* What a machine is in the fleet of its category. */
enum ledger_role {
	LEDGER_ALONE, /* hydrates for itself: no fleet, or none that it reaches */
	LEDGER_FOLLOWER,
	LEDGER_LEADER,
	LEDGER_ROLES
};

/* The fleet on Redis as the category's hydrator sees it; all zero without one. Counts
 * are of this hydrator. */
struct ledger_fleet {
	uint64_t used;       /* 1: redis.url is set */
	uint64_t up;         /* 1: the last look at Redis was answered */
	uint64_t role;       /* enum ledger_role */
	int64_t since;       /* clock_wall() of the last change of up; 0: none */
	uint64_t token;      /* fencing token of the leader; 0: none known */
	uint64_t generation; /* the leader's number of what is held; 0: not its */
	int64_t seen;        /* clock_boot() of the last good look; 0: none */
	/* ns from the leader's publication, or from this hydrator's start if that is
	 * later, to ours, of the last taken; 0 as leader */
	int64_t lag;
	int64_t skew; /* ns that the clock of Redis is ahead of this machine's */
	uint64_t commands, errors, bytes_in, bytes_out;
	uint64_t refused;                /* values not taken: form, checksum, ... */
	char leader[LEDGER_LEADER_SIZE]; /* its name, "": none known */
	char error[LEDGER_TEXT_SIZE];    /* why up is 0; "": it is 1 */
};

/* How a history stands. */
enum ledger_past {
	LEDGER_PAST_OFF,
	LEDGER_PAST_READING, /* the database is being read */
	LEDGER_PAST_KEPT,
	LEDGER_PAST_FAILING, /* what is new is not written: error says why */
	LEDGER_PASTS
};

/* What becomes of models (history/recorder.h), and the changes that are posted
 * (notify/webhook.h). Counts go on from hydrator to hydrator. */
struct ledger_history {
	uint64_t state;      /* enum ledger_past */
	uint64_t models;     /* that are known, with those that have disappeared */
	uint64_t bytes;      /* of the database and its log */
	int64_t sampled;     /* clock_wall() of the last sample; 0: none */
	uint64_t samples;    /* taken, */
	uint64_t lost;       /* and transactions that failed */
	uint64_t resets;     /* totals that fell */
	uint64_t events;     /* changes noticed */
	uint64_t last_event; /* id; 0: none */
	uint64_t notify;     /* 1: changes are posted */
	uint64_t posted, failed, pending; /* changes; requests; changes */
	int64_t delivered;            /* clock_wall() of the last success; 0: none */
	char error[LEDGER_TEXT_SIZE]; /* of the database; "": none */
	char notify_error[LEDGER_TEXT_SIZE]; /* of the last request; "": none */
};

/* What the hydrator is doing. */
enum ledger_phase {
	LEDGER_IDLE,
	LEDGER_FETCH,
	LEDGER_COMPUTE,
	LEDGER_PUBLISH,
	LEDGER_ENCODE,
	LEDGER_PHASES
};

/* What came of an order to refresh. */
enum ledger_outcome {
	LEDGER_NO_OUTCOME,
	LEDGER_REFRESHED,   /* all documents are new */
	LEDGER_UNREFRESHED, /* or not all: the text says why */
	LEDGER_PASSED_ON,   /* to the machine of the fleet that the text names */
	LEDGER_OUTCOMES
};

/*
 * Orders to refresh. Many that come before a cycle begins are carried out by that one.
 * An order that was sent at an instant of clock_boot() when asked was a has ended when
 * done > a and begun_boot is not before that instant.
 */
struct ledger_refresh {
	uint64_t asked;     /* how many have come */
	uint64_t begun;     /* what asked was when the last cycle for them began, */
	uint64_t done;      /* and the last of them that has ended */
	uint64_t outcome;   /* enum ledger_outcome, of that one */
	int64_t begun_boot; /* clock_boot() when that one began, not a later one */
	char text[LEDGER_TEXT_SIZE]; /* what came of it */
};

struct ledger {
	uint64_t ndocuments;
	int64_t next_try; /* clock_boot() of the next cycle, 0: only when asked */
	/* Since when something is wrong, clock_wall(), and what it was at first, as
	 * the log had it; 0: all is well. */
	int64_t failing_since;
	char cause[LEDGER_CAUSE_SIZE];
	/* Orders to accept what the gate refuses: how many have ended, and, of the
	 * last, whether all of it is accepted, and a line for each document. */
	uint64_t orders;
	uint64_t order_done;
	char order_text[LEDGER_ORDER_SIZE];
	struct ledger_document document[LEDGER_DOCUMENTS];
	struct ledger_fleet fleet;
	struct ledger_history history;
	uint64_t phase;      /* enum ledger_phase */
	int64_t phase_since; /* clock_boot() */
	struct ledger_refresh refresh;
	/* Why the snapshot was not saved in state_dir the last time that it was not,
	 * clock_wall(); 0: never. It is over if a later saving was good
	 * (counters.saved_wall). */
	int64_t unsaved_wall;
	char unsaved[LEDGER_TEXT_SIZE];
};

/* Copies text into a field: cut to its size, and without what log_defuse() takes
 * out. */
void ledger_put(char *field, size_t size, const char *text);

/* Hydrator of the category; the supervisor while there is none. */
void ledger_write(const struct segment *, unsigned category, const struct ledger *);
/*
 * Any process: copies what was written last. All texts are terminated, UTF-8 (RFC 3629)
 * and without control characters, all enumerations, flags and counts in range, and no
 * time of phase, refresh, fleet or history, of asking or saving is negative or further
 * from now than arithmetic stands, whatever the writer did. Returns false, and *out is
 * zero, if there is none, or it was written too often meanwhile.
 */
bool ledger_read(const struct segment *, unsigned category, struct ledger *out);
/* How old the document of that name that is in use is at clock_boot() now, ns; -1: none
 * is. */
int64_t ledger_age(const struct ledger *, const char *name, int64_t now);
/* Appends, in words, which of its documents are not good and why: "status: HTTP status
 * 500 (https://HOST:443)", two of these separated by "; ". Nothing if there is none. */
void ledger_say(const struct ledger *, struct buf *);
/* "good", "not_fetched", ...: for JSON and labels. */
const char *ledger_state_name(enum ledger_state);
/* "idle", "fetch", "compute", "publish", "encode": for JSON. */
const char *ledger_phase_name(enum ledger_phase);
/* "none", "refreshed", "not_refreshed", "passed_on": for JSON. */
const char *ledger_outcome_name(enum ledger_outcome);
/* "off", "reading", "kept", "failing": for JSON. */
const char *ledger_past_name(enum ledger_past);
/* The role at clock_boot() now: a leader that has not looked for a lease's time (ns) is
 * none any more, whatever its last writing says. */
enum ledger_role ledger_role_now(
    const struct ledger_fleet *, int64_t lease, int64_t now);
/* "alone", "follower", "leader": for JSON. */
const char *ledger_role_name(enum ledger_role);

#endif
