/* The hydrator: the process that keeps one category's snapshot fresh. */
#ifndef HYDRATOR_HYDRATOR_H
#define HYDRATOR_HYDRATOR_H

#include "proc/child.h"

/*
 * Runs cycles until it is told to stop or the supervisor is gone, and sends READY after
 * the first one that was tried. Returns 0, or 1 if it could not begin (another process
 * holds the category, or libcurl is unusable).
 */
role_main_fn hydrator_main;

#endif
