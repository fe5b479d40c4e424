/* The status as a plugin of Nagios and its heirs has it: a line with figures behind a
 * bar, and their exit statuses. */
#ifndef CTL_NAGIOS_H
#define CTL_NAGIOS_H

#include "ctl/attach.h"

enum nagios_exit {
	NAGIOS_OK,
	NAGIOS_WARNING,
	NAGIOS_CRITICAL,
	NAGIOS_UNKNOWN,
};

/* Both print the line and return an enum nagios_exit; the second where attach_try() has
 * returned status, with its message. */
int nagios_show(const struct ctl *, const struct attached *);
int nagios_miss(const struct attached *, int status, const char *message);

#endif
