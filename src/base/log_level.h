/* The levels of log lines: names, numbers, priorities of syslog(3). Pure. */
#ifndef BASE_LOG_LEVEL_H
#define BASE_LOG_LEVEL_H

/* From few lines to many: an order carries the number (shm/order.h), and "error" to
 * "debug" are their names. */
enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG,
	LOG_LEVELS
};

/* The number of a name; -1: no level has it. */
int log_level_find(const char *name);
const char *log_level_name(enum log_level);
/* LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG. */
int log_level_priority(enum log_level);
/* The level that lines of such a priority have. */
enum log_level log_level_of(int priority);

#endif
