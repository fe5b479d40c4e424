/* Judging a model: flags, ratios, presets. */
#include "analytics/risk.h"

#include <math.h>

#include "python/number.h"
#include "python/rounding.h"
#include "terms/correction.h"

#define GIBIBYTE 1073741824.0

#define WARNING_FLAGS                                                                  \
	(RISK_BIT(RISK_MULTIPLE_HOSTS) | RISK_BIT(RISK_NON_PREFERRED_HOST) |           \
	    RISK_BIT(RISK_UNKNOWN_HOST) | RISK_BIT(RISK_NO_DOWNLOAD_URLS))

static bool
risk_host_preferred(const struct analytics_settings *settings, struct str netloc)
{
	for (size_t i = 0; i < settings->npreferred_hosts; i++) {
		const char *host = settings->preferred_hosts[i];

		if (memmem(netloc.p, netloc.len, host, strlen(host)) != NULL)
			return true;
	}
	return false;
}

/* With no valid URL neither multiple nor non-preferred hosts are seen. */
static uint32_t
risk_host_flags(const struct analytics_settings *settings, const struct record *r,
    struct str *scratch, struct arena *arena)
{
	uint32_t n = downloads_distinct(r->hosts, r->nhosts, true, arena, scratch);
	uint32_t flags = r->unparsable_url ? RISK_BIT(RISK_UNKNOWN_HOST) : 0;
	bool preferred = false;

	if (n == 0)
		return flags | RISK_BIT(RISK_NO_DOWNLOAD_URLS);
	for (uint32_t i = 0; i < n && !preferred; i++)
		preferred = risk_host_preferred(settings, scratch[i]);
	if (!preferred)
		flags |= RISK_BIT(RISK_NON_PREFERRED_HOST);
	return n > 1 ? flags | RISK_BIT(RISK_MULTIPLE_HOSTS) : flags;
}

void
risk_judge_record(const struct analytics_settings *settings, enum category category,
    struct arena *arena, struct model *m)
{
	const struct record *r = &m->record;
	struct str *hosts = NULL;

	m->flags = 0;
	if (r->nhosts > 0)
		hosts = arena_alloc(arena, r->nhosts * sizeof(*hosts));
	if (category != CATEGORY_TEXT_GENERATION || !settings->text_ignore_hosts)
		m->flags |= risk_host_flags(settings, r, hosts, arena);
	m->nhosts = downloads_distinct(r->hosts, r->nhosts, false, arena, hosts);
	m->hosts = hosts;
	if (!r->has_description)
		m->flags |= RISK_BIT(RISK_MISSING_DESCRIPTION);
	if (r->baseline.len == 0)
		m->flags |= RISK_BIT(RISK_MISSING_BASELINE);
}

static double
risk_low_usage_percent(const struct risk_terms *t)
{
	return t->category == CATEGORY_TEXT_GENERATION
		   ? t->settings->text_low_usage_percent
		   : t->settings->low_usage_percent;
}

/* The reference has no usage at all, rather than none, of a model that the Horde never
 * counted: it then raises none of these flags, unless that is corrected. */
static uint32_t
risk_usage_flags(const struct risk_terms *t, const struct usage *u, double percent)
{
	uint32_t flags = 0;

	if (!usage_known(u) && (t->settings->corrections & CORRECT_NEVER_USED) == 0)
		return 0;
	if (u->n[PERIOD_DAY] == 0)
		flags |= RISK_BIT(RISK_ZERO_USAGE_DAY);
	if (u->n[PERIOD_MONTH] == 0)
		flags |= RISK_BIT(RISK_ZERO_USAGE_MONTH);
	if (u->n[PERIOD_TOTAL] == 0)
		flags |= RISK_BIT(RISK_ZERO_USAGE_TOTAL);
	if (t->total_month > 0 && percent < risk_low_usage_percent(t))
		flags |= RISK_BIT(RISK_LOW_USAGE);
	return flags;
}

/* The score takes the size before it is rounded. */
static void
risk_size(const struct record *r, struct risk *out)
{
	double gb = (double)r->size_on_disk / GIBIBYTE;

	out->size_gb = out->cost_benefit = NAN;
	if (r->size_on_disk <= 0)
		return;
	out->cost_benefit = python_round((double)out->usage.n[PERIOD_MONTH] / gb, 2);
	out->size_gb = python_round(gb, 2);
}

