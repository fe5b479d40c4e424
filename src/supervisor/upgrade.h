/*
 * Another program in this process's place: tried out first, then by execve(2), with
 * everything handed over (handover.h). Clients notice nothing. doc/architecture.md,
 * Upgrade. Supervisor only.
 */
#ifndef SUPERVISOR_UPGRADE_H
#define SUPERVISOR_UPGRADE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "supervisor/trial.h"

struct daemon_lock;
struct reload;

enum upgrade_phase {
	UPGRADE_NONE,
	UPGRADE_TEST,     /* PROGRAM -t */
	UPGRADE_REHEARSE, /* PROGRAM --rehearse */
	UPGRADE_SAVE,     /* hydrators save for a program of another layout */
};

struct upgrade {
	/* Borrowed, set before anything is asked for. */
	struct reload *reload;
	const struct daemon_lock *lock;

	enum upgrade_phase phase;
	struct trial trial;
};

/* ORDER_UPGRADE, by a pid. Refused, in the log and in the segment, while a reload, a
 * growth or another upgrade is under way, or the end. */
void upgrade_ask(struct upgrade *, pid_t by);

/* What is due: called after whatever happened to a process, and once a second. If all
 * goes well it does not return: main() begins anew. */
void upgrade_step(struct upgrade *, int64_t now);

/* What waitpid() returned; false if it is none of this. */
bool upgrade_bury(struct upgrade *, pid_t, int status);

/* What is to be polled for reading, -1: nothing, and what to do then. */
int upgrade_descriptor(const struct upgrade *);
void upgrade_read(struct upgrade *);

/* This program has taken the place of the one that the start's handover is of, or has
 * its own back: what that means to those who wait. */
void upgrade_adopted(struct upgrade *);

/* The daemon stops. */
void upgrade_abandon(struct upgrade *);

/* This program was to take another one's place, and its readers do not come up, for a
 * reason: becomes the other one again. Returns if that fails; crews go on as they are.
 */
void upgrade_give_back(struct upgrade *, const char *why);

#endif
