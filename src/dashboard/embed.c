/*
 * embed DIRECTORY index.html FILE.css... FILE.js...: prints the C source of the page.
 * Runs where it is built, while the rest is. Names of files begin at the directory, so
 * that the output and the messages are the same wherever that is. The order of the
 * styles and of the modules is that of the arguments; the last module is the main one.
 */
#include <err.h>
#include <resolv.h>
#include <sha2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "codec/encode.h"
#include "dashboard/join.h"
#include "dashboard/source.h"
#include "dashboard/rename.h"
#include "dashboard/squeeze.h"

/* Bytes of the page in brotli. A test refuses more; who writes it wants to know before.
 */
#define ROOM 71680

struct page {
	struct source *sources; /* the document first */
	size_t n;
	struct buf style, foreign, script, document;
	bool has_style, has_script;
};

static bool
is_style(const struct source *s)
{
	const char *dot = strrchr(s->path, '.');

	return dot != NULL && strcmp(dot, ".css") == 0;
}

static void
make_style(struct page *p)
{
	const struct buf *text;
	size_t i;

	for (i = 0; i < p->n; i++) {
		text = &p->sources[i].text;
		if (is_style(&p->sources[i]))
			squeeze_style((struct str){ text->data, text->len }, &p->style);
	}
}

static void
make_scripts(struct page *p)
{
	struct buf own = { 0 }, squeezed = { 0 }, foreign = { 0 };

	buf_puts(&foreign, "\"use strict\";\n"); /* as a module is */
	join_modules(p->sources, p->n, &own, &foreign);
	squeeze_script((struct str){ own.data, own.len }, &squeezed);
	rename_locals((struct str){ squeezed.data, squeezed.len }, STR(""), &p->script);
	squeeze_script((struct str){ foreign.data, foreign.len }, &p->foreign);
	buf_free(&own);
	buf_free(&squeezed);
	buf_free(&foreign);
}

static void
put_element(struct buf *out, const char *start, const struct buf *text, const char *end)
{
	buf_puts(out, start);
	buf_add(out, text->data, text->len);
	buf_puts(out, end);
}

/* In place of the first link to a style stand all. The script becomes two: after each a
 * browser may draw, before it reads on. */
static void
put_line_of_document(struct page *p, const struct source_walk *w)
{
	struct source *s = &p->sources[0], *linked;
	struct str name;

	if (source_between(
		w->trimmed, "<link rel=\"stylesheet\" href=\"", "\">", &name)) {
		linked = source_find(p->sources, p->n, name);
		if (linked == NULL || !is_style(linked))
			source_fail(s, w->number, "no such style in dashboard.am");
		if (!p->has_style)
			put_element(&p->document, "<style>", &p->style, "</style>\n");
		p->has_style = true;
	} else if (source_between(w->trimmed, "<script type=\"module\" src=\"",
		       "\"></script>", &name)) {
		if (source_find(p->sources, p->n, name) != &p->sources[p->n - 1])
			source_fail(
			    s, w->number, "this is not dashboard.am's last module");
		if (p->has_script)
			source_fail(s, w->number, "a second script");
		put_element(&p->document, "<script>", &p->foreign, "</script>\n");
		put_element(&p->document, "<script type=\"module\">", &p->script,
		    "</script>\n");
		p->has_script = true;
	} else if (w->trimmed.len > 0) {
		buf_add(&p->document, w->trimmed.p, w->trimmed.len);
		buf_putc(&p->document, '\n');
	}
}

static void
make_document(struct page *p)
{
	struct source_walk w = { .rest = { p->sources[0].text.data,
				     p->sources[0].text.len } };

	while (source_next(&w))
		put_line_of_document(p, &w);
	if (!p->has_style || !p->has_script)
		source_fail(&p->sources[0], w.number,
		    "there is no link to a style, or no script");
}

static void
hash(const struct buf *text, uint8_t digest[SHA256_DIGEST_LENGTH])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, (const uint8_t *)text->data, text->len);
	SHA256Final(digest, &context);
}

