/* Making text of strangers fit for a log line. */
#ifndef BASE_LOG_TEXT_H
#define BASE_LOG_TEXT_H

#include <stddef.h>

struct buf;

/*
 * Replaces by '?', byte for byte, what could end the line, command a terminal or turn
 * the text around: control characters (C0, DEL, C1), the line and paragraph separators,
 * the characters that set a direction (Unicode, UAX 9), and all that is not
 * UTF-8 (RFC 3629).
 */
void log_defuse(char *text, size_t len);

/*
 * Appends a text as the inside of a JSON string that can be printed anywhere: quotes,
 * backslashes and what log_defuse() replaces are escaped as RFC 8259 has it, so that
 * nothing is lost but bytes that are no UTF-8, each of which becomes U+FFFD.
 */
void log_escape(struct buf *, const char *text, size_t len);

#endif
