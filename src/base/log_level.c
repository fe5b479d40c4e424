/* One table. */
#include "base/log_level.h"

#include <string.h>
#include <syslog.h>

static const struct {
	const char *name;
	int priority;
} log_levels[LOG_LEVELS] = {
	[LOG_LEVEL_ERROR] = { "error", LOG_ERR },
	[LOG_LEVEL_WARNING] = { "warning", LOG_WARNING },
	[LOG_LEVEL_INFO] = { "info", LOG_INFO },
	[LOG_LEVEL_DEBUG] = { "debug", LOG_DEBUG },
};

int
log_level_find(const char *name)
{
	int i;

	for (i = 0; i < LOG_LEVELS; i++)
		if (strcmp(name, log_levels[i].name) == 0)
			return i;
	return -1;
}

const char *
log_level_name(enum log_level level)
{
	return log_levels[level].name;
}

int
log_level_priority(enum log_level level)
{
	return log_levels[level].priority;
}

enum log_level
log_level_of(int priority)
{
	int i;

	for (i = 0; i < LOG_LEVELS; i++)
		if (priority == log_levels[i].priority)
			return (enum log_level)i;
	return LOG_LEVEL_INFO;
}
