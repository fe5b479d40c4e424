/*
 * Commands and their replies, one at a time, over one connection. What the results mean
 * and whose thread it is: redis.h.
 */
#ifndef FLEET_EXCHANGE_H
#define FLEET_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "fleet/redis.h"
#include "fleet/wire.h"

struct reply_reader;
struct redisReply; /* <hiredis/hiredis.h> */

/* Zero-initialise to start. */
struct exchange {
	struct wire wire;
	struct reply_reader *reader;
	bool connected;
	bool awaited;       /* a command went out whole, its reply has not come */
	bool torn;          /* a command went out in part */
	int ms;             /* what is being done is to be done within so long, */
	int64_t deadline;   /* that is by then: clock_boot() */
	const char *secret; /* what it sends and must not be told; NULL: nothing */
	struct redisReply *reply; /* of the last command */
	struct redis_counts counts;
	char code[REDIS_CODE_MAX];
	char error[REDIS_ERROR_MAX];
	char chunk[65536];
};

/* Whatever follows is to be done within ms; forgets the last error. */
void exchange_begin(struct exchange *, int ms);
/* Connects; a connection that there was is ended. */
enum redis_result exchange_dial(
    struct exchange *, const struct wire_settings *, size_t max_reply) MUST_CHECK;
/* Ends the connection, if there is one, and frees the reply. */
void exchange_end(struct exchange *);

/* Nobody has asked yet, so nothing may have come. Who has closed while nothing was
 * asked is noticed here, before a command goes out that might be carried out or not. */
enum redis_result exchange_check_silence(struct exchange *) MUST_CHECK;
/* Sends a command and waits for its reply. argvlen may be NULL. */
enum redis_result exchange_ask(struct exchange *, int argc, const char *const argv[],
    const size_t argvlen[]) MUST_CHECK;
/* Sends it only. */
enum redis_result exchange_send(
    struct exchange *, int argc, const char *const argv[], const size_t argvlen[]);

/* Ends the connection for a reason. */
enum redis_result exchange_break(struct exchange *, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

#endif
