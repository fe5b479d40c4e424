/* Addresses of IPv4 and IPv6 sockets. Pure, but for what it asks of a descriptor. */
#ifndef SUPERVISOR_ADDRESS_H
#define SUPERVISOR_ADDRESS_H

#include <sys/socket.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define ADDRESS_TEXT_MAX 80 /* "[" an IPv6 address with its scope "]:65535" */

/* What a socket is bound to. Returns 0, or -1 with errno. */
int address_of(int fd, struct sockaddr_storage *) MUST_CHECK;

/* "127.0.0.1:80", "[::1]:80"; "?" of another family. */
void address_print(const struct sockaddr *, char text[ADDRESS_TEXT_MAX]);

/* Whether family, address, scope and port are the same; false of other families. */
bool address_equal(const struct sockaddr *, const struct sockaddr *);
/* Whether a socket at one of them would be in the way of one at the other: family and
 * port are the same, and the address is, or one of them is any address. */
bool address_overlaps(const struct sockaddr *, const struct sockaddr *);

/* Of either family, whatever the port: false of another one. */
bool address_is_any(const struct sockaddr *);
bool address_is_loopback(const struct sockaddr *);
/* In host order; 0 of another family. */
uint16_t address_port(const struct sockaddr *);

#endif
