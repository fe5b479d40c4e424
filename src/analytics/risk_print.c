/* Printing models and summaries of deletion risk, in the reference's key order. */
#include "analytics/risk.h"

#include <math.h>

#include "json/write.h"
#include "python/number.h"
#include "python/rounding.h"

/* Of each flag the key with either value, ready to copy. */
#define FLAG_TEXTS(flag, name, words)                                                  \
	[flag] = { STR("\"" name "\":false,"), STR("\"" name "\":true,") },
static const struct str flag_texts[RISK_FLAG_MAX][2] = { RISK_FLAGS(FLAG_TEXTS) };

static void
put_bool(struct buf *b, struct str key, bool value)
{
	buf_add(b, key.p, key.len);
	json_put_bool(b, value);
}

static void
put_double(struct buf *b, struct str key, double value)
{
	buf_add(b, key.p, key.len);
	if (!isfinite(value))
		buf_puts(b, "null");
	else
		json_put_double(b, value);
}

static void
put_usage(struct buf *b, const struct usage *u)
{
	json_put_int_after(b, STR(",\"usage_day\":"), u->n[PERIOD_DAY]);
	json_put_int_after(b, STR(",\"usage_month\":"), u->n[PERIOD_MONTH]);
	json_put_int_after(b, STR(",\"usage_total\":"), u->n[PERIOD_TOTAL]);
}

static void
put_flags(struct buf *b, uint32_t flags)
{
	buf_puts(b, ",\"deletion_risk_flags\":{");
	for (int i = 0; i < RISK_FLAG_MAX; i++) {
		const struct str *text = &flag_texts[i][(flags >> i) & 1];

		buf_add(b, text->p, text->len);
	}
	b->data[b->len - 1] = '}'; /* over the last comma */
	put_bool(b, STR(",\"at_risk\":"), flags != 0);
	json_put_int_after(b, STR(",\"risk_score\":"), __builtin_popcount(flags));
}

/* A performance that JSON has no number for is null (there the whole answer fails). */
static void
put_variation(struct buf *b, const struct variation *v)
{
	const struct status *s = v->status;
	static const struct str heads[BACKEND_MAX] = {
		[BACKEND_CANONICAL] =
		    STR("{\"backend\":\"canonical\",\"variant_name\":"),
		[BACKEND_APHRODITE] =
		    STR("{\"backend\":\"aphrodite\",\"variant_name\":"),
		[BACKEND_KOBOLDCPP] =
		    STR("{\"backend\":\"koboldcpp\",\"variant_name\":"),
	};

	buf_add(b, heads[v->backend].p, heads[v->backend].len);
	json_put_string(b, v->name);
	json_put_int_after(b, STR(",\"worker_count\":"), s != NULL ? s->count : 0);
	put_double(b, STR(",\"performance\":"), s != NULL ? s->performance : NAN);
	put_usage(b, &v->usage);
	buf_puts(b, "}");
}

static void
put_variations(struct buf *b, const struct risk *r)
{
	buf_puts(b, ",\"backend_variations\":");
	if (r->nvariations == 0) {
		buf_puts(b, "null");
		return;
	}
	for (uint32_t i = 0; i < r->nvariations; i++) {
		buf_putc(b, i == 0 ? '[' : ',');
		put_variation(b, &r->variations[i]);
	}
	buf_puts(b, "]");
}

static void
put_record(struct buf *b, const struct risk *r)
{
	buf_puts(b, ",\"baseline\":");
	if (r->baseline.p == NULL)
		buf_puts(b, "null");
	else
		json_put_string(b, r->baseline);
	put_bool(b, STR(",\"nsfw\":"), r->nsfw);
	put_bool(b, STR(",\"has_description\":"), r->has_description);
	json_put_int_after(b, STR(",\"download_count\":"), (int64_t)r->downloads);
	buf_puts(b, ",\"download_hosts\":[");
	for (uint32_t i = 0; i < r->nhosts; i++) {
		if (i > 0)
			buf_puts(b, ",");
		json_put_string(b, r->hosts[i]);
	}
	buf_puts(b, "]");
}

