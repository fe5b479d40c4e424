/* A program that is tried out: started, listened to and waited for beside the loop.
 * Supervisor only. */
#ifndef SUPERVISOR_TRIAL_H
#define SUPERVISOR_TRIAL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define TRIAL_TEXT_SIZE 1200 /* with its NUL */
#define TRIAL_HEAD_SIZE 700
#define TRIAL_TAIL_SIZE 480

/* Zeroed: none runs. */
struct trial {
	pid_t pid;        /* 0: none, or reaped */
	int output;       /* what it prints; 0: closed */
	int64_t deadline; /* clock_boot() */
	bool late;        /* it was killed for that */
	int status;       /* of wait(2), once it is over */
	/* What it said, whole when it is judged. Of more than there is room for the
	 * beginning and the end: a reason, or how it went, comes last. */
	char text[TRIAL_TEXT_SIZE];
	size_t len;
	char tail[TRIAL_TAIL_SIZE]; /* what came after TRIAL_HEAD_SIZE bytes */
	size_t tail_len;
	bool cut;     /* between the two */
	char how[64]; /* it ended: "has ended with 1" */
};

/*
 * Starts a program, absolute, in a process group of its own, with nothing open but its
 * output, and until clock_boot() `deadline`. Returns 0, or -1 with errno. A program
 * that cannot be executed is one that ends with 127 and says why.
 */
int trial_start(struct trial *, const char *const argv[], int64_t deadline) MUST_CHECK;

/* Takes what it has printed, when poll(2) says so and when it has ended. */
void trial_read(struct trial *);

/* Kills it when its time is over. */
void trial_tick(struct trial *, int64_t now);

/* What waitpid() returned; false if it is not this. */
bool trial_bury(struct trial *, pid_t, int status);

/* Kills it and forgets it; its end is nobody's then. */
void trial_abandon(struct trial *);

/* Whether it has ended well. text has what it said and how, how it ended. Once it is
 * buried. */
bool trial_judge(struct trial *) MUST_CHECK;

#endif
