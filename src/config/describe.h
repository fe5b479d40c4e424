/*
 * A configuration as lines for tools: what hydratord -T shows to people. The segment
 * holds that of the running daemon (segment_config()).
 *
 *	NAME \t VALUE \t DEFAULT \t SOURCE \t yes|no \n
 *
 * NAME is "hydration.ttl", at the top level "readers", of a category
 * "category.controlnet.reference". VALUE and DEFAULT are written as in the file,
 * without any control character; what -T hides is hidden. SOURCE is "FILE:LINE", the
 * name of a variable of the environment, or "default". The last field says whether a
 * reload changes the option.
 */
#ifndef CONFIG_DESCRIBE_H
#define CONFIG_DESCRIBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

struct config;

/* The lines of all options, in the order of -T. To be freed with free(3). Any process.
 */
char *config_describe(const struct config *) MUST_CHECK;

/* One line taken apart; all of it points into the text. */
struct config_line {
	struct str name, value, preset, source;
	bool reloadable;
};

/* Takes the next line off *text, which nobody need have checked. Returns false at its
 * end, or at what is no such line. */
bool config_line_next(struct str *text, struct config_line *) MUST_CHECK;

/* The value of an option; it lies in the text. Returns false if there is no such
 * option. */
bool config_line_find(struct str text, const char *name, struct str *value) MUST_CHECK;

/* Whether its value is of a variable of the environment: its source is the name. */
bool config_line_is_of_environment(const struct config_line *);

#endif
