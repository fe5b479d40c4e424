/* Silence is counted in the currency that the silent process was short of, or had. */
#include "supervisor/pulse.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "supervisor/usage.h"

#define LOOK_MAX (2 * NSEC_PER_SEC)

/* proc(5), /proc/PID/stat: the name may hold blanks and brackets, so what follows its
 * last bracket is read: field 3 is the state, fields 14 and 15 are clock ticks. */
static int
vitals_parse(const char *stat, struct vitals *out)
{
	const char *after = strrchr(stat, ')');
	uint64_t user, system;
	char state;

	if (after == NULL ||
	    sscanf(after,
		") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
		&state, &user, &system) != 3)
		return -1;
	out->sleeps = strchr("STtI", state) != NULL;
	out->ran = (int64_t)(user + system) * (NSEC_PER_SEC / sysconf(_SC_CLK_TCK));
	return 0;
}

int
vitals_read(pid_t pid, struct vitals *out)
{
	char file[32], stat[1024];

	snprintf(file, sizeof(file), "task/%d/stat", (int)pid);
	if (usage_text(pid, file, stat, sizeof(stat)) == -1)
		return -1;
	return vitals_parse(stat, out);
}

int64_t
pulse_look(struct pulse *p, int64_t beat, int64_t passed, const struct vitals *vitals)
{
	int64_t ran = vitals != NULL ? vitals->ran - p->ran : 0;
	int64_t silence =
	    vitals != NULL && !vitals->sleeps && ran < passed ? ran : passed;

	if (vitals != NULL)
		p->ran = vitals->ran;
	if (beat != p->beat) {
		p->beat = beat;
		p->quiet = 0;
	} else if (silence > 0)
		p->quiet += silence < LOOK_MAX ? silence : LOOK_MAX;
	return p->quiet;
}
