/* The cycles of a category: 1,440 in short, and of the last 64 why and of what. The two
 * rings are read one after the other, so the second may know of one that the first does
 * not; they meet by number. */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/mem.h"
#include "ctl/attach.h"
#include "ctl/commands.h"
#include "ctl/out.h"
#include "shm/cycles.h"
#include "shm/ledger.h"
#include "terms/document.h"

struct asked_for {
	const char *category;
	size_t limit;
	bool details;
};

struct found {
	struct cycles_brief brief[CYCLES_BRIEFS];
	struct cycles_detail detail[CYCLES_DETAILS];
	size_t nbriefs, ndetails;
};

static const struct out_column cycle_columns[] = {
	{ "number", "CYCLE", OUT_RIGHT },
	{ "begun", "BEGUN", 0 },
	{ "result", "RESULT", 0 },
	{ "fetch", "FETCH", OUT_RIGHT },
	{ "compute", "COMPUTE", OUT_RIGHT },
	{ "publish", "PUBLISH", OUT_RIGHT | OUT_SPARE },
	{ "encode", "ENCODE", OUT_RIGHT | OUT_SPARE },
	{ "models", "MODELS", OUT_RIGHT },
	{ "skipped", "SKIPPED", OUT_RIGHT | OUT_SPARE },
	{ "at_risk", "AT RISK", OUT_RIGHT | OUT_SPARE },
	{ "critical", "CRITICAL", OUT_RIGHT | OUT_SPARE },
	{ "bytes", "BYTES", OUT_RIGHT | OUT_SPARE },
	{ "generation", "GENERATION", OUT_RIGHT | OUT_SPARE },
	{ "input_age", "INPUT AGE", OUT_RIGHT | OUT_SPARE },
	{ "more", "MORE", OUT_RIGHT | OUT_HIDDEN },
	{ "reason", "REASON", OUT_CUT },
};

static const struct out_column document_columns[] = {
	{ "cycle", "CYCLE", OUT_RIGHT },
	{ "document", "DOCUMENT", 0 },
	{ "state", "STATE", 0 },
	{ "asked", "ASKED", 0 },
	{ "place", "PLACE", OUT_RIGHT },
	{ "status", "STATUS", OUT_RIGHT },
	{ "bytes", "BYTES", OUT_RIGHT },
	{ "latency", "LATENCY", OUT_RIGHT },
};

static enum out_mark
mark_of(enum cycles_result result)
{
	switch (result) {
	case CYCLES_PUBLISHED:
	case CYCLES_UNCHANGED:
	case CYCLES_ADOPTED:
		return OUT_GOOD;
	case CYCLES_IDLE:
	case CYCLES_STOPPED:
		return OUT_DIM;
	case CYCLES_PARTIAL:
	case CYCLES_REFUSED:
		return OUT_WARN;
	default:
		return OUT_BAD;
	}
}

static const struct cycles_detail *
detail_of(const struct found *r, uint64_t number)
{
	size_t i;

	for (i = 0; i < r->ndetails; i++)
		if (r->detail[i].brief.number == number)
			return &r->detail[i];
	return NULL;
}

/* A writer may have left any number: it is shown as one that JSON's readers take. */
static int64_t
count_of(uint64_t n)
{
	return n <= INT64_MAX ? (int64_t)n : INT64_MAX;
}

/* What a cycle that published nothing does not have is no zero. */
static void
put_published(struct out *out, const struct cycles_brief *b)
{
	const struct {
		const char *key;
		uint32_t n;
	} counts[] = { { "models", b->models }, { "skipped", b->skipped },
		{ "at_risk", b->at_risk }, { "critical", b->critical } };
	size_t i;

	for (i = 0; i < NELEM(counts); i++)
		if (b->generation != 0)
			out_int(out, counts[i].key, NULL, counts[i].n);
		else
			out_null(out, counts[i].key, NULL);
	if (b->generation == 0) {
		out_null(out, "bytes", NULL);
		out_null(out, "generation", NULL);
		return;
	}
	out_bytes(out, "bytes", NULL, b->bytes);
	out_int(out, "generation", NULL, count_of(b->generation));
}

static void
put_reason(struct out *out, bool screen, uint32_t more, const char *why)
{
	char text[CYCLES_REASON_SIZE + 48];

	if (screen && more > 0)
		snprintf(text, sizeof(text), "%s%sand %" PRIu32 " more like it", why,
		    why[0] != '\0' ? ", " : "", more);
	else
		strlcpy(text, why, sizeof(text));
	out_string(out, "reason", NULL, text[0] != '\0' ? text : NULL);
}

