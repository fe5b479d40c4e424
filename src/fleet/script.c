/* The scripts, their words and their answers. */
#include "fleet/script.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "shm/ledger.h"

#define SCRIPT_ARGS_MAX 10
#define SCRIPT_ASKED_SECONDS 60
#define SCRIPT_HOSTS_SECONDS 3600
/* Of the texts that numbers are told in. */
#define SCRIPT_NUMBER_SIZE 24
#define SCRIPT_MARK_SIZE (3 * SCRIPT_NUMBER_SIZE)
/* A token beyond would be its own successor in Lua. */
#define TOKEN_MAX ((UINT64_C(1) << 53) - 1)
/* A time that others can be added to. */
#define TIME_MAX_MS (INT64_MAX / 4 / NSEC_PER_MSEC)

enum script_key {
	KEY_LEASE,
	KEY_TOKEN,
	KEY_BEGUN,
	KEY_SNAPSHOT,
	KEY_GENERATION,
	KEY_ASKED,
	KEY_HOSTS,
	KEY_MAX
};

static const char *const key_names[KEY_MAX] = {
	[KEY_LEASE] = "lease",
	[KEY_TOKEN] = "token",
	[KEY_BEGUN] = "begun",
	[KEY_SNAPSHOT] = "snapshot",
	[KEY_GENERATION] = "generation",
	[KEY_ASKED] = "asked",
	[KEY_HOSTS] = "hosts",
};

struct script {
	struct redis *redis;
	char *key[KEY_MAX];
	char *id;
	char lease_ms[SCRIPT_NUMBER_SIZE], keep_ms[SCRIPT_NUMBER_SIZE];
};

/* What is of another type than ours is as nothing there: SET takes its place, and the
 * fleet goes on. Other errors stay errors. */
#define GET_LUA                                                                        \
	"local function get(k)\n"                                                      \
	"  local v = redis.pcall('GET', k)\n"                                          \
	"  if type(v) == 'string' then return v end\n"                                 \
	"  if v and not string.find(v.err, 'WRONGTYPE', 1, true) then\n"               \
	"    redis.call('GET', k)\n"                                                   \
	"  end\n"                                                                      \
	"  return ''\n"                                                                \
	"end\n"

/* ARGV: id, lease in ms, stands, believed token, highest token seen. A token is at
 * least the time in microseconds, so it grows also where Redis forgot the last one, and
 * exact in Lua's doubles: what is larger no script has written. Whoever has seen a
 * greater one than there is makes the leader take a new one, since what the old one
 * publishes nobody would take. A lease that does not end, or not before ours would, as
 * after a step of Redis' clock, would keep all from leading. */
static const char look_text[] =
    GET_LUA "local function number(s)\n"
	    "  local n = tonumber(s) or 0\n"
	    "  return n >= 0 and n < 2 ^ 53 and n or 0\n"
	    "end\n"
	    "local t, holder, token, leads = redis.call('TIME'), get(KEYS[1]), "
	    "get(KEYS[2]), 0\n"
	    "local n, seen = number(token), number(ARGV[5])\n"
	    "if holder == ARGV[1] and token == ARGV[4] then\n"
	    "  redis.call('PEXPIRE', KEYS[1], ARGV[2])\n"
	    "  leads = 1\n"
	    "elseif ARGV[3] == '1' and (holder == '' or holder == ARGV[1]) then\n"
	    "  local now = math.min(t[1] * 1000000 + t[2], 9e15)\n"
	    "  token = string.format('%.0f', math.max(now, n + 1, seen + 1))\n"
	    "  redis.call('SET', KEYS[2], token)\n"
	    "  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
	    "  holder, leads = ARGV[1], 1\n"
	    "elseif n < seen then\n"
	    "  token = ARGV[5]\n"
	    "  redis.call('SET', KEYS[2], token)\n"
	    "end\n"
	    "local left = redis.call('PTTL', KEYS[1])\n"
	    "if left == -1 or left > tonumber(ARGV[2]) then\n"
	    "  left = tonumber(ARGV[2])\n"
	    "  redis.call('PEXPIRE', KEYS[1], ARGV[2])\n"
	    "end\n"
	    "local asked = get(KEYS[5])\n"
	    "if leads == 1 and asked ~= '' then redis.call('DEL', KEYS[5]) end\n"
	    "return {leads, token, get(KEYS[3]), get(KEYS[4]), asked, holder, left,\n"
	    "  t[1] .. string.format('%06d', t[2])}\n";

