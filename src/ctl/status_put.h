/* The parts of the status. Private to status*.c. */
#ifndef CTL_STATUS_PUT_H
#define CTL_STATUS_PUT_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/facts.h"
#include "ctl/judge.h"
#include "ctl/out.h"

/* rate: of the last moment; NULL: it was not measured. */
struct status_rate {
	double requests, bytes; /* a second */
};

void status_put_verdict(struct out *, const struct judge_verdict *);
void status_put_daemon(struct out *, const struct facts *);
void status_put_readers(
    struct out *, const struct facts *, const struct status_rate *rate);
void status_put_fleet(struct out *, const struct facts *);
/* quiet: those of which there is nothing to say are only counted. */
void status_put_categories(struct out *, const struct facts *, bool quiet);
void status_put_processes(struct out *, const struct facts *, bool quiet);
/* How many lines that takes on a screen, without headings. */
size_t status_lines_categories(const struct facts *, bool quiet);
size_t status_lines_processes(const struct facts *, bool quiet);
void status_put_hosts(struct out *, const struct facts *);

#endif
