/* What children.c has to say to a child. Supervisor only. */
#ifndef SUPERVISOR_CHILDREN_ORDER_H
#define SUPERVISOR_CHILDREN_ORDER_H

#include <stdint.h>

#include "supervisor/children.h"

/* Sends an order to a process that is there. A stop or a retirement arrives in any
 * case. */
void child_send(struct child *, enum channel_type);

/* Sends what was ordered and could not be sent, as far as there is a process that reads
 * its orders, and the level of the log, if it is another. Each turn of the loop. */
void child_send_pending(const struct children *, struct child *, int64_t now);

/* Its process has died: a refresh that it was sent and has not heard of is owed again.
 */
void child_recall_orders(const struct children *, struct child *);

#endif
