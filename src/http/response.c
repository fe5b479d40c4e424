/* Answers and their heads. */
#include "http/response.h"

#include <stdint.h>
#include <string.h>

#include "base/attr.h"

void
http_response_reset(struct http_response *r)
{
	r->status = 200;
	r->type = NULL;
	buf_reset(&r->fields);
	buf_reset(&r->text);
	r->nbody = 0;
	r->source = NULL;
	r->length_unknown = false;
	r->fd = -1;
	r->file = NULL;
	r->file_len = 0;
	r->release = NULL;
	r->owner = NULL;
	r->pinned = NULL;
	r->pin = NULL;
	r->topics = 0;
	r->after = 0;
	r->close = false;
	r->refused = false;
	r->label = 0;
}

void
http_response_free(struct http_response *r)
{
	buf_free(&r->fields);
	buf_free(&r->text);
}

size_t
http_response_length(const struct http_response *r)
{
	size_t i, len = r->source != NULL ? r->source->len : 0;

	for (i = 0; i < r->nbody; i++)
		len += r->body[i].len;
	return len;
}

void
http_response_error(struct http_response *r, int status, const char *detail)
{
	r->status = status;
	r->type = "application/json";
	buf_reset(&r->text);
	buf_puts(&r->text, "{\"detail\":\"");
	buf_puts(&r->text, detail);
	buf_puts(&r->text, "\"}");
	r->nbody = 0;
	http_response_add(r, (struct str){ r->text.data, r->text.len });
}

static const struct {
	int status;
	struct str line;
} status_lines[] = {
#define LINE(status, reason)                                                           \
	{                                                                              \
		status, STR("HTTP/1.1 " #status " " reason "\r\n")                     \
	}
	LINE(200, "OK"), LINE(202, "Accepted"), LINE(204, "No Content"),
	LINE(304, "Not Modified"), LINE(307, "Temporary Redirect"),
	LINE(400, "Bad Request"), LINE(401, "Unauthorized"), LINE(404, "Not Found"),
	LINE(405, "Method Not Allowed"), LINE(406, "Not Acceptable"),
	LINE(408, "Request Timeout"), LINE(412, "Precondition Failed"),
	LINE(413, "Content Too Large"), LINE(414, "URI Too Long"),
	LINE(422, "Unprocessable Content"), LINE(429, "Too Many Requests"),
	LINE(431, "Request Header Fields Too Large"), LINE(501, "Not Implemented"),
	LINE(503, "Service Unavailable"), LINE(505, "HTTP Version Not Supported"),
	LINE(500, "Internal Server Error"), /* the last: of any other */
#undef LINE
};

static void
put(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.len);
}

static void
put_status_line(struct buf *b, int status)
{
	size_t i = 0;

	while (i < NELEM(status_lines) - 1 && status_lines[i].status != status)
		i++;
	put(b, status_lines[i].line);
}

void
http_response_head(
    const struct http_response *r, struct str common, bool http10, struct buf *head)
{
	buf_reset(head);
	put_status_line(head, r->status);
	put(head, common);
	if (r->type != NULL) {
		put(head, STR("Content-Type: "));
		buf_puts(head, r->type);
		put(head, STR("\r\n"));
	}
	buf_add(head, r->fields.data, r->fields.len);
	if (r->close)
		put(head, STR("Connection: close\r\n"));
	else if (http10)
		put(head, STR("Connection: keep-alive\r\n"));
	if (!http_status_bodiless(r->status) && !r->length_unknown && r->topics == 0) {
		put(head, STR("Content-Length: "));
		http_put_uint(head, http_response_length(r));
		put(head, STR("\r\n"));
	}
	put(head, STR("\r\n"));
}

void
http_put_uint(struct buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + n % 10);
	while ((n /= 10) != 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}
