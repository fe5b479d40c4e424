/* What streams are told, and where they go on. */
#include <sys/socket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/clock.h"
#include "fixture/answer_world.h"
#include "fixture/http_world.h"
#include "fixture/json_text.h"
#include "reader/events.h"
#include "unit.h"

#define IMAGE "category=image_generation"
#define TEXT "category=text_generation"

struct events_world {
	struct answer_world *answers;
	struct http_world *http;
};

static int
setup(void **state)
{
	struct events_world *w = calloc(1, sizeof(*w));
	struct answer_world *a;

	http_world_setup((void **)&w->http);
	answer_world_setup((void **)&w->answers);
	a = w->answers;
	a->config.http.max_streams = 3;
	a->answerer.events = events_new(&a->config, a->answerer.store);
	w->http->server = http_server_new(w->http->base,
	    &(struct http_options){
		.limits = { 4096, 1024 },
		.max_connections = 6,
		.max_streams = 3,
		.stream_behind = 1 << 20,
		.head_timeout = 60 * NSEC_PER_SEC,
		.write_timeout = 60 * NSEC_PER_SEC,
		.name = "test",
		.counters = &w->http->counters,
		.handle = answer_handle,
		.arg = &a->answerer,
	    },
	    &w->http->listener, 1);
	events_serve(a->answerer.events, w->http->server);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct events_world *w = *state;

	http_server_free(&w->http->server);
	events_free(&w->answers->answerer.events);
	answer_world_teardown((void **)&w->answers);
	http_world_teardown((void **)&w->http);
	free(w);
	return 0;
}

/* With these changes, newest first; n -1: there is no history. */
static void
tell_of(struct events_world *w, enum category category, int n, uint64_t newest)
{
	int i;

	w->answers->nchanges = n;
	for (i = 0; i < n; i++)
		w->answers->changes[i] = newest - (uint64_t)i;
	answer_world_publish(w->answers, category, 161, 161, 5);
	events_poll(w->answers->answerer.events);
}

static int
request(struct events_world *w, const char *query, const char *fields)
{
	int sock = dial(w->http);
	char text[400];

	snprintf(text, sizeof(text), "GET /events?%s HTTP/1.1\r\nHost: x\r\n%s\r\n",
	    query, fields);
	tell(w->http, sock, text);
	return sock;
}

/* All that has come; the caller's to free. */
static char *
heard(struct events_world *w, int sock)
{
	char *text = malloc(65536);
	ssize_t n, len = 0;

	turn(w->http);
	while ((n = recv(sock, text + len, (size_t)(65535 - len), MSG_DONTWAIT)) > 0)
		len += n;
	text[len] = '\0';
	return text;
}

/* Of the events in what has come: their ids and kinds, as "id=N;" where there is no
 * event, "s=GENERATION;" of a snapshot, "N:c=ID;" of a change. */
static const char *
told(struct events_world *w, int sock)
{
	static char digest[1000];
	char *text = heard(w, sock), *line, *rest = text, id[200] = "";
	const char *event = "", *at;
	size_t len = 0;

	digest[0] = '\0';
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (strncmp(line, "id: ", 4) == 0)
			snprintf(id, sizeof(id), "%s", line + 4);
		if (strncmp(line, "event: ", 7) == 0)
			event = line + 7;
		if (strncmp(line, "data: ", 6) == 0 && strcmp(event, "snapshot") == 0)
			len += (size_t)snprintf(digest + len, sizeof(digest) - len,
			    "%c=%d;", strstr(line, "image") != NULL ? 'i' : 't',
			    (int)strtol(strstr(line, "generation\":") + 12, NULL, 10));
		at = strstr(line, "\"id\":");
		if (at != NULL)
			len += (size_t)snprintf(digest + len, sizeof(digest) - len,
			    "%s:c=%ld;", id, strtol(at + 5, NULL, 10));
		if (line[0] == '\0' && event[0] == '\0' && id[0] != '\0')
			len += (size_t)snprintf(
			    digest + len, sizeof(digest) - len, "id=%s;", id);
		if (line[0] != '\0')
			continue;
		event = "";
		id[0] = '\0';
	}
	free(text);
	return digest;
}

/* What it begins with; then the stream goes on. */
static int
begin(struct events_world *w, const char *query, const char *fields, const char *digest)
{
	int sock = request(w, query, fields);

	assert_string_equal(told(w, sock), digest);
	return sock;
}

static void
end(struct events_world *w, int sock)
{
	close(sock);
	turn(w->http);
}

