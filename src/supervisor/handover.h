/*
 * What a program of ours leaves to the one that takes its place in the same process by
 * execve(2): descriptors, children and segments, as lines of text in a memfd whose
 * number is an argument (hydratord --adopt). The two are different versions: a line
 * whose first word is not known is passed over, and no word changes its meaning.
 * doc/architecture.md, Upgrade. Supervisor only.
 */
#ifndef SUPERVISOR_HANDOVER_H
#define SUPERVISOR_HANDOVER_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "proc/child.h"
#include "shm/segment.h"
#include "shm/segment_adopt.h"
#include "supervisor/activation.h"
#include "supervisor/crew.h"
#include "supervisor/life.h"

#define HANDOVER_MAX ((size_t)256 * 1024) /* bytes of text; more is no handover */

/* What is handed over; all of it borrowed. */
struct handover_from {
	const struct crews *crews;
	const struct crew *serving;
	const struct activation *passed;
	int lock;                           /* on the pid file; -1: none */
	int64_t started_boot, started_wall; /* of the daemon; as in daemon_facts */
	/* What is to run, and how. */
	const char *program;     /* absolute */
	int descriptor;          /* of the program; -1: it is started by its path */
	const char *config_path; /* absolute */
	bool foreground;
	bool reload_wanted; /* one was asked for that has not begun */
	/* Why the crews are given back to the program that they came from: lines of
	 * text. NULL: they are not, this is an upgrade. */
	const char *why;
};

/* Becomes the program. Returns only if that fails: -1 with errno, and everything is as
 * it was. */
int handover_exec(const struct handover_from *) MUST_CHECK;

struct handover_socket {
	int fd;
	enum listen_kind kind;
	char *text; /* the item of its option */
};

struct handover_child {
	enum role role;
	unsigned index;
	pid_t pid;   /* 0: none */
	int channel; /* -1: none */
	struct life life;
	int64_t deadline, born, accept_until; /* as in struct child */
	unsigned failures;
	bool owed;
	unsigned level;
	int64_t last_death;
	int last_status;
	uint64_t deaths[DEATH_MAX]; /* as far as both programs know of them */
};

struct handover_crew {
	int config; /* a memfd of the text that it was loaded from */
	struct segment_handle segment;
	int told; /* a memfd of struct crew's told and told_lines; -1 */
	struct handover_socket *socket;
	size_t nsockets;
	struct handover_child *child;
	size_t nchildren;
};

/* What was handed over. Every descriptor is close-on-exec again, and -1 once somebody
 * has taken it. */
struct handover {
	int record;       /* the memfd */
	char version[64]; /* of the program that wrote it */
	int64_t started_boot, started_wall;
	int program; /* that program, to be started again; -1 */
	char *path;  /* by which it was started */
	int lock;
	struct activation passed;
	bool reload_wanted;
	bool back;                  /* it was given back, and why says why */
	char *why;                  /* lines; "" */
	struct handover_crew *crew; /* the oldest first; the last one serves */
	size_t ncrews;
};

/*
 * Takes over what the record in a descriptor says, if it is of this process. Returns 0,
 * or -1 with a message in err: it is none, of another process, or damaged; nothing is
 * kept open then but what was inherited.
 */
int handover_open(
    int record, struct handover *out, char *err, size_t errlen) MUST_CHECK;

/* The name under which the configuration of the crew that serves is to be loaded. Lives
 * as long as the handover. */
const char *handover_config(const struct handover *);

/*
 * As long as nothing of it was changed or closed: gives all of it back to the program
 * that it came from, with the reason. Returns only if that fails: -1 with errno.
 */
int handover_return(const struct handover *, const char *config_path, bool foreground,
    const char *why) MUST_CHECK;

/* Closes what nobody took, and frees. */
void handover_close(struct handover *);

#endif
