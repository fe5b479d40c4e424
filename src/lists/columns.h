/* A view of deletion risk column by column, for programs that show all of it. Pure.
 * Private to lists/. */
#ifndef LISTS_COLUMNS_H
#define LISTS_COLUMNS_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/pace.h"
#include "payload/view.h"

/* Adds view_columns() of a view that is present and has figures. Returns false if the
 * pace has stopped: then it is missing. */
bool lists_columns(struct buf *payload, enum view_kind, struct pace *) MUST_CHECK;

#endif
