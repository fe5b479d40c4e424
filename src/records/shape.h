/*
 * What a JSON object must look like: its known members, each with a check
 * (doc/reference.md 2.3 to 2.6). Unknown members are passed over, and of duplicates the
 * last one counts. Pure.
 */
#ifndef RECORDS_SHAPE_H
#define RECORDS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/mem.h"
#include "json/scan.h"

#define MEMBER_REQUIRED 1u
#define MEMBER_NULL 2u  /* null is allowed */
#define MEMBER_IMAGE 4u /* belongs to records of image_generation only */
#define MEMBER_TEXT 8u  /* ... of text_generation only; neither bit: to all */

/* A check under way, and where and why it failed. */
struct check {
	struct arena *arena;
	unsigned kind;   /* MEMBER_IMAGE or MEMBER_TEXT */
	char where[112]; /* "config.download[3].file_url" */
	const char *why; /* "required" */
};

typedef bool check_fn(const struct json_value *, struct check *);

struct member {
	const char *name;
	size_t len;
	check_fn *check; /* NULL: anything goes */
	unsigned flags;
};

#define MEMBER(name, check, flags)                                                     \
	{                                                                              \
		(name), sizeof(name) - 1, (check), (flags)                             \
	}

/* In the usual order of the documents: finding a member starts after the last. */
struct shape {
	const struct member *members;
	size_t n;
};

/* Puts the value of each member in out[shape->n], JSON_T_NONE where it is absent. */
void shape_read(const struct shape *, const struct json_value *object, struct arena *,
    struct json_value *out);
/* Whether the values that shape_read() gave are as the shape says. */
bool shape_check(
    const struct shape *, const struct json_value *values, struct check *) MUST_CHECK;

/* Notes why a check failed; returns false. */
bool check_fail(struct check *, const char *why);
/* Puts "name" or "[i]" before where it failed; returns false. */
bool check_within(struct check *, const char *name);
bool check_within_element(struct check *, size_t i);

/* Checks for members: lax scalars (doc/reference.md 1.9). */
bool check_str(const struct json_value *, struct check *);
bool check_int(const struct json_value *, struct check *);
bool check_float(const struct json_value *, struct check *);
bool check_bool(const struct json_value *, struct check *);
bool check_strings(const struct json_value *, struct check *);
/* An object whose values are all strings. */
bool check_string_map(const struct json_value *, struct check *);
/* The free-form `requirements` and `settings`. */
bool check_settings(const struct json_value *, struct check *);
/* An object of a shape of at most CHECK_MEMBERS_MAX members. */
#define CHECK_MEMBERS_MAX 8
bool check_object(const struct shape *, const struct json_value *, struct check *);

#endif
