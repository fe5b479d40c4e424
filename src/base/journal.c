/* Standard error as the journal's. */
#include "base/journal.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/attr.h"

bool
journal_is_stderr(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (stream == NULL || fstat(STDERR_FILENO, &st) == -1)
		return false;
	snprintf(
	    own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

const char *
journal_mark(int prio)
{
	static const char *const marks[] = { [LOG_ERR] = "<3>",
		[LOG_WARNING] = "<4>",
		[LOG_NOTICE] = "<5>",
		[LOG_INFO] = "<6>",
		[LOG_DEBUG] = "<7>" };

	return prio >= LOG_ERR && prio < (int)NELEM(marks) && journal_is_stderr()
		   ? marks[prio]
		   : "";
}

void
journal_tell(int prio, const char *fmt, ...)
{
	const char *mark = journal_mark(prio);
	char text[8192], *rest = text, *line;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			fprintf(stderr, "%s%s\n", mark, line);
}
