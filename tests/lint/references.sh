#!/bin/sh
# Every section of doc/reference.md that src, tests or doc name exists, once, and nobody
# refers to a section of a text that is not here: only RFCs, Unicode and papers are known
# to everybody. Comments are joined first, since a reference may break over two lines.
root=${LINT_ROOT:-${srcdir:-.}}
cd "$root" || exit 1
# shellcheck disable=SC2016 # awk's own $
find src tests doc -path tests/fuzz/seeds -prune -o -path tests/lint/selftest.sh -prune -o \
	-path tests/lint/references.sh -prune -o \
	-type f \( -name '*.[ch]' -o -name '*.md' -o -name '*.[0-9]' -o -name '*.py' \
	-o -name '*.sh' -o -name '*.am' -o -name ROOMS \) -print | sort | xargs awk '
function complain(where, what) {
	print where ": " what
	bad = 1
}
function read_headings(line, n) {
	while ((getline line <"doc/reference.md") > 0) {
		if (line !~ /^##+ [0-9]/)
			continue
		split(line, part, " ")
		n = part[2]
		sub(/\.$/, "", n)
		if (n in heading)
			complain("doc/reference.md", "two sections " n)
		heading[n] = 1
	}
}
# list: "doc/reference.md 2.4, 2.5 and 3.6".
function check_list(list, n, i) {
	n = split(list, part, /[^0-9.]+/)
	for (i = 1; i <= n; i++)
		if (part[i] ~ /^[0-9]/ && !(part[i] in heading))
			complain(file, "no section " part[i] " in doc/reference.md")
}
function check_sections(rest, before, after) {
	while (match(rest, /doc\/reference\.md`? [0-9]+(\.[0-9]+)?((, | and | to )[0-9]+\.[0-9]+)*/)) {
		check_list(substr(rest, RSTART + 16, RLENGTH - 16))
		rest = substr(rest, RSTART + RLENGTH)
	}
	rest = text
	while (match(rest, /[Ss]ections? [0-9]+(\.[0-9]+)*/)) {
		before = substr(rest, 1, RSTART - 1)
		after = substr(rest, RSTART + RLENGTH)
		if (before !~ /(RFC [0-9]+|Unicode( [0-9.]+)?),? $/ && after !~ /^ of the /)
			complain(file, substr(rest, RSTART, RLENGTH) ": of which document?")
		rest = after
	}
	if (match(text, /[Ss]pec(ification)?,? (section|[0-9]+\.[0-9])/))
		complain(file, substr(text, RSTART, RLENGTH) ": it is in doc/reference.md")
}
BEGIN { read_headings() }
FNR == 1 {
	check_sections(text)
	file = FILENAME
	text = ""
}
{
	sub(/^[ \t]*(\/\*|\*|#|\.\\")?[ \t]*/, "")
	text = text " " $0
}
END {
	check_sections(text)
	exit bad
}
' || exit 1