static double
risk_ratio(int64_t a, int64_t b)
{
	return b > 0 ? number_ratio(a, b) : NAN;
}

void
risk_of_model(const struct risk_terms *t, const struct model *m, const struct usage *u,
    struct risk *out)
{
	const struct record *r = &m->record;
	double percent = 0;

	if (t->total_month > 0)
		percent = number_ratio(u->n[PERIOD_MONTH], t->total_month) * 100.0;
	out->name = r->name;
	out->baseline = r->baseline;
	out->nsfw = r->nsfw;
	out->has_description = r->has_description;
	out->workers = m->merged.workers;
	out->usage = *u;
	out->percentage = python_round(percent, 4);
	out->day_to_month = risk_ratio(u->n[PERIOD_DAY], u->n[PERIOD_MONTH]);
	out->month_to_total = risk_ratio(u->n[PERIOD_MONTH], u->n[PERIOD_TOTAL]);
	risk_size(r, out);
	out->downloads = r->ndownloads;
	out->identity = r->identity;
	out->hosts = m->hosts;
	out->nhosts = m->nhosts;
	out->nvariations = 0;
	out->variations = NULL;
	out->flags = m->flags | risk_usage_flags(t, u, percent);
	if (out->workers == 0)
		out->flags |= RISK_BIT(RISK_NO_ACTIVE_WORKERS);
	out->critical = risk_is_critical(t, out);
}

/* The name of a variant without a status element: built, not spelled by the Horde, so
 * the author stays in it. */
static struct str
risk_variant_name(struct str name, enum backend backend, struct arena *arena)
{
	struct str prefix = backend_prefix(backend);
	char *p;

	if (backend == BACKEND_CANONICAL)
		return name;
	p = arena_alloc(arena, prefix.len + name.len);
	memcpy(p, prefix.p, prefix.len);
	memcpy(p + prefix.len, name.p, name.len);
	return (struct str){ p, prefix.len + name.len };
}

/* The reference's order is random; ours is that of enum backend. */
uint32_t
risk_variations(const struct horde *h, const struct model *m, struct arena *arena,
    struct variation out[BACKEND_MAX])
{
	uint32_t n = 0;

	for (int b = 0; b < BACKEND_MAX; b++) {
		struct variation *v = &out[n];

		v->status = NULL;
		if (m->merged.status[b] != HORDE_NONE)
			v->status = &h->statuses[m->merged.status[b]];
		v->usage = merge_backend_usage(h, &m->merged, b);
		if (v->status == NULL && !usage_known(&v->usage))
			continue;
		v->backend = b;
		v->name = v->status != NULL
			      ? v->status->name
			      : risk_variant_name(m->record.name, b, arena);
		n++;
	}
	return n;
}

bool
risk_is_critical(const struct risk_terms *t, const struct risk *r)
{
	const uint32_t unused =
	    RISK_BIT(RISK_ZERO_USAGE_MONTH) | RISK_BIT(RISK_NO_ACTIVE_WORKERS);

	if (t->category == CATEGORY_TEXT_GENERATION)
		return r->usage.n[PERIOD_MONTH] < t->settings->text_critical_usage &&
		       r->workers < t->settings->text_critical_workers;
	return (r->flags & unused) == unused;
}

bool
risk_has_warning(uint32_t flags)
{
	return (flags & WARNING_FLAGS) != 0;
}

uint32_t
risk_presets(const struct risk *r)
{
	uint32_t presets = 0;

	if (r->flags != 0 || r->percentage < 0.01 || r->workers == 0)
		presets |= 1u << PRESET_DELETION_CANDIDATES;
	if (r->usage.n[PERIOD_MONTH] == 0)
		presets |= 1u << PRESET_ZERO_USAGE;
	if (r->workers == 0)
		presets |= 1u << PRESET_NO_WORKERS;
	if (r->flags &
	    (RISK_BIT(RISK_MISSING_DESCRIPTION) | RISK_BIT(RISK_MISSING_BASELINE)))
		presets |= 1u << PRESET_MISSING_DATA;
	if (risk_has_warning(r->flags))
		presets |= 1u << PRESET_HOST_ISSUES;
	if (r->critical)
		presets |= 1u << PRESET_CRITICAL;
	if (r->flags & RISK_BIT(RISK_LOW_USAGE))
		presets |= 1u << PRESET_LOW_USAGE;
	return presets;
}
