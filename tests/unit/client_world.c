/* A fetcher and two servers that answer what a test writes. */
#include "client_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct http_stub client_stub, client_other;
static char dir[] = "/tmp/hydratord-test-client-XXXXXX";
char client_answer_file[64];
static char key_file[64], key_url[64];

int
client_setup_group(void **state)
{
	(void)state;
	http_stub_start(&client_stub);
	http_stub_start(&client_other);
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(client_answer_file, sizeof(client_answer_file), "%s/answer", dir);
	snprintf(key_file, sizeof(key_file), "%s/key", dir);
	snprintf(key_url, sizeof(key_url), "%s", http_stub_url(&client_stub, "/api"));
	return 0;
}

int
client_teardown_group(void **state)
{
	(void)state;
	http_stub_stop(&client_stub);
	http_stub_stop(&client_other);
	unlink(client_answer_file);
	unlink(key_file);
	return rmdir(dir);
}

static int
open_with(void **state, const char *apikey_file)
{
	struct fetch_settings set = {
		.connect_timeout = 5,
		.stall_timeout = 2,
		.max_bytes = 1000000,
		.user_agent = "hydratord-test",
		.proxy = "",
		.ca_file = "",
		.apikey_file = apikey_file,
		.apikey_url = key_url,
	};
	struct fetcher *f;
	char err[256] = "";

	if (fetcher_open(&set, &f, err, sizeof(err)) == -1) {
		print_error("%s\n", err);
		return -1;
	}
	*state = f;
	return 0;
}

int
client_setup(void **state)
{
	return open_with(state, "");
}

int
client_teardown(void **state)
{
	struct fetcher *f = *state;

	fetcher_close(&f);
	return 0;
}

static void
write_file(const char *path, const void *data, size_t size)
{
	FILE *fp = fopen(path, "w");

	assert_non_null(fp);
	assert_int_equal(fwrite(data, 1, size, fp), size);
	assert_int_equal(fclose(fp), 0);
}

struct fetch_result
client_ask(struct fetcher *f, const struct fetch_request *q)
{
	struct fetch_result r;

	fetcher_start(f, 0, q);
	if (fetcher_wait(f, -1, 10000, &r) != 1)
		fail_msg("%s: no result", q->url);
	return r;
}

struct fetch_result
client_get(struct fetcher *f, const char *url)
{
	return client_ask(f, &(struct fetch_request){ .url = url, .timeout = 5 });
}

const char *
client_raw_url(const struct http_stub *s, const void *data, size_t size)
{
	char path[80];

	write_file(client_answer_file, data, size);
	snprintf(path, sizeof(path), "/raw%s", client_answer_file);
	return http_stub_url(s, path);
}

const char *
client_text_url(const struct http_stub *s, const char *text)
{
	return client_raw_url(s, text, strlen(text));
}

struct fetch_result
client_get_text(struct fetcher *f, const char *text)
{
	return client_get(f, client_text_url(&client_stub, text));
}

void
assert_fails(const struct fetch_result *r, const char *why, bool transient)
{
	if (r->error == NULL)
		fail_msg("fetched, instead of \"%s\"", why);
	if (strstr(r->error, why) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", r->error, why);
	if (r->transient != transient)
		fail_msg("%s: transient is %d", r->error, r->transient);
	assert_false(r->not_modified);
	assert_null(r->etag);
	assert_null(r->last_modified);
}

void
assert_fetched(const struct fetch_result *r, const char *text)
{
	if (r->error != NULL)
		fail_msg("%s", r->error);
	assert_int_equal(r->status, 200);
	assert_false(r->not_modified);
	assert_int_equal(r->body->len, strlen(text));
	assert_memory_equal(r->body->data, text, r->body->len);
}

bool
was_told(const struct http_stub *s, const char *field)
{
	char line[256];

	snprintf(line, sizeof(line), "\r\n%s", field);
	return strstr(s->counts->last, line) != NULL;
}

int
client_setup_key(void **state, const char *text)
{
	write_file(key_file, text, strlen(text));
	return open_with(state, key_file);
}
