/* The names of the flags. */
#include "terms/flag.h"

#include <string.h>

#define FLAG_NAME(flag, name, words) [flag] = (name),
#define FLAG_WORDS(flag, name, words) [flag] = (words),
static const char *const flag_names[RISK_FLAG_MAX] = { RISK_FLAGS(FLAG_NAME) };
static const char *const flag_texts[RISK_FLAG_MAX] = { RISK_FLAGS(FLAG_WORDS) };

const char *
flag_name(enum risk_flag flag)
{
	return flag_names[flag];
}

const char *
flag_words(enum risk_flag flag)
{
	return flag_texts[flag];
}

int
flag_find(const char *name, size_t n)
{
	for (int f = 0; f < RISK_FLAG_MAX; f++)
		if (strlen(flag_names[f]) == n && memcmp(flag_names[f], name, n) == 0)
			return f;
	return -1;
}
