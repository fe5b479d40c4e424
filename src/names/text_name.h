/*
 * Model names: what the reference reads out of them (doc/reference.md 3). Pure; results
 * point into the argument or the arena.
 */
#ifndef NAMES_TEXT_NAME_H
#define NAMES_TEXT_NAME_H

#include "base/mem.h"
#include "base/str.h"

/* Parts that are absent have p == NULL. */
struct text_name {
	struct str base;
	struct str size;
	struct str version;
	struct str quant;
	struct str variant;
};

/* doc/reference.md 3.2. */
void text_name_parse(struct str name, struct arena *, struct text_name *out);
/* doc/reference.md 3.3: the name without "aphrodite/" or "koboldcpp/". */
struct str text_name_strip_backend(struct str name);
/* doc/reference.md 3.3: base_name, the group that a name belongs to. */
struct str text_name_base(struct str name, struct arena *);
/* doc/reference.md 3.4: 1 to 3 names, in order; returns how many. */
unsigned text_name_variants(struct str name, struct arena *, struct str out[3]);
/* doc/reference.md 3.5. */
struct str text_name_strip_quant(struct str name, struct arena *);
/* doc/reference.md 3.6: key of the base index; `index_base` in the vectors. */
struct str text_name_index_base(struct str name, struct arena *);
/* doc/reference.md 3.6: key of the size index; `size_key` in the vectors. */
struct str text_name_size_key(struct str name, struct arena *);

#endif