TEST(a_stream_begins_with_how_things_are)
{
	struct events_world *w = *state;
	int sock;
	const char *want;
	char *text;

	tell_of(w, CATEGORY_IMAGE_GENERATION, 2, 101);
	sock = request(w, IMAGE, "");
	text = heard(w, sock);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(text, "Content-Type: text/event-stream\r\n"));
	assert_non_null(strstr(text, "Cache-Control: no-store\r\n"));
	assert_non_null(strstr(text, "X-Accel-Buffering: no\r\n"));
	want = "retry: 2000\nid: 101\n\nevent: snapshot\ndata: "
	       "{\"category\":\"image_generation\",\"generation\":1,\"etag\":"
	       "\"W/\\\"0000000000000489\\\"\",\"age\":5}\n\n";
	assert_string_equal(body_of(text), want);
	free(text);
	end(w, sock);
}

TEST(streams_are_told_of_publishes_and_changes)
{
	struct events_world *w = *state;
	int image, text;

	tell_of(w, CATEGORY_IMAGE_GENERATION, 2, 101);
	image = begin(w, IMAGE, "", "id=101;i=1;");
	text = begin(w, TEXT "&last_event_id=7", "", "id=7;");
	events_poll(w->answers->answerer.events);
	assert_string_equal(told(w, image), "");
	end(w, image);
	/* What a stream begins with is not told again at the next look. */
	w->answers->nchanges = 2;
	answer_world_republish(w->answers, CATEGORY_IMAGE_GENERATION, 161, 161, 4);
	image = begin(w, IMAGE, "", "id=101;i=2;");
	events_poll(w->answers->answerer.events);
	assert_string_equal(told(w, image), "");
	tell_of(w, CATEGORY_IMAGE_GENERATION, 4, 103);
	assert_string_equal(told(w, image), "i=3;102:c=102;103:c=103;");
	tell_of(w, CATEGORY_IMAGE_GENERATION, 4, 103);
	assert_string_equal(told(w, image), "i=4;");
	/* The history is not there for a while. */
	tell_of(w, CATEGORY_IMAGE_GENERATION, -1, 0);
	tell_of(w, CATEGORY_IMAGE_GENERATION, 4, 104);
	assert_string_equal(told(w, image), "i=5;i=6;104:c=104;");
	assert_string_equal(told(w, text), "");
	assert_int_equal(
	    counter_get(&w->http->counters, COUNTER_STREAM_EVENTS), 3 + 1 + 1 + 2);
	end(w, image);
	end(w, text);
}

TEST(a_stream_goes_on_where_it_ended)
{
	static const struct {
		const char *query, *fields, *digest;
	} cases[] = {
		{ IMAGE, "Last-Event-ID: 102\r\n", "id=102;103:c=103;104:c=104;i=1;" },
		{ IMAGE "&last_event_id=103", "", "id=103;104:c=104;i=1;" },
		{ IMAGE "&last_event_id=101", "Last-Event-ID: 103\r\n",
		    "id=103;104:c=104;i=1;" },
		{ IMAGE "&last_event_id=103", "Last-Event-ID: \r\n",
		    "id=103;104:c=104;i=1;" },
		{ IMAGE, "Last-Event-ID: image_generation=102,text_generation=3\r\n",
		    "id=102;103:c=103;104:c=104;i=1;" },
		{ IMAGE, "Last-Event-ID: 103,\r\n", "id=104;i=1;" },
		{ IMAGE, "Last-Event-ID: 104\r\n", "id=104;i=1;" },
		{ IMAGE, "Last-Event-ID: 105\r\n", "id=104;i=1;" },
		{ IMAGE, "Last-Event-ID: -1\r\n", "id=104;i=1;" },
		{ IMAGE, "Last-Event-ID: 99999999999999999999\r\n", "id=104;i=1;" },
		{ IMAGE, "Last-Event-ID: text_generation=3\r\n", "id=104;i=1;" },
	};
	struct events_world *w = *state;
	size_t i;

	tell_of(w, CATEGORY_IMAGE_GENERATION, 4, 104);
	for (i = 0; i < NELEM(cases); i++)
		end(w, begin(w, cases[i].query, cases[i].fields, cases[i].digest));
}

TEST(a_stream_of_several_has_a_position_in_each)
{
	struct events_world *w = *state;
	int sock;

	tell_of(w, CATEGORY_IMAGE_GENERATION, 2, 101);
	tell_of(w, CATEGORY_TEXT_GENERATION, 2, 201);
	sock = begin(w, "", "", "id=image_generation=101,text_generation=201;i=1;t=1;");
	/* It was noticed before one of the other category that is known already. */
	tell_of(w, CATEGORY_IMAGE_GENERATION, 3, 102);
	assert_string_equal(
	    told(w, sock), "i=2;image_generation=102,text_generation=201:c=102;");
	end(w, sock);
	tell_of(w, CATEGORY_TEXT_GENERATION, 3, 202);
	sock = begin(w,
	    IMAGE ","
		  "text_generation",
	    "Last-Event-ID: image_generation=101,text_generation=201\r\n",
	    "id=image_generation=101,text_generation=201;"
	    "image_generation=102,text_generation=201:c=102;"
	    "image_generation=102,text_generation=202:c=202;i=2;t=2;");
	end(w, sock);
	/* A number is one for all. */
	sock = begin(w, IMAGE "&" TEXT, "Last-Event-ID: 102\r\n",
	    "id=image_generation=102,text_generation=102;"
	    "image_generation=102,text_generation=200:c=200;"
	    "image_generation=102,text_generation=201:c=201;"
	    "image_generation=102,text_generation=202:c=202;i=2;t=2;");
	end(w, sock);
}