void
risk_print(struct buf *b, enum category category, const struct risk *r)
{
	buf_puts(b, "{\"name\":");
	json_put_string(b, r->name);
	buf_puts(b, ",\"category\":\"");
	buf_puts(b, category_name(category));
	buf_puts(b, "\"");
	put_flags(b, r->flags);
	json_put_int_after(b, STR(",\"worker_count\":"), r->workers);
	put_usage(b, &r->usage);
	buf_puts(b, ",\"usage_hour\":null,\"usage_minute\":null");
	put_double(b, STR(",\"usage_percentage_of_category\":"), r->percentage);
	put_double(
	    b, STR(",\"usage_trend\":{\"day_to_month_ratio\":"), r->day_to_month);
	put_double(b, STR(",\"month_to_total_ratio\":"), r->month_to_total);
	put_double(b, STR("},\"cost_benefit_score\":"), r->cost_benefit);
	put_double(b, STR(",\"size_gb\":"), r->size_gb);
	put_record(b, r);
	put_variations(b, r);
	put_bool(b, STR(",\"is_critical\":"), r->critical);
	put_bool(b, STR(",\"has_warning\":"), risk_has_warning(r->flags));
	buf_puts(b, "}");
}

void
summary_add(struct summary *s, const struct risk *r)
{
	s->models++;
	for (int i = 0; i < RISK_FLAG_MAX; i++)
		s->flagged[i] += (r->flags >> i) & 1;
	s->at_risk += r->flags != 0;
	s->critical += r->critical;
	s->warnings += risk_has_warning(r->flags);
	s->score += (unsigned)__builtin_popcount(r->flags);
	s->month = number_add(s->month, r->usage.n[PERIOD_MONTH]);
}

void
summary_print(struct buf *b, const struct summary *s, int64_t month, bool round_average)
{
	const struct {
		struct str key;
		uint64_t count;
	} counts[] = {
		{ STR("{\"total_models\":"), s->models },
		{ STR(",\"models_at_risk\":"), s->at_risk },
		{ STR(",\"models_critical\":"), s->critical },
		{ STR(",\"models_with_warnings\":"), s->warnings },
		{ STR(",\"models_with_zero_day_usage\":"),
		    s->flagged[RISK_ZERO_USAGE_DAY] },
		{ STR(",\"models_with_zero_month_usage\":"),
		    s->flagged[RISK_ZERO_USAGE_MONTH] },
		{ STR(",\"models_with_zero_total_usage\":"),
		    s->flagged[RISK_ZERO_USAGE_TOTAL] },
		{ STR(",\"models_with_no_active_workers\":"),
		    s->flagged[RISK_NO_ACTIVE_WORKERS] },
		{ STR(",\"models_with_no_downloads\":"),
		    s->flagged[RISK_NO_DOWNLOAD_URLS] },
		{ STR(",\"models_with_non_preferred_hosts\":"),
		    s->flagged[RISK_NON_PREFERRED_HOST] },
		{ STR(",\"models_with_multiple_hosts\":"),
		    s->flagged[RISK_MULTIPLE_HOSTS] },
		{ STR(",\"models_with_low_usage\":"), s->flagged[RISK_LOW_USAGE] },
	};
	double average = 0;

	for (size_t i = 0; i < NELEM(counts); i++)
		json_put_int_after(b, counts[i].key, (int64_t)counts[i].count);
	if (s->models > 0)
		average = number_ratio((int64_t)s->score, (int64_t)s->models);
	put_double(b, STR(",\"average_risk_score\":"),
	    round_average ? python_round(average, 2) : average);
	json_put_int_after(b, STR(",\"category_total_month_usage\":"), month);
	buf_puts(b, "}");
}
