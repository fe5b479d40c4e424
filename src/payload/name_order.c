/* Names are sorted beside their rows: a comparison that looked each one up would miss
 * the cache twice. */
#include "payload/name_order.h"

#include <stdlib.h>

#include "base/mem.h"

unsigned char
name_order_fold(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

int
name_order_compare(struct str a, struct str b)
{
	size_t n = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < n; i++) {
		unsigned char x = name_order_fold(a.p[i]), y = name_order_fold(b.p[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return a.len < b.len ? -1 : a.len > b.len;
}

/* A row to be sorted by name. */
struct named {
	struct str name;
	uint32_t row;
};

static int
compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int way = name_order_compare(x->name, y->name);

	if (way != 0)
		return way;
	return x->row < y->row ? -1 : x->row > y->row;
}

uint32_t
name_order_count(const struct view_directory *d)
{
	const struct view *v = &d->views[VIEW_RISK];

	return v->present != 0 && v->figures != 0 ? v->nrows : 0;
}

struct str
name_order_name(const struct view_directory *d, uint32_t row)
{
	const char *data = (const char *)d;
	const struct view_figures *f =
	    (const void *)(data + d->views[VIEW_RISK].figures);

	return (struct str){ data + f[row].name.off, f[row].name.len };
}

void
name_order_make(const struct view_directory *d, uint32_t *rows)
{
	uint32_t n = name_order_count(d);
	struct named *named = xcalloc(n > 0 ? n : 1, sizeof(*named));

	for (uint32_t i = 0; i < n; i++)
		named[i] = (struct named){ name_order_name(d, i), i };
	qsort(named, n, sizeof(*named), compare_named);
	for (uint32_t i = 0; i < n; i++)
		rows[i] = named[i].row;
	free(named);
}
