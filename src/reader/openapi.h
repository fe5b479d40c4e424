/* What the service says of itself. */
#ifndef READER_OPENAPI_H
#define READER_OPENAPI_H

#include <stddef.h>

/* doc/openapi.json as it was when this was built, without indentation; doc.am makes the
 * definition. No NUL at the end. */
extern const char openapi_json[];
extern const size_t openapi_json_len;

#endif
