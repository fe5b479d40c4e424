/* Which errors heal. */
#include "supervisor/failure.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

#include "base/log.h"
#include "supervisor/keep.h"
#include "supervisor/notify.h"

int
failure_status(int error)
{
	switch (error) {
	case EACCES:
	case EINVAL:
	case EISDIR:
	case ELOOP:
	case ENAMETOOLONG:
	case ENOENT:
	case ENOTDIR:
	case EPERM:
	case EROFS:
		return EX_CONFIG;
	case EADDRINUSE:
	case EADDRNOTAVAIL:
	case EAGAIN:
	case EBUSY:
	case EDQUOT:
	case EMFILE:
	case ENETDOWN:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
	case ENOSPC:
	case ENXIO: /* a FIFO that nobody reads */
		return EX_TEMPFAIL;
	default:
		return EXIT_FAILURE;
	}
}

int64_t
failure_put_off(int status, const char *why, struct activation *passed)
{
	int64_t delay;
	char line[1100];

	if (status == 0 || status == EX_CONFIG) {
		keep_no_tries(passed);
		return 0;
	}
	(void)keep_no_sockets(passed);
	if ((delay = keep_try(passed)) == 0)
		return 0;
	log_info("starts have failed before: the next one is put off for %lld s",
	    (long long)delay);
	snprintf(
	    line, sizeof(line), "tried again in %lld s: %s", (long long)delay, why);
	notify_status(line);
	return delay;
}

int64_t
failure_after_crash(struct activation *passed)
{
	int64_t delay = keep_crash(passed);
	char line[100];

	if (delay == 0)
		return 0;
	(void)keep_no_sockets(passed);
	log_warnx("the process before this one has crashed, and so did others: this "
		  "start is put off for %lld s",
	    (long long)delay);
	snprintf(line, sizeof(line), "starts in %lld s: the last ones have crashed",
	    (long long)delay);
	notify_status(line);
	return delay;
}

bool
failure_wait(int64_t delay)
{
	const struct timespec left = { .tv_sec = delay };
	sigset_t stops;

	sigemptyset(&stops);
	sigaddset(&stops, SIGTERM);
	sigaddset(&stops, SIGINT);
	return delay > 0 && sigtimedwait(&stops, NULL, &left) != -1;
}
