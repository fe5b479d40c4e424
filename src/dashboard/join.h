/* Modules into one script. embed only: what is wrong ends it. */
#ifndef DASHBOARD_JOIN_H
#define DASHBOARD_JOIN_H

#include <stddef.h>

#include "base/buf.h"
#include "dashboard/source.h"

/*
 * Appends our modules, one after the other, to *own: without imports and exports. They
 * share one scope then, so a top-level name may be there once only, and an import must
 * be of what is there.
 * sources[0, n) are all files of the page; modules are those that end with ".js".
 *
 * Of somebody else's module, which ends with "export { NAME as default };", only NAME
 * is seen; its other names become short. Ours import it by `import("./FILE")`, and it
 * is not run before: until then it costs its parsing only. It goes to *foreign, a
 * script that comes before.
 */
void join_modules(
    struct source *sources, size_t n, struct buf *own, struct buf *foreign);

#endif
