/* What happened to models, and what happens from now on, over reloads and restarts. */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "ctl/changes_out.h"
#include "ctl/commands.h"
#include "ctl/published.h"
#include "terms/category.h"
#include "terms/event.h"

#define FOLLOWED_FIRST 10 /* changes of before with which --follow begins */

/* What is asked for. */
struct changes {
	const char *category;
	bool follow, has_since;
	uint64_t since; /* id; only what is above it */
	uint32_t kinds; /* bit 1 << enum event_kind */
	uint32_t limit;
};

enum {
	OPTION_SINCE = 256,
	OPTION_KINDS,
	OPTION_LIMIT,
	OPTION_FOLLOW,
};

static const struct option changes_options[] = {
	{ "since", required_argument, NULL, OPTION_SINCE },
	{ "kinds", required_argument, NULL, OPTION_KINDS },
	{ "limit", required_argument, NULL, OPTION_LIMIT },
	{ "follow", no_argument, NULL, OPTION_FOLLOW },
	{ 0 },
};

static bool
take_number(
    const char *option, const char *arg, int64_t least, int64_t most, int64_t *n)
{
	const char *bad;

	*n = strtonum(arg, least, most, &bad);
	if (bad != NULL)
		fprintf(stderr, "hydratorctl: --%s %s: %s\n", option, arg, bad);
	return bad == NULL;
}

static bool
take_kinds(struct changes *c, const char *arg)
{
	size_t len;
	int kind;

	for (c->kinds = 0;; arg += len + 1) {
		len = strcspn(arg, ",");
		if ((kind = event_kind_find(arg, len)) == -1)
			break;
		c->kinds |= UINT32_C(1) << kind;
		if (arg[len] == '\0')
			return true;
	}
	fprintf(stderr, "hydratorctl: --kinds %.*s: there are", (int)len, arg);
	for (kind = 0; kind < EVENT_KIND_MAX; kind++)
		fprintf(stderr, "%s %s", kind == 0 ? "" : ",",
		    event_kind_name((enum event_kind)kind));
	fputc('\n', stderr);
	return false;
}

static bool
changes_take_option(struct changes *c, int option)
{
	int64_t n = 0;

	switch (option) {
	case OPTION_SINCE:
		c->has_since = true;
		if (!take_number("since", optarg, 0, (int64_t)VIEW_ID_MAX, &n))
			return false;
		c->since = (uint64_t)n;
		return true;
	case OPTION_LIMIT:
		if (!take_number("limit", optarg, 1, UINT32_MAX, &n))
			return false;
		c->limit = (uint32_t)n;
		return true;
	case OPTION_KINDS:
		return take_kinds(c, optarg);
	case OPTION_FOLLOW:
		c->follow = true;
		return true;
	default:
		return false;
	}
}

static int
changes_take_options(struct changes *c, int argc, char *argv[])
{
	int option;

	*c = (struct changes){ .kinds = UINT32_MAX };
	while ((option = getopt_long(argc, argv, "", changes_options, NULL)) != -1)
		if (!changes_take_option(c, option))
			return ctl_usage(argv[0], NULL);
	if (argc - optind != 1)
		return ctl_usage(argv[0], "needs one category");
	c->category = argv[optind];
	if (c->limit == 0)
		c->limit = c->follow && !c->has_since ? FOLLOWED_FIRST : UINT32_MAX;
	return 0;
}

/* How many of the newest changes lie above c->since: ids fall from row to row. */
static uint32_t
count_new(const struct published *p, const struct changes *c)
{
	const struct view_event *e = published_events(p);
	uint32_t n = p->directory->views[VIEW_CHANGES].nrows, i;

	for (i = 0; i < n && e[i].id > c->since; i++)
		;
	return i;
}

static bool
is_wanted(const struct changes *c, const struct view_event *e)
{
	return (c->kinds >> e->kind & 1) != 0;
}

static void
print_changes(const struct ctl *ctl, const struct published *p, const struct changes *c)
{
	const struct view_event *e = published_events(p);
	struct out *o = out_open(ctl, stdout, "changes", 1);
	uint32_t n = count_new(p, c), left = c->limit;

	out_string(o, "category", NULL, c->category);
	out_int(o, "generation", NULL, (int64_t)p->snapshot->generation);
	out_int(o, "last_id", NULL,
	    p->directory->views[VIEW_CHANGES].nrows > 0 ? (int64_t)e[0].id : 0);
	changes_out_begin(o, "", false);
	for (uint32_t i = 0; i < n && left > 0; i++)
		if (is_wanted(c, &e[i])) {
			out_row(o);
			changes_out_event(o, ctl->format, p, &e[i]);
			left--;
		}
	out_table_end(o);
	if (ctl->terminal && left == c->limit)
		out_note(o, "none");
	out_close(&o);
}

