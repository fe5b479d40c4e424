/* Putting log lines together. */
#include "base/log_line.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/log_level.h"

/* "" where there is no clock. */
static void
now_text(char *out, size_t size)
{
	struct timespec now;
	struct tm tm;
	size_t n;

	*out = '\0';
	if (clock_gettime(CLOCK_REALTIME, &now) == -1 ||
	    gmtime_r(&now.tv_sec, &tm) == NULL)
		return;
	n = strftime(out, size, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
}

size_t
log_line_text(
    char *line, size_t size, const struct log_head *h, const char *text, size_t len)
{
	char time[40];
	size_t n;

	if (h->journal)
		snprintf(time, sizeof(time), "<%d>", h->prio);
	else {
		now_text(time, sizeof(time) - 1);
		strlcat(time, " ", sizeof(time));
	}
	n = (size_t)snprintf(line, size, "%s%s[%d]: %s%s", time, h->proc, (int)getpid(),
	    h->prio <= LOG_WARNING ? log_level_name(log_level_of(h->prio)) : "",
	    h->prio <= LOG_WARNING ? ": " : "");
	if (n >= size)
		n = size - 1;
	if (len > size - n)
		len = size - n;
	memcpy(line + n, text, len);
	return n + len;
}

/* The bytes of the character at text, which is UTF-8. */
static size_t
character_length(const char *text, size_t len)
{
	size_t n = 1;

	while (n < len && ((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The inside of a string; whole characters only. */
static size_t
put_string(char *to, size_t room, const char *text, size_t len)
{
	size_t i, n = 0, char_len;

	for (i = 0; i < len; i += char_len) {
		bool escaped = text[i] == '"' || text[i] == '\\';

		char_len = character_length(text + i, len - i);
		if (char_len + escaped > room - n)
			break;
		if (escaped)
			to[n++] = '\\';
		memcpy(to + n, text + i, char_len);
		n += char_len;
	}
	return n;
}

size_t
log_line_json(
    char *line, size_t size, const struct log_head *h, const char *text, size_t len)
{
	static const char end[] = "\"}";
	const size_t end_len = sizeof(end) - 1;
	char mark[8] = "", time[40];
	size_t n;

	if (h->journal)
		snprintf(mark, sizeof(mark), "<%d>", h->prio);
	now_text(time, sizeof(time));
	n = (size_t)snprintf(line, size - end_len,
	    "%s{\"time\":\"%s\",\"level\":\"%s\",\"process\":\"%.64s\",\"pid\":%d,"
	    "\"message\":\"",
	    mark, time, log_level_name(log_level_of(h->prio)), h->proc, (int)getpid());
	n += put_string(line + n, size - end_len - n, text, len);
	memcpy(line + n, end, end_len);
	return n + end_len;
}
