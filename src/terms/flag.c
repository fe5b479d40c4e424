/* The names of the flags. */
#include "terms/flag.h"

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
