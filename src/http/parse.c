/* Parsing of request heads. */
#include "http/parse.h"

#include <sys/types.h>

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"
#include "http/authority.h"

/* Sets of octets, RFC 9110 section 5.6.2. */
#define IS_TOKEN 1u  /* of a method or field name */
#define IS_VALUE 2u  /* of a field value */
#define IS_TARGET 4u /* of a target: more than the RFC, as browsers send it */

#define VISIBLE (IS_VALUE | IS_TARGET)

static const uint8_t octets[256] = {
	['\t'] = IS_VALUE,
	[' '] = IS_VALUE,
	['!'] = VISIBLE | IS_TOKEN,
	['"'] = VISIBLE,
	['#' ... '\''] = VISIBLE | IS_TOKEN,
	['(' ... ')'] = VISIBLE,
	['*' ... '+'] = VISIBLE | IS_TOKEN,
	[','] = VISIBLE,
	['-' ... '.'] = VISIBLE | IS_TOKEN,
	['/'] = VISIBLE,
	['0' ... '9'] = VISIBLE | IS_TOKEN,
	[':' ... '@'] = VISIBLE,
	['A' ... 'Z'] = VISIBLE | IS_TOKEN,
	['[' ... ']'] = VISIBLE,
	['^' ... 'z'] = VISIBLE | IS_TOKEN,
	['{'] = VISIBLE,
	['|'] = VISIBLE | IS_TOKEN,
	['}'] = VISIBLE,
	['~'] = VISIBLE | IS_TOKEN,
	[0x80 ... 0xff] = IS_VALUE,
};

/* How many octets at the start of s are all in the set. */
static size_t
span_of(struct str s, unsigned set)
{
	size_t i = 0;

	while (i < s.len && (octets[(unsigned char)s.p[i]] & set))
		i++;
	return i;
}

static bool
str_is(struct str s, struct str lower)
{
	return s.len == lower.len && strncasecmp(s.p, lower.p, s.len) == 0;
}

/* Cuts s at the first c: returns what is before it, leaves in *s what is behind. */
static struct str
cut(struct str *s, char c)
{
	const char *at = s->len ? memchr(s->p, c, s->len) : NULL;
	struct str head = *s;

	if (at == NULL) {
		*s = (struct str){ s->p + s->len, 0 };
		return head;
	}
	head.len = (size_t)(at - s->p);
	*s = str_from(*s, head.len + 1);
	return head;
}

