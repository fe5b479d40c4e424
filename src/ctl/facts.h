/*
 * What a segment says of its daemon, copied once, so that what is judged and what is
 * printed are of one moment. Whatever its bytes are, the copies are in range and their
 * texts are terminated, UTF-8, and without control characters.
 */
#ifndef CTL_FACTS_H
#define CTL_FACTS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/attach.h"
#include "ctl/process_stat.h"
#include "shm/breaker.h"
#include "shm/counters.h"
#include "shm/cycles.h"
#include "shm/daemon.h"
#include "shm/hosts.h"
#include "shm/ledger.h"
#include "shm/order.h"
#include "shm/process.h"
#include "shm/segment.h"
#include "terms/freshness.h"

/* Of the configuration that runs; nanoseconds where nothing else is said. */
struct facts_options {
	struct freshness_limits limits; /* seconds */
	int64_t interval, hang_timeout, start_timeout, redis_lease;
	int64_t max_connections, max_streams; /* of all readers together */
	bool enabled;                         /* hydration.enabled */
	bool history, notify;                 /* are kept; are posted */
	char level[16];                       /* log.level of the configuration */
};

/* How the file of the configuration is to what was loaded. */
enum facts_file {
	FACTS_FILE_UNKNOWN, /* -c is another file, or it may not be read */
	FACTS_FILE_SAME,
	FACTS_FILE_CHANGED,
	FACTS_FILE_BROKEN, /* and cannot be loaded */
};

struct facts_process {
	struct process_view view;
	char name[48]; /* "reader 0", "hydrator blip", "supervisor" */
	bool exists;   /* a process has its pid now, and stat is its */
	struct process_stat stat;
	int64_t beat; /* clock_boot(); 0: it has not beaten yet */
	uint64_t descriptors, descriptors_max;
};

struct facts_category {
	char name[64];
	bool horde;                /* it has answers on deletion risk */
	bool required;             /* /readyz waits for it */
	bool there;                /* its main answers are */
	int64_t age;               /* of them, seconds */
	enum freshness freshness;  /* of them */
	int64_t published;         /* clock_wall(); 0: nothing */
	uint64_t generation;       /* 0: none */
	uint64_t bytes, wanted;    /* of the snapshot; segment_wanted() */
	struct ledger ledger;      /* zeroed: there is none */
	struct cycles_brief cycle; /* the last; number 0: none yet */
	int64_t succeeded;         /* clock_wall() of the last good cycle; 0: none */
	uint64_t failures;         /* cycles since then */
	uint64_t refused;          /* COUNTERS_REFUSED() */
	int64_t saved;             /* clock_wall() */
};

struct facts_host {
	char name[HOST_NAME_SIZE];
	struct breaker_view breaker;
	int64_t floor;             /* nanoseconds until it may be asked; 0: now */
	uint64_t requests, failed; /* that have ended; of them those without a 200 or
				    * 304 */
	int64_t nsec;              /* that one took on average; 0: none has ended */
	/* Of the last one for a document of ours: clock_wall(), 0: none is known; its
	 * status of HTTP, 0: no answer; how long it took. */
	int64_t asked;
	uint64_t status;
	int64_t took;
};

/* Readers together. */
struct facts_traffic {
	uint64_t requests, bytes, connections, streams, shed, dropped;
};

struct facts {
	int64_t boot, wall; /* when: clock_boot(), clock_wall() */
	bool alive;         /* as in struct attached */
	pid_t supervisor;
	struct daemon_facts daemon; /* zeroed: not written yet */
	enum facts_file file;
	char file_error[512]; /* of FACTS_FILE_BROKEN */
	struct facts_options options;
	struct order_state reload; /* of the last one */
	bool reload_refused;
	int64_t reloaded;       /* clock_wall() of the last that succeeded; 0: none */
	uint64_t former;        /* crews that still have clients */
	uint64_t lost_lines;    /* of the log */
	uint64_t capacity, max; /* bytes that a snapshot may have; segment.max */
	size_t nprocesses, ncategories, nhosts;
	struct facts_process process[SEGMENT_PROCS_MAX];
	struct facts_category category[SEGMENT_CATEGORIES_MAX];
	struct facts_host host[HOSTS_MAX];
	struct facts_traffic traffic;
};

/* To be freed with free(3). */
struct facts *facts_read(const struct ctl *, const struct attached *) MUST_CHECK;

/* The traffic alone, as it is now. */
void facts_read_traffic(const struct segment *, struct facts_traffic *);

/* Whether a process that should work does not: it is stopped, or its heart has not
 * beaten for hang_timeout. */
bool facts_process_hangs(const struct facts *, const struct facts_process *);

#endif
