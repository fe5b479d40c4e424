/* What streams are sent, and the ids in it. */
#include "reader/events.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/clock.h"
#include "payload/view.h"
#include "reader/freshness.h"
#include "reader/generation.h"

/* Of what a stream has missed. Rows are some hundred bytes, and there are no more than
 * a thousand of them; names may be long. */
#define RESUME_BYTES ((size_t)1024 * 1024)

/* EventSource comes back after this time. Streams end together when a reader does: each
 * has another time, so that they do not come back together. */
#define RETRY_MSEC 2000
#define RETRY_SPREAD_MSEC 2000

/* A stream of one category has ids of another form than one of several: each change is
 * sent on two topics. */
#define TOPIC_ALONE(category) (UINT32_C(1) << (category))
#define TOPIC_AMONG(category) (UINT32_C(1) << (16 + (category)))
_Static_assert(CATEGORY_MAX <= 16, "two topics for each category");

struct seen {
	uint64_t generation; /* the last one that streams were told of; 0: none */
	bool changes;        /* it, or one before it, had changes */
	uint64_t last;       /* the id of the newest one of them */
};

struct events {
	const struct config *config;
	struct store *store;
	struct http_server *server; /* NULL: nobody is served yet */
	uint64_t begun;             /* streams */
	struct buf text;            /* of one message */
	struct seen seen[CATEGORY_MAX];
};

struct events *
events_new(const struct config *config, struct store *store)
{
	struct events *e = xcalloc(1, sizeof(*e));
	int i;

	e->config = config;
	e->store = store;
	/* Ids are times: what happens from now on is above. */
	for (i = 0; i < CATEGORY_MAX; i++)
		e->seen[i].last = (uint64_t)(clock_wall() / (NSEC_PER_SEC / 1000));
	return e;
}

void
events_free(struct events **ep)
{
	struct events *e = *ep;

	*ep = NULL;
	if (e == NULL)
		return;
	buf_free(&e->text);
	free(e);
}

void
events_serve(struct events *e, struct http_server *server)
{
	e->server = server;
}

uint32_t
events_all(const struct events *e)
{
	uint32_t categories = 0;
	int i;

	for (i = 0; i < CATEGORY_MAX; i++)
		if (store_latch(e->store, (enum category)i) != -1)
			categories |= UINT32_C(1) << i;
	return categories;
}

uint64_t
events_retry_after(const struct events *e)
{
	return (uint64_t)e->config->http.retry_after;
}

bool
events_have_place(const struct events *e)
{
	return http_server_has_stream_place(e->server);
}

static bool
has_changes(const struct events *e, int category)
{
	return category_has_horde((enum category)category) &&
	       store_latch(e->store, (enum category)category) != -1;
}

static bool
is_alone(uint32_t categories)
{
	return (categories & (categories - 1)) == 0;
}

/* The line that says how far a stream of these categories is. */
static void
put_id(const struct events *e, struct buf *b, uint32_t categories,
    const struct events_position *p)
{
	const char *before = "id: ";
	int i;

	for (i = 0; i < CATEGORY_MAX; i++) {
		if (!has_changes(e, i) ||
		    (is_alone(categories) && !(categories >> i & 1)))
			continue;
		buf_puts(b, before);
		if (!is_alone(categories))
			buf_printf(b, "%s=", category_name((enum category)i));
		http_put_uint(b, p->after[i]);
		before = ",";
	}
	if (*before == ',')
		buf_putc(b, '\n');
}

static const struct view_event *
changes_of(const struct generation *g, uint32_t *n)
{
	*n = g->directory->events != 0 ? g->directory->views[VIEW_CHANGES].nrows : 0;
	return (const struct view_event *)(g->snapshot->data + g->directory->events);
}

