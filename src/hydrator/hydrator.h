/* The hydrator: the process that keeps one category's snapshot fresh. */
#ifndef HYDRATOR_HYDRATOR_H
#define HYDRATOR_HYDRATOR_H

#include "proc/child.h"

/*
 * Sends READY as soon as it may publish, which is before its first cycle, and runs
 * cycles until it is told to stop or the supervisor is gone. Returns 0, or 1 if it
 * could not begin (another process holds the category, or libcurl is unusable).
 */
role_main_fn hydrator_main;

#endif
