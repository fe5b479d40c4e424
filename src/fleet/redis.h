/*
 * A connection to Redis or Valkey: RESP2 by hiredis' formatter and reader, over a
 * connection that libcurl makes. One thread of a hydrator owns it; nothing here may be
 * called by two threads at once.
 *
 * No call waits longer than the two limits below, nor when the descriptor `stop`
 * becomes readable. An error text never holds the password.
 */
#ifndef FLEET_REDIS_H
#define FLEET_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define REDIS_ERROR_MAX 320
#define REDIS_CODE_MAX 32
#define REDIS_CODE_LARGE "(large)" /* no word of Redis' */

/* Milliseconds: all that redis_connect() does, and one command. */
#define REDIS_CONNECT_MS 2000
#define REDIS_COMMAND_MS 5000

struct redis;
struct redisReply; /* <hiredis/hiredis.h> */

/* Borrowed strings that outlive the struct redis, but url, which is copied. */
struct redis_settings {
	const char *url; /* terms/redis_url.h */
	/* The first line of this file is the password; it is read for each connection,
	 * as the user that the process runs as. "": none. */
	const char *password_file;
	/* Of rediss:// alone, as of any upstream (upstream/fetch.h). "": none, and the
	 * system's authorities. */
	const char *proxy;
	const char *ca_file;
	size_t max_reply; /* bytes of one reply */
	int connect_ms;   /* REDIS_CONNECT_MS */
	int command_ms;   /* REDIS_COMMAND_MS */
	/* As soon as it is readable waiting ends, and nothing is begun; it is not read.
	 * So it is for the end alone, not for news. -1: none. */
	int stop;
};

enum redis_result {
	REDIS_ANSWERED,
	/* Redis says no: redis_code() has its word for it, redis_error() the text. */
	REDIS_REFUSED,
	/* There is no connection any more, or there was none: redis_error() says why.
	 */
	REDIS_BROKEN,
	/* `stop` was readable. Of this connection only redis_part() may be called. */
	REDIS_STOPPED,
};

struct redis_counts {
	uint64_t commands;            /* sent */
	uint64_t errors;              /* of them and of connections: refused, broken */
	uint64_t bytes_in, bytes_out; /* without TLS and TCP */
};

/*
 * Checks the settings; connects to nothing, opens no file. Initialises libcurl and
 * ignores SIGPIPE, so it is called after fork. Returns 0, or -1 with what to write
 * instead in err.
 */
int redis_open(const struct redis_settings *, struct redis **out, char *err,
    size_t errlen) MUST_CHECK;
/* Disconnects, frees *r (NULL is fine) and sets it to NULL. Waits for nothing. */
void redis_close(struct redis **r);

/*
 * Connects, and says who it is (AUTH), which database it wants (SELECT) and asks for
 * the time (TIME). REDIS_REFUSED is no connection either: a wrong password, for one.
 */
enum redis_result redis_connect(struct redis *) MUST_CHECK;
/* Whether there is a connection, as far as is known. */
bool redis_is_connected(const struct redis *) MUST_CHECK;
/* Ends it at once. */
void redis_disconnect(struct redis *);

/*
 * Sends a command of argc words (argvlen: their lengths; NULL: they are text) and waits
 * for its reply. REDIS_ANSWERED: *reply, which may be NULL if nobody wants it, is valid
 * until the next call of a function here that changes something. It has at most
 * max_reply bytes; the elements of an array may be errors in turn. It is never an error
 * itself, that is REDIS_REFUSED. A command that was not answered may have been carried
 * out.
 */
enum redis_result redis_command(struct redis *, int argc, const char *const argv[],
    const size_t argvlen[], const struct redisReply **reply) MUST_CHECK;

/*
 * The last word, which needs no answer: sends a command whatever `stop` says, within
 * ms, and disconnects. Also while the answer to the one before is still awaited; but if
 * that was sent only in part, nothing is sent.
 */
void redis_part(
    struct redis *, int argc, const char *const argv[], const size_t argvlen[], int ms);

/* What redis.url means, without user and password: for log lines. */
const char *redis_name(const struct redis *) MUST_CHECK;
/* After REDIS_REFUSED or REDIS_BROKEN: why, fit for a log line. */
const char *redis_error(const struct redis *) MUST_CHECK;
/* After REDIS_REFUSED: "NOAUTH", "WRONGPASS", "OOM", "READONLY", "LOADING", "NOSCRIPT",
 * "ERR", ...; after REDIS_BROKEN by a reply of more than max_reply: REDIS_CODE_LARGE;
 * else "". */
const char *redis_code(const struct redis *) MUST_CHECK;
const struct redis_counts *redis_counts(const struct redis *) MUST_CHECK;

/*
 * Redis' own clock now, nanoseconds since 1970: its TIME when the connection was made,
 * and clock_boot() since. So nobody's setting of a clock moves it while a connection
 * lasts. Good to half of what the answer took. 0: there was never a connection.
 */
int64_t redis_now(const struct redis *) MUST_CHECK;
/* By how much Redis' clock was ahead of clock_wall() then, nanoseconds. */
int64_t redis_skew(const struct redis *) MUST_CHECK;

#endif
