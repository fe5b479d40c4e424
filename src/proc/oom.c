/* Writing /proc/self/oom_score_adj for a moment. */
#include "proc/oom.h"

#include <fcntl.h>
#include <linux/oom.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* Of the process that opened it, as is its score. */
static int oom_file = -1;
static long oom_usual;

void
oom_open(void)
{
	oom_file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
	if (oom_file == -1)
		log_debug("the kernel will choose by size when memory is short");
}

static void
oom_set(long score)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld",
	    score > OOM_SCORE_ADJ_MAX ? OOM_SCORE_ADJ_MAX : score);
	if (pwrite(oom_file, text, strlen(text), 0) == -1)
		log_warn("cannot write %s to oom_score_adj", text);
}

void
oom_offer(void)
{
	char text[24] = "";

	if (oom_file == -1 || pread(oom_file, text, sizeof(text) - 1, 0) == -1)
		return;
	oom_usual = strtol(text, NULL, 10);
	oom_set(oom_usual + OOM_MORE);
}

void
oom_withdraw(void)
{
	if (oom_file != -1)
		oom_set(oom_usual);
}
