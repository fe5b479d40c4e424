#!/bin/sh
# Every file that a document or a comment names exists: src/..., tests/..., doc/..., etc/...,
# build/..., and test_NAME.c or test_NAME.py. A program may be named without its .c, and what
# a Makefile makes by what the Makefile calls it. And every function, NAME(), that a document
# names exists, if its first word is the name of a file of src.
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

{
	find src -name '*.[ch]' | sed 's|.*/||; s|\..*||; s|^|file |'
	find src tests -name '*.[ch]' -exec grep -hoE '[a-z][a-z0-9_]*\(([^)]|$)' {} + | sed 's/(.*//; s/^/made /'
	find doc README.md CONTRIBUTING.md NEWS -type f -exec \
		grep -HnoIE '[a-z][a-z0-9]*_[a-z0-9_]+\(\)' {} + | sed 's/^/said /; s/:\([^:]*\)()$/ \1/'
} | awk '
$1 != "said" { known[$1, $2] }
$1 == "said" {
	split($3, word, "_")
	if (("file", word[1]) in known && !(("made", $3) in known)) {
		print $2 ": no function " $3
		bad = 1
	}
}
END { exit bad }' || status=1
exit $status
