/* The table of options, one row each. A column that a row leaves out is false, NULL or
 * no range; a preset is never left out, since it has to be a text. */
#include "config/options.h"

#include <string.h>

#include "base/attr.h"
#include "config/check.h"
#include "config/config.h"

/* Where an option is: its section in the file, and its place in the configuration. */
#define TOP(option)                                                                    \
	.section = "", .name = #option, .offset = offsetof(struct config, option)
#define IN(where, option)                                                              \
	.section = #where, .name = #option,                                            \
	.offset = offsetof(struct config, where.option)
#define EACH(option)                                                                   \
	.section = "category", .name = #option,                                        \
	.offset = offsetof(struct config_category, option)
/* Its variables. */
#define REFERENCE(name)                                                                \
	{                                                                              \
		"HORDE_MODEL_REFERENCE_" name, NULL                                    \
	}
#define OWN(name)                                                                      \
	{                                                                              \
		"HYDRATORD_" name, NULL                                                \
	}
#define KIB 1024.0
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define DAY 86400
#define YEAR (365 * DAY)

const struct config_option config_options[] = {
	{ TOP(listen), .type = OPTION_LIST, .preset = "[\"127.0.0.1:19820\"]",
	    .reloadable = true, .env = OWN("LISTEN"), .check = check_listen,
	    .doc = "addresses to serve on" },
	{ TOP(readers), .type = OPTION_INT, .preset = "2", .min = 1, .max = 64,
	    .unit = "processes", .reloadable = true, .env = OWN("READERS"),
	    .doc = "processes that answer requests" },
	{ TOP(user), .type = OPTION_STRING, .preset = "", .env = OWN("USER"),
	    .check = check_user,
	    .doc = "user to become after the start; empty: stay who we are" },
	{ TOP(pidfile), .type = OPTION_STRING, .preset = "/run/hydratord/hydratord.pid",
	    .env = OWN("PIDFILE"), .check = check_path_or_none,
	    .doc =
		"file with the process id, and the lock; empty: none, with -f only" },
	{ TOP(state_dir), .type = OPTION_STRING, .preset = "/var/lib/hydratord",
	    .reloadable = true, .env = OWN("STATE_DIR"), .check = check_path_or_none,
	    .doc = "directory for what survives a restart; empty: nothing does" },

	{ IN(segment, name), .type = OPTION_STRING, .preset = "/hydratord",
	    .env = OWN("SEGMENT_NAME"), .check = check_segment_name,
	    .doc = "name of the shared memory" },
	{ IN(segment, capacity), .type = OPTION_SIZE, .preset = "16M", .min = 4 * KIB,
	    .max = GIB, .unit = "bytes", .reloadable = true,
	    .env = OWN("SEGMENT_CAPACITY"),
	    .doc = "room for one snapshot of one category, to begin with" },
	{ IN(segment, max), .type = OPTION_SIZE, .preset = "512M", .min = 4 * KIB,
	    .max = GIB, .unit = "bytes", .reloadable = true, .env = OWN("SEGMENT_MAX"),
	    .doc = "up to which that room grows by itself" },

	{ IN(log, target), .type = OPTION_STRING, .preset = "auto", .reloadable = true,
	    .env = OWN("LOG_TARGET"), .check = check_log_target,
	    .doc = "auto, syslog, stderr or a file" },
	{ IN(log, level), .type = OPTION_STRING, .preset = "info", .reloadable = true,
	    .env = OWN("LOG_LEVEL"), .check = check_log_level,
	    .doc = "error, warning, info or debug" },
	{ IN(log, format), .type = OPTION_STRING, .preset = "text", .reloadable = true,
	    .env = OWN("LOG_FORMAT"), .check = check_log_format,
	    .doc = "text or json" },

	{ IN(supervisor, start_timeout), .type = OPTION_INT, .preset = "30", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = OWN("SUPERVISOR_START_TIMEOUT"),
	    .doc = "for a new process to say that it is ready" },
	{ IN(supervisor, hang_timeout), .type = OPTION_INT, .preset = "30", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = OWN("SUPERVISOR_HANG_TIMEOUT"),
	    .doc = "without a sign of life before a process is ended" },
	{ IN(supervisor, drain_timeout), .type = OPTION_INT, .preset = "30", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = OWN("SUPERVISOR_DRAIN_TIMEOUT"),
	    .doc = "for a process to finish what is under way" },
	{ IN(supervisor, sandbox), .type = OPTION_BOOL, .preset = "true",
	    .reloadable = true, .env = OWN("SUPERVISOR_SANDBOX"),
	    .doc = "filter the system calls of the other processes" },
	{ IN(supervisor, core_dumps), .type = OPTION_BOOL, .preset = "false",
	    .reloadable = true, .env = OWN("SUPERVISOR_CORE_DUMPS"),
	    .doc = "cores, and tracing by the same user, are allowed" },

	{ IN(hydration, enabled), .type = OPTION_BOOL, .preset = "true",
	    .reloadable = true, .env = REFERENCE("CACHE_HYDRATION_ENABLED"),
	    .doc = "refresh on a schedule; false: once, then on SIGUSR1 only" },
	{ IN(hydration, interval), .type = OPTION_INT, .preset = "240", .min = 1,
	    .max = DAY, .unit = "s", .reloadable = true,
	    .env = REFERENCE("CACHE_HYDRATION_INTERVAL_SECONDS"),
	    .doc = "from the start of one cycle to the start of the next" },
	{ IN(hydration, ttl), .type = OPTION_INT, .preset = "300", .min = 2,
	    .max = 7 * DAY, .unit = "s", .reloadable = true,
	    .env = REFERENCE("DELETION_RISK_CACHE_TTL"),
	    .doc = "age below which an answer is fresh" },
	{ IN(hydration, stale_ttl), .type = OPTION_INT, .preset = "3600", .min = 2,
	    .max = 30 * DAY, .unit = "s", .reloadable = true,
	    .env = REFERENCE("CACHE_HYDRATION_STALE_TTL_SECONDS"),
	    .doc = "age up to which an answer is stale while it is refreshed" },
	{ IN(hydration, stale_if_error), .type = OPTION_INT, .preset = "86400",
	    .min = 2, .max = YEAR, .unit = "s", .reloadable = true,
	    .env = OWN("HYDRATION_STALE_IF_ERROR"),
	    .doc = "age up to which an answer is served while the upstream fails" },
	{ IN(hydration, startup_delay), .type = OPTION_INT, .preset = "0", .min = 0,
	    .max = DAY, .unit = "s", .reloadable = true,
	    .env = REFERENCE("CACHE_HYDRATION_STARTUP_DELAY_SECONDS"),
	    .doc = "wait before the first cycle" },
	{ IN(hydration, jitter), .type = OPTION_FLOAT, .preset = "0.1", .min = 0,
	    .max = 0.5, .unit = "of the interval", .reloadable = true,
	    .env = OWN("HYDRATION_JITTER"),
	    .doc = "a cycle begins up to this much late, so that a fleet spreads out" },
	{ IN(hydration, max_memory), .type = OPTION_SIZE, .preset = "1G", .min = 0,
	    .max = 64 * GIB, .unit = "bytes", .reloadable = true,
	    .env = OWN("HYDRATION_MAX_MEMORY"),
	    .doc = "that the refresh of one category may take; 0: no limit" },

	{ IN(horde, url), .type = OPTION_STRING, .preset = "https://aihorde.net/api",
	    .reloadable = true, .env = { "HORDE_URL", "AI_HORDE_URL" },
	    .check = check_base_url,
	    .doc = "the AI Horde API, or a directory with its documents" },
	{ IN(horde, timeout), .type = OPTION_INT, .preset = "30", .min = 1, .max = 3600,
	    .unit = "s", .reloadable = true, .env = REFERENCE("HORDE_API_TIMEOUT"),
	    .doc = "for the transfer of a Horde document" },

	{ IN(upstream, connect_timeout), .type = OPTION_INT, .preset = "5", .min = 1,
	    .max = 300, .unit = "s", .reloadable = true,
	    .env = OWN("UPSTREAM_CONNECT_TIMEOUT"), .doc = "for a connection" },
	{ IN(upstream, timeout), .type = OPTION_INT, .preset = "10", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = REFERENCE("PRIMARY_API_TIMEOUT"),
	    .doc = "for the transfer of a reference document" },
	{ IN(upstream, cycle_timeout), .type = OPTION_INT, .preset = "120", .min = 1,
	    .max = DAY, .unit = "s", .reloadable = true,
	    .env = OWN("UPSTREAM_CYCLE_TIMEOUT"),
	    .doc = "for all documents of a cycle" },
	{ IN(upstream, stall_timeout), .type = OPTION_INT, .preset = "10", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = OWN("UPSTREAM_STALL_TIMEOUT"),
	    .doc = "longest time without a byte" },
	{ IN(upstream, max_bytes), .type = OPTION_SIZE, .preset = "64M", .min = KIB,
	    .max = GIB, .unit = "bytes", .reloadable = true,
	    .env = OWN("UPSTREAM_MAX_BYTES"),
	    .doc = "largest document, after decompression" },
	{ IN(upstream, user_agent), .type = OPTION_STRING, .preset = "hydratord",
	    .reloadable = true, .env = OWN("UPSTREAM_USER_AGENT"),
	    .check = check_user_agent,
	    .doc = "how requests to upstreams introduce themselves" },
	{ IN(upstream, proxy), .type = OPTION_STRING, .preset = "", .reloadable = true,
	    .env = OWN("UPSTREAM_PROXY"), .check = check_proxy,
	    .doc = "URL of a proxy; empty: none" },
	{ IN(upstream, ca_file), .type = OPTION_STRING, .preset = "",
	    .reloadable = true, .env = OWN("UPSTREAM_CA_FILE"),
	    .check = check_path_or_none,
	    .doc = "PEM certificates to trust instead of the system's" },
	{ IN(upstream, apikey_file), .type = OPTION_STRING, .preset = "",
	    .reloadable = true, .env = OWN("UPSTREAM_APIKEY_FILE"),
	    .check = check_path_or_none,
	    .doc = "file with the API key for the AI Horde" },

	{ IN(gate, min_ratio), .type = OPTION_FLOAT, .preset = "0.5", .min = 0,
	    .max = 1, .unit = "of the last good document", .reloadable = true,
	    .env = OWN("GATE_MIN_RATIO"),
	    .doc = "a document that shrinks to less is not believed at once" },
	{ IN(gate, confirmations), .type = OPTION_INT, .preset = "3", .min = 1,
	    .max = 100, .unit = "refreshes", .reloadable = true,
	    .env = OWN("GATE_CONFIRMATIONS"),
	    .doc = "that have to give the same before it is" },

	{ IN(redis, url), .type = OPTION_STRING, .preset = "", .secret = true,
	    .reloadable = true, .env = OWN("REDIS_URL"), .check = check_redis_url,
	    .doc = "Redis through which machines share one refresh; empty: none" },
	{ IN(redis, password_file), .type = OPTION_STRING, .preset = "",
	    .reloadable = true, .env = OWN("REDIS_PASSWORD_FILE"),
	    .check = check_path_or_none, .doc = "file with the password for it" },
	{ IN(redis, prefix), .type = OPTION_STRING, .preset = "hydratord",
	    .reloadable = true, .env = OWN("REDIS_PREFIX"), .check = check_redis_prefix,
	    .doc = "what the keys of the fleet begin with" },
	{ IN(redis, name), .type = OPTION_STRING, .preset = "", .reloadable = true,
	    .env = OWN("REDIS_NAME"), .check = check_redis_name,
	    .doc = "of this machine in the fleet; empty: the name of the host" },
	{ IN(redis, lease), .type = OPTION_INT, .preset = "0", .min = 0, .max = 2 * DAY,
	    .unit = "s", .reloadable = true, .env = OWN("REDIS_LEASE"),
	    .doc = "for which a leader is one without renewing it; 0: "
		   "upstream.cycle_timeout and 15 more" },
	{ IN(redis, poll), .type = OPTION_INT, .preset = "2", .min = 1, .max = 300,
	    .unit = "s", .reloadable = true, .env = OWN("REDIS_POLL"),
	    .doc = "between two looks at Redis" },
	{ IN(redis, patience), .type = OPTION_INT, .preset = "0", .min = 0, .max = DAY,
	    .unit = "s", .reloadable = true, .env = OWN("REDIS_PATIENCE"),
	    .doc = "without Redis, then a machine refreshes for itself; 0: "
		   "hydration.interval" },
	{ IN(redis, reference_prefix), .type = OPTION_STRING,
	    .preset = "horde:model_ref", .reloadable = true,
	    .env = OWN("REDIS_REFERENCE_PREFIX"), .check = check_redis_reference_prefix,
	    .doc = "what the reference's keys begin with; empty: they are not "
		   "written" },
	{ IN(redis, reference_ttl), .type = OPTION_INT, .preset = "0", .min = 0,
	    .max = 30 * DAY, .unit = "s", .reloadable = true,
	    .env = OWN("REDIS_REFERENCE_TTL"),
	    .doc = "for which these live; 0: hydration.stale_ttl" },

	{ IN(analysis, corrections), .type = OPTION_LIST, .preset = "[]",
	    .reloadable = true, .env = OWN("ANALYSIS_CORRECTIONS"),
	    .check = check_correction, .doc = "oddities of the reference to mend" },
	{ IN(analysis, preferred_hosts), .type = OPTION_LIST,
	    .preset = "[\"huggingface.co\"]", .reloadable = true,
	    .env = REFERENCE("PREFERRED_FILE_HOSTS"),
	    .doc = "hosts that model files should be on" },
	{ IN(analysis, low_usage_percent), .type = OPTION_FLOAT, .preset = "0.0065",
	    .min = 0, .max = 100, .unit = "percent", .reloadable = true,
	    .env = REFERENCE("LOW_USAGE_THRESHOLD_PERCENTAGE"),
	    .doc = "share of the month's usage below which a model is little used" },
	{ IN(analysis, text_low_usage_percent), .type = OPTION_FLOAT, .preset = "0.02",
	    .min = 0, .max = 100, .unit = "percent", .reloadable = true,
	    .env = REFERENCE("TEXT_GEN_LOW_USAGE_THRESHOLD_PERCENTAGE"),
	    .doc = "the same for text models" },
	{ IN(analysis, text_ignore_hosts), .type = OPTION_BOOL, .preset = "true",
	    .reloadable = true, .env = REFERENCE("TEXT_GEN_IGNORE_DOWNLOAD_HOSTS"),
	    .doc = "text models get no flags for where their files are" },
	{ IN(analysis, text_critical_usage), .type = OPTION_INT, .preset = "10",
	    .min = 0, .max = 1e12, .unit = "requests", .reloadable = true,
	    .env = REFERENCE("TEXT_GEN_CRITICAL_USAGE_THRESHOLD"),
	    .doc = "a month's usage below which a text model may be critical" },
	{ IN(analysis, text_critical_workers), .type = OPTION_INT, .preset = "1",
	    .min = 0, .max = 1e6, .unit = "workers", .reloadable = true,
	    .env = REFERENCE("TEXT_GEN_CRITICAL_WORKER_THRESHOLD"),
	    .doc = "workers below which a text model may be critical" },

	{ IN(http, max_head), .type = OPTION_SIZE, .preset = "16K", .min = KIB,
	    .max = MIB, .unit = "bytes", .reloadable = true,
	    .env = OWN("HTTP_MAX_HEAD"), .doc = "largest request head" },
	{ IN(http, max_target), .type = OPTION_SIZE, .preset = "8K", .min = 256,
	    .max = MIB, .unit = "bytes", .reloadable = true,
	    .env = OWN("HTTP_MAX_TARGET"), .doc = "longest request target" },
	{ IN(http, max_connections), .type = OPTION_INT, .preset = "4096", .min = 1,
	    .max = 1e6, .unit = "connections", .reloadable = true,
	    .env = OWN("HTTP_MAX_CONNECTIONS"),
	    .doc = "open connections of one reader" },
	{ IN(http, body_memory), .type = OPTION_SIZE, .preset = "64M", .min = MIB,
	    .max = 64 * GIB, .unit = "bytes", .reloadable = true,
	    .env = OWN("HTTP_BODY_MEMORY"),
	    .doc = "of one reader, for answers that wait for slow clients" },
	{ IN(http, head_timeout), .type = OPTION_INT, .preset = "10", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = OWN("HTTP_HEAD_TIMEOUT"),
	    .doc = "for a client to send a whole head" },
	{ IN(http, idle_timeout), .type = OPTION_INT, .preset = "60", .min = 1,
	    .max = DAY, .unit = "s", .reloadable = true,
	    .env = OWN("HTTP_IDLE_TIMEOUT"), .doc = "between two requests" },
	{ IN(http, write_timeout), .type = OPTION_INT, .preset = "30", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = OWN("HTTP_WRITE_TIMEOUT"), .doc = "without progress of an answer" },
	{ IN(http, retry_after), .type = OPTION_INT, .preset = "5", .min = 1,
	    .max = 3600, .unit = "s", .reloadable = true,
	    .env = OWN("HTTP_RETRY_AFTER"),
	    .doc = "what a 503 tells the client to wait" },
	{ IN(http, connection_age), .type = OPTION_INT, .preset = "0", .min = 0,
	    .max = DAY, .unit = "s", .reloadable = true,
	    .env = OWN("HTTP_CONNECTION_AGE"),
	    .doc =
		"after which a connection is closed with its next answer; 0: never" },
	{ IN(http, cors), .type = OPTION_LIST, .preset = "[]", .separated = true,
	    .reloadable = true, .env = REFERENCE("CORS_ALLOWED_ORIGINS"),
	    .check = check_origin,
	    .doc = "origins whose scripts may read the answers" },
	{ IN(http, replicate_mode), .type = OPTION_STRING, .preset = "REPLICA",
	    .reloadable = true, .env = REFERENCE("REPLICATE_MODE"),
	    .check = check_replicate_mode,
	    .doc = "PRIMARY or REPLICA: only told to clients" },
	{ IN(http, canonical_format), .type = OPTION_STRING, .preset = "v2",
	    .reloadable = true, .env = REFERENCE("CANONICAL_FORMAT"),
	    .check = check_canonical_format,
	    .doc = "v2 or legacy: only told to clients" },

	{ IN(http, metrics_listen), .type = OPTION_LIST, .preset = "[]",
	    .reloadable = true, .env = OWN("HTTP_METRICS_LISTEN"),
	    .check = check_listen, .doc = "addresses to serve /metrics on" },
	{ IN(http, ready_categories), .type = OPTION_LIST,
	    .preset = "[\"image_generation\", \"text_generation\"]", .reloadable = true,
	    .env = OWN("HTTP_READY_CATEGORIES"), .check = check_category,
	    .doc = "categories that /readyz waits for" },
	{ IN(http, access_log), .type = OPTION_STRING, .preset = "", .reloadable = true,
	    .env = OWN("HTTP_ACCESS_LOG"), .check = check_path_or_none,
	    .doc = "file with a line for each request; empty: none" },
	{ IN(http, access_log_format), .type = OPTION_STRING, .preset = "combined",
	    .reloadable = true, .env = OWN("HTTP_ACCESS_LOG_FORMAT"),
	    .check = check_access_log_format, .doc = "combined or json" },

	{ EACH(reference), .type = OPTION_LIST, .preset = "[]", .reloadable = true,
	    .env = OWN("CATEGORY_<NAME>_REFERENCE"), .check = check_url,
	    .doc = "sources of the category's models, tried in this order" },
};

const size_t config_noptions = NELEM(config_options);

bool
config_option_per_category(const struct config_option *o)
{
	return strcmp(o->section, "category") == 0;
}
