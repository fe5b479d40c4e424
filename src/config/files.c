/* Files that options name: whether they can be used, and for whom a secret is meant. */
#include "config/load.h"

#include <sys/stat.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/secret.h"

/* Looks at what path names, without waiting for a FIFO. Returns 0, or -1 with errno. */
static int
file_look(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int ret = fd == -1 ? -1 : fstat(fd, st);

	if (fd != -1)
		close(fd);
	return ret;
}

/* Returns why the file cannot be used, or NULL. closed: the
 * permissions that it must not have. */
static const char *
file_refuse(const char *path, mode_t closed)
{
	struct stat st;

	if (file_look(path, &st) == -1)
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if ((st.st_mode & closed) == 0)
		return NULL;
	return closed == S_IRWXO ? "open to others: chmod o= it"
				 : "open to its group or others: chmod go= it";
}

/* The host of an http: URL is this machine: RFC 6761 6.3, RFC 1122 3.2.1.3, RFC 4291
 * 2.5.3. A URL with a user in it is taken for foreign. */
static bool
url_is_loopback(const char *url)
{
	const char *host = url + strlen("http://");
	size_t len = strcspn(host, "/?#");
	char text[64];
	struct in_addr in;

	if (len >= sizeof(text) || memchr(host, '@', len) != NULL)
		return false;
	memcpy(text, host, len);
	text[len] = '\0';
	if (strncmp(text, "[::1]", 5) == 0)
		return text[5] == '\0' || text[5] == ':';
	text[strcspn(text, ":")] = '\0';
	return strcasecmp(text, "localhost") == 0 ||
	       (inet_pton(AF_INET, text, &in) == 1 && ntohl(in.s_addr) >> 24 == 127);
}

void
config_check_files(const struct config *c, const char *path, struct problems *p)
{
	const struct {
		const char *name, *path;
		mode_t closed;
	} file[] = {
		{ "upstream.ca_file", c->upstream.ca_file, 0 },
		{ "upstream.apikey_file", c->upstream.apikey_file, S_IRWXO },
		{ "notify.url_file", c->notify.url_file, S_IRWXG | S_IRWXO },
		{ "redis.password_file", c->redis.password_file, S_IRWXG | S_IRWXO },
	};
	const char *source = path != NULL ? path : "environment", *why;
	char *token, err[512];
	size_t i;

	for (i = 0; i < NELEM(file); i++)
		if (file[i].path[0] != '\0' &&
		    (why = file_refuse(file[i].path, file[i].closed)) != NULL)
			config_problem_add(p, source, 0, "%s: %s: %s", file[i].name,
			    file[i].path, why);
	if (c->http.admin_token_file[0] != '\0') {
		token = secret_read_token("http.admin_token_file",
		    c->http.admin_token_file, err, sizeof(err));
		if (token == NULL)
			config_problem_add(p, source, 0, "%s", err);
		secret_free(&token);
	}
	if (c->upstream.apikey_file[0] != '\0' &&
	    strncasecmp(c->horde.url, "http:", 5) == 0 &&
	    !url_is_loopback(c->horde.url))
		config_problem_add(p, source, 0,
		    "upstream.apikey_file: the key would travel unencrypted to %s: "
		    "write an https URL in horde.url",
		    c->horde.url);
}
