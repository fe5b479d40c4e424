/*
 * What a hydrator says to Redis: a few scripts over the keys of one category, each of
 * which Redis carries out whole or not at all. The thread of member.h.
 *
 *   P:{C}:lease       who leads, NAME/PID/RANDOM-SUM; ends by itself
 *   P:{C}:token       the fencing token of who led last; each leader has a greater one
 *   P:{C}:begun       MS:TOKEN:SEQ, when the last cycle began and what it is to become
 *   P:{C}:snapshot    value.h
 *   P:{C}:generation  TOKEN:SEQ of it
 *   P:{C}:asked       somebody wants a cycle
 *   P:{C}:hosts       hosts_tell()
 *
 * Every key but `asked` is written by scripts that compare the token first, so whoever
 * led until another came writes nothing more, however long it was paused.
 */
#ifndef FLEET_SCRIPT_H
#define FLEET_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/str.h"
#include "fleet/redis.h"
#include "fleet/role.h"

struct script;

/* Borrowed, but for the texts, which are copied. */
struct script_settings {
	struct redis *redis;
	const char *prefix, *category;
	const char *name; /* of this machine, for those who read */
	int64_t lease;    /* nanoseconds */
	uint32_t sum;     /* of what shapes its answers; for those who read */
	int64_t keep;     /* seconds that what is published is kept */
};

/* Nothing is sent before the first of the functions below. Never NULL. */
struct script *script_open(const struct script_settings *) MUST_CHECK;
/* Frees *s (NULL is fine) and sets it to NULL. */
void script_close(struct script **s);

/* Of the functions below REDIS_ANSWERED is success; the rest is as redis_command()
 * says. An answer that is none of ours is REDIS_REFUSED as well. */

/*
 * Looks at all but the value. stands: takes the lease if nobody has it; believed: the
 * token that this machine leads by, 0: none; with it the lease is renewed. seen: the
 * highest token that this machine knows of, so that no new one is below it, whatever
 * Redis has forgotten.
 */
enum redis_result script_look(struct script *, bool stands, uint64_t believed,
    uint64_t seen, struct role_look *out) MUST_CHECK;

/* Gets the value, or what hosts were told of. *out is empty if there is none; valid
 * until the next call with this struct. */
enum redis_result script_get_snapshot(struct script *, struct str *out) MUST_CHECK;
enum redis_result script_get_hosts(struct script *, struct str *out) MUST_CHECK;

/* Writes as the leader by token; *fenced: another machine has led since, nothing was
 * written. */

/* A cycle has begun at an instant of Redis' time, nanoseconds. */
enum redis_result script_begin(
    struct script *, int64_t redis, struct role_mark, bool *fenced) MUST_CHECK;
/* A value and its mark, unless there is one of this token that is as new. */
enum redis_result script_publish(
    struct script *, struct role_mark, struct str value, bool *fenced) MUST_CHECK;
enum redis_result script_put_hosts(
    struct script *, uint64_t token, struct str told, bool *fenced) MUST_CHECK;
/* A key of somebody else's, whole, which ends after so many seconds. */
enum redis_result script_put(struct script *, uint64_t token, const char *key,
    struct str value, int64_t seconds, bool *fenced) MUST_CHECK;

/* Anybody: asks the leader for a cycle. */
enum redis_result script_ask(struct script *) MUST_CHECK;
/* Gives the lease up if this machine has it. */
enum redis_result script_leave(struct script *) MUST_CHECK;
/* The same without an answer, within ms; there is no connection afterwards. */
void script_part(struct script *, int ms);

#endif