static void
put_cycle(struct out *out, bool screen, const struct cycles_brief *b,
    const struct cycles_detail *detail)
{
	enum cycles_result result = (enum cycles_result)b->result;

	out_row(out);
	out_int(out, "number", NULL, count_of(b->number));
	out_time(out, "begun", NULL, b->begun);
	out_mark(out, mark_of(result));
	out_string(out, "result", NULL, cycles_result_name(result));
	out_span(out, "fetch", NULL, (int64_t)b->fetch);
	out_span(out, "compute", NULL, (int64_t)b->compute);
	out_span(out, "publish", NULL, (int64_t)b->publish);
	out_span(out, "encode", NULL, (int64_t)b->encode);
	put_published(out, b);
	out_span(out, "input_age", NULL, b->generation != 0 ? b->input_age : -1);
	out_int(out, "more", NULL, b->more);
	put_reason(out, screen, b->more, detail != NULL ? detail->reason : "");
}

/* ndocuments: of the ledger; all documents have a place in the record. */
static void
put_documents(struct out *out, const struct cycles_detail *d, size_t ndocuments)
{
	const struct cycles_document *k;
	size_t i;

	for (i = 0; i < ndocuments; i++) {
		k = &d->document[i];
		out_row(out);
		out_int(out, "cycle", NULL, count_of(d->brief.number));
		out_string(out, "document", NULL,
		    document_name((enum document_kind)(DOCUMENT_REFERENCE + i)));
		out_mark(out, k->state == LEDGER_GOOD      ? OUT_GOOD
			      : k->state == LEDGER_UNTRIED ? OUT_DIM
							   : OUT_WARN);
		out_string(
		    out, "state", NULL, ledger_state_name((enum ledger_state)k->state));
		out_bool(out, "asked", NULL, k->asked != 0);
		if (k->asked == 0)
			continue;
		out_int(out, "place", NULL, k->place);
		if (k->status != 0)
			out_int(out, "status", NULL, k->status);
		out_bytes(out, "bytes", NULL, k->bytes);
		out_span(out, "latency", NULL, (int64_t)k->nsec);
	}
}

static void
print_cycles(const struct ctl *ctl, const struct asked_for *o, const struct found *f,
    size_t ndocuments)
{
	struct out *out = out_open(ctl, stdout, "cycles", 1);
	size_t i;

	out_string(out, "category", NULL, o->category);
	out_table(out, "cycles", "Cycles", cycle_columns, NELEM(cycle_columns));
	for (i = 0; i < f->nbriefs; i++)
		put_cycle(out, ctl->format == OUT_TABLE, &f->brief[i],
		    detail_of(f, f->brief[i].number));
	out_table_end(out);
	if (o->details) {
		out_table(out, "documents", "Documents", document_columns,
		    NELEM(document_columns));
		for (i = 0; i < f->ndetails; i++)
			put_documents(out, &f->detail[i], ndocuments);
		out_table_end(out);
	}
	if (f->nbriefs == 0)
		out_note(out, "No cycle has ended yet.");
	out_close(&out);
}

static int
show(const struct ctl *ctl, const struct asked_for *o, const struct attached *a)
{
	struct ledger ledger;
	struct found *f;
	unsigned category;
	int status = attach_category(a, o->category, &category);

	if (status != 0)
		return status;
	f = xcalloc(1, sizeof(*f));
	f->nbriefs = cycles_read(a->segment, category, f->brief, o->limit);
	f->ndetails = cycles_read_details(a->segment, category, f->detail, o->limit);
	(void)ledger_read(a->segment, category, &ledger);
	print_cycles(ctl, o, f, (size_t)ledger.ndocuments);
	free(f);
	return 0;
}

static int
options_read(struct asked_for *o, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "details", no_argument, NULL, 'd' },
		{ "limit", required_argument, NULL, 'l' },
		{ 0 },
	};
	const char *error;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'd':
			o->details = true;
			break;
		case 'l':
			o->limit = (size_t)strtonum(optarg, 1, CYCLES_BRIEFS, &error);
			if (error != NULL)
				return ctl_usage(argv[0], "--limit must be 1 to 1440");
			break;
		default:
			return ctl_usage(argv[0], NULL);
		}
	if (optind != argc - 1)
		return ctl_usage(argv[0], "one category is needed");
	o->category = argv[optind];
	return 0;
}

int
ctl_cycles(const struct ctl *ctl, int argc, char *argv[])
{
	struct asked_for o = { .limit = CYCLES_DETAILS };
	struct attached a;
	int status;

	if ((status = options_read(&o, argc, argv)) != 0 ||
	    (status = attach_open(ctl, &a)) != 0)
		return status;
	status = show(ctl, &o, &a);
	attach_close(&a);
	return status;
}
