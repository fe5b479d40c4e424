/* For how long the candidates of a list have been at risk, made once with a generation:
 * no request for those of some days looks for a model by its name, or adds up what all
 * of them have in common. Pure. */
#ifndef READER_ROW_AGES_H
#define READER_ROW_AGES_H

#include <stddef.h>
#include <stdint.h>

#include "payload/view.h"

/* Of a candidate, and of all that are at risk for as long or longer, together. */
struct row_age {
	int64_t since;   /* Unix seconds */
	uint64_t hash;   /* of their rows' numbers, in whatever order */
	uint64_t length; /* bytes of their rows as JSON */
};

struct row_ages {
	/* Of each row of the view: since when its model is at risk, Unix seconds; 0: it
	 * is not, or it is not known. NULL: it is known of none. */
	const int64_t *since;
	int64_t *own; /* owned: what `since` is, unless it is the payload's */
	struct row_age
	    *sorted; /* owned: candidates of which it is known, oldest first */
	uint32_t n;
};

/* Of a view of models that is present, of a payload at data that view_open() has
 * accepted. candidates: its rows with the preset, n of them. */
void row_ages_make(struct row_ages *, const char *data, const struct view_directory *,
    enum view_kind, const uint32_t *candidates, uint32_t n);
void row_ages_free(struct row_ages *);

/* How many candidates have been at risk since that time or longer; they are the first
 * ones of `sorted`. */
uint32_t row_ages_count(const struct row_ages *, int64_t until);

#endif
