/* The flags of deletion risk: each names a reason to look at a model
 * (doc/reference.md 5.3). */
#ifndef TERMS_FLAG_H
#define TERMS_FLAG_H

#include <stddef.h>

/* X(flag, name of its JSON key), in the order of the keys. Rows are only appended:
 * payloads and databases have the numbers. */
#define RISK_FLAGS(X)                                                                  \
	X(RISK_ZERO_USAGE_DAY, "zero_usage_day")                                       \
	X(RISK_ZERO_USAGE_MONTH, "zero_usage_month")                                   \
	X(RISK_ZERO_USAGE_TOTAL, "zero_usage_total")                                   \
	X(RISK_NO_ACTIVE_WORKERS, "no_active_workers")                                 \
	X(RISK_MULTIPLE_HOSTS, "has_multiple_hosts")                                   \
	X(RISK_NON_PREFERRED_HOST, "has_non_preferred_host")                           \
	X(RISK_UNKNOWN_HOST, "has_unknown_host")                                       \
	X(RISK_NO_DOWNLOAD_URLS, "no_download_urls")                                   \
	X(RISK_MISSING_DESCRIPTION, "missing_description")                             \
	X(RISK_MISSING_BASELINE, "missing_baseline")                                   \
	X(RISK_LOW_USAGE, "low_usage")

#define RISK_FLAG_ROW(flag, name) flag,
enum risk_flag {
	RISK_FLAGS(RISK_FLAG_ROW) RISK_FLAG_MAX
};
#undef RISK_FLAG_ROW

/* A flag's bit in a set of flags. */
#define RISK_BIT(flag) (1u << (flag))

/* "zero_usage_day", ...: the JSON key. */
const char *flag_name(enum risk_flag);
/* The flag of the n bytes at name (exact, case-sensitive), or -1. */
int flag_find(const char *name, size_t n);

#endif
