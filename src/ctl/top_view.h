/* What of top is on the screen, and what a key changes about it. Pure. */
#ifndef CTL_TOP_VIEW_H
#define CTL_TOP_VIEW_H

#include <stdbool.h>

enum top_pane {
	PANE_OVERVIEW,
	PANE_ROUTES,
	PANE_PROCESSES,
	PANE_CATEGORIES,
	PANE_WARNINGS,
	PANE_MAX
};

/* By what the rows of a pane are sorted; each pane begins with its first. */
enum top_routes_order {
	TOP_ROUTES_BY_RATE,
	TOP_ROUTES_BY_TOTAL,
	TOP_ROUTES_BY_NAME,
	TOP_ROUTES_BY_CODE,
};
enum top_processes_order {
	TOP_PROCESSES_BY_ROLE,
	TOP_PROCESSES_BY_CPU,
	TOP_PROCESSES_BY_MEMORY,
	TOP_PROCESSES_BY_BEAT,
};
enum top_categories_order {
	TOP_CATEGORIES_BY_NAME,
	TOP_CATEGORIES_BY_AGE,
	TOP_CATEGORIES_BY_NEXT,
	TOP_CATEGORIES_BY_DURATION,
};
enum top_warnings_order {
	TOP_WARNINGS_BY_TIME,
	TOP_WARNINGS_BY_PROCESS,
};
#define TOP_ORDERS_MAX 4

struct top_view {
	enum top_pane pane;
	unsigned order[PANE_MAX]; /* which of the pane's orders */
	bool reversed[PANE_MAX];
	unsigned first[PANE_MAX]; /* rows scrolled past; drawing takes back too many */
	bool paused, help, quit;
};

/* Keys that are no characters. */
enum top_key {
	TOP_KEY_UP = 0x110000, /* behind Unicode */
	TOP_KEY_DOWN,
	TOP_KEY_PAGE_UP,
	TOP_KEY_PAGE_DOWN,
	TOP_KEY_HOME,
	TOP_KEY_END,
	TOP_KEY_BACK_TAB,
	TOP_KEY_ESCAPE
};

/* A character or enum top_key; page: how many rows the pane shows. Other keys do
 * nothing. */
void top_view_press(struct top_view *, int key, unsigned page);

/* "Overview", ... */
const char *top_view_title(enum top_pane);
/* By what a pane may be sorted, in the order in which `s` goes through them; NULL: that
 * is all. */
const char *top_view_order(enum top_pane, unsigned order);

#endif
