/*
 * Everything that belongs to one configuration: its sockets, its segment and its
 * children. A daemon has one crew, and a second one while a reload replaces it; former
 * ones stay as long as their readers have clients. Supervisor only.
 */
#ifndef SUPERVISOR_CREW_H
#define SUPERVISOR_CREW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/attr.h"
#include "supervisor/children.h"
#include "supervisor/listener.h"

struct activation;
struct config;
struct counters;
struct privilege;
struct segment;
struct segment_handle;

struct crew {
	TAILQ_ENTRY(crew) entry;
	const struct config *config;
	struct config *owned; /* the same, freed with the crew; NULL: the caller's */
	struct segment *segment;
	struct listeners listeners[LISTEN_KINDS];
	struct children children;
	struct crew *heir;     /* whose counters go on where these end; NULL: none */
	struct counters *told; /* one a slot: what the heir has of them */
	uint64_t *told_lines;  /* one a slot: the same of its log_ring.h */
	/* Of an earlier program whose segments have another layout: that segment, to be
	 * given back or let go; owned. `segment` then is an empty one, which none of
	 * its processes knows. NULL: `segment` is theirs. */
	struct segment_handle *foreign;
};

TAILQ_HEAD(crews, crew);

/* What a crew is made from, all of it borrowed but owned. */
struct crew_plan {
	const struct config *config;
	struct config *owned; /* as in struct crew; taken over in any case */
	struct crew *from;    /* whom it is to replace; NULL: the first one */
	role_main_fn *const *roles;
	const struct privilege *privilege;
	const struct activation *passed; /* sockets of the service manager */
};

/*
 * Opens the sockets (those that `from` has at the same address are shared with it),
 * makes the segment (unnamed, if there is a `from`; of grow_capacity() for what `from`
 * and the saved files have) and copies the live snapshots and the counters of `from`
 * there. No process is started, nothing of `from` is changed.
 * Returns 0, or an exit status with a message for the operator in err, and nothing
 * left.
 */
int crew_open(
    const struct crew_plan *, struct crew **out, char *err, size_t errlen) MUST_CHECK;

/* A socket that an earlier program of this process opened for an item of the
 * configuration; false: it is none, and fd stays the caller's. */
bool crew_take_socket(
    struct crew *, enum listen_kind, int fd, const char *item) MUST_CHECK;

/* Its children are those of the configuration, none of them wanted: what crew_open()
 * ends with. */
void crew_staff(struct crew *, const struct crew_plan *);

/* Lets the segment of another layout go: its name may be taken. */
void crew_forget_foreign(struct crew *);

/* Once its children are gone: frees it and sets it to NULL. Nothing is kept in its
 * segment any more (log_keep()). */
void crew_close(struct crew **);

/* The supervisor's own counters in the crew's segment. */
struct counters *crew_counters(const struct crew *);
/* The same of its last warnings. */
struct log_ring *crew_log_ring(const struct crew *);
/* What was counted in its segment since the last call is added to its heir's, and what
 * its processes have warned of since then goes to those of the same name there. */
void crew_fold(struct crew *);
/* It has no heir after all. */
void crew_disinherit(struct crew *);

/* It serves: says in the log where, and what, and whether that has room. */
void crew_announce(const struct crew *);

/* After a rotation: opens its access log anew, and passes the logs to its children.
 * Returns false if there is no access log any more; said. */
bool crew_reopen_logs(struct crew *);

/* The hydrator of that name, or NULL. */
struct child *crew_hydrator(struct crew *, const char *category);
/* Orders the hydrators of that name to refresh, also those that a reload is about to
 * replace, and their heirs: an order that one of them does not read any more is
 * another's. */
void crew_refresh(const struct crews *, const char *category);

#endif
