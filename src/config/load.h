/* The parts of config_load(), each in a file of its own. Only src/config includes it.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/buf.h"
#include "config/config.h"
#include "config/options.h"

/* Around values that is no part of them. */
#define CONFIG_BLANKS " \t\n\v\f\r"

/* What is wrong with a configuration, one problem a line. */
struct problems {
	char *text; /* the caller's buffer, always NUL-terminated */
	size_t size;
	size_t used;
	unsigned n; /* also those that found no room */
};

/* Adds "SOURCE:LINE: message", or "SOURCE: message" if line is 0. */
void config_problem_add(struct problems *, const char *source, int line,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* value.c: text to values. The grammars are those of the reference's lax scalars
 * (doc/reference.md 1.9) in ASCII. They return false if text is not such a value. */
bool value_bool(const char *text, bool *out) MUST_CHECK;
bool value_int(const char *text, int64_t *out) MUST_CHECK;
bool value_float(const char *text, double *out) MUST_CHECK;
/* Bytes: digits and K, M or G (times 1024), either case. */
bool value_size(const char *text, int64_t *out) MUST_CHECK;

/* One value as given. */
struct given {
	const char *text;
	int line; /* in the file, else 0 */
};

/*
 * set.c: stores n given values (one, unless the option is a list) in the option's
 * member of base, a struct config or config_category. Problems are reported as of
 * source, a path or the name of a variable; the member then keeps what it had. 0 or -1.
 */
int config_set(const struct config_option *, void *base, const char *source,
    const struct given *, size_t n, struct problems *);
/* The same from one text: of a list, a JSON array of strings, or what `separated` of
 * the option allows. */
int config_set_text(const struct config_option *, void *base, const char *source,
    const char *text, struct problems *);
/* Frees what the option's member holds. */
void config_unset(const struct config_option *, void *base);

/* The name that messages use: "hydration.ttl", or "readers" at the top level. */
const char *config_option_label(const struct config_option *, char label[64]);

/* config.c: a configuration of defaults only, without a category. */
struct config *config_new(void) MUST_CHECK;
/* The category of that name, added if need be; valid until the next is added. */
struct config_category *config_add_category(struct config *, const char *name);

/* scan.c: overwrites the comments in text with blanks, since libconfuse 3.3 refuses
 * them within lists and counts their lines twice, and finds what it takes for complete:
 * strings, comments and braces that are never closed. 0 or -1. */
int config_scan(char *text, const char *path, struct problems *);

/* file.c, env.c: lay the file, then the environment over c. */
void config_read_file(struct config *c, const char *path, struct problems *);
void config_read_environment(struct config *c, struct problems *);

/* env.c: the value of a variable; NULL: it is not set. */
const char *config_env_value(const char *name);
/* Sets an option by a variable; origin is the option's. */
void config_env_apply(const struct config_option *, void *base, char **origin,
    const char *name, const char *value, struct problems *);

/* The variable with the reference's own base of sources, doc/reference.md 9.1. */
#define CONFIG_PRIMARY_URL "HORDE_MODEL_REFERENCE_PRIMARY_API_URL"

/* Whether an entry of the environment ("NAME=VALUE") is of the variable, in any case;
 * so the reference reads its environment. */
bool config_env_is(const char *entry, const char *name);
/* The entry that counts of those that are: the last; NULL: there is none. */
const char *config_env_entry(const char *name);
/* If entry is HYDRATORD_CATEGORY_<NAME>_<OPTION>=VALUE, the category's name in lower
 * case, for the caller to free, else NULL. */
char *config_env_category(const char *entry, const char *option);

/* variables.c: the reference's settings that have no effect here, each with why, a main
 * clause. '*' at the end of a name stands for any rest. A lint test holds the names
 * against the manual. */
struct config_ignored {
	const char *name;
	const char *why;
};
extern const struct config_ignored config_ignored[];
extern const size_t config_nignored;

/* rules.c: what no option can tell alone. path may be NULL. */
void config_check_rules(const struct config *, const char *path,
    bool (*known_category)(const char *), struct problems *);

/* Gives options that keep their default what depends on the others. Needs a
 * configuration that has passed the rules. */
void config_settle(struct config *);

/* files.c: what the file system says to options that name files. path may be NULL. */
void config_check_files(const struct config *, const char *path, struct problems *);

/*
 * redis.c: what the reference's variables of Redis set (doc/reference.md 9.2), where
 * its USE_REDIS is true and none of ours does. Of an entry of the environment that is
 * one of them a clause is appended, whose subject is the variable; else false.
 */
void config_read_redis(struct config *, struct problems *);
bool config_redis_tell(const char *entry, struct buf *why);
/* Gives the options of section redis that are left open what they follow from. */
void config_redis_settle(struct config *);
/* Seconds that a leader lives; also before that. */
int64_t config_redis_lease(const struct config *);
/* What is wrong with where the password of Redis is, or NULL; as redis_open() sees it.
 */
const char *config_redis_password_fault(const struct config *);

/* dump.c: control bytes, and what libconfuse gives a meaning within double quotes, as
 * escapes. */
void config_print_escaped(const char *, FILE *);
/* The value in the file's syntax. */
void config_print_value(const struct config_option *, const void *base, FILE *);

#endif
