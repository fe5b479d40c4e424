/*
 * The table of options. Parsing, range checks, the environment, hydratord -T and the
 * lint test of the documents all read it: an option is one row, and nothing else.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

enum option_type {
	OPTION_BOOL,   /* bool */
	OPTION_INT,    /* int64_t */
	OPTION_SIZE,   /* int64_t, bytes: 64K, 16M, 1G or a plain number */
	OPTION_FLOAT,  /* double */
	OPTION_STRING, /* char * */
	OPTION_LIST,   /* struct config_list */
};

/* Checks one string (or one item of a list) and may put it into its canonical form in
 * place, never longer. Returns NULL, or what should have been written. */
typedef const char *option_check_fn(char *text);

struct config_option {
	const char *section; /* "" at the top level */
	const char *name;
	enum option_type type;
	size_t offset; /* in struct config; of "category", in struct config_category */
	const char *preset; /* the default, as text; a list as a JSON array */
	double min, max;    /* of numbers, both allowed, in unit */
	const char *unit;   /* of numbers; NULL of all others */
	/* Of OPTION_LIST: each text may hold several items, with commas between them,
	 * or in a JSON array. An item never begins with '[' then. */
	bool separated;
	/* Of OPTION_STRING: a URL of terms/redis_url.h, whose password nobody is shown;
	 * what its check says names the option. */
	bool secret;
	bool reloadable;    /* may change without a restart of the daemon */
	const char *env[2]; /* the first that is set counts; NULL: no further name */
	option_check_fn *check; /* of OPTION_STRING and OPTION_LIST; NULL: anything */
	const char *doc;        /* one line */
};

/* All rows; those of a section stand together. */
extern const struct config_option config_options[];
extern const size_t config_noptions;

/* Whether the option exists once in every category instead of once. Its variable is
 * HYDRATORD_CATEGORY_<NAME>_<OPTION>. */
bool config_option_per_category(const struct config_option *);

#endif
