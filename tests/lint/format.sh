#!/bin/sh
# Every C file is as clang-format 14 (Debian 12) with our .clang-format leaves it.
root=${LINT_ROOT:-${srcdir:-.}}
for tool in clang-format-14 clang-format; do
	case $($tool --version 2>/dev/null) in
	*'version 14.'*) break ;;
	esac
	tool=
done
if [ -z "$tool" ]; then
	echo "clang-format 14 is missing; other versions differ (Debian: clang-format)"
	exit 77
fi
find "$root/src" "$root/tests" -name '*.[ch]' -print0 |
	xargs -0 "$tool" --style="file:$root/.clang-format" --dry-run -Werror || exit 1
