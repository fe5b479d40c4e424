/* The reader process: serves the newest snapshots over HTTP. */
#ifndef READER_READER_H
#define READER_READER_H

#include "proc/child.h"

role_main_fn reader_main;

#endif
