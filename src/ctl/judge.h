/*
 * What is wrong with a daemon, the worst first, and what to do about it. Pure.
 */
#ifndef CTL_JUDGE_H
#define CTL_JUDGE_H

#include <stddef.h>

#include "ctl/ctl.h"
#include "ctl/facts.h"

/* From the worst on: in this order findings of the same exit status are told. */
#define JUDGE_KINDS(X)                                                                 \
	X(NOT_RUNNING, "not_running")                                                  \
	X(STARTING, "starting")             /* no reader is ready yet */               \
	X(STOPPING, "stopping")             /* was told to */                          \
	X(NO_READER, "no_reader")           /* nobody answers */                       \
	X(NOTHING_SERVED, "nothing_served") /* no category has an answer */            \
	X(SUPERVISOR_HANGS, "supervisor_hangs")                                        \
	X(EMPTY, "empty")     /* a category has never had an answer */                 \
	X(EXPIRED, "expired") /* has none any more */                                  \
	X(PROCESS_HANGS, "process_hangs")                                              \
	X(PROCESS_DEAD, "process_dead") /* waits for its next start */                 \
	X(OLD, "old")                   /* older than hydration.stale_ttl */           \
	X(STALE, "stale")               /* than hydration.ttl */                       \
	X(NO_ROOM, "no_room")           /* a snapshot does not fit */                  \
	X(FAILING, "failing")           /* a refresh fails, answers are fresh */       \
	X(GATE, "gate")                 /* a document has shrunk too far */            \
	X(BREAKER, "breaker")           /* a host is not asked */                      \
	X(REDIS, "redis")               /* the fleet is out of reach */                \
	X(RELOAD_REFUSED, "reload_refused")                                            \
	X(FILE_BROKEN, "file_broken")   /* the next start fails */                     \
	X(RESTARTED, "restarted")       /* a process died a moment ago */              \
	X(HISTORY, "history")           /* is not written */                           \
	X(NOT_SAVED, "not_saved")       /* a restart begins with old answers */        \
	X(WEBHOOK, "webhook")           /* changes are not posted */                   \
	X(DISABLED, "disabled")         /* hydration.enabled */                        \
	X(FLOOR, "floor")               /* a host sent Retry-After */                  \
	X(FILE_CHANGED, "file_changed") /* and was not loaded */                       \
	X(LOG_LEVEL, "log_level")       /* is not that of the configuration */         \
	X(LOG_LOST, "log_lost")

enum judge_kind {
#define X(id, name) JUDGE_##id,
	JUDGE_KINDS(X)
#undef X
	JUDGE_KINDS_MAX
};

#define JUDGE_TEXT 512
#define JUDGE_FINDINGS JUDGE_KINDS_MAX /* one a kind, whatever many it is of */

struct judge_finding {
	enum judge_kind kind;
	enum ctl_exit exit;      /* that it alone would make; CTL_FRESH: only a note */
	char text[JUDGE_TEXT];   /* what is wrong, since when, and why */
	char advice[JUDGE_TEXT]; /* what to do */
};

struct judge_verdict {
	enum ctl_exit exit;
	char text[JUDGE_TEXT]; /* all is well, in words; else that of the worst */
	size_t n;
	struct judge_finding finding[JUDGE_FINDINGS]; /* the worst first */
};

/* Fills the verdict. Of a daemon that is well it may have findings, too: notes. */
void judge(const struct facts *, struct judge_verdict *);

/* "gate": for JSON. */
const char *judge_kind_name(enum judge_kind);
/* "fresh", "degraded", "not serving", "not running", "no right". */
const char *judge_exit_name(enum ctl_exit);

#endif
