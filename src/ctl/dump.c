/* The bytes of an answer, also of a daemon that answers nothing any more. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "codec/encode.h"
#include "ctl/commands.h"
#include "ctl/print.h"
#include "ctl/published.h"

enum {
	OPTION_ENCODING = 256,
};

static const struct option dump_options[] = {
	{ "encoding", required_argument, NULL, OPTION_ENCODING },
	{ 0 },
};

/* Of a category that has not the second kind, the answer is the first: a category
 * without groups answers without them. */
static const struct {
	const char *name;
	enum view_kind kind, plain;
} views[] = {
	{ "deletion-risk", VIEW_RISK, VIEW_RISK },
	{ "deletion-risk-grouped", VIEW_RISK_GROUPED, VIEW_RISK },
	{ "deletion-risk-variations", VIEW_RISK_VARIATIONS, VIEW_RISK },
	{ "statistics", VIEW_STATS, VIEW_STATS },
	{ "statistics-grouped", VIEW_STATS_GROUPED, VIEW_STATS },
	{ "with-stats", VIEW_WITH_STATS, VIEW_WITH_STATS },
};

static int
find_view(const char *name)
{
	for (size_t i = 0; i < NELEM(views); i++)
		if (strcmp(name, views[i].name) == 0)
			return (int)i;
	fprintf(stderr, "hydratorctl: there is no view %s, but", name);
	for (size_t i = 0; i < NELEM(views); i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",", views[i].name);
	fputc('\n', stderr);
	return -1;
}

/* "identity", or the name of a content coding. -1: there is none of that name. */
static int
find_encoding(const char *name)
{
	struct str wanted = { name, strlen(name) };

	if (strcmp(name, "identity") == 0)
		return ENCODING_IDENTITY;
	for (int e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
		if (str_eq(wanted, encoding_name((enum encoding)e)))
			return e;
	fprintf(stderr,
	    "hydratorctl: --encoding %s: there are identity, gzip, br and zstd\n",
	    name);
	return -1;
}

/* NULL: there is none, which is said. */
static const struct view *
choose_view(const struct published *p, int number)
{
	const struct view *v = &p->directory->views[views[number].kind];

	if (!v->present)
		v = &p->directory->views[views[number].plain];
	/* With records that are all invalid there are statistics, and nothing else. */
	if (views[number].plain != VIEW_STATS && !published_has_models(p))
		return NULL;
	if (v->present)
		return v;
	warnx("%s has no %s", p->category, views[number].name);
	return NULL;
}

/* In the form that is published, or in one that is made now. */
static void
print_encoded(const struct ctl *ctl, const struct published *p, const struct view *v,
    enum encoding encoding)
{
	struct str body = published_text(p, v->body);
	struct encoder *encoder;
	struct buf b = { 0 };

	if (v->coded[encoding].len > 0) {
		print_text(ctl, published_text(p, v->coded[encoding]));
		return;
	}
	encoder = encoder_new(0);
	encode_body(encoder, encoding, ENCODE_FAST, body, &b);
	print_text(ctl, (struct str){ b.data, b.len });
	buf_free(&b);
	encoder_free(&encoder);
}

static int
dump(const struct ctl *ctl, const char *category, int view, int encoding)
{
	const struct view *v;
	struct published p;
	int status;

	if ((status = published_open(ctl, category, &p)) != 0)
		return status;
	if ((v = choose_view(&p, view)) == NULL)
		status = CTL_NOT_SERVING;
	else if (encoding == ENCODING_IDENTITY)
		print_text(ctl, published_text(&p, v->body));
	else
		print_encoded(ctl, &p, v, (enum encoding)encoding);
	print_flush();
	published_close(&p);
	return status;
}

int
ctl_dump(const struct ctl *ctl, int argc, char *argv[])
{
	int encoding = ENCODING_IDENTITY, view, c;

	while ((c = getopt_long(argc, argv, "", dump_options, NULL)) != -1)
		if (c != OPTION_ENCODING || (encoding = find_encoding(optarg)) == -1)
			return ctl_usage(argv[0], NULL);
	if (argc - optind != 2)
		return ctl_usage(argv[0], "needs a category and a view");
	if ((view = find_view(argv[optind + 1])) == -1)
		return ctl_usage(argv[0], NULL);
	if (ctl->format != OUT_TABLE)
		return ctl_usage(argv[0], "the bytes are what they are: no format");
	if (ctl->terminal && encoding != ENCODING_IDENTITY)
		return ctl_usage(argv[0], "compressed bytes are not for a terminal");
	return dump(ctl, argv[optind], view, encoding);
}
