/* What the two sides of member.h share. Private to them. */
#ifndef FLEET_MEMBER_RUN_H
#define FLEET_MEMBER_RUN_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "fleet/member.h"
#include "fleet/script.h"

/* A snapshot that is to go to the fleet. */
struct member_offer {
	bool wanted;
	uint64_t serial; /* of the publication in the latch */
	int64_t boot;    /* clock_boot() of that */
	int64_t begun;   /* Redis' time: of the cycle that made it */
	/* As what its value is in Redis, where only bodies are left to say; zeroed: it
	 * is not. */
	struct role_mark said;
	struct fleet_gate gate[LEDGER_DOCUMENTS];
};

struct member {
	struct member_settings set;
	pthread_t thread;
	int wake; /* eventfds: the thread has orders, */
	int stop; /* it is to end, for ever readable then, */
	int told; /* and the hydrator has news */

	/* The thread's. */
	struct redis *redis;
	struct script *script;
	int64_t connected; /* clock_boot() */
	int64_t write_due; /* after a write was refused: not before */
	unsigned write_misses;
	bool missed;          /* since it was last set to false */
	unsigned step_misses; /* turns in a row that broke off after their look */

	pthread_mutex_t lock; /* of all that follows */
	struct role role;
	struct member_view view; /* but for what role.h tells */
	bool look_failed, step_failed, write_failed;
	uint64_t prepared; /* token of the lead for which hosts were learned */
	uint64_t seq;      /* of the last publication as leader by role.token */
	bool asked;        /* the leader: for a cycle */
	bool arrived;      /* in these two: */
	struct fleet_value value;
	struct buf payload;
	bool taking; /* the hydrator has them */
	bool stopping;
	bool begin;       /* orders: say that a cycle began at, */
	int64_t begin_at; /* Redis' time, */
	bool hosts, leave;
	int64_t ask; /* until clock_boot(); 0: not */
	struct member_offer offer;
};

/* The thread. */
void *member_main(void *member);

/* What follows is the thread's as well. */

/* Locked: whether Redis is well has changed. */
void member_set_up(struct member *);
/* Locked: keeps why Redis did not do what it was told. */
void member_note_error(struct member *, enum redis_result);
/* There is no use in this connection: the next look makes another. */
void member_miss(struct member *, enum redis_result);

/* Each says what there is to say, if there is: that the lease is given up, that a cycle
 * begins, what was published, what hosts asked for, that a cycle is wanted. */
void member_say_leave(struct member *);
void member_say_begin(struct member *);
void member_say_offer(struct member *);
void member_say_hosts(struct member *);
void member_say_ask(struct member *);

/* Both sides; an eventfd counts, it is never full. */
void member_signal(int fd);

#endif
