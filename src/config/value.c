/* Text to values: booleans, numbers, sizes. */
#include "config/load.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NUMBER_MAX 64 /* longer texts are no number that anyone meant */

/*
 * Copies text without blanks around it and without single underscores between digits;
 * everything else must be one of the characters of allowed.
 */
static bool
number_clean(const char *text, const char *allowed, char out[NUMBER_MAX])
{
	size_t n = 0, i, len;

	text += strspn(text, CONFIG_BLANKS);
	len = strlen(text);
	while (len > 0 && strchr(CONFIG_BLANKS, text[len - 1]) != NULL)
		len--;
	for (i = 0; i < len; i++) {
		if (text[i] == '_' && i > 0 && i + 1 < len &&
		    strspn(text + i - 1, "0123456789") > 0 &&
		    strspn(text + i + 1, "0123456789") > 0)
			continue;
		if (strchr(allowed, text[i]) == NULL || n + 1 >= NUMBER_MAX)
			return false;
		out[n++] = text[i];
	}
	out[n] = '\0';
	return n > 0;
}

bool
value_bool(const char *text, bool *out)
{
	static const char *const words[] = { "0", "1", "false", "true", "f", "t", "no",
		"yes", "n", "y", "off", "on" };
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2 == 1;
			return true;
		}
	return false;
}

bool
value_int(const char *text, int64_t *out)
{
	char digits[NUMBER_MAX], *end;

	if (!number_clean(text, "+-0123456789.", digits))
		return false;
	errno = 0;
	*out = strtoll(digits, &end, 10);
	if (end == digits || errno != 0)
		return false;
	/* 5.0 is a whole number; 5. and 5.5 are not. */
	if (*end == '.' && end[1] != '\0')
		end += 1 + strspn(end + 1, "0");
	return *end == '\0';
}

bool
value_float(const char *text, double *out)
{
	char digits[NUMBER_MAX], *end;

	if (!number_clean(text, "+-0123456789.eE", digits))
		return false;
	*out = strtod(digits, &end);
	return *end == '\0' && isfinite(*out);
}

bool
value_size(const char *text, int64_t *out)
{
	static const char units[] = "KMG";
	char digits[NUMBER_MAX];
	size_t len = strlen(text);
	const char *unit = NULL;
	int shift = 0;

	if (len == 0 || len >= sizeof(digits))
		return false;
	memcpy(digits, text, len + 1);
	if ((unit = strchr(units, digits[len - 1] & ~0x20)) != NULL && *unit != '\0') {
		shift = 10 * (int)(unit - units + 1);
		digits[len - 1] = '\0';
	}
	return value_int(digits, out) &&
	       !__builtin_mul_overflow(*out, INT64_C(1) << shift, out);
}
