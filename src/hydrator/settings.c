/* Analytics settings of a configuration. */
#include "hydrator/settings.h"

#include <inttypes.h>
#include <string.h>

#include <xxhash.h>

#include "base/buf.h"
#include "base/log.h"
#include "terms/correction.h"

static const struct {
	const char *name;
	unsigned bit;
} corrections[] = {
	{ "parameter-buckets", CORRECT_PARAMETER_BUCKETS },
	{ "never-used", CORRECT_NEVER_USED },
	{ "exact-usage", CORRECT_EXACT_USAGE },
};

static unsigned
correction_bit(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(corrections); i++)
		if (strcmp(name, corrections[i].name) == 0)
			return corrections[i].bit;
	log_warnx("analysis.corrections: no correction is named \"%s\"", name);
	return 0;
}

void
settings_from_config(const struct config *c, struct analytics_settings *s)
{
	size_t i;

	analytics_defaults(s);
	s->preferred_hosts = (const char *const *)c->analysis.preferred_hosts.item;
	s->npreferred_hosts = c->analysis.preferred_hosts.n;
	s->low_usage_percent = c->analysis.low_usage_percent;
	s->text_low_usage_percent = c->analysis.text_low_usage_percent;
	s->text_ignore_hosts = c->analysis.text_ignore_hosts;
	s->text_critical_usage = c->analysis.text_critical_usage;
	s->text_critical_workers = c->analysis.text_critical_workers;
	s->corrections = 0;
	for (i = 0; i < c->analysis.corrections.n; i++)
		s->corrections |= correction_bit(c->analysis.corrections.item[i]);
}

uint32_t
settings_sum(const struct analytics_settings *s)
{
	struct buf text = { 0 };
	uint32_t sum;
	size_t i;

	buf_printf(&text, "%.17g %.17g %d %" PRId64 " %" PRId64 " %u",
	    s->low_usage_percent, s->text_low_usage_percent, s->text_ignore_hosts,
	    s->text_critical_usage, s->text_critical_workers, s->corrections);
	for (i = 0; i < s->npreferred_hosts; i++)
		buf_printf(&text, "\n%s", s->preferred_hosts[i]);
	sum = (uint32_t)XXH3_64bits(text.data, text.len);
	buf_free(&text);
	return sum != 0 ? sum : 1;
}
