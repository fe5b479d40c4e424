/* Keys of top. */
#include "ctl/top_view.h"

#include <limits.h>
#include <stddef.h>

static const struct {
	const char *title;
	const char *order[TOP_ORDERS_MAX + 1];
} panes[PANE_MAX] = {
	[PANE_OVERVIEW] = { "Overview", { "rate" } },
	[PANE_ROUTES] = { "Routes", { "rate", "total", "route", "code" } },
	[PANE_PROCESSES] = { "Processes", { "role", "cpu", "memory", "beat" } },
	[PANE_CATEGORIES] = { "Categories", { "name", "age", "next", "duration" } },
	[PANE_WARNINGS] = { "Warnings", { "time", "process" } },
};

const char *
top_view_title(enum top_pane pane)
{
	return panes[pane].title;
}

const char *
top_view_order(enum top_pane pane, unsigned order)
{
	return order < TOP_ORDERS_MAX ? panes[pane].order[order] : NULL;
}

static void
next_order(struct top_view *v)
{
	unsigned *order = &v->order[v->pane];

	*order = top_view_order(v->pane, *order + 1) != NULL ? *order + 1 : 0;
	v->first[v->pane] = 0;
}

static void
scroll(struct top_view *v, int rows)
{
	unsigned *first = &v->first[v->pane];

	if (rows < 0 && *first < (unsigned)-rows)
		*first = 0;
	else if (rows < 0 || *first <= INT_MAX)
		*first += (unsigned)rows;
}

static void
turn(struct top_view *v, unsigned by)
{
	v->pane = (enum top_pane)((v->pane + by) % PANE_MAX);
	v->help = false;
}

static void
move(struct top_view *v, int key, int page)
{
	switch (key) {
	case 'k':
	case TOP_KEY_UP:
		scroll(v, -1);
		break;
	case 'j':
	case TOP_KEY_DOWN:
		scroll(v, 1);
		break;
	case TOP_KEY_PAGE_UP:
		scroll(v, -page);
		break;
	case TOP_KEY_PAGE_DOWN:
		scroll(v, page);
		break;
	case TOP_KEY_HOME:
		v->first[v->pane] = 0;
		break;
	case TOP_KEY_END:
		v->first[v->pane] = INT_MAX;
		break;
	default:
		break;
	}
}

void
top_view_press(struct top_view *v, int key, unsigned page)
{
	if (key >= '1' && key < '1' + PANE_MAX) {
		v->pane = (enum top_pane)(key - '1');
		v->help = false;
		return;
	}
	switch (key) {
	case 'q':
		v->quit = true;
		break;
	case 'h':
	case '?':
		v->help = !v->help;
		break;
	case TOP_KEY_ESCAPE:
		v->help = false;
		break;
	case ' ':
		v->paused = !v->paused;
		break;
	case '\t':
		turn(v, 1);
		break;
	case TOP_KEY_BACK_TAB:
		turn(v, PANE_MAX - 1);
		break;
	case 's':
		next_order(v);
		break;
	case 'r':
		v->reversed[v->pane] = !v->reversed[v->pane];
		break;
	default:
		move(v, key, (int)page);
	}
}