/* As Content-Security-Policy names what it allows. */
static void
put_hash(struct buf *out, const struct buf *text)
{
	uint8_t digest[SHA256_DIGEST_LENGTH];
	char base64[64];

	hash(text, digest);
	if (b64_ntop(digest, sizeof(digest), base64, sizeof(base64)) == -1)
		errx(1, "base64");
	buf_printf(out, " 'sha256-%s'", base64);
}

static void
put_fields(struct buf *out, const struct page *p)
{
	buf_puts(out, "Content-Security-Policy: default-src 'none'; script-src");
	put_hash(out, &p->foreign);
	put_hash(out, &p->script);
	buf_puts(out, "; style-src");
	put_hash(out, &p->style);
	buf_puts(out,
	    "; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
	    "frame-ancestors 'none'; require-trusted-types-for 'script'\r\n"
	    "Referrer-Policy: no-referrer\r\n");
}

/* As a string of C. Octal escapes have three digits, so that none runs into the next
 * byte; a question mark is escaped, so that there are no trigraphs. */
static void
print_string(const char *name, struct str s)
{
	size_t i;

	printf("static const char %s[] =", name);
	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (i % 64 == 0)
			printf("%s\n\t\"", i > 0 ? "\"" : "");
		if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?')
			printf("\\%03o", c);
		else
			putchar(c);
	}
	printf("\";\n");
}

static void
print_page(const struct page *p)
{
	static const char *const names[ENCODING_MAX] = {
		[ENCODING_IDENTITY] = "identity",
		[ENCODING_GZIP] = "gzip",
		[ENCODING_BROTLI] = "brotli",
		[ENCODING_ZSTD] = "zstd",
	};
	struct encoder *encoder = encoder_new(0);
	struct str document = { p->document.data, p->document.len };
	struct buf text = { 0 };
	uint8_t digest[SHA256_DIGEST_LENGTH];
	int i;

	printf("/* Made by embed. */\n#include \"dashboard/dashboard.h\"\n\n");
	put_fields(&text, p);
	print_string("fields", (struct str){ text.data, text.len });
	print_string(names[ENCODING_IDENTITY], document);
	for (i = ENCODING_IDENTITY + 1; i < ENCODING_MAX; i++) {
		buf_reset(&text);
		encode_body(
		    encoder, (enum encoding)i, ENCODE_SMALLEST, document, &text);
		print_string(names[i], (struct str){ text.data, text.len });
		if (i == ENCODING_BROTLI && text.len > ROOM)
			warnx("the page has %zu bytes in br, more than %d", text.len,
			    ROOM);
	}
	hash(&p->document, digest);
	printf("const struct dashboard dashboard = {\n\t.etag = 0x");
	for (i = 0; i < 8; i++)
		printf("%02x", digest[i]);
	printf(",\n\t.fields = { fields, sizeof(fields) - 1 },\n\t.forms = {\n");
	for (i = 0; i < ENCODING_MAX; i++)
		printf("\t\t{ %s, sizeof(%s) - 1 },\n", names[i], names[i]);
	printf("\t},\n};\n");
	buf_free(&text);
	encoder_free(&encoder);
}

static void
release(struct page *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		buf_free(&p->sources[i].text);
	free(p->sources);
	buf_free(&p->style);
	buf_free(&p->foreign);
	buf_free(&p->script);
	buf_free(&p->document);
}

int
main(int argc, char **argv)
{
	struct page p = { .n = argc > 2 ? (size_t)argc - 2 : 0 };
	size_t i;

	if (p.n < 3)
		errx(2, "usage: embed DIRECTORY index.html FILE.css... FILE.js...");
	if (chdir(argv[1]) == -1)
		err(1, "%s", argv[1]);
	p.sources = xcalloc(p.n, sizeof(*p.sources));
	for (i = 0; i < p.n; i++) {
		p.sources[i].path = argv[i + 2];
		source_read(&p.sources[i]);
	}
	make_style(&p);
	make_scripts(&p);
	make_document(&p);
	print_page(&p);
	release(&p);
	if (fflush(stdout) == EOF || ferror(stdout))
		err(1, "cannot write");
	return 0;
}