/* ARGV: token, value, ms. Returns whether it was written. */
static const char put_text[] =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
    "redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])\n"
    "return 1\n";

/* ARGV: token, value, ms, number. */
static const char publish_text[] =
    GET_LUA "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end\n"
	    "local t, n = string.match(get(KEYS[3]), '^(%d+):(%d+)$')\n"
	    "if t == ARGV[1] and tonumber(n) >= tonumber(ARGV[4]) then return 0 end\n"
	    "redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])\n"
	    "redis.call('SET', KEYS[3], ARGV[1] .. ':' .. ARGV[4], 'PX', ARGV[3])\n"
	    "return 1\n";

/* ARGV: id. */
static const char leave_text[] = "if redis.call('GET', KEYS[1]) == ARGV[1] then\n"
				 "  return redis.call('DEL', KEYS[1])\n"
				 "end\n"
				 "return 0\n";

struct script *
script_open(const struct script_settings *set)
{
	struct script *s = xcalloc(1, sizeof(*s));
	size_t i;

	s->redis = set->redis;
	for (i = 0; i < KEY_MAX; i++)
		if (asprintf(&s->key[i], "%s:{%s}:%s", set->prefix, set->category,
			key_names[i]) == -1)
			abort();
	if (asprintf(&s->id, "%s/%ld/%08" PRIx32 "-%08" PRIx32, set->name,
		(long)getpid(), arc4random(), set->sum) == -1)
		abort();
	snprintf(
	    s->lease_ms, sizeof(s->lease_ms), "%" PRId64, set->lease / NSEC_PER_MSEC);
	snprintf(s->keep_ms, sizeof(s->keep_ms), "%" PRId64, set->keep * 1000);
	return s;
}

void
script_close(struct script **sp)
{
	struct script *s = *sp;
	size_t i;

	*sp = NULL;
	if (s == NULL)
		return;
	for (i = 0; i < KEY_MAX; i++)
		free(s->key[i]);
	free(s->id);
	free(s);
}

/* A script and its words. */
struct script_call {
	const char *word[3 + SCRIPT_ARGS_MAX];
	size_t len[3 + SCRIPT_ARGS_MAX];
	int n;
};

static void
call_add(struct script_call *c, struct str word)
{
	c->word[c->n] = word.p != NULL ? word.p : "";
	c->len[c->n++] = word.len;
}

static void
call_puts(struct script_call *c, const char *word)
{
	call_add(c, (struct str){ word, strlen(word) });
}

/* keys: their number, as a text. */
static void
call_begin(struct script_call *c, const char *text, const char *keys)
{
	*c = (struct script_call){ .n = 0 };
	call_puts(c, "EVAL");
	call_puts(c, text);
	call_puts(c, keys);
}

static enum redis_result
call_send(struct script *s, const struct script_call *c, const redisReply **reply)
{
	return redis_command(s->redis, c->n, c->word, c->len, reply);
}

/* Of a script that says whether it has written. */
static enum redis_result
call_write(struct script *s, const struct script_call *c, bool *fenced)
{
	const redisReply *reply;
	enum redis_result result = call_send(s, c, &reply);

	if (result == REDIS_ANSWERED && reply->type != REDIS_REPLY_INTEGER)
		return REDIS_REFUSED;
	*fenced = result == REDIS_ANSWERED && reply->integer != 1;
	return result;
}

static const char *
number_print(char out[SCRIPT_NUMBER_SIZE], uint64_t n)
{
	snprintf(out, SCRIPT_NUMBER_SIZE, "%" PRIu64, n);
	return out;
}

/* Of the three below: what is not understood is as nothing there, since the next leader
 * writes it anew. An error instead would keep all from ever leading. */

