/* Printing bytes that are what they are: a file of CSV, the body of an answer. */
#ifndef CTL_PRINT_H
#define CTL_PRINT_H

#include "base/str.h"
#include "ctl/ctl.h"

/* To standard output. On a terminal without what commands one (log_defuse()), so there
 * it is not the same bytes. A broken pipe ends the program by its signal, another
 * failure to write is said and ends it with EX_IOERR. */
void print_text(const struct ctl *, struct str);
/* Flushes what was printed; fails as print_text(). */
void print_flush(void);

#endif
