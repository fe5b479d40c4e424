/* Who we are to Redis, and what its clock says. */
#include "fleet/redis.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log_text.h"
#include "base/mem.h"
#include "base/secret.h"
#include "fleet/exchange.h"
#include "fleet/wire.h"
#include "terms/redis_url.h"

struct redis {
	struct redis_settings settings;
	struct redis_url url;
	char *name;
	struct exchange exchange;
	int64_t offset; /* of Redis' clock from clock_boot(); 0: unknown */
	int64_t skew;
};

static char *
url_name(const struct redis_url *u)
{
	struct buf b = { 0 };

	if (u->path != NULL)
		buf_printf(&b, "unix://%s", u->path);
	else
		buf_printf(
		    &b, "%s://%s:%u", u->tls ? "rediss" : "redis", u->host, u->port);
	if (u->db != 0)
		buf_printf(&b, "%s%u", u->path != NULL ? "?db=" : "/", u->db);
	log_defuse(b.data, b.len);
	buf_putc(&b, '\0');
	return b.data;
}

static int
redis_check(const struct redis *r, char *err, size_t errlen)
{
	bool file = r->settings.password_file[0] != '\0';

	if (file && r->url.password != NULL)
		snprintf(err, errlen,
		    "redis.url has a password, and there is redis.password_file: "
		    "leave one out");
	else if (!file && r->url.user != NULL && r->url.password == NULL)
		snprintf(err, errlen,
		    "redis.url has a user without a password: write USER:PASSWORD@, or "
		    "redis.password_file");
	else
		return 0;
	return -1;
}

int
redis_open(
    const struct redis_settings *set, struct redis **out, char *err, size_t errlen)
{
	struct redis *r;

	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		snprintf(err, errlen, "libcurl cannot be initialised");
		return -1;
	}
	r = xcalloc(1, sizeof(*r));
	r->settings = *set;
	r->settings.url = NULL;
	if (redis_url_parse(set->url, &r->url, err, errlen) == -1 ||
	    redis_check(r, err, errlen) == -1) {
		redis_close(&r);
		return -1;
	}
	r->name = url_name(&r->url);
	*out = r;
	return 0;
}

void
redis_disconnect(struct redis *r)
{
	exchange_end(&r->exchange);
}

void
redis_close(struct redis **rp)
{
	struct redis *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	redis_disconnect(r);
	redis_url_free(&r->url);
	free(r->name);
	free(r);
	curl_global_cleanup();
}

static enum redis_result
redis_dial(struct redis *r)
{
	struct wire_settings set = {
		.url = &r->url,
		.proxy = r->settings.proxy,
		.ca_file = r->settings.ca_file,
		.stop = r->settings.stop,
	};

	return exchange_dial(&r->exchange, &set, r->settings.max_reply);
}

static enum redis_result
redis_give_password(struct redis *r, const char *password)
{
	const char *with_user[] = { "AUTH", r->url.user, password };
	const char *alone[] = { "AUTH", password };
	enum redis_result result;

	r->exchange.secret = password;
	result = r->url.user != NULL
		     ? exchange_ask(&r->exchange, NELEM(with_user), with_user, NULL)
		     : exchange_ask(&r->exchange, NELEM(alone), alone, NULL);
	r->exchange.secret = NULL;
	return result;
}

static enum redis_result
redis_authenticate(struct redis *r)
{
	enum redis_result result;
	char err[REDIS_ERROR_MAX], *password;

	if (r->url.password != NULL)
		return redis_give_password(r, r->url.password);
	if (r->settings.password_file[0] == '\0')
		return REDIS_ANSWERED;
	password = secret_read(
	    "redis.password_file", r->settings.password_file, err, sizeof(err));
	if (password == NULL)
		return exchange_break(&r->exchange, "%s", err);
	result = redis_give_password(r, password);
	secret_free(&password);
	return result;
}

