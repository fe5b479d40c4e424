/* The rules are those of the analytics, said in words. That the two agree a test sees
 * to, which asks a daemon. */
#include "payload/explain.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Bytes of a text of a record that are shown. */
#define SHOWN_MAX 200

static double
share_of(int64_t n, int64_t month)
{
	return month > 0 ? (double)n / (double)month * 100.0 : 0;
}

/* A month may be longer than a double is exact: what is left is tried. */
int64_t
explain_enough(double percent, int64_t month)
{
	double guess = ceil(percent / 100.0 * (double)month);
	int64_t n;

	if (!(guess < 9e18))
		return INT64_MAX;
	n = guess > 0 ? (int64_t)guess : 0;
	while (n > 0 && share_of(n - 1, month) >= percent)
		n--;
	while (n < INT64_MAX && share_of(n, month) < percent)
		n++;
	return n;
}

static void
below(struct explain *e, double value, double threshold, const char *option)
{
	e->has_value = true;
	e->value = value;
	e->threshold = threshold;
	e->option = option;
}

static void
explain_zero(const struct explain_rule *r, const struct explain_model *m, int period,
    struct explain *e)
{
	static const char *const words[] = { "in the day", "in the month", "ever" };
	int64_t n = m->usage[period];

	e->document = DOCUMENT_STATS;
	below(e, (double)n, 1, NULL);
	buf_printf(&e->text, "used %" PRId64 " times %s", n, words[period]);
	if (n != 0)
		buf_puts(&e->text, "; 0 would set it");
	else if (e->set)
		buf_puts(&e->text, "; 1 would be enough");
	else if (!r->never_used)
		buf_puts(&e->text, ", since AI Horde has never counted it, which is "
				   "not held against it (analysis.corrections lacks "
				   "\"never-used\")");
}

static void
explain_workers(const struct explain_model *m, struct explain *e)
{
	e->document = DOCUMENT_STATUS;
	below(e, (double)m->workers, 1, NULL);
	buf_printf(&e->text, "%" PRId64 " workers; %s", m->workers,
	    e->set ? "1 would be enough" : "0 would set it");
}

static void
put_hosts(struct buf *b, const struct explain_model *m)
{
	if (m->hosts.len == 0) {
		buf_puts(b, "no host");
		return;
	}
	buf_puts(b, "hosts: ");
	buf_add(b, m->hosts.p, m->hosts.len);
}

static void
put_preferred(struct buf *b, const struct explain_rule *r)
{
	buf_puts(b, "analysis.preferred_hosts = ");
	buf_add(b, r->preferred_hosts.p, r->preferred_hosts.len);
}

static void
explain_hosts(const struct explain_rule *r, const struct explain_model *m, int flag,
    struct explain *e)
{
	struct buf *b = &e->text;

	if (r->ignores_hosts) {
		e->option = "analysis.text_ignore_hosts";
		buf_puts(b, "not looked at (analysis.text_ignore_hosts is true)");
		return;
	}
	put_hosts(b, m);
	switch (flag) {
	case RISK_MULTIPLE_HOSTS:
		buf_puts(b, e->set ? "; one alone would be enough"
				   : "; a second one would set it");
		break;
	case RISK_NON_PREFERRED_HOST:
		e->option = "analysis.preferred_hosts";
		buf_puts(b, e->set ? "; none has one of these in it: "
				   : "; it is set if none has one of these in it: ");
		put_preferred(b, r);
		break;
	case RISK_UNKNOWN_HOST:
		buf_puts(b, e->set ? "; a URL of its downloads cannot be read"
				   : "; every URL of its downloads can be read");
		break;
	default:
		buf_puts(b, e->set ? "; no download has a URL with scheme and host"
				   : "; a download has a URL with scheme and host");
		break;
	}
}

/* Up to the last whole character of UTF-8. */
static void
put_beginning(struct buf *b, struct str text)
{
	size_t len = text.len;

	if (len > SHOWN_MAX)
		for (len = SHOWN_MAX; len > 0 && (text.p[len] & 0xc0) == 0x80;)
			len--;
	buf_add(b, text.p, len);
	buf_puts(b, len < text.len ? "..." : "");
}

static void
explain_record(const struct explain_model *m, int flag, struct explain *e)
{
	if (flag == RISK_MISSING_DESCRIPTION)
		buf_puts(&e->text,
		    e->set ? "its description is absent or blank" : "it has one");
	else if (e->set)
		buf_puts(&e->text, "its baseline is absent or empty");
	else {
		buf_puts(&e->text, "it is ");
		put_beginning(&e->text, m->baseline);
	}
}

