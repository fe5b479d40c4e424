/* Python's str(), repr() and truth of JSON values (doc/reference.md 1.11). */
#include "python/repr.h"

#include <math.h>
#include <stdlib.h>
#include <unictype.h>

#include "base/attr.h"
#include "json/nest.h"
#include "json/walk.h"
#include "json/write.h"

/* Where to print to, and what is needed for it. */
struct repr {
	struct buf *out;
	const struct json_nest *nest;
	struct arena *arena;
};

struct member {
	struct str key;
	struct json_node node;
	size_t place;  /* in the object */
	bool repeated; /* an earlier member has the same key */
};

/* The code point at the front of well-formed text, which may hold surrogates: those
 * that json_str() makes of lone escapes. */
static uint32_t
take_code_point(struct str *s)
{
	unsigned char first = (unsigned char)*s->p;
	unsigned i, n = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t cp = n == 1 ? first : first & (0x7fu >> n);

	for (i = 1; i < n; i++)
		cp = cp << 6 | ((unsigned char)s->p[i] & 0x3fu);
	*s = str_from(*s, n);
	return cp;
}

/* What Unicode 15.0 and 15.1 added and is printable: libunistring knows Unicode 14
 * before its version 1.1, the reference's Python 15.1. */
static const uint32_t new_printables[][2] = {
	{ 0x0CF3, 0x0CF3 },
	{ 0x0ECE, 0x0ECE },
	{ 0x2FFC, 0x2FFF },
	{ 0x31EF, 0x31EF },
	{ 0x10EFD, 0x10EFF },
	{ 0x1123F, 0x11241 },
	{ 0x11B00, 0x11B09 },
	{ 0x11F00, 0x11F10 },
	{ 0x11F12, 0x11F3A },
	{ 0x11F3E, 0x11F59 },
	{ 0x1342F, 0x1342F },
	{ 0x13440, 0x13455 },
	{ 0x1B132, 0x1B132 },
	{ 0x1B155, 0x1B155 },
	{ 0x1D2C0, 0x1D2D3 },
	{ 0x1DF25, 0x1DF2A },
	{ 0x1E030, 0x1E06D },
	{ 0x1E08F, 0x1E08F },
	{ 0x1E4D0, 0x1E4F9 },
	{ 0x1F6DC, 0x1F6DC },
	{ 0x1F774, 0x1F776 },
	{ 0x1F77B, 0x1F77F },
	{ 0x1F7D9, 0x1F7D9 },
	{ 0x1FA75, 0x1FA77 },
	{ 0x1FA87, 0x1FA88 },
	{ 0x1FAAD, 0x1FAAF },
	{ 0x1FABB, 0x1FABD },
	{ 0x1FABF, 0x1FABF },
	{ 0x1FACE, 0x1FACF },
	{ 0x1FADA, 0x1FADB },
	{ 0x1FAE8, 0x1FAE8 },
	{ 0x1FAF7, 0x1FAF8 },
	{ 0x2B739, 0x2B739 },
	{ 0x2EBF0, 0x2EE5D },
	{ 0x31350, 0x323AF },
};

/* str.isprintable() of one character beyond ASCII: all but "other" and "separator". */
static bool
is_printable(uint32_t cp)
{
	size_t i;

	if (!uc_is_general_category_withtable(
		cp, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z))
		return true;
	for (i = 0; i < NELEM(new_printables); i++)
		if (cp >= new_printables[i][0] && cp <= new_printables[i][1])
			return true;
	return false;
}

static void
put_repr_char(struct buf *b, const char *text, size_t len, uint32_t cp, char quote)
{
	if (cp == '\t' || cp == '\n' || cp == '\r')
		buf_printf(b, "\\%c", cp == '\t' ? 't' : cp == '\n' ? 'n' : 'r');
	else if (cp == '\\' || cp == (unsigned char)quote)
		buf_printf(b, "\\%c", (char)cp);
	else if ((cp >= 0x20 && cp < 0x7f) || (cp > 0x7f && is_printable(cp)))
		buf_add(b, text, len);
	else if (cp <= 0xff)
		buf_printf(b, "\\x%02x", cp);
	else if (cp <= 0xffff)
		buf_printf(b, "\\u%04x", cp);
	else
		buf_printf(b, "\\U%08x", cp);
}

/* In single quotes, unless only single quotes occur in it. */
static void
put_repr_string(struct buf *b, struct str s)
{
	bool single = s.len > 0 && memchr(s.p, '\'', s.len) != NULL;
	char quote = single && memchr(s.p, '"', s.len) == NULL ? '"' : '\'';
	const char *start;
	uint32_t cp;

	buf_putc(b, quote);
	while (s.len > 0) {
		start = s.p;
		cp = take_code_point(&s);
		put_repr_char(b, start, (size_t)(s.p - start), cp, quote);
	}
	buf_putc(b, quote);
}

static void
put_repr_double(struct buf *b, double x)
{
	if (isnan(x))
		buf_puts(b, "nan");
	else if (isinf(x))
		buf_puts(b, x < 0 ? "-inf" : "inf");
	else
		json_put_double(b, x);
}

