/* Whoever wrote the row may have written anything: what is of another type is not
 * there. */
#include "ctl/row.h"

#include <math.h>
#include <string.h>

#include "json/walk.h"

bool
row_open(struct str text, struct json_value *row)
{
	struct json_error error;

	return json_scan(text.p, text.len, row, &error) == 0 &&
	       row->type == JSON_T_OBJECT;
}

/* The text of a key has its quotes. */
static bool
is_key(const struct json_value *found, const char *key)
{
	size_t len = strlen(key);

	return found->len == len + 2 && memcmp(found->p + 1, key, len) == 0;
}

struct json_value
row_get(const struct json_value *object, const char *key)
{
	struct json_value found, value;
	struct json_walk walk;

	if (object->type == JSON_T_OBJECT) {
		walk = json_walk(object);
		while (json_member(&walk, &found, &value))
			if (is_key(&found, key))
				return value;
	}
	return (struct json_value){ .type = JSON_T_NONE };
}

int64_t
row_int(const struct json_value *object, const char *key, int64_t absent)
{
	struct json_value value = row_get(object, key);
	int64_t n;

	return value.type == JSON_T_INTEGER && json_int64(&value, &n) ? n : absent;
}

double
row_number(const struct json_value *object, const char *key)
{
	struct json_value value = row_get(object, key);

	if (value.type != JSON_T_INTEGER && value.type != JSON_T_REAL)
		return NAN;
	return json_double(&value);
}

bool
row_is_true(const struct json_value *object, const char *key)
{
	return row_get(object, key).type == JSON_T_TRUE;
}
