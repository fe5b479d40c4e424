/* Names of models in their order: that of bytes, ASCII in lower case. Pure. Any
 * process. */
#ifndef PAYLOAD_NAME_ORDER_H
#define PAYLOAD_NAME_ORDER_H

#include <stdint.h>

#include "base/str.h"
#include "payload/view.h"

/* A byte of a name in lower case, and names compared so: below, above or 0. */
unsigned char name_order_fold(char);
int name_order_compare(struct str, struct str);

/* How many names the rows of VIEW_RISK have: 0 without figures. */
uint32_t name_order_count(const struct view_directory *);
/* Puts the numbers of these rows, as many as there are names, in the order of names;
 * equal ones keep theirs. The directory is one of view_open(). */
void name_order_make(const struct view_directory *, uint32_t *rows);
/* The name of a row of VIEW_RISK, which has figures; it lies in the payload. */
struct str name_order_name(const struct view_directory *, uint32_t row);

#endif
