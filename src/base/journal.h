/* Standard error as the journal's, and what is said there by a program that does not
 * log yet, or to whoever waits for its end. */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>

#include "base/attr.h"

/* Whether standard error is what JOURNAL_STREAM says, "DEVICE:INODE" (systemd.exec(5)):
 * a unit may redirect it, and then the variable is still there. */
bool journal_is_stderr(void);

/* What the journal reads a line's priority from, "<3>" for LOG_ERR (sd-daemon(3)),
 * LOG_ERR to LOG_DEBUG; "" where standard error is anything else. Not to be freed. */
const char *journal_mark(int prio);

/* Writes text of one or more lines to standard error, each with its mark. prio: LOG_ERR
 * or LOG_WARNING. Any process; longer text than 8 KiB is cut off. */
void journal_tell(int prio, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
