/*
 * The request parser: RFC 9112, strict. A pure function on a buffer: what is ambiguous
 * is refused, because a proxy in front of us might read it in another way. Readers.
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"

#define HTTP_FIELDS_MAX 64 /* field lines of a head; more is 431 */

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_OPTIONS,
	/* From here on they may have a body; it is not read. */
	HTTP_POST,
	HTTP_OTHER,   /* another one of RFC 9110, or PATCH (RFC 5789) */
	HTTP_UNKNOWN, /* any other token */
};

struct http_field {
	struct str name;  /* as sent: any case */
	struct str value; /* without the white space around it */
};

/* Every string points into the buffer that was parsed. */
struct http_request {
	/* The request line as sent: method, target, version. Of a refused request, as
	 * much of it as had come, or nothing if it could not be understood. */
	struct str line;
	enum http_method method;
	bool http10;      /* HTTP/1.0; all other versions 1.x are taken for 1.1 */
	bool keep_alive;  /* what version and Connection say together */
	bool has_body;    /* Content-Length > 0, or chunked */
	struct str path;  /* still percent-encoded; "*" only with OPTIONS */
	struct str query; /* after the '?', without a fragment */
	size_t nfields;
	struct http_field fields[HTTP_FIELDS_MAX];
	size_t head_len; /* bytes from the buffer's start to behind the empty line */
	int status;      /* of a refused request: 400, 414, 431, 505 */
	/* Set by the server: which of its listening sockets the client came to. */
	size_t listener;
};

struct http_limits {
	size_t max_head;   /* request line and fields, bytes */
	size_t max_target; /* bytes */
};

enum http_verdict {
	HTTP_PARSE_OK,
	HTTP_PARSE_MORE, /* no error yet, the head is not complete */
	HTTP_PARSE_BAD,  /* answer request->status (no body if request->method is
			  * HTTP_HEAD) and close: the stream is lost */
};

/*
 * Parses the head at the start of data[0, len). *scanned is 0 for a new head and is
 * kept by the caller between calls on the same, growing head: what was seen is not
 * scanned again. Fills *request wholly only with HTTP_PARSE_OK; with HTTP_PARSE_BAD,
 * status, method, line and nfields.
 */
enum http_verdict http_parse(const char *data, size_t len, const struct http_limits *,
    size_t *scanned, struct http_request *request) MUST_CHECK;

/* Whether a HEAD begins there, whatever else may be wrong with it: no answer to it has
 * a body (RFC 9110 section 9.3.2). */
bool http_is_head(struct str data) MUST_CHECK;

/* The next field called name (any case) from index *at on, which is moved behind it;
 * NULL if there is none. Start with *at = 0. */
const struct http_field *http_field_next(
    const struct http_request *, struct str name, size_t *at);

#endif