/* A row does not say whose it is: its list does, and a stream is of many lists. */
static void
put_change(const struct events *e, struct buf *b, enum category category,
    const struct generation *g, uint32_t row, uint32_t categories,
    const struct events_position *p)
{
	const struct view_row *rows =
	    (const struct view_row *)(g->snapshot->data +
				      g->directory->views[VIEW_CHANGES].rows);

	buf_puts(b, "event: change\n");
	put_id(e, b, categories, p);
	buf_printf(b, "data: {\"category\":\"%s\",", category_name(category));
	buf_add(b, g->snapshot->data + rows[row].off + 1, rows[row].len - 1);
	buf_puts(b, "\n\n");
}

/* The view that has the tag which a snapshot is announced with: what a client is most
 * likely to fetch then. */
static enum view_kind
main_view(const struct view_directory *d, enum snapshot_part *part)
{
	bool risk = d->views[VIEW_RISK].present;

	*part = risk ? PART_DELETION_RISK : PART_STATISTICS;
	return risk ? VIEW_RISK : VIEW_STATS;
}

static void
put_snapshot(struct buf *b, enum category category, const struct generation *g)
{
	enum snapshot_part part;
	const struct view *v = &g->directory->views[main_view(g->directory, &part)];
	const struct part_stamp *stamp = generation_stamp(g, part);

	buf_printf(b,
	    "event: snapshot\ndata: {\"category\":\"%s\",\"generation\":%" PRIu64,
	    category_name(category), g->snapshot->generation);
	if (v->present)
		buf_printf(b, ",\"etag\":\"W/\\\"%016" PRIx64 "\\\"\"", v->etag);
	else
		buf_puts(b, ",\"etag\":null");
	if (part_stamp_is_there(stamp))
		buf_printf(b, ",\"age\":%" PRId64,
		    freshness_age(stamp->fetched_boot, clock_boot()));
	else
		buf_puts(b, ",\"age\":null");
	buf_puts(b, "}\n\n");
}

static void
position_now(const struct events *e, struct events_position *p)
{
	int i;

	for (i = 0; i < CATEGORY_MAX; i++)
		p->after[i] = e->seen[i].last;
}

/* Appends the rows [first, end), oldest first, to streams of these categories that are
 * at *p, which is moved. */
static void
put_changes(const struct events *e, struct buf *b, enum category category,
    const struct generation *g, uint32_t first, uint32_t end, uint32_t categories,
    struct events_position *p)
{
	uint32_t n;
	const struct view_event *event = changes_of(g, &n);

	while (end-- > first) {
		p->after[category] = event[end].id;
		put_change(e, b, category, g, end, categories, p);
	}
}

/* How many rows are above the id. */
static uint32_t
count_above(const struct generation *g, uint64_t id)
{
	uint32_t n, i = 0;
	const struct view_event *event = changes_of(g, &n);

	while (i < n && event[i].id > id)
		i++;
	return i;
}

static void
tell_one(struct events *e, uint32_t topic, uint64_t id, unsigned n)
{
	if (e->server != NULL && e->text.len > 0)
		http_server_broadcast(e->server, &(struct http_message){ topic, id, n,
						     { e->text.data, e->text.len } });
}

/* To streams of one category, then to the others: the bits of `categories` are the
 * category's, and one more. */
static void
tell_new(struct events *e, enum category category, const struct generation *g)
{
	const uint32_t alone = UINT32_C(1) << category;
	uint32_t n = count_above(g, e->seen[category].last);
	struct events_position p;

	position_now(e, &p);
	buf_reset(&e->text);
	put_snapshot(&e->text, category, g);
	put_changes(e, &e->text, category, g, 0, n, alone, &p);
	tell_one(e, TOPIC_ALONE(category), 0, n + 1);
	position_now(e, &p);
	buf_reset(&e->text);
	put_snapshot(&e->text, category, g);
	put_changes(e, &e->text, category, g, 0, n, ~alone, &p);
	tell_one(e, TOPIC_AMONG(category), 0, n + 1);
}

/* A stream may have begun where another one ended before this reader had seen any
 * change of the category: now there are those that it has missed. */
