/* What is drawn on top's screen. Private to top*.c. */
#ifndef CTL_TOP_PANE_H
#define CTL_TOP_PANE_H

#include "ctl/top_look.h"
#include "ctl/top_view.h"

/* Draws a pane into rows [y, y + rows) of the screen, and takes back view->first if
 * there are fewer rows than it scrolls past. There was a look. */
void top_pane_draw(const struct top_look *, struct top_view *, int y, int rows);

/* The whole screen. look NULL, or without facts: there is nothing to look at; waiting
 * says why; NULL: it runs. name: of the segment. */
void top_screen_draw(
    const struct top_look *, struct top_view *, const char *name, const char *waiting);
/* Rows that the pane has on the screen, for keys that turn pages. */
unsigned top_screen_page(void);

#endif
