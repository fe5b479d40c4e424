/*
 * What a request selects: the one place where what was asked is said. Bodies are made
 * of a selection and never of a query; its text tells selections apart, and entity tags
 * and the keys of kept bodies are made of that text alone. So whatever changes an
 * answer has to be in the text, and tests/unit/reader/test_selection.c tries each
 * parameter. Pure.
 */
#ifndef READER_SELECTION_H
#define READER_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"
#include "payload/view.h"
#include "reader/query.h"

#define SELECTION_NO_PRESET (-1)

struct generation;

struct selection {
	enum view_kind kind;
	/*
	 * Canonical: the name of the view, then a part for each choice that is not the
	 * default, always in the same order and spelling. Texts are equal if what was
	 * asked is answered equally whatever the data is.
	 */
	struct str text;
	bool whole; /* the view as it is: the text is its name alone */

	/* Lists and statistics. */
	int preset; /* enum preset, or SELECTION_NO_PRESET */
	bool paged;
	uint64_t offset, limit;             /* UINT64_MAX: no limit */
	struct str offset_text, limit_text; /* as they are echoed */

	/* Lists. */
	enum view_format format;
	int64_t min_days; /* that a model is at risk, 0: any number */
	uint64_t since;   /* changes above that id */
	uint32_t kinds;   /* of changes, bit 1 << enum event_kind; 0: all */

	/* With-stats, and a model the first of them. */
	bool workers;
	bool variations;
	int64_t least; /* workers that a model must have, 0: any number */
	enum query_sort sort;
	bool desc;

	/* One model, which kind, VIEW_RISK, has as that row. */
	bool model;
	uint32_t row;
	struct str explained; /* what is said of its flags, as JSON; empty: nothing */

	/* There are as many selections like it as there are numbers: what is made of
	 * it is hardly asked for again. */
	bool rare;
};

/*
 * Fills in *s from a query without errors, for the view that was chosen for it. *text
 * is emptied and then holds s->text, so it must stay as it is while *s is used; the
 * other strings are the query's or static. Returns false if the preset is unknown.
 */
bool selection_make(struct selection *s, enum view_kind, const struct query *,
    struct buf *text) MUST_CHECK;

/* The same for the model of a row, whose name it is: with its workers, if they may be
 * shown, and what is said of its flags, which must stay as it is. */
void selection_make_model(struct selection *s, uint32_t row, struct str name,
    bool workers, struct str explained, struct buf *text);

/* Makes *copy equal, with strings of its own in *words, which is emptied and must stay
 * as it is while the copy is used. */
void selection_copy(
    struct selection *copy, const struct selection *, struct buf *words);

/*
 * The entity tag of what is selected of a payload: made of the content and of the
 * selection's text, so it is the same on every machine. The tag of a whole view is that
 * of its content.
 */
uint64_t selection_tag(const struct selection *, const struct generation *);

/* Since when that content is what it is: Unix seconds. An age that is in it is of now.
 */
int64_t selection_modified(const struct selection *, const struct view_directory *);

#endif
