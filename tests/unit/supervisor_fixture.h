/* A supervisor to be tested: a child process with real children of its own, which do
 * what their category's name says, in a directory of its own. */
#ifndef TESTS_SUPERVISOR_FIXTURE_H
#define TESTS_SUPERVISOR_FIXTURE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* http.retry_after of a configuration whose readers are never ready. */
#define FIXTURE_DEAF_READERS 77

/* Its paths, and the configuration that the next launch() uses. */
extern struct fixture {
	char dir[64], log[96], lock[96], clock[96], file[96], shm[96], segment[64],
	    listen[96];
	char user[32], level[8], names[2][32];
	char *listen_item[1];
	struct config_category category[2];
	struct config config;
	pid_t pid; /* the supervisor */
} fx;

/* One hydrator "obey", one reader, any port of 127.0.0.1. */
int fixture_setup(void **state);
/* Files that are none of the daemon's, or left by it, make it fail. */
int fixture_teardown(void **state);

/*
 * Makes category i one of: obey (what it is ordered goes to the log), fail (exits
 * at once), publish (and obey), deaf (does not read), stubborn (reads, does not stop),
 * hang_up,
 * mute (ready, but does not beat).
 */
void config_category(size_t i, const char *name);
/* Moves the clocks of the supervisor and its children, from now on this far ahead. */
void move_clock(int64_t seconds);

/* Writes the file that the next HUP loads: that configuration as it is now in fx, and
 * these lines. */
void write_file(const char *lines);

/* Forks a supervisor; its stderr is what errors() returns. */
pid_t launch(bool foreground);
/* launch() in front, and waits until it serves. */
void start(void);
/* Waits for its end: the exit status, or minus the signal. */
int finish(pid_t pid);
/* TERM: must end with 0 and leave nothing behind. */
void stop(void);
/* Two TERMs. */
void hurry(void);

/* The text of a file (at most a megabyte), "" if it cannot be read; overwritten by the
 * next call of this or of what follows. */
char *slurp(const char *path);
const char *errors(void);
/* How often a text stands in the log. */
int logged(const char *what);
void wait_log(const char *what, int times);
/* The pid in the last log line of a child, "reader 0". */
pid_t pid_of(const char *title);
bool alive(pid_t pid);
void wait_dead(pid_t pid, int ms);
void sleep_ms(int ms);

#endif
