/* Reading Accept-Encoding and Accept. */
#include "http/negotiate.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"

/* Weights in thousandths. */
#define UNLISTED (-1)
#define WHOLE 1000

struct weights {
	int of[ENCODING_MAX];
	int any; /* "*" */
};

static bool
is_token_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static void
skip_blanks(struct str *s)
{
	while (s->len > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = str_from(*s, 1);
}

static bool
take_char(struct str *s, char c)
{
	if (s->len == 0 || s->p[0] != c)
		return false;
	*s = str_from(*s, 1);
	return true;
}

static bool
take_token(struct str *s, struct str *token)
{
	size_t n = 0;

	while (n < s->len && is_token_char(s->p[n]))
		n++;
	*token = (struct str){ s->p, n };
	*s = str_from(*s, n);
	return n > 0;
}

/* qvalue of RFC 9110 section 12.4.2: 0 to 1 with up to three decimals. */
static bool
take_weight(struct str *s, int *weight)
{
	int digit, unit = 100;

	if (s->len == 0 || (s->p[0] != '0' && s->p[0] != '1'))
		return false;
	*weight = (s->p[0] - '0') * WHOLE;
	*s = str_from(*s, 1);
	if (!take_char(s, '.'))
		return true;
	for (; s->len > 0 && s->p[0] >= '0' && s->p[0] <= '9'; unit /= 10) {
		digit = s->p[0] - '0';
		*weight += digit * unit;
		*s = str_from(*s, 1);
		if (unit == 0)
			return false;
	}
	return *weight <= WHOLE;
}

static bool
take_parameters(struct str *s, int *weight)
{
	struct str name;

	*weight = WHOLE;
	skip_blanks(s);
	if (!take_char(s, ';'))
		return true;
	skip_blanks(s);
	if (!take_token(s, &name) || name.len != 1 || (name.p[0] | ' ') != 'q' ||
	    !take_char(s, '=') || !take_weight(s, weight))
		return false;
	skip_blanks(s);
	return true;
}

static bool
is_word(struct str token, struct str name)
{
	return token.len == name.len && strncasecmp(token.p, name.p, name.len) == 0;
}

static void
note(struct weights *w, struct str coding, int weight)
{
	int e;

	if (str_eq(coding, STR("*")))
		w->any = weight;
	if (is_word(coding, STR("x-gzip")))
		w->of[ENCODING_GZIP] = weight;
	for (e = 0; e < ENCODING_MAX; e++)
		if (is_word(coding, encoding_name((enum encoding)e)))
			w->of[e] = weight;
}

/* One field's list; its elements may be empty (RFC 9110 section 5.6.1.2). */
static bool
read_list(struct str list, struct weights *w)
{
	struct str coding;
	int weight;

	for (;;) {
		skip_blanks(&list);
		if (list.len > 0 && list.p[0] != ',') {
			if (!take_token(&list, &coding) ||
			    !take_parameters(&list, &weight))
				return false;
			note(w, coding, weight);
		}
		if (list.len == 0)
			return true;
		if (!take_char(&list, ','))
			return false;
	}
}

static void
weigh_unlisted(struct weights *w)
{
	int e;

	for (e = ENCODING_IDENTITY + 1; e < ENCODING_MAX; e++)
		if (w->of[e] == UNLISTED)
			w->of[e] = w->any == UNLISTED ? 0 : w->any;
}

/* Inserts behind those that weigh as much; identity has its place at the end. */
static void
insert(struct negotiation *n, const struct weights *w, enum encoding e)
{
	unsigned at = n->n++;

	for (; at > 0 && w->of[n->order[at - 1]] < w->of[e]; at--)
		n->order[at] = n->order[at - 1];
	n->order[at] = e;
}

void
negotiate(const struct http_request *request, struct negotiation *n)
{
	static const enum encoding preference[] = { ENCODING_BROTLI, ENCODING_ZSTD,
		ENCODING_GZIP, ENCODING_IDENTITY };
	struct weights w = { { UNLISTED, UNLISTED, UNLISTED, UNLISTED }, UNLISTED };
	const struct http_field *f;
	size_t at = 0, i;

	*n = (struct negotiation){ { ENCODING_IDENTITY }, 1 };
	while ((f = http_field_next(request, STR("accept-encoding"), &at)) != NULL)
		if (!read_list(f->value, &w))
			return;
	weigh_unlisted(&w);
	n->n = 0;
	for (i = 0; i < NELEM(preference); i++)
		if (w.of[preference[i]] > 0)
			insert(n, &w, preference[i]);
	/* Without a weight of its own identity is the last resort, not excluded. */
	if (w.of[ENCODING_IDENTITY] == UNLISTED && w.any != 0)
		insert(n, &w, ENCODING_IDENTITY);
}

/* What is said of a type by the range that names it most precisely. */
struct type_weight {
	int precision; /* PRECISION_NONE: nothing */
	int weight;
};

enum {
	PRECISION_NONE,
	PRECISION_ANY,     /* by "*" + "/" + "*" */
	PRECISION_TYPE,    /* by "text" + "/" + "*" */
	PRECISION_SUBTYPE, /* by its name */
};

static int
precision_of(struct str main, struct str sub, struct str type)
{
	size_t slash = (size_t)((const char *)memchr(type.p, '/', type.len) - type.p);

	if (str_eq(main, STR("*")))
		return str_eq(sub, STR("*")) ? PRECISION_ANY : PRECISION_NONE;
	if (!is_word(main, (struct str){ type.p, slash }))
		return PRECISION_NONE;
	if (str_eq(sub, STR("*")))
		return PRECISION_TYPE;
	return is_word(sub, str_from(type, slash + 1)) ? PRECISION_SUBTYPE
						       : PRECISION_NONE;
}

static bool
take_value(struct str *s)
{
	struct str token;

	if (!take_char(s, '"'))
		return take_token(s, &token);
	while (s->len > 0 && s->p[0] != '"')
		*s = str_from(*s, s->p[0] == '\\' && s->len > 1 ? 2 : 1);
	return take_char(s, '"');
}

/* Parameters may be empty (RFC 9110 section 5.6.6), and those behind the weight may
 * have no value (RFC 7231 section 5.3.2). */
static bool
take_type_parameters(struct str *s, int *weight)
{
	struct str name;

	*weight = WHOLE;
	for (;;) {
		skip_blanks(s);
		if (!take_char(s, ';'))
			return true;
		skip_blanks(s);
		if (!take_token(s, &name) || !take_char(s, '='))
			continue;
		if (is_word(name, STR("q")) ? !take_weight(s, weight) : !take_value(s))
			return false;
	}
}

static bool
take_range(struct str *list, const struct str *types, unsigned n, struct type_weight *w)
{
	struct str main, sub;
	int weight, precision;

	if (!take_token(list, &main) || !take_char(list, '/') ||
	    !take_token(list, &sub) || !take_type_parameters(list, &weight))
		return false;
	for (unsigned i = 0; i < n; i++) {
		precision = precision_of(main, sub, types[i]);
		if (precision != PRECISION_NONE && precision >= w[i].precision)
			w[i] = (struct type_weight){ precision, weight };
	}
	return true;
}

static bool
read_ranges(struct str list, const struct str *types, unsigned n, struct type_weight *w)
{
	for (;;) {
		skip_blanks(&list);
		if (list.len > 0 && list.p[0] != ',' && !take_range(&list, types, n, w))
			return false;
		if (list.len == 0)
			return true;
		if (!take_char(&list, ','))
			return false;
	}
}

unsigned
negotiate_type(const struct http_request *request, const struct str *types, unsigned n)
{
	struct type_weight w[NEGOTIATE_TYPES_MAX] = { { PRECISION_NONE, 0 } };
	const struct http_field *f;
	unsigned best = 0;
	size_t at = 0;

	while ((f = http_field_next(request, STR("accept"), &at)) != NULL)
		if (!read_ranges(f->value, types, n, w))
			return 0;
	for (unsigned i = 1; i < n; i++)
		if (w[i].weight > w[best].weight)
			best = i;
	return best;
}

void
negotiate_put_encoding(struct buf *fields, enum encoding encoding)
{
	struct str name = encoding_name(encoding);

	if (encoding == ENCODING_IDENTITY)
		return;
	buf_puts(fields, "Content-Encoding: ");
	buf_add(fields, name.p, name.len);
	buf_puts(fields, "\r\n");
}
