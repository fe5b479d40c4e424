/* Categories refreshed by order, and documents accepted that the gate holds back. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log_text.h"
#include "ctl/commands.h"
#include "ctl/refresh_run.h"

struct request {
	bool accept, yes;
	char *const *names; /* of categories; NULL ends */
};

/* Prints what the gate holds back of a category. Returns whether that is anything. */
static bool
tell_refused(const struct segment *seg, unsigned latch, FILE *to)
{
	const struct ledger_document *d;
	struct ledger l;
	bool any = false;

	ledger_read(seg, latch, &l);
	for (d = l.document; d < l.document + l.ndocuments; d++) {
		if (d->state != LEDGER_IMPLAUSIBLE)
			continue;
		any = true;
		if (to != NULL)
			fprintf(to,
			    "%s: %s has shrunk from %" PRIu64 " to %" PRIu64 "\n",
			    segment_category_name(seg, latch), d->name,
			    d->gate.good_count, d->gate.doubted_count);
	}
	return any;
}

static int
refuse_category(const struct segment *seg, char *name)
{
	unsigned i;

	log_defuse(name, strlen(name));
	fprintf(stderr, "hydratorctl: there is no category %s; there is", name);
	for (i = 0; i < segment_ncategories(seg); i++)
		fprintf(
		    stderr, "%s %s", i > 0 ? "," : "", segment_category_name(seg, i));
	fputc('\n', stderr);
	return EX_USAGE;
}

static void
add_category(struct refresh *r, const struct segment *seg, unsigned latch)
{
	const char *name = segment_category_name(seg, latch);
	size_t i;

	for (i = 0; i < r->n; i++)
		if (strcmp(r->task[i].category, name) == 0)
			return;
	strlcpy(r->task[r->n++].category, name, sizeof(r->task[0].category));
}

/* The categories that are meant: those named, else all, or all of which something is
 * refused. */
static int
find_categories(struct refresh *r, const struct request *q, const struct segment *seg)
{
	char *const *name;
	unsigned i;
	int latch;

	for (name = q->names; *name != NULL; name++) {
		if ((latch = segment_find_category(seg, *name)) == -1)
			return refuse_category(seg, *name);
		add_category(r, seg, (unsigned)latch);
	}
	if (r->n > 0)
		return 0;
	for (i = 0; i < segment_ncategories(seg); i++)
		if (!q->accept || tell_refused(seg, i, NULL))
			add_category(r, seg, i);
	if (r->n > 0)
		return 0;
	fputs("hydratorctl: nothing is refused\n", stderr);
	return EXIT_FAILURE;
}

static int
confirm(const struct refresh *r, const struct segment *seg)
{
	bool any = false;
	char line[16];
	size_t i;

	for (i = 0; i < r->n; i++)
		any |= tell_refused(seg,
		    (unsigned)segment_find_category(seg, r->task[i].category), stderr);
	if (!any) {
		fputs("hydratorctl: nothing is refused\n", stderr);
		return EXIT_FAILURE;
	}
	fputs(
	    "Models that are gone from it lose their answers. Accept? [y/N] ", stderr);
	if (fgets(line, sizeof(line), stdin) != NULL &&
	    (strcmp(line, "y\n") == 0 || strcmp(line, "yes\n") == 0))
		return 0;
	fputs("hydratorctl: nothing is accepted\n", stderr);
	return EXIT_FAILURE;
}

static int
prepare(struct refresh *r, const struct request *q)
{
	struct segment *seg;
	int status;

	if (segment_look(r->to.ctl->name, r->to.pid, &seg) == -1)
		return order_tell_unseen(&r->to);
	if ((status = find_categories(r, q, seg)) == 0 && q->accept && !q->yes)
		status = confirm(r, seg);
	segment_close(&seg);
	return status;
}

static int
give(const struct ctl *ctl, const struct request *q)
{
	struct refresh r = { .accept = q->accept };
	int status = order_find(ctl, &r.to);

	if (status != 0)
		return status;
	if ((status = prepare(&r, q)) == 0)
		status = refresh_run(&r);
	order_leave(&r.to);
	return status;
}

int
ctl_refresh(const struct ctl *ctl, int argc, char *argv[])
{
	static const struct option options[] = {
		{ "accept-smaller", no_argument, NULL, 'a' },
		{ "yes", no_argument, NULL, 'y' },
		{ 0 },
	};
	struct request q = { 0 };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'a':
			q.accept = true;
			break;
		case 'y':
			q.yes = true;
			break;
		default:
			return ctl_usage(argv[0], NULL);
		}
	q.names = argv + optind;
	if (q.yes && !q.accept)
		return ctl_usage(argv[0], "--yes is for --accept-smaller");
	if (q.accept && !q.yes && !isatty(STDIN_FILENO))
		return ctl_usage(
		    argv[0], "--accept-smaller wants --yes where nobody can be asked");
	return give(ctl, &q);
}
