/* Whatever leaves a doubt which reply belongs to which command ends the connection. */
#include "fleet/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/log_text.h"
#include "base/mem.h"
#include "fleet/reply.h"

static void
exchange_forget(struct exchange *x)
{
	freeReplyObject(x->reply);
	x->reply = NULL;
}

void
exchange_end(struct exchange *x)
{
	exchange_forget(x);
	wire_close(&x->wire);
	reply_close(&x->reader);
	x->connected = x->awaited = x->torn = false;
}

void
exchange_begin(struct exchange *x, int ms)
{
	x->ms = ms;
	x->deadline = clock_boot() + ms * NSEC_PER_MSEC;
	x->code[0] = x->error[0] = '\0';
}

enum redis_result
exchange_break(struct exchange *x, const char *fmt, ...)
{
	va_list ap;

	exchange_end(x);
	x->counts.errors++;
	va_start(ap, fmt);
	vsnprintf(x->error, sizeof(x->error), fmt, ap);
	va_end(ap);
	log_defuse(x->error, strlen(x->error));
	return REDIS_BROKEN;
}

/* What has not been done, and what it means. */
static enum redis_result
exchange_give_up(struct exchange *x, enum wire_result why, const char *what)
{
	if (why == WIRE_STOPPED)
		return REDIS_STOPPED;
	if (why == WIRE_LATE)
		return exchange_break(x, "%s within %d ms", what, x->ms);
	return exchange_break(x, "%s", x->wire.error);
}

/* Whether a server's answer to AUTH may be told: some repeat what they were sent. */
static bool
is_harmless(const char *text, const char *secret)
{
	static const char *const begins[] = { "WRONGPASS ", "NOPERM ", "DENIED ",
		"LOADING ", "ERR max number of clients", "ERR invalid password",
		"ERR AUTH <password>", "ERR Client sent AUTH" };
	size_t i;

	for (i = 0; i < NELEM(begins); i++)
		if (strncmp(text, begins[i], strlen(begins[i])) == 0)
			return strstr(text, secret) == NULL;
	return false;
}

/* Takes the text of an error that Redis answered with. */
static void
exchange_take_error(struct exchange *x, const char *text)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

	if (n == 0 || n >= sizeof(x->code) || (text[n] != ' ' && text[n] != '\0'))
		strlcpy(x->code, "ERR", sizeof(x->code));
	else
		strlcpy(x->code, text, n + 1);
	if (x->secret != NULL && !is_harmless(text, x->secret))
		snprintf(x->error, sizeof(x->error),
		    "%s to AUTH (its text may hold the password)", x->code);
	else
		strlcpy(x->error, text, sizeof(x->error));
	log_defuse(x->error, strlen(x->error));
}

/* Who cannot be sent more may have said why, and gone: too many clients, for one. */
static enum redis_result
exchange_hear_last(struct exchange *x)
{
	char why[WIRE_ERROR_MAX], err[REDIS_ERROR_MAX];
	size_t got;

	strlcpy(why, x->wire.error, sizeof(why));
	while (x->reply == NULL && wire_receive(&x->wire, x->chunk, sizeof(x->chunk), 0,
				       &got) == WIRE_DONE) {
		x->counts.bytes_in += got;
		if (reply_feed(x->reader, x->chunk, got, &x->reply, err, sizeof(err)) ==
		    -1)
			break;
	}
	if (x->reply == NULL || x->reply->type != REDIS_REPLY_ERROR)
		return exchange_break(x, "%s", why);
	exchange_take_error(x, x->reply->str);
	strlcpy(why, x->error, sizeof(why));
	x->code[0] = '\0';
	return exchange_break(x, "%s", why);
}

/* Sends a command that has been formatted. */
static enum redis_result
exchange_write(struct exchange *x, const char *data, size_t len)
{
	enum wire_result sent;
	size_t n;

	x->counts.commands++;
	sent = wire_send(&x->wire, data, len, x->deadline, &n);
	x->counts.bytes_out += n;
	x->awaited = x->awaited || n == len;
	x->torn = n > 0 && n < len;
	if (sent == WIRE_FAILED)
		return exchange_hear_last(x);
	return sent == WIRE_DONE
		   ? REDIS_ANSWERED
		   : exchange_give_up(x, sent, "it does not take a command");
}

enum redis_result
exchange_send(
    struct exchange *x, int argc, const char *const argv[], const size_t argvlen[])
{
	const char **words = xreallocarray(NULL, (size_t)argc, sizeof(*words));
	enum redis_result result;
	char *data = NULL;
	long long len;

	memcpy(words, argv, (size_t)argc * sizeof(*words));
	len = redisFormatCommandArgv(&data, argc, words, argvlen);
	free(words);
	if (len < 0)
		return exchange_break(x, "no memory for a command");
	result = exchange_write(x, data, (size_t)len);
	if (x->secret != NULL)
		explicit_bzero(data, (size_t)len);
	redisFreeCommand(data);
	return result;
}

static enum redis_result
exchange_receive(struct exchange *x)
{
	char err[REDIS_ERROR_MAX];
	enum wire_result got;
	size_t n;

	while (x->reply == NULL) {
		got =
		    wire_receive(&x->wire, x->chunk, sizeof(x->chunk), x->deadline, &n);
		if (got != WIRE_DONE)
			return exchange_give_up(x, got, "no answer");
		x->counts.bytes_in += n;
		if (reply_feed(x->reader, x->chunk, n, &x->reply, err, sizeof(err)) !=
		    -1)
			continue;
		if (reply_is_large(x->reader))
			strlcpy(x->code, REDIS_CODE_LARGE, sizeof(x->code));
		return exchange_break(x, "it sends %s", err);
	}
	if (reply_is_begun(x->reader))
		return exchange_break(x, "it sends more than the answer");
	x->awaited = false;
	if (x->reply->type != REDIS_REPLY_ERROR)
		return REDIS_ANSWERED;
	x->counts.errors++;
	exchange_take_error(x, x->reply->str);
	return REDIS_REFUSED;
}

enum redis_result
exchange_check_silence(struct exchange *x)
{
	size_t n;
	enum wire_result got =
	    wire_receive(&x->wire, x->chunk, sizeof(x->chunk), 0, &n);

	if (got == WIRE_FAILED)
		return exchange_break(x, "%s", x->wire.error);
	if (got == WIRE_DONE)
		return exchange_break(x, "it sends what was not asked for");
	return REDIS_ANSWERED;
}

enum redis_result
exchange_ask(
    struct exchange *x, int argc, const char *const argv[], const size_t argvlen[])
{
	enum redis_result result;

	exchange_forget(x);
	result = exchange_send(x, argc, argv, argvlen);
	return result == REDIS_ANSWERED ? exchange_receive(x) : result;
}

enum redis_result
exchange_dial(struct exchange *x, const struct wire_settings *set, size_t max_reply)
{
	enum wire_result made;

	exchange_end(x);
	made = wire_open(&x->wire, set, x->deadline);
	if (made != WIRE_DONE)
		return exchange_give_up(x, made, "no connection");
	x->reader = reply_open(max_reply);
	x->connected = true;
	return REDIS_ANSWERED;
}
