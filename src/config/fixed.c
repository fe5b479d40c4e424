/* What a reload cannot change. */
#include "config/load.h"

#include <string.h>

#include "base/attr.h"
#include "base/mem.h"

/* Every one is a string: config.h. */
static const char *
fixed_text(const struct config_option *o, const struct config *c)
{
	return *(char *const *)((const char *)c + o->offset);
}

void
config_keep_fixed(struct config *c, const struct config *old,
    void (*kept)(void *, const char *), void *arg)
{
	const struct config_option *o;
	char name[64];
	size_t i;

	for (i = 0; i < config_noptions; i++) {
		o = &config_options[i];
		if (o->reloadable || strcmp(fixed_text(o, c), fixed_text(o, old)) == 0)
			continue;
		config_unset(o, c);
		*(char **)((char *)c + o->offset) = xstrdup(fixed_text(o, old));
		kept(arg, config_option_label(o, name));
	}
}