static enum redis_result
redis_select(struct redis *r)
{
	char db[16];
	const char *argv[] = { "SELECT", db };

	if (r->url.db == 0)
		return REDIS_ANSWERED;
	snprintf(db, sizeof(db), "%u", r->url.db);
	return exchange_ask(&r->exchange, NELEM(argv), argv, NULL);
}

/* A number of TIME's answer; -1: it is none. */
static int64_t
number_of(const struct redisReply *reply, size_t i, int64_t max)
{
	const struct redisReply *e;
	const char *err;
	int64_t n;

	if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2)
		return -1;
	e = reply->element[i];
	if (e->type != REDIS_REPLY_STRING)
		return -1;
	n = strtonum(e->str, 0, max, &err);
	return err == NULL ? n : -1;
}

static enum redis_result
redis_read_clock(struct redis *r)
{
	const char *argv[] = { "TIME" };
	int64_t before = clock_boot(), now, s, us;
	enum redis_result result = exchange_ask(&r->exchange, NELEM(argv), argv, NULL);

	if (result != REDIS_ANSWERED)
		return result;
	s = number_of(r->exchange.reply, 0, INT64_MAX / NSEC_PER_SEC - 1);
	us = number_of(r->exchange.reply, 1, 999999);
	if (s == -1 || us == -1)
		return exchange_break(
		    &r->exchange, "it answers TIME with something else");
	now = clock_boot();
	r->offset = s * NSEC_PER_SEC + us * 1000 - (before + (now - before) / 2);
	r->skew = r->offset + now - clock_wall();
	return REDIS_ANSWERED;
}

enum redis_result
redis_connect(struct redis *r)
{
	static enum redis_result (*const steps[])(struct redis *) = { redis_dial,
		redis_authenticate, redis_select, redis_read_clock };
	enum redis_result result = REDIS_ANSWERED;
	size_t i;

	redis_disconnect(r);
	exchange_begin(&r->exchange, r->settings.connect_ms);
	for (i = 0; i < NELEM(steps) && result == REDIS_ANSWERED; i++)
		result = steps[i](r);
	if (result != REDIS_ANSWERED)
		redis_disconnect(r);
	return result;
}

bool
redis_is_connected(const struct redis *r)
{
	return r->exchange.connected && !r->exchange.awaited && !r->exchange.torn;
}

enum redis_result
redis_command(struct redis *r, int argc, const char *const argv[],
    const size_t argvlen[], const struct redisReply **reply)
{
	enum redis_result result;

	if (reply != NULL)
		*reply = NULL;
	exchange_begin(&r->exchange, r->settings.command_ms);
	if (!redis_is_connected(r))
		return exchange_break(&r->exchange, "there is no connection");
	if (wire_is_stopped(&r->exchange.wire))
		return REDIS_STOPPED;
	result = exchange_check_silence(&r->exchange);
	if (result == REDIS_ANSWERED)
		result = exchange_ask(&r->exchange, argc, argv, argvlen);
	if (reply != NULL && result == REDIS_ANSWERED)
		*reply = r->exchange.reply;
	return result;
}

void
redis_part(
    struct redis *r, int argc, const char *const argv[], const size_t argvlen[], int ms)
{
	exchange_begin(&r->exchange, ms);
	r->exchange.wire.stop = -1;
	if (r->exchange.connected && !r->exchange.torn)
		exchange_send(&r->exchange, argc, argv, argvlen);
	redis_disconnect(r);
}

const char *
redis_name(const struct redis *r)
{
	return r->name;
}

const char *
redis_error(const struct redis *r)
{
	return r->exchange.error;
}

const char *
redis_code(const struct redis *r)
{
	return r->exchange.code;
}

const struct redis_counts *
redis_counts(const struct redis *r)
{
	return &r->exchange.counts;
}

int64_t
redis_now(const struct redis *r)
{
	return r->offset == 0 ? 0 : clock_boot() + r->offset;
}

int64_t
redis_skew(const struct redis *r)
{
	return r->skew;
}
