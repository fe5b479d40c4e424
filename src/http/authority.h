/* The authority of a target, which is also what Host holds: host and port. Pure. */
#ifndef HTTP_AUTHORITY_H
#define HTTP_AUTHORITY_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/str.h"

/*
 * Whether s is `uri-host [ ":" port ]` of RFC 9110 section 7.2: a name or an IPv4
 * address (RFC 3986 section 3.2.2: reg-name), or an IPv6 address in brackets; then
 * perhaps a colon and digits, of which there may be none. Neither user information nor
 * an IPvFuture. The empty text is valid, a port without a host is not.
 */
bool authority_is_valid(struct str s) MUST_CHECK;

#endif