static int
compare_members(const void *a, const void *b)
{
	const struct member *x = *(struct member *const *)a,
			    *y = *(struct member *const *)b;
	size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
	int order = n > 0 ? memcmp(x->key.p, y->key.p, n) : 0;

	if (order == 0)
		order = (x->key.len > y->key.len) - (x->key.len < y->key.len);
	if (order == 0)
		order = (x->place > y->place) - (x->place < y->place);
	return order;
}

/* The first member of a key gets the value of the last one; the others are marked. */
static void
merge_repeated(struct member *m, size_t n, struct arena *arena)
{
	struct member **sorted = arena_array(arena, n, sizeof(struct member *));
	struct member *first;
	size_t i;

	for (i = 0; i < n; i++)
		sorted[i] = &m[i];
	qsort(sorted, n, sizeof(struct member *), compare_members);
	first = sorted[0];
	for (i = 1; i < n; i++) {
		sorted[i]->repeated = str_eq(sorted[i]->key, first->key);
		if (sorted[i]->repeated)
			first->node = sorted[i]->node;
		else
			first = sorted[i];
	}
}

static size_t
count_members(const struct repr *r, const struct json_node *object)
{
	struct json_nest_walk w = json_nest_walk(r->nest, object);
	struct json_value key;
	struct json_node node;
	size_t n = 0;

	while (json_nest_member(r->nest, &w, &key, &node))
		n++;
	return n;
}

static void put_repr(const struct repr *, const struct json_node *);

static void
put_repr_object(const struct repr *r, const struct json_node *object)
{
	struct json_nest_walk w = json_nest_walk(r->nest, object);
	struct json_value key;
	size_t i, n = count_members(r, object);
	struct member *m = arena_array(r->arena, n, sizeof(*m));

	for (i = 0; json_nest_member(r->nest, &w, &key, &m[i].node); i++) {
		m[i].key = json_str(&key, r->arena);
		m[i].place = i;
	}
	if (n > 1)
		merge_repeated(m, n, r->arena);
	buf_putc(r->out, '{');
	for (i = 0; i < n; i++) {
		if (m[i].repeated)
			continue;
		if (i > 0)
			buf_puts(r->out, ", ");
		put_repr_string(r->out, m[i].key);
		buf_puts(r->out, ": ");
		put_repr(r, &m[i].node);
	}
	buf_putc(r->out, '}');
}

static void
put_repr_array(const struct repr *r, const struct json_node *array)
{
	struct json_nest_walk w = json_nest_walk(r->nest, array);
	struct json_node element;
	const char *between = "";

	buf_putc(r->out, '[');
	while (json_nest_element(r->nest, &w, &element)) {
		buf_puts(r->out, between);
		put_repr(r, &element);
		between = ", ";
	}
	buf_putc(r->out, ']');
}

static void
put_repr_integer(struct buf *b, const struct json_value *v)
{
	/* As it stands but for -0, since JSON allows no other idle sign or zero. */
	if (v->len == 2 && memcmp(v->p, "-0", 2) == 0)
		buf_putc(b, '0');
	else
		buf_add(b, v->p, v->len);
}

/* It calls itself, JSON_DEPTH_MAX deep at most. */
static void
put_repr(const struct repr *r, const struct json_node *node)
{
	const struct json_value *v = &node->value;

	switch (v->type) {
	case JSON_T_NONE:
	case JSON_T_NULL:
		buf_puts(r->out, "None");
		break;
	case JSON_T_FALSE:
		buf_puts(r->out, "False");
		break;
	case JSON_T_TRUE:
		buf_puts(r->out, "True");
		break;
	case JSON_T_INTEGER:
		put_repr_integer(r->out, v);
		break;
	case JSON_T_REAL:
		put_repr_double(r->out, json_double(v));
		break;
	case JSON_T_STRING:
		put_repr_string(r->out, json_str(v, r->arena));
		break;
	case JSON_T_ARRAY:
		put_repr_array(r, node);
		break;
	case JSON_T_OBJECT:
		put_repr_object(r, node);
		break;
	}
}

/* Through a nest: a value of a document may be 900 containers deep, with all its bytes
 * in the innermost. */
static void
put_repr_root(struct buf *b, const struct json_value *v, struct arena *arena)
{
	struct json_nest nest;
	struct json_node root;
	const struct repr r = { .out = b, .nest = &nest, .arena = arena };

	json_nest_open(&nest, v, &root);
	put_repr(&r, &root);
	json_nest_free(&nest);
}

void
repr_put_str(struct buf *b, const struct json_value *v, struct arena *arena)
{
	struct str s;

	if (v->type == JSON_T_STRING) {
		s = json_str(v, arena);
		buf_add(b, s.p, s.len);
	} else {
		put_repr_root(b, v, arena);
	}
}

bool
repr_truthy(const struct json_value *v)
{
	struct json_walk w;
	struct json_value key, value;

	switch (v->type) {
	case JSON_T_TRUE:
		return true;
	case JSON_T_INTEGER:
	case JSON_T_REAL:
		return json_double(v) != 0;
	case JSON_T_STRING:
		return v->len > 2;
	case JSON_T_ARRAY:
		w = json_walk(v);
		return json_element(&w, &value);
	case JSON_T_OBJECT:
		w = json_walk(v);
		return json_member(&w, &key, &value);
	default:
		return false;
	}
}
