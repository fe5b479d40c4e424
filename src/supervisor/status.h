/* One line on how the daemon is, for whoever asks the service manager. Supervisor only;
 * parses nothing: it looks at sequences and stamps. */
#ifndef SUPERVISOR_STATUS_H
#define SUPERVISOR_STATUS_H

#include <stddef.h>
#include <stdint.h>

struct crew;

/*
 * Puts into line, cut to size, which categories have no answers, and why, and which
 * have old ones
 * or are not refreshed: "15 categories served", or "2 of 15 categories empty:
 * text_generation (status: HTTP status 500 (https://HOST:443)), blip; 1 of 15
 * categories old: clip"; where Redis does not answer, "; Redis: REASON since TIME for
 * 15 of 15 categories" follows. refused: why the last reload was, "" if it was not.
 * now: clock_boot(). It changes only when a state does.
 */
void status_line(const struct crew *serving, int64_t now, const char *refused,
    char *line, size_t size);

#endif