/* A document of its own, or a line. */
static void
print_change(
    const struct ctl *ctl, const struct published *p, const struct view_event *e)
{
	struct out *o = out_open(ctl, stdout, "change", 1);
	struct buf b = { 0 };

	if (ctl->format == OUT_TABLE) {
		changes_out_line(&b, p, e);
		for (size_t i = 0; i < b.len; i++)
			if (b.data[i] == '\0')
				b.data[i] = '?';
		buf_putc(&b, '\0');
		out_note(o, b.data);
	} else {
		out_string(o, "category", NULL, p->category);
		changes_out_event(o, ctl->format, p, e);
	}
	out_close(&o);
	buf_free(&b);
}

/* The row behind the last of those that the limit leaves. */
static uint32_t
find_end(const struct view_event *e, uint32_t n, const struct changes *c)
{
	uint32_t left = c->limit, i;

	for (i = 0; i < n && left > 0; i++)
		if (is_wanted(c, &e[i]))
			left--;
	return i;
}

/* In the order in which they happened; the next time only what is newer. */
static void
print_new(const struct ctl *ctl, const struct published *p, struct changes *c)
{
	const struct view_event *e = published_events(p);
	uint32_t n;

	if (!p->directory->views[VIEW_CHANGES].present ||
	    p->directory->views[VIEW_CHANGES].nrows == 0)
		return;
	if (e[0].id < c->since) {
		fputs("hydratorctl: the history has begun anew\n", stderr);
		c->since = 0;
	}
	n = find_end(e, count_new(p, c), c);
	while (n-- > 0)
		if (is_wanted(c, &e[n]))
			print_change(ctl, p, &e[n]);
	c->since = e[0].id;
	c->limit = UINT32_MAX;
}

/* Looks once; *known: the generation that was seen last. What is not to be had now,
 * since nothing is published yet or too much is, is looked at again. Returns an exit
 * status.
 */
static int
look(const struct ctl *ctl, struct published *p, struct changes *c, uint64_t *known)
{
	unsigned category;
	int status = attach_category(&p->attached, c->category, &category);

	if (status != 0)
		return status;
	if (snapshot_take(p->attached.segment, category, *known, &p->snapshot) !=
	    SNAPSHOT_FRESH)
		return 0;
	*known = p->snapshot->generation;
	p->directory = view_open(p->snapshot->data, p->snapshot->len,
	    (enum category)category_find(c->category, strlen(c->category)));
	if (p->directory != NULL)
		print_new(ctl, p, c);
	else {
		warnx("%s: what is published is of another version, or damaged",
		    c->category);
		status = CTL_NOT_SERVING;
	}
	snapshot_release(&p->snapshot);
	return status;
}

/* Waits until there is a daemon; one that stops or starts may have no segment. Returns
 * an exit status. */
static int
attach_again(const struct ctl *ctl, struct attached *a)
{
	char err[ATTACH_MESSAGE];
	bool said = false;
	int status;

	for (;;) {
		status = attach_try(ctl, a, err, sizeof(err));
		if (status != CTL_NOT_RUNNING && status != CTL_DEGRADED)
			break;
		if (!said)
			fprintf(stderr, "hydratorctl: %s; waiting for it\n", err);
		said = true;
		sleep(1);
	}
	if (status != 0)
		fprintf(stderr, "hydratorctl: %s\n", err);
	return status;
}

static int
follow(const struct ctl *ctl, struct changes *c)
{
	struct published p = { .category = c->category };
	uint64_t known;
	int status;

	while ((status = attach_again(ctl, &p.attached)) == 0) {
		known = 0;
		while ((status = look(ctl, &p, c, &known)) == 0 &&
		       attach_is_current(&p.attached))
			sleep(1);
		attach_close(&p.attached);
		if (status != 0)
			break;
	}
	return status;
}

int
ctl_changes(const struct ctl *ctl, int argc, char *argv[])
{
	struct changes c;
	struct published p;
	int status;

	if ((status = changes_take_options(&c, argc, argv)) != 0)
		return status;
	if (c.follow)
		return follow(ctl, &c);
	if ((status = published_open(ctl, c.category, &p)) != 0)
		return status;
	if (published_has_models(&p) && published_has_history(&p))
		print_changes(ctl, &p, &c);
	else
		status = CTL_NOT_SERVING;
	published_close(&p);
	return status;
}