static void
tell_old(struct events *e, enum category category, const struct generation *g)
{
	const uint32_t alone = UINT32_C(1) << category;
	const uint32_t first = count_above(g, e->seen[category].last);
	uint32_t n, i, k;
	const struct view_event *event = changes_of(g, &n);
	struct events_position p;

	position_now(e, &p);
	for (i = n; i-- > first;)
		for (k = 0; k < 2; k++) {
			buf_reset(&e->text);
			put_changes(e, &e->text, category, g, i, i + 1,
			    k == 0 ? alone : ~alone, &p);
			tell_one(e,
			    k == 0 ? TOPIC_ALONE(category) : TOPIC_AMONG(category),
			    event[i].id, 1);
		}
}

static void
look(struct events *e, enum category category)
{
	struct seen *seen = &e->seen[category];
	struct generation *g;
	uint32_t n;
	const struct view_event *event;

	if (store_get(e->store, category, &g) != STORE_HELD ||
	    g->snapshot->generation == seen->generation)
		return;
	event = changes_of(g, &n);
	if (!seen->changes)
		tell_old(e, category, g);
	tell_new(e, category, g);
	seen->generation = g->snapshot->generation;
	/* Also if that is less: what comes is above the newest that there is. */
	if (n > 0 || (!seen->changes && g->directory->views[VIEW_CHANGES].present))
		seen->last = n > 0 ? event[0].id : 0;
	seen->changes |= g->directory->views[VIEW_CHANGES].present;
}

void
events_poll(struct events *e)
{
	int i;

	for (i = 0; i < CATEGORY_MAX; i++)
		look(e, (enum category)i);
}

/* The newest rows that are not too many bytes. */
static uint32_t
count_missed(const struct generation *g, uint64_t after)
{
	const struct view_row *rows =
	    (const struct view_row *)(g->snapshot->data +
				      g->directory->views[VIEW_CHANGES].rows);
	uint32_t n = count_above(g, after), i;
	size_t bytes = 0;

	for (i = 0; i < n; i++) {
		bytes += rows[i].len;
		if (bytes > RESUME_BYTES)
			break;
	}
	return i;
}

/* Lets the stream begin at the position, for reconnects, and sends what is missed. */
static void
put_missed(struct events *e, const struct events_wanted *w, struct buf *b)
{
	struct events_position p;
	struct generation *g;
	int i;

	position_now(e, &p);
	for (i = 0; i < CATEGORY_MAX; i++)
		if (w->resumes && w->position.after[i] < p.after[i])
			p.after[i] = w->position.after[i];
	put_id(e, b, w->categories, &p);
	buf_putc(b, '\n');
	for (i = 0; i < CATEGORY_MAX; i++)
		if ((w->categories >> i & 1) &&
		    store_get(e->store, (enum category)i, &g) == STORE_HELD)
			put_changes(e, b, (enum category)i, g, 0,
			    count_missed(g, p.after[i]), w->categories, &p);
}

static void
put_snapshots(struct events *e, uint32_t categories, struct buf *b)
{
	struct generation *g;
	int i;

	for (i = 0; i < CATEGORY_MAX; i++)
		if ((categories >> i & 1) &&
		    store_get(e->store, (enum category)i, &g) == STORE_HELD)
			put_snapshot(b, (enum category)i, g);
}

/* Of the categories: the position of the one that is the furthest behind. */
static uint64_t
least_position(const struct events_wanted *w)
{
	uint64_t least = EVENTS_NOW;
	int i;

	for (i = 0; i < CATEGORY_MAX; i++)
		if ((w->categories >> i & 1) && w->position.after[i] < least)
			least = w->position.after[i];
	return least;
}

void
events_begin(
    struct events *e, const struct events_wanted *w, bool text, struct http_response *r)
{
	r->topics = is_alone(w->categories) ? w->categories : w->categories << 16;
	r->after = w->resumes ? least_position(w) : EVENTS_NOW;
	if (!text)
		return;
	/* What is broadcast from here on follows what is printed here. */
	events_poll(e);
	buf_printf(&r->text, "retry: %" PRIu64 "\n",
	    RETRY_MSEC + e->begun++ * 1237 % RETRY_SPREAD_MSEC);
	put_missed(e, w, &r->text);
	put_snapshots(e, w->categories, &r->text);
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}
