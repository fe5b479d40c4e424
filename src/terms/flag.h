/* The flags of deletion risk: each names a reason to look at a model
 * (doc/reference.md 5.3). */
#ifndef TERMS_FLAG_H
#define TERMS_FLAG_H

#include <stddef.h>

/* X(flag, name of its JSON key, what it says of a model in words), in the order of the
 * keys. Rows are only appended: payloads and databases have the numbers. */
#define RISK_FLAGS(X)                                                                  \
	X(RISK_ZERO_USAGE_DAY, "zero_usage_day", "not used today")                     \
	X(RISK_ZERO_USAGE_MONTH, "zero_usage_month", "not used this month")            \
	X(RISK_ZERO_USAGE_TOTAL, "zero_usage_total", "never used")                     \
	X(RISK_NO_ACTIVE_WORKERS, "no_active_workers", "no workers")                   \
	X(RISK_MULTIPLE_HOSTS, "has_multiple_hosts", "files on several hosts")         \
	X(RISK_NON_PREFERRED_HOST, "has_non_preferred_host", "files on another host")  \
	X(RISK_UNKNOWN_HOST, "has_unknown_host", "files on an unknown host")           \
	X(RISK_NO_DOWNLOAD_URLS, "no_download_urls", "no download")                    \
	X(RISK_MISSING_DESCRIPTION, "missing_description", "no description")           \
	X(RISK_MISSING_BASELINE, "missing_baseline", "no baseline")                    \
	X(RISK_LOW_USAGE, "low_usage", "little used")

#define RISK_FLAG_ROW(flag, name, words) flag,
enum risk_flag {
	RISK_FLAGS(RISK_FLAG_ROW) RISK_FLAG_MAX
};
#undef RISK_FLAG_ROW

/* A flag's bit in a set of flags. */
#define RISK_BIT(flag) (1u << (flag))

/* "zero_usage_day", ...: the JSON key. */
const char *flag_name(enum risk_flag);
/* "not used today", ...: a reason, to be read by people. */
const char *flag_words(enum risk_flag);

#endif
