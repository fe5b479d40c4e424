/* Wording deaths. */
#include "supervisor/obituary.h"

#include <sys/wait.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

enum counter_death
obituary_death(enum child_state before, int status)
{
	if (before == CHILD_ABORTED || before == CHILD_KILLED)
		return DEATH_HUNG;
	if (WIFSIGNALED(status))
		return WCOREDUMP(status) ? DEATH_CORE : DEATH_SIGNAL;
	return DEATH_EXIT;
}

void
obituary(
    const struct child *ch, enum child_state before, pid_t pid, int status, int64_t now)
{
	double age = (double)(now - ch->born) / (double)NSEC_PER_SEC;
	const char *hung = before == CHILD_ABORTED ? " (hung)" : "";
	char how[128];

	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was killed by signal %d (%s%s)",
		    WTERMSIG(status), strsignal(WTERMSIG(status)),
		    WCOREDUMP(status) ? ", with a core" : "");
	else
		snprintf(
		    how, sizeof(how), "exited with status %d", WEXITSTATUS(status));
	if (ch->life.wanted && WIFSIGNALED(status) && WCOREDUMP(status))
		log_errx("%s (pid %d) %s%s after %.3f s; restarting in %.3f s",
		    ch->title, (int)pid, how, hung, age,
		    (double)(ch->deadline - now) / (double)NSEC_PER_SEC);
	else if (ch->life.wanted)
		log_warnx("%s (pid %d) %s%s after %.3f s; restarting in %.3f s",
		    ch->title, (int)pid, how, hung, age,
		    (double)(ch->deadline - now) / (double)NSEC_PER_SEC);
	else
		log_info("%s (pid %d) %s%s after %.3f s", ch->title, (int)pid, how,
		    hung, age);
}
