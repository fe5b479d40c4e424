/*
 * The configuration: one immutable struct, parsed and checked whole by the supervisor
 * (and hydratord -t, -T) before anything is started; children inherit it over fork.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"

#define CONFIG_LIST_MAX 64

/* Strings in the order given. */
struct config_list {
	char **item;
	size_t n;
};

struct config_category {
	char *name; /* one the reference knows (checked by the caller's callback) */
	struct config_list reference; /* URLs, tried in order */
	char *origin;                 /* of reference, as in struct config */
};

/* Every scalar and list is one row of the option table in options.h. Times are in
 * seconds, sizes in bytes. */
struct config {
	/* XXH3 (64 bits, seed 0) of the file's bytes as they were read; 0: none was */
	uint64_t hash;
	struct config_list listen; /* "host:port", "[v6]:port", "*:port" */
	int64_t readers;
	char *user; /* "" : stay who we are */
	char *pidfile;
	char *state_dir;
	struct {
		char *name;
		int64_t capacity; /* per category and buffer, at the start */
		int64_t max; /* up to which that grows; below capacity: not at all */
	} segment;
	struct {
		char *target; /* "auto", "syslog", "stderr" or a path */
		char *level;
		char *format; /* "text" or "json" */
	} log;
	struct {
		int64_t start_timeout; /* until a child says that it is ready */
		int64_t hang_timeout;  /* without a heartbeat */
		int64_t drain_timeout; /* to finish what is under way */
		bool sandbox;          /* children run under a filter */
		bool core_dumps;       /* all may be traced by their user, too */
	} supervisor;
	struct {
		bool enabled;
		int64_t interval, ttl, stale_ttl, stale_if_error, startup_delay;
		double jitter;      /* fraction of the interval, 0..0.5 */
		int64_t max_memory; /* of a hydrator, bytes; 0: no limit */
	} hydration;
	struct {
		char *url;       /* without trailing '/'; http, https or file */
		int64_t timeout; /* whole transfer */
	} horde;
	struct {
		int64_t connect_timeout;
		int64_t timeout;       /* whole transfer of a reference source */
		int64_t cycle_timeout; /* all documents of a cycle */
		int64_t stall_timeout; /* no byte for so long */
		int64_t max_bytes;     /* decoded bytes of one document */
		char *user_agent;
		char *proxy;       /* "": none, whatever the environment says */
		char *ca_file;     /* "": the system's authorities */
		char *apikey_file; /* "": no key; the key is never in here */
	} upstream;
	struct {
		double min_ratio; /* of the last good document, 0..1 */
		int64_t confirmations;
	} gate;
	struct {
		char *url;           /* "": no fleet; it may hold a password */
		char *password_file; /* "": none; the password is never in here */
		char *prefix;        /* of the fleet's keys */
		char *name;          /* of this machine in it, never empty */
		int64_t lease, poll, patience;
		char *reference_prefix; /* of the reference's keys; "": not written */
		int64_t reference_ttl;
	} redis;
	struct {
		bool enabled;            /* off where there is no state_dir */
		int64_t sample_interval; /* seconds */
		int64_t days;
		int64_t settle; /* seconds */
		double usage_factor;
	} history;
	struct {
		char *url_file;           /* "": nobody is notified */
		char *format;             /* "json" or "discord" */
		struct config_list kinds; /* names: terms/event.h */
	} notify;
	struct {
		struct config_list corrections; /* names: terms/correction.h */
		struct config_list preferred_hosts;
		double low_usage_percent, text_low_usage_percent;
		bool text_ignore_hosts;
		int64_t text_critical_usage, text_critical_workers;
	} analysis;
	struct {
		int64_t max_head;        /* request line and fields, bytes */
		int64_t max_target;      /* request target, bytes */
		int64_t max_connections; /* per reader */
		int64_t max_streams;     /* of them, those of /events */
		int64_t body_memory;     /* per reader, of answers that wait */
		int64_t head_timeout;    /* to send a whole head */
		int64_t idle_timeout;    /* between requests */
		int64_t write_timeout;   /* no progress of an answer */
		int64_t retry_after;     /* in a 503 */
		int64_t connection_age;  /* of a connection; 0: no end */
		struct config_list cors; /* allowed origins */
		struct config_list metrics_listen, admin_listen;
		struct config_list dashboard_listen; /* or "none" alone */
		char *admin_token_file; /* "": none; the token is never in here */
		/* That /readyz waits for, all of them configured. */
		struct config_list ready_categories;
		char *access_log;        /* a path; "": none */
		char *access_log_format; /* "combined" or "json" */
		char *replicate_mode;    /* "REPLICA" or "PRIMARY": only echoed */
		char *canonical_format;  /* "v2" or "legacy": only echoed */
	} http;
	struct config_category *category;
	size_t ncategories;
	/* Where each row of the option table got its value, for messages and
	 * config_dump(): "FILE:LINE", the name of a variable, or NULL for the default.
	 */
	char **origin;
	/* The file's bytes, for a program that takes over what runs by them; "" without
	 * a file. */
	char *text;
};

/* Whether the dashboard is served at all. */
bool config_has_dashboard(const struct config *);

/*
 * Reads the file, lays the environment over it, checks ranges and cross rules
 * (interval < ttl <= stale_ttl <= stale_if_error, a category at least, ...). A default
 * of http.ready_categories becomes what is configured of it, or all if nothing is, and
 * what section redis leaves open what hydratord.conf(5) says. path
 * NULL: only defaults and environment. known_category says whether a category name
 * exists. Returns 0 and *out, or -1 with "FILE:LINE: message" (or "NAME: message" for
 * the environment) in err, and nothing else changed. All problems, one a line, as far
 * as err has room.
 */
int config_load(const char *path, bool (*known_category)(const char *),
    struct config **out, char *err, size_t errlen) MUST_CHECK;

/*
 * Reload: gives the options of c that are not reloadable (strings, all of them; a test
 * sees to it) the values that they have in old, and tells kept the name of each that
 * would have changed ("segment.name").
 */
void config_keep_fixed(struct config *c, const struct config *old,
    void (*kept)(void *arg, const char *option), void *arg);

/* Prints the effective configuration in the file's own syntax (hydratord -T), each
 * value followed by where it came from and what it is; reading it back gives the same
 * configuration, but for a password in redis.url, which is not printed. */
void config_dump(const struct config *, FILE *);

/*
 * Prints a line for each variable of the environment that is ours or the reference's:
 * what it sets, or that it is ignored and why; unknown_only: only for those that begin
 * as the reference's settings and are none that we know, which are warnings. Each line
 * begins with lead.
 * Values are not printed: they may be secrets. Returns how many lines these are.
 */
size_t config_print_variables(FILE *, const char *lead, bool unknown_only);

/* Frees *c (NULL is fine) and sets it to NULL. */
void config_free(struct config **c);

#endif
