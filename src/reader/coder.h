/*
 * Encoding beside the event loop: a thread of the lowest priority makes encoded bodies
 * of what the loop holds, and what it has made is kept with the generation. Nobody
 * waits for it: whoever asked first has been answered meanwhile. Readers, after the
 * fork.
 */
#ifndef READER_CODER_H
#define READER_CODER_H

#include <stddef.h>

#include "base/attr.h"
#include "base/str.h"
#include "codec/encode.h"
#include "reader/generation.h"
#include "reader/selection.h"

struct coder;

/* Bodies under way at once, of them pages at most; and bytes of them, not encoded. One
 * body may always be, whatever its length. */
#define CODER_JOBS 16
#define CODER_PAGES (CODER_JOBS / 2)
#define CODER_BYTES ((size_t)32 * 1024 * 1024)

/* Starts the thread. Dies if that is impossible. */
struct coder *coder_new(void) MUST_CHECK;
/*
 * Frees *c (NULL is fine) and sets it to NULL. What is under way is dropped, but a body
 * that is being encoded has to end first: if it does not within a second, on a machine
 * that has no time for it, all of it is left behind, for a process that ends anyhow.
 */
void coder_free(struct coder **c);

/* All of these are the loop's and never wait. */

/*
 * Has the selected body, which has len bytes, encoded and kept under the key with its
 * generation, unless it is under way already or too much is. What is asked for in other
 * words again and again, a page, has the lower priority. Everything is borrowed.
 */
void coder_ask(struct coder *, struct generation *, const struct selection *,
    enum encoding, struct str key, size_t len);
/* Puts what is finished where it is kept. What belongs to a generation that has a
 * successor is dropped. */
void coder_collect(struct coder *);

#endif
