#!/bin/sh
# The table of metrics in doc/api.md is the one that the daemon prints by: names, types,
# labels and meanings. To make it anew: tests/lint/list_metrics.
root=${LINT_ROOT:-${srcdir:-.}}
list=tests/lint/list_metrics
if [ ! -x $list ]; then
	echo "run by make check, which builds $list"
	exit 77
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT

$list >"$dir/table" || exit 1
sed -n '/^| name | type | labels/,/^$/p' "$root/doc/api.md" | sed '/^$/d' >"$dir/document"
diff -u "$dir/table" "$dir/document" || {
	echo "doc/api.md (+) has not the table of metrics (-) of src/shm/metric.c"
	exit 1
}
