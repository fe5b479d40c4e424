/* The table of options, one row each. */
#include "config/options.h"

#include <string.h>

#include "base/attr.h"
#include "config/check.h"
#include "config/config.h"

#define AT(member) offsetof(struct config, member)
#define REFERENCE(name)                                                                \
	{                                                                              \
		"HORDE_MODEL_REFERENCE_" name, NULL                                    \
	}
#define OWN(name)                                                                      \
	{                                                                              \
		"HYDRATORD_" name, NULL                                                \
	}
#define TEXT 0, 0, "" /* no range, no unit */
#define KIB 1024.0
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define DAY 86400
#define YEAR (365 * DAY)

const struct config_option config_options[] = {
	{ "", "listen", OPTION_LIST, AT(listen), "[\"127.0.0.1:19800\"]", TEXT, true,
	    OWN("LISTEN"), check_listen, "addresses to serve on" },
	{ "", "readers", OPTION_INT, AT(readers), "2", 1, 64, "processes", true,
	    OWN("READERS"), NULL, "processes that answer requests" },
	{ "", "user", OPTION_STRING, AT(user), "", TEXT, false, OWN("USER"), check_user,
	    "user to become after the start; empty: stay who we are" },
	{ "", "pidfile", OPTION_STRING, AT(pidfile), "/run/hydratord/hydratord.pid",
	    TEXT, false, OWN("PIDFILE"), check_path,
	    "file with the process id, and the lock" },
	{ "", "state_dir", OPTION_STRING, AT(state_dir), "/var/lib/hydratord", TEXT,
	    true, OWN("STATE_DIR"), check_path_or_none,
	    "directory for what survives a restart; empty: nothing does" },

	{ "segment", "name", OPTION_STRING, AT(segment.name), "/hydratord", TEXT, false,
	    OWN("SEGMENT_NAME"), check_segment_name, "name of the shared memory" },
	{ "segment", "capacity", OPTION_SIZE, AT(segment.capacity), "16M", 4 * KIB, GIB,
	    "bytes", true, OWN("SEGMENT_CAPACITY"), NULL,
	    "room for one snapshot of one category" },

	{ "log", "target", OPTION_STRING, AT(log.target), "syslog", TEXT, true,
	    OWN("LOG_TARGET"), check_log_target, "syslog, stderr or a file" },
	{ "log", "level", OPTION_STRING, AT(log.level), "info", TEXT, true,
	    OWN("LOG_LEVEL"), check_log_level, "error, warning, info or debug" },

	{ "supervisor", "start_timeout", OPTION_INT, AT(supervisor.start_timeout), "30",
	    1, 3600, "s", true, OWN("SUPERVISOR_START_TIMEOUT"), NULL,
	    "for a new process to say that it is ready" },
	{ "supervisor", "hang_timeout", OPTION_INT, AT(supervisor.hang_timeout), "30",
	    1, 3600, "s", true, OWN("SUPERVISOR_HANG_TIMEOUT"), NULL,
	    "without a sign of life before a process is ended" },
	{ "supervisor", "drain_timeout", OPTION_INT, AT(supervisor.drain_timeout), "30",
	    1, 3600, "s", true, OWN("SUPERVISOR_DRAIN_TIMEOUT"), NULL,
	    "for a process to finish what is under way" },
	{ "supervisor", "sandbox", OPTION_BOOL, AT(supervisor.sandbox), "true", TEXT,
	    true, OWN("SUPERVISOR_SANDBOX"), NULL,
	    "filter the system calls of the other processes" },

	{ "hydration", "enabled", OPTION_BOOL, AT(hydration.enabled), "true", TEXT,
	    true, REFERENCE("CACHE_HYDRATION_ENABLED"), NULL,
	    "refresh on a schedule; false: once, then on SIGUSR1 only" },
	{ "hydration", "interval", OPTION_INT, AT(hydration.interval), "240", 1, DAY,
	    "s", true, REFERENCE("CACHE_HYDRATION_INTERVAL_SECONDS"), NULL,
	    "from the start of one cycle to the start of the next" },
	{ "hydration", "ttl", OPTION_INT, AT(hydration.ttl), "300", 2, 7 * DAY, "s",
	    true, REFERENCE("DELETION_RISK_CACHE_TTL"), NULL,
	    "age below which an answer is fresh" },
	{ "hydration", "stale_ttl", OPTION_INT, AT(hydration.stale_ttl), "3600", 2,
	    30 * DAY, "s", true, REFERENCE("CACHE_HYDRATION_STALE_TTL_SECONDS"), NULL,
	    "age up to which an answer is stale while it is refreshed" },
	{ "hydration", "stale_if_error", OPTION_INT, AT(hydration.stale_if_error),
	    "86400", 2, YEAR, "s", true, OWN("HYDRATION_STALE_IF_ERROR"), NULL,
	    "age up to which an answer is served while the upstream fails" },
	{ "hydration", "startup_delay", OPTION_INT, AT(hydration.startup_delay), "0", 0,
	    DAY, "s", true, REFERENCE("CACHE_HYDRATION_STARTUP_DELAY_SECONDS"), NULL,
	    "wait before the first cycle" },
	{ "hydration", "jitter", OPTION_FLOAT, AT(hydration.jitter), "0.1", 0, 0.5,
	    "of the interval", true, OWN("HYDRATION_JITTER"), NULL,
	    "a cycle begins up to this much late, so that a fleet spreads out" },

	{ "horde", "url", OPTION_STRING, AT(horde.url), "https://aihorde.net/api", TEXT,
	    true, { "HORDE_URL", "AI_HORDE_URL" }, check_base_url,
	    "the AI Horde API, or a directory with its documents" },
	{ "horde", "timeout", OPTION_INT, AT(horde.timeout), "30", 1, 3600, "s", true,
	    REFERENCE("HORDE_API_TIMEOUT"), NULL,
	    "for the transfer of a Horde document" },

	{ "upstream", "connect_timeout", OPTION_INT, AT(upstream.connect_timeout), "5",
	    1, 300, "s", true, OWN("UPSTREAM_CONNECT_TIMEOUT"), NULL,
	    "for a connection" },
	{ "upstream", "timeout", OPTION_INT, AT(upstream.timeout), "10", 1, 3600, "s",
	    true, REFERENCE("PRIMARY_API_TIMEOUT"), NULL,
	    "for the transfer of a reference document" },
	{ "upstream", "cycle_timeout", OPTION_INT, AT(upstream.cycle_timeout), "120", 1,
	    DAY, "s", true, OWN("UPSTREAM_CYCLE_TIMEOUT"), NULL,
	    "for all documents of a cycle" },
	{ "upstream", "stall_timeout", OPTION_INT, AT(upstream.stall_timeout), "10", 1,
	    3600, "s", true, OWN("UPSTREAM_STALL_TIMEOUT"), NULL,
	    "longest time without a byte" },
	{ "upstream", "max_bytes", OPTION_SIZE, AT(upstream.max_bytes), "64M", KIB, GIB,
	    "bytes", true, OWN("UPSTREAM_MAX_BYTES"), NULL,
	    "largest document, after decompression" },
	{ "upstream", "user_agent", OPTION_STRING, AT(upstream.user_agent), "hydratord",
	    TEXT, true, OWN("UPSTREAM_USER_AGENT"), check_user_agent,
	    "how requests to upstreams introduce themselves" },
	{ "upstream", "proxy", OPTION_STRING, AT(upstream.proxy), "", TEXT, true,
	    OWN("UPSTREAM_PROXY"), check_proxy, "URL of a proxy; empty: none" },
	{ "upstream", "ca_file", OPTION_STRING, AT(upstream.ca_file), "", TEXT, true,
	    OWN("UPSTREAM_CA_FILE"), check_path_or_none,
	    "PEM certificates to trust instead of the system's" },
	{ "upstream", "apikey_file", OPTION_STRING, AT(upstream.apikey_file), "", TEXT,
	    true, OWN("UPSTREAM_APIKEY_FILE"), check_path_or_none,
	    "file with the API key for the AI Horde" },

	{ "gate", "min_ratio", OPTION_FLOAT, AT(gate.min_ratio), "0.5", 0, 1,
	    "of the last good document", true, OWN("GATE_MIN_RATIO"), NULL,
	    "a document that shrinks to less is not believed at once" },
	{ "gate", "confirmations", OPTION_INT, AT(gate.confirmations), "3", 1, 100,
	    "refreshes", true, OWN("GATE_CONFIRMATIONS"), NULL,
	    "that have to give the same before it is" },

	{ "analysis", "corrections", OPTION_LIST, AT(analysis.corrections), "[]", TEXT,
	    true, OWN("ANALYSIS_CORRECTIONS"), check_correction,
	    "oddities of the reference to mend" },
	{ "analysis", "preferred_hosts", OPTION_LIST, AT(analysis.preferred_hosts),
	    "[\"huggingface.co\"]", TEXT, true, REFERENCE("PREFERRED_FILE_HOSTS"), NULL,
	    "hosts that model files should be on" },
	{ "analysis", "low_usage_percent", OPTION_FLOAT, AT(analysis.low_usage_percent),
	    "0.0065", 0, 100, "percent", true,
	    REFERENCE("LOW_USAGE_THRESHOLD_PERCENTAGE"), NULL,
	    "share of the month's usage below which a model is little used" },
	{ "analysis", "text_low_usage_percent", OPTION_FLOAT,
	    AT(analysis.text_low_usage_percent), "0.02", 0, 100, "percent", true,
	    REFERENCE("TEXT_GEN_LOW_USAGE_THRESHOLD_PERCENTAGE"), NULL,
	    "the same for text models" },
	{ "analysis", "text_ignore_hosts", OPTION_BOOL, AT(analysis.text_ignore_hosts),
	    "true", TEXT, true, REFERENCE("TEXT_GEN_IGNORE_DOWNLOAD_HOSTS"), NULL,
	    "text models get no flags for where their files are" },
	{ "analysis", "text_critical_usage", OPTION_INT,
	    AT(analysis.text_critical_usage), "10", 0, 1e12, "requests", true,
	    REFERENCE("TEXT_GEN_CRITICAL_USAGE_THRESHOLD"), NULL,
	    "a month's usage below which a text model may be critical" },
	{ "analysis", "text_critical_workers", OPTION_INT,
	    AT(analysis.text_critical_workers), "1", 0, 1e6, "workers", true,
	    REFERENCE("TEXT_GEN_CRITICAL_WORKER_THRESHOLD"), NULL,
	    "workers below which a text model may be critical" },

	{ "http", "max_head", OPTION_SIZE, AT(http.max_head), "16K", KIB, MIB, "bytes",
	    true, OWN("HTTP_MAX_HEAD"), NULL, "largest request head" },
	{ "http", "max_target", OPTION_SIZE, AT(http.max_target), "8K", 256, MIB,
	    "bytes", true, OWN("HTTP_MAX_TARGET"), NULL, "longest request target" },
	{ "http", "max_connections", OPTION_INT, AT(http.max_connections), "4096", 1,
	    1e6, "connections", true, OWN("HTTP_MAX_CONNECTIONS"), NULL,
	    "open connections of one reader" },
	{ "http", "head_timeout", OPTION_INT, AT(http.head_timeout), "10", 1, 3600, "s",
	    true, OWN("HTTP_HEAD_TIMEOUT"), NULL, "for a client to send a whole head" },
	{ "http", "idle_timeout", OPTION_INT, AT(http.idle_timeout), "60", 1, DAY, "s",
	    true, OWN("HTTP_IDLE_TIMEOUT"), NULL, "between two requests" },
	{ "http", "write_timeout", OPTION_INT, AT(http.write_timeout), "30", 1, 3600,
	    "s", true, OWN("HTTP_WRITE_TIMEOUT"), NULL,
	    "without progress of an answer" },
	{ "http", "retry_after", OPTION_INT, AT(http.retry_after), "5", 1, 3600, "s",
	    true, OWN("HTTP_RETRY_AFTER"), NULL,
	    "what a 503 tells the client to wait" },
	{ "http", "connection_age", OPTION_INT, AT(http.connection_age), "0", 0, DAY,
	    "s", true, OWN("HTTP_CONNECTION_AGE"), NULL,
	    "after which a connection is closed with its next answer; 0: never" },
	{ "http", "cors", OPTION_LIST, AT(http.cors), "[]", TEXT, true,
	    REFERENCE("CORS_ALLOWED_ORIGINS"), check_origin,
	    "origins whose scripts may read the answers" },
	{ "http", "replicate_mode", OPTION_STRING, AT(http.replicate_mode), "REPLICA",
	    TEXT, true, REFERENCE("REPLICATE_MODE"), check_replicate_mode,
	    "PRIMARY or REPLICA: only told to clients" },
	{ "http", "canonical_format", OPTION_STRING, AT(http.canonical_format), "v2",
	    TEXT, true, REFERENCE("CANONICAL_FORMAT"), check_canonical_format,
	    "v2 or legacy: only told to clients" },

	{ "http", "metrics_listen", OPTION_LIST, AT(http.metrics_listen), "[]", TEXT,
	    true, OWN("HTTP_METRICS_LISTEN"), check_listen,
	    "addresses to serve /metrics on" },
	{ "http", "access_log", OPTION_STRING, AT(http.access_log), "", TEXT, true,
	    OWN("HTTP_ACCESS_LOG"), check_path_or_none,
	    "file with a line for each request; empty: none" },
	{ "http", "access_log_format", OPTION_STRING, AT(http.access_log_format),
	    "combined", TEXT, true, OWN("HTTP_ACCESS_LOG_FORMAT"),
	    check_access_log_format, "combined or json" },

	{ "category", "reference", OPTION_LIST,
	    offsetof(struct config_category, reference), "[]", TEXT, true,
	    OWN("CATEGORY_<NAME>_REFERENCE"), check_url,
	    "sources of the category's models, tried in this order" },
};

const size_t config_noptions = NELEM(config_options);

bool
option_per_category(const struct config_option *o)
{
	return strcmp(o->section, "category") == 0;
}
