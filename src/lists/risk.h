/* A view of deletion risk as text. Pure. Private to lists/. */
#ifndef LISTS_RISK_H
#define LISTS_RISK_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/pace.h"
#include "payload/view.h"

/* Adds both texts of a view that is present and has figures. Returns false if the pace
 * has stopped: then one is missing. */
bool lists_risk(struct buf *payload, enum view_kind, struct pace *) MUST_CHECK;

#endif
