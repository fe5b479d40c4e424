#!/bin/sh
# No calls that overrun or hide errors, and no marks of unfinished work.
root=${LINT_ROOT:-${srcdir:-.}}
cd "$root" || exit 1
status=0
refuse() {
	echo "$1"
	status=1
}
calls='strcpy|strcat|sprintf|vsprintf|strncpy|strncat|atoi|atol|atoll|atof|gets|system'
find src tests -name '*.[ch]' -exec grep -nE "(^|[^A-Za-z0-9_])($calls)\(" {} + &&
	refuse "the calls above are not allowed: use strlcpy, snprintf, strtonum, ..."

# Those of somebody else's code are none of ours.
marks='TODO|FIXME|XXX|TBD|HACK|WIP'
find src tests doc etc dev configure.ac Makefile.am -path tests/lint -prune -o \
	-path src/dashboard/uplot -prune -o \
	-type f ! -name '*.json' ! -name '*.log' -exec grep -HnwIE "$marks" {} + &&
	refuse "the marks above are of unfinished work: finish it or write an issue"
find src -name '*.[ch]' -exec grep -HniE '\<stub' {} + &&
	refuse "src has no stubs: finish them"
exit $status
