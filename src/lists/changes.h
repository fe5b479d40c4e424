/* The changes as text. Pure. Private to lists/. */
#ifndef LISTS_CHANGES_H
#define LISTS_CHANGES_H

#include "base/buf.h"

/* Adds both texts of VIEW_CHANGES, which is present and has events. */
void lists_changes(struct buf *payload);

#endif