/* A reader that has just been started may have clients before there is a history. */
TEST(what_was_missed_comes_when_the_history_does)
{
	struct events_world *w = *state;
	int resumed, several, fresh;
	char *text;

	tell_of(w, CATEGORY_IMAGE_GENERATION, -1, 0);
	resumed = begin(w, IMAGE, "Last-Event-ID: 101\r\n", "id=101;i=1;");
	several = request(w, "", "Last-Event-ID: 102\r\n");
	fresh = request(w, IMAGE, "");
	free(heard(w, several));
	text = heard(w, fresh);
	assert_null(strstr(text, "id: 1\n"));
	free(text);
	tell_of(w, CATEGORY_IMAGE_GENERATION, 3, 103);
	assert_string_equal(told(w, resumed), "102:c=102;103:c=103;i=2;");
	text = heard(w, several);
	assert_int_equal(count(text, "event: change\n"), 1);
	assert_non_null(
	    strstr(text, "data: {\"category\":\"image_generation\",\"id\":103}\n"));
	free(text);
	assert_string_equal(told(w, fresh), "i=2;");
	tell_of(w, CATEGORY_IMAGE_GENERATION, 4, 104);
	assert_string_equal(told(w, resumed), "i=3;104:c=104;");
	assert_string_equal(told(w, fresh), "i=3;104:c=104;");
	end(w, resumed);
	end(w, several);
	end(w, fresh);
}

TEST(the_first_change_of_all_is_told)
{
	struct events_world *w = *state;
	int sock;

	tell_of(w, CATEGORY_IMAGE_GENERATION, 0, 0);
	sock = begin(w, IMAGE, "", "id=0;i=1;");
	tell_of(w, CATEGORY_IMAGE_GENERATION, 1, 5);
	assert_string_equal(told(w, sock), "i=2;5:c=5;");
	end(w, sock);
}

static void
assert_refused(
    struct events_world *w, const char *query, int status, const char *detail)
{
	int sock = request(w, query, "");
	char *text = heard(w, sock), line[40];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	assert_non_null(strstr(text, line));
	assert_non_null(strstr(text, "Cache-Control: no-store\r\n"));
	if (strstr(text, detail) == NULL)
		fail_msg("%s", text);
	free(text);
	end(w, sock);
}

/* However much is wrong. */
static void
assert_one_item(struct events_world *w, const char *query)
{
	int sock = request(w, query, "");
	char *text = heard(w, sock);

	assert_int_equal(count(text, "\"type\":\"enum\""), 1);
	free(text);
	end(w, sock);
}

TEST(bad_requests_are_told_so)
{
	struct events_world *w = *state;
	int sock[3], i;

	assert_refused(w, "category=foo", 422,
	    json_text_of("{'detail':[{'type':'enum','loc':['query','category'],"));
	assert_refused(w, IMAGE ",a&category=", 422, "\"input\":\"a\"");
	assert_refused(w, IMAGE ",,,&category=a", 422, json_text_of("'input':''"));
	assert_one_item(w, "category=,,,,,,,,&category=,&category=a,b");
	assert_refused(w, "category=blip", 404, "not configured");
	assert_refused(w, IMAGE ",blip", 404, "not configured");
	for (i = 0; i < 3; i++)
		sock[i] = request(w, IMAGE, "");
	assert_refused(w, IMAGE, 503, "Too many streams");
	assert_refused(w, IMAGE, 503, "\r\nRetry-After: 7\r\n");
	for (i = 0; i < 3; i++)
		end(w, sock[i]);
	assert_int_equal(
	    answer_world_ask(w->answers, "HEAD", "/api/events?" IMAGE, ""), 200);
	assert_string_equal(w->answers->response.type, "text/event-stream");
	assert_int_equal(
	    answer_world_ask(w->answers, "GET", "/events/?" IMAGE, ""), 307);
	assert_int_equal(answer_world_ask(w->answers, "POST", "/events", ""), 405);
}

UNIT_FIXTURE(.setup = setup, .teardown = teardown);
