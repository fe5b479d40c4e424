#!/bin/sh
# Every file that a document or a comment names exists: src/..., tests/..., doc/..., etc/...,
# build/..., and test_NAME.c or test_NAME.py. A program may be named without its .c, and what
# a Makefile makes by what the Makefile calls it.
root=${LINT_ROOT:-${srcdir:-.}}
cd "$root" || exit 1
status=0

# FILE:LINE:NAME, the first place of each name.
names() {
	find src tests doc etc dev README.md CONTRIBUTING.md NEWS Makefile.am configure.ac \
		-path tests/lint/selftest.sh -prune -o -path tests/lint/paths.sh -prune -o \
		-path tests/fuzz/seeds -prune -o -name .deps -prune -o \
		-type f ! -name '*.json' ! -name '*.am' ! -name '*.log' ! -name '*.trs' -exec \
		grep -HnoIE '(^|[^A-Za-z0-9_./-])((src|tests|doc|etc|build)/[A-Za-z0-9_./*-]*[A-Za-z0-9_*/]|test_[a-z0-9_]+\.(c|py))' {} + |
		awk -F: '{ sub(/^[^A-Za-z0-9]*/, "", $3) } !($3 in seen) { seen[$3]; print $1 ":" $2 ":" $3 }'
}

made=$(cat Makefile.am src/*/*.am tests/*.am tests/*/*.am tests/*/*/*.am doc/*.am etc/*.am 2>/dev/null)
tests=$(find tests -name 'test_*')
list=$(names)
IFS='
'
for place in $list; do
	name=${place##*:}
	case $name in
	src/hydratord | */ | *_) continue ;; # a program, a folder, the beginning of a name
	test_*) case $tests in */"$name"*) continue ;; esac ;;
	*)
		# shellcheck disable=SC2086 # a pattern
		set -- $name
		if [ -e "$1" ] || [ -e "$1.c" ]; then continue; fi
		case $made in *"$name"*) continue ;; esac
		;;
	esac
	echo "${place%:*}: no file $name"
	status=1
done
exit $status