/* TOKEN:SEQ. */
static struct role_mark
mark_parse(const char *text)
{
	struct role_mark m;
	char end;

	if (sscanf(text, "%" SCNu64 ":%" SCNu64 "%c", &m.token, &m.seq, &end) != 2)
		return (struct role_mark){ 0 };
	return m;
}

static void
begun_parse(const char *text, struct role_look *look)
{
	int64_t ms;
	int n = 0;

	if (sscanf(text, "%" SCNd64 ":%n", &ms, &n) != 1 || n == 0 || ms < 0 ||
	    ms > TIME_MAX_MS)
		return;
	look->begun = ms * NSEC_PER_MSEC;
	look->begins = mark_parse(text + n);
}

static uint64_t
token_parse(const char *text)
{
	uint64_t token;
	char end;

	if (sscanf(text, "%" SCNu64 "%c", &token, &end) != 1 || token > TOKEN_MAX)
		return 0;
	return token;
}

/* The name in front of /PID/RANDOM-SUM, harmless for logs, and SUM. */
static void
leader_parse(const char *id, struct role_look *look)
{
	char name[LEDGER_LEADER_SIZE];
	size_t n = strlen(id);
	const char *sum;
	int slashes = 0;

	if ((sum = strrchr(id, '-')) == NULL ||
	    sscanf(sum, "-%" SCNx32, &look->sum) != 1)
		look->sum = 0;
	while (n > 0 && slashes < 2)
		slashes += id[--n] == '/';
	snprintf(name, sizeof(name), "%.*s", (int)n, id);
	ledger_put(look->leader, sizeof(look->leader), name);
}

/* leads, token, generation, begun, asked, holder, ms left, microseconds. */
static bool
look_parse(const redisReply *r, struct role_look *look)
{
	size_t i;

	*look = (struct role_look){ 0 };
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 8 ||
	    r->element[0]->type != REDIS_REPLY_INTEGER ||
	    r->element[6]->type != REDIS_REPLY_INTEGER ||
	    r->element[6]->integer > TIME_MAX_MS)
		return false;
	for (i = 1; i < 8; i++)
		if (i != 6 && r->element[i]->type != REDIS_REPLY_STRING)
			return false;
	look->leads = r->element[0]->integer == 1;
	look->asked = look->leads && r->element[4]->len > 0;
	if (r->element[6]->integer > 0)
		look->left = r->element[6]->integer * NSEC_PER_MSEC;
	leader_parse(r->element[5]->str, look);
	look->token = token_parse(r->element[1]->str);
	look->generation = mark_parse(r->element[2]->str);
	/* No leader has published that: who believed it would take nothing after it. */
	if (look->generation.token > look->token)
		look->generation = (struct role_mark){ 0 };
	begun_parse(r->element[3]->str, look);
	look->clock =
	    strtonum(r->element[7]->str, 0, INT64_MAX / 4 / 1000, NULL) * 1000;
	return !look->leads || look->token != 0;
}

enum redis_result
script_look(struct script *s, bool stands, uint64_t believed, uint64_t seen,
    struct role_look *out)
{
	static const enum script_key keys[] = { KEY_LEASE, KEY_TOKEN, KEY_GENERATION,
		KEY_BEGUN, KEY_ASKED };
	char number[2][SCRIPT_NUMBER_SIZE];
	const redisReply *reply;
	enum redis_result result;
	struct script_call c;
	size_t i;

	call_begin(&c, look_text, "5");
	for (i = 0; i < NELEM(keys); i++)
		call_puts(&c, s->key[keys[i]]);
	call_puts(&c, s->id);
	call_puts(&c, s->lease_ms);
	call_puts(&c, stands ? "1" : "0");
	call_puts(&c, number_print(number[0], believed));
	call_puts(&c, number_print(number[1], seen));
	result = call_send(s, &c, &reply);
	if (result == REDIS_ANSWERED && !look_parse(reply, out))
		return REDIS_REFUSED;
	return result;
}

