/* The queues of a server. A connection is in one at most, by its state: whoever changes
 * that otherwise than here leaves it where it does not belong. */
#include "http/connection.h"

static struct http_connections *
queue_of(const struct http_connection *c)
{
	struct http_server *s = c->server;

	if (c->excess)
		return &s->excess;
	switch (c->state) {
	case CONNECTION_FRESH:
	case CONNECTION_IDLE:
		return &s->idle;
	case CONNECTION_TURN:
	case CONNECTION_SEND:
		return &s->turns;
	case CONNECTION_STREAM:
		return &s->streams;
	case CONNECTION_HEAD:
	case CONNECTION_WRITE:
	case CONNECTION_BEHIND:
	case CONNECTION_LINGER:
		break;
	}
	return NULL;
}

void
connection_queue(struct http_connection *c)
{
	struct http_connections *q = queue_of(c);

	if (q != NULL)
		TAILQ_INSERT_TAIL(q, c, queue);
}

void
connection_unqueue(struct http_connection *c)
{
	struct http_connections *q = queue_of(c);

	if (q != NULL)
		TAILQ_REMOVE(q, c, queue);
}

void
connection_change(struct http_connection *c, enum connection_state state)
{
	connection_unqueue(c);
	c->state = state;
	connection_queue(c);
}

void
connection_enter(struct http_connection *c, enum connection_state state)
{
	connection_change(c, state);
	c->since = c->server->now;
}

void
connection_give_up_place(struct http_connection *c)
{
	connection_unqueue(c);
	c->excess = true;
	connection_queue(c);
	c->server->nexcess++;
}
