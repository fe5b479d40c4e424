/* Cross-origin answers. */
#include "reader/cors.h"

#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/str.h"

#define ORIGIN STR("origin")
#define METHOD STR("access-control-request-method")
#define HEADERS STR("access-control-request-headers")
#define CREDENTIALS "Access-Control-Allow-Credentials: true\r\n"
#define VARY "Vary: Origin\r\n"
/* What a script may read beside the fields that the Fetch standard lets it. */
#define EXPOSE                                                                         \
	"Access-Control-Expose-Headers: Age, Cache-Status, Content-Length, ETag, "     \
	"Last-Modified, Retry-After\r\n"

static const struct http_field *
find_field(const struct http_request *q, struct str name)
{
	size_t at = 0;

	return http_field_next(q, name, &at);
}

static bool
listed(const struct config_list *origins, struct str origin)
{
	size_t i;

	for (i = 0; i < origins->n; i++)
		if (str_eq(origin,
			(struct str){ origins->item[i], strlen(origins->item[i]) }))
			return true;
	return false;
}

static bool
all_listed(const struct config_list *origins)
{
	return listed(origins, STR("*"));
}

const char *
cors_common(const struct config_list *origins)
{
	return all_listed(origins) ? "Access-Control-Allow-Origin: *\r\n" EXPOSE : "";
}

bool
cors_is_preflight(const struct config_list *origins, const struct http_request *q)
{
	return origins->n > 0 && q->method == HTTP_OPTIONS &&
	       find_field(q, ORIGIN) != NULL && find_field(q, METHOD) != NULL;
}

static void
put_field(struct buf *b, const char *name, struct str value)
{
	buf_puts(b, name);
	buf_puts(b, ": ");
	buf_add(b, value.p, value.len);
	buf_puts(b, "\r\n");
}

/* Where single origins are configured: the request's, if it is one of them. */
static void
put_origin(struct buf *b, struct str origin, bool good)
{
	if (good) {
		put_field(b, "Access-Control-Allow-Origin", origin);
		buf_puts(b, EXPOSE);
	}
	buf_puts(b, VARY);
}

static bool
method_is_allowed(struct str method)
{
	static const struct str methods[] = { STR("DELETE"), STR("GET"), STR("HEAD"),
		STR("OPTIONS"), STR("PATCH"), STR("POST"), STR("PUT") };
	size_t i;

	for (i = 0; i < NELEM(methods); i++)
		if (str_eq(method, methods[i]))
			return true;
	return false;
}

void
cors_preflight(const struct config_list *origins, const struct http_request *q,
    struct http_response *r)
{
	struct str origin = find_field(q, ORIGIN)->value;
	const struct http_field *headers = find_field(q, HEADERS);
	bool all = all_listed(origins);
	bool origin_good = all || listed(origins, origin);
	bool method_good = method_is_allowed(find_field(q, METHOD)->value);

	if (!all)
		put_origin(&r->fields, origin, origin_good);
	buf_puts(&r->fields,
	    "Access-Control-Allow-Methods: DELETE, GET, HEAD, OPTIONS, PATCH, "
	    "POST, PUT\r\nAccess-Control-Max-Age: 600\r\n" CREDENTIALS
	    "Cache-Control: no-store\r\n");
	if (headers != NULL)
		put_field(&r->fields, "Access-Control-Allow-Headers", headers->value);
	r->type = "text/plain; charset=utf-8";
	if (origin_good && method_good) {
		http_response_add(r, STR("OK"));
		return;
	}
	r->status = 400;
	http_response_add(r, STR("Disallowed CORS "));
	if (!origin_good)
		http_response_add(r, STR("origin"));
	if (!origin_good && !method_good)
		http_response_add(r, STR(", "));
	if (!method_good)
		http_response_add(r, STR("method"));
}

void
cors_put(const struct config_list *origins, const struct http_request *q,
    struct http_response *r)
{
	const struct http_field *origin = find_field(q, ORIGIN);

	if (origin != NULL)
		buf_puts(&r->fields, CREDENTIALS);
	if (origins->n > 0 && !all_listed(origins))
		put_origin(&r->fields, origin != NULL ? origin->value : STR(""),
		    origin != NULL && listed(origins, origin->value));
}