static enum redis_result
script_get(struct script *s, enum script_key key, struct str *out)
{
	const redisReply *reply;
	enum redis_result result;
	struct script_call c = { .n = 0 };

	call_puts(&c, "GET");
	call_puts(&c, s->key[key]);
	result = call_send(s, &c, &reply);
	*out = (struct str){ NULL, 0 };
	if (result == REDIS_ANSWERED && reply->type == REDIS_REPLY_STRING)
		*out = (struct str){ reply->str, reply->len };
	return result;
}

enum redis_result
script_get_snapshot(struct script *s, struct str *out)
{
	return script_get(s, KEY_SNAPSHOT, out);
}

enum redis_result
script_get_hosts(struct script *s, struct str *out)
{
	return script_get(s, KEY_HOSTS, out);
}

static enum redis_result
script_set(struct script *s, uint64_t token, const char *key, struct str value,
    const char *ms, bool *fenced)
{
	char number[SCRIPT_NUMBER_SIZE];
	struct script_call c;

	call_begin(&c, put_text, "2");
	call_puts(&c, s->key[KEY_TOKEN]);
	call_puts(&c, key);
	call_puts(&c, number_print(number, token));
	call_add(&c, value);
	call_puts(&c, ms);
	return call_write(s, &c, fenced);
}

enum redis_result
script_begin(struct script *s, int64_t redis, struct role_mark m, bool *fenced)
{
	char text[SCRIPT_MARK_SIZE];
	int n = snprintf(text, sizeof(text), "%" PRId64 ":%" PRIu64 ":%" PRIu64,
	    redis / NSEC_PER_MSEC, m.token, m.seq);

	return script_set(s, m.token, s->key[KEY_BEGUN],
	    (struct str){ text, (size_t)n }, s->keep_ms, fenced);
}

enum redis_result
script_publish(struct script *s, struct role_mark m, struct str value, bool *fenced)
{
	char token[SCRIPT_NUMBER_SIZE], seq[SCRIPT_NUMBER_SIZE];
	struct script_call c;

	call_begin(&c, publish_text, "3");
	call_puts(&c, s->key[KEY_TOKEN]);
	call_puts(&c, s->key[KEY_SNAPSHOT]);
	call_puts(&c, s->key[KEY_GENERATION]);
	call_puts(&c, number_print(token, m.token));
	call_add(&c, value);
	call_puts(&c, s->keep_ms);
	call_puts(&c, number_print(seq, m.seq));
	return call_write(s, &c, fenced);
}

static enum redis_result
script_set_for(struct script *s, uint64_t token, const char *key, struct str value,
    int64_t seconds, bool *fenced)
{
	char ms[SCRIPT_NUMBER_SIZE];

	return script_set(
	    s, token, key, value, number_print(ms, (uint64_t)seconds * 1000), fenced);
}

enum redis_result
script_put_hosts(struct script *s, uint64_t token, struct str told, bool *fenced)
{
	return script_set_for(
	    s, token, s->key[KEY_HOSTS], told, SCRIPT_HOSTS_SECONDS, fenced);
}

enum redis_result
script_put(struct script *s, uint64_t token, const char *key, struct str value,
    int64_t seconds, bool *fenced)
{
	return script_set_for(s, token, key, value, seconds, fenced);
}

enum redis_result
script_ask(struct script *s)
{
	char seconds[SCRIPT_NUMBER_SIZE];
	const redisReply *reply;
	struct script_call c = { .n = 0 };

	call_puts(&c, "SET");
	call_puts(&c, s->key[KEY_ASKED]);
	call_puts(&c, s->id);
	call_puts(&c, "EX");
	call_puts(&c, number_print(seconds, SCRIPT_ASKED_SECONDS));
	return call_send(s, &c, &reply);
}

static void
script_say_leave(struct script *s, struct script_call *c)
{
	call_begin(c, leave_text, "1");
	call_puts(c, s->key[KEY_LEASE]);
	call_puts(c, s->id);
}

enum redis_result
script_leave(struct script *s)
{
	const redisReply *reply;
	struct script_call c;

	script_say_leave(s, &c);
	return call_send(s, &c, &reply);
}

void
script_part(struct script *s, int ms)
{
	struct script_call c;

	script_say_leave(s, &c);
	redis_part(s->redis, c.n, c.word, c.len, ms);
}