static struct str
trim(struct str s)
{
	while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = str_from(s, 1);
	while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* RFC 9112 section 2.2: an empty line before a request is passed over. */
static struct str
skip_empty_line(struct str s)
{
	return str_starts(s, STR("\r\n")) ? str_from(s, 2) : s;
}

static bool
is_head(struct str s)
{
	return str_starts(s, STR("HEAD "));
}

bool
http_is_head(struct str data)
{
	return is_head(skip_empty_line(data));
}

/* s: the request, without an empty line before it. */
static enum http_verdict
reject(struct http_request *r, struct str s, int status)
{
	r->status = status;
	r->method = is_head(s) ? HTTP_HEAD : HTTP_OTHER;
	r->line = status == 400 ? (struct str){ NULL, 0 } : cut(&s, '\r');
	return HTTP_PARSE_BAD;
}

#define METHOD_MAX 32 /* bytes; of registered ones the longest has 17 */

static bool
parse_method(struct str name, enum http_method *method)
{
	static const struct {
		struct str name;
		enum http_method method;
	} known[] = {
		{ STR("GET"), HTTP_GET },
		{ STR("HEAD"), HTTP_HEAD },
		{ STR("OPTIONS"), HTTP_OPTIONS },
		{ STR("POST"), HTTP_POST },
		{ STR("PUT"), HTTP_OTHER },
		{ STR("PATCH"), HTTP_OTHER },
		{ STR("DELETE"), HTTP_OTHER },
		{ STR("TRACE"), HTTP_OTHER },
		{ STR("CONNECT"), HTTP_OTHER },
	};
	size_t i = 0;

	while (i < NELEM(known) && !str_eq(name, known[i].name))
		i++;
	*method = i < NELEM(known) ? known[i].method : HTTP_UNKNOWN;
	return name.len > 0 && name.len <= METHOD_MAX &&
	       span_of(name, IS_TOKEN) == name.len;
}

/* Bytes of the scheme of an absolute-form, with what separates it; 0: it is none. */
static size_t
scheme_of(struct str target)
{
	if (target.len > 7 && strncasecmp(target.p, "http://", 7) == 0)
		return 7;
	if (target.len > 8 && strncasecmp(target.p, "https://", 8) == 0)
		return 8;
	return 0;
}

/* Takes the authority off the front of *target, and says whether it is one. */
static bool
take_authority(struct str *target)
{
	struct str authority = *target;
	size_t n = 0;

	while (n < target->len && target->p[n] != '/' && target->p[n] != '?')
		n++;
	authority.len = n;
	*target = str_from(*target, n);
	return n > 0 && authority_is_valid(authority);
}

/* RFC 9112 section 3.2: origin-form, absolute-form, and `*` for OPTIONS. A fragment has
 * no place there; like the reference we leave it aside (doc/reference.md 8.3). */
static bool
parse_target(struct str target, struct http_request *r)
{
	size_t scheme;

	if (span_of(target, IS_TARGET) != target.len || target.len == 0)
		return false;
	target = cut(&target, '#');
	if (str_eq(target, STR("*"))) {
		r->path = target;
		return r->method == HTTP_OPTIONS;
	}
	if ((scheme = scheme_of(target)) > 0) {
		target = str_from(target, scheme);
		if (!take_authority(&target))
			return false;
		if (target.len == 0 || target.p[0] == '?') {
			r->path = STR("/");
			r->query = target.len ? str_from(target, 1) : target;
			return true;
		}
	}
	r->query = target;
	r->path = cut(&r->query, '?');
	return r->path.len > 0 && r->path.p[0] == '/';
}

/* 0, or the status to refuse the line with. A minor version that is not known yet is
 * the highest that is (RFC 9110 section 2.5). */
static int
parse_version(struct str version, struct http_request *r)
{
	if (version.len != 8 || memcmp(version.p, "HTTP/", 5) != 0 ||
	    version.p[6] != '.' || version.p[5] < '0' || version.p[5] > '9' ||
	    version.p[7] < '0' || version.p[7] > '9')
		return 400;
	if (version.p[5] != '1')
		return 505;
	r->http10 = version.p[7] == '0';
	r->keep_alive = !r->http10;
	return 0;
}

static int
parse_request_line(struct str line, size_t max_target, struct http_request *r)
{
	struct str method = cut(&line, ' ');
	struct str target = cut(&line, ' ');
	int status;

	if (!parse_method(method, &r->method))
		return 400;
	if (target.len > max_target)
		return 414;
	if ((status = parse_version(line, r)) != 0)
		return status;
	return parse_target(target, r) ? 0 : 400;
}

/* What the fields say about the message itself. */
struct framing {
	bool host, length, chunked;
	bool close, keep_alive;
};

static void
parse_connection(struct str list, struct framing *f)
{
	struct str item;

	while (list.len > 0) {
		item = trim(cut(&list, ','));
		f->close |= str_is(item, STR("close"));
		f->keep_alive |= str_is(item, STR("keep-alive"));
	}
}

static bool
parse_length(struct str value, struct http_request *r)
{
	size_t i;

	for (i = 0; i < value.len; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return false;
		r->has_body |= value.p[i] != '0';
	}
	return value.len > 0;
}

/* The fields that decide where a message ends may not be said twice. */
static bool
parse_framing(const struct http_field *field, struct http_request *r, struct framing *f)
{
	if (str_is(field->name, STR("host"))) {
		if (f->host || !authority_is_valid(field->value))
			return false;
		f->host = true;
	} else if (str_is(field->name, STR("connection"))) {
		parse_connection(field->value, f);
	} else if (str_is(field->name, STR("content-length"))) {
		if (f->length || !parse_length(field->value, r))
			return false;
		f->length = true;
	} else if (str_is(field->name, STR("transfer-encoding"))) {
		if (f->chunked || r->http10 || !str_is(field->value, STR("chunked")))
			return false;
		f->chunked = true;
		r->has_body = true;
	}
	return true;
}

static bool
parse_field(struct str line, struct http_field *field)
{
	size_t n = span_of(line, IS_TOKEN);

	if (n == 0 || n == line.len || line.p[n] != ':')
		return false;
	field->name = (struct str){ line.p, n };
	field->value = trim(str_from(line, n + 1));
	return span_of(field->value, IS_VALUE) == field->value.len;
}

/* The lines between the request line and the empty line. 0 or a status. */
static int
parse_fields(struct str lines, struct http_request *r)
{
	struct framing f = { 0 };
	struct str line;

	while (lines.len > 0) {
		line = cut(&lines, '\n');
		line.len--; /* the CR: head_end() has seen it */
		if (r->nfields == HTTP_FIELDS_MAX)
			return 431;
		if (!parse_field(line, &r->fields[r->nfields]) ||
		    !parse_framing(&r->fields[r->nfields], r, &f))
			return 400;
		r->nfields++;
	}
	if ((!f.host && !r->http10) || (f.length && f.chunked))
		return 400;
	r->keep_alive = !f.close && (r->keep_alive || f.keep_alive);
	return 0;
}

/* Looks for the empty line, from *scanned on. Returns what is up to it and with it, or
 * 0 if it has not come yet, or -1 if a line does not end in CRLF. */
static ssize_t
head_end(struct str s, size_t *scanned)
{
	const char *lf;
	size_t start = *scanned, at;

	while ((lf = s.len > start ? memchr(s.p + start, '\n', s.len - start) : NULL)) {
		at = (size_t)(lf - s.p);
		if (at == 0 || s.p[at - 1] != '\r')
			return -1;
		if (at >= 3 && s.p[at - 2] == '\n')
			return (ssize_t)(at + 1);
		start = at + 1;
	}
	*scanned = s.len;
	return 0;
}

/* Whoever speaks another protocol, or sends a target without end, is not waited for. */
static enum http_verdict
check_beginning(struct str s, const struct http_limits *limits, struct http_request *r)
{
	size_t method = span_of(s, IS_TOKEN), target = 0;

	if (method > METHOD_MAX ||
	    (method < s.len && (method == 0 || s.p[method] != ' ')))
		return reject(r, s, 400);
	if (method < s.len)
		target = span_of(str_from(s, method + 1), IS_TARGET);
	if (target > limits->max_target)
		return reject(r, s, 414);
	if (s.len >= limits->max_head)
		return reject(r, s, 431);
	return HTTP_PARSE_MORE;
}

enum http_verdict
http_parse(const char *data, size_t len, const struct http_limits *limits,
    size_t *scanned, struct http_request *r)
{
	struct str s = skip_empty_line((struct str){ data, len }), lines, line;
	size_t skip = len - s.len;
	ssize_t end;
	int status;

	r->nfields = 0;
	if (len == 1 && data[0] == '\r')
		return HTTP_PARSE_MORE;
	*scanned = *scanned > skip ? *scanned - skip : 0;
	end = head_end(s, scanned);
	*scanned += skip;
	if (end < 0)
		return reject(r, s, 400);
	if (end == 0)
		return check_beginning(s, limits, r);
	r->query = (struct str){ NULL, 0 };
	r->has_body = false;
	r->head_len = skip + (size_t)end;
	lines = (struct str){ s.p, (size_t)end - 2 };
	line = cut(&lines, '\n');
	line.len--;
	r->line = line;
	if ((status = parse_request_line(line, limits->max_target, r)) != 0)
		return reject(r, s, status);
	if ((size_t)end > limits->max_head)
		return reject(r, s, 431);
	if ((status = parse_fields(lines, r)) != 0)
		return reject(r, s, status);
	return HTTP_PARSE_OK;
}

const struct http_field *
http_field_next(const struct http_request *r, struct str name, size_t *at)
{
	while (*at < r->nfields) {
		const struct http_field *f = &r->fields[(*at)++];

		if (str_is(f->name, name))
			return f;
	}
	return NULL;
}
