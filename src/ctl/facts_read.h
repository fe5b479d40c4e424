/* Parts of facts_read(). Private to facts*.c. */
#ifndef CTL_FACTS_READ_H
#define CTL_FACTS_READ_H

#include "ctl/facts.h"

/* The hosts; the categories have been read. */
void facts_read_hosts(const struct segment *, struct facts *);

#endif