static void
put_percent(struct buf *b, double d)
{
	buf_printf(b, "%.4g %%", d);
}

static void
explain_low_usage(
    const struct explain_rule *r, const struct explain_model *m, struct explain *e)
{
	bool text = r->category == CATEGORY_TEXT_GENERATION;
	int64_t n = m->usage[1], enough;
	struct buf *b = &e->text;

	e->document = DOCUMENT_STATS;
	below(e, share_of(n, m->month), r->low_usage_percent,
	    text ? "analysis.text_low_usage_percent" : "analysis.low_usage_percent");
	if (m->month <= 0) {
		buf_puts(b, "no model of the category was used in the month");
		return;
	}
	enough = explain_enough(r->low_usage_percent, m->month);
	buf_printf(b, "usage %" PRId64 " in the month is ", n);
	put_percent(b, e->value);
	buf_printf(b, " of %" PRId64 ", against ", m->month);
	put_percent(b, e->threshold);
	buf_printf(b, " (%s); ", e->option);
	if (e->set)
		buf_printf(b, "%" PRId64 " would be enough", enough);
	else if (n < enough)
		buf_puts(b, "AI Horde has never counted it");
	else if (enough > 0)
		buf_printf(b, "%" PRId64 " would be low", enough - 1);
	else
		buf_puts(b, "nothing is low");
}

static void
explain_critical(
    const struct explain_rule *r, const struct explain_model *m, struct explain *e)
{
	struct buf *b = &e->text;

	e->section = "5.4";
	e->document = DOCUMENT_STATS;
	if (r->category == CATEGORY_TEXT_GENERATION) {
		buf_printf(b,
		    "usage %" PRId64 " in the month against %" PRId64
		    " (analysis.text_critical_usage), %" PRId64
		    " workers against %" PRId64
		    " (analysis.text_critical_workers); both have to be below",
		    m->usage[1], r->critical_usage, m->workers, r->critical_workers);
		return;
	}
	buf_printf(b, "zero_usage_month is %s, no_active_workers is %s; %s",
	    m->flags & RISK_BIT(RISK_ZERO_USAGE_MONTH) ? "set" : "not set",
	    m->flags & RISK_BIT(RISK_NO_ACTIVE_WORKERS) ? "set" : "not set",
	    e->set ? "either gone would be enough" : "both would make it so");
}

struct explain_model
explain_model(const struct view_directory *d, uint32_t row)
{
	const char *data = (const char *)d;
	const struct view_figures *f =
	    (const struct view_figures *)(const void *)(data +
							d->views[VIEW_RISK].figures) +
	    row;
	struct explain_model m = {
		.workers = f->workers,
		.month = d->total_month,
		.flags = f->flags,
		.critical = (f->marks & FIGURES_CRITICAL) != 0,
		.hosts = { data + f->hosts.off, f->hosts.len },
		.baseline = { data + f->baseline.off, f->baseline.len },
	};

	memcpy(m.usage, f->usage, sizeof(m.usage));
	return m;
}

const char *
explain_name(int flag)
{
	return flag == EXPLAIN_CRITICAL ? "critical" : flag_name((enum risk_flag)flag);
}

void
explain(const struct explain_rule *r, const struct explain_model *m, int flag,
    struct explain *e)
{
	*e = (struct explain){ .section = "5.2", .document = DOCUMENT_REFERENCE };
	e->set =
	    flag == EXPLAIN_CRITICAL ? m->critical : (m->flags & RISK_BIT(flag)) != 0;
	switch (flag) {
	case RISK_ZERO_USAGE_DAY:
	case RISK_ZERO_USAGE_MONTH:
	case RISK_ZERO_USAGE_TOTAL:
		explain_zero(r, m, flag - RISK_ZERO_USAGE_DAY, e);
		break;
	case RISK_NO_ACTIVE_WORKERS:
		explain_workers(m, e);
		break;
	case RISK_MISSING_DESCRIPTION:
	case RISK_MISSING_BASELINE:
		explain_record(m, flag, e);
		break;
	case RISK_LOW_USAGE:
		explain_low_usage(r, m, e);
		break;
	case EXPLAIN_CRITICAL:
		explain_critical(r, m, e);
		break;
	default:
		explain_hosts(r, m, flag, e);
		break;
	}
}
