#!/bin/sh
# Every include keeps to src/ROOMS: it names its room, the room is allowed, the header is
# public there, and a library is included only where the table puts it. Tests may include
# every header. doc/architecture.md prints the same table; `rooms.sh --table` makes it.
root=${LINT_ROOT:-${srcdir:-.}}
cd "$root" || exit 1

table() {
	awk '
	function row() {
		if (room != "")
			printf "| `%s` | %s | %s |\n", room, may == "" ? "libc, libbsd" : may, is
	}
	BEGIN { print "| room | may include | what it holds |"; print "|---|---|---|" }
	$1 == "room" { row(); room = $2; may = is = "" }
	$1 == "is" { sub(/^is /, ""); is = $0 }
	$1 == "includes" { sub(/^includes /, ""); may = $0 }
	END { row() }' src/ROOMS
}
if [ "${1:-}" = --table ]; then
	table
	exit
fi

status=0
# shellcheck disable=SC2016 # awk's own $
find src tests -name '*.[ch]' | sort | xargs awk '
function complain(where, what) {
	print where ": " what
	bad = 1
}
# Headers of tests are named from their own folder, or from tests/unit.
function of_tests(header, folder) {
	folder = FILENAME
	sub(/[^\/]*$/, "", folder)
	return (folder header) in test_file || ("tests/unit/" header) in test_file
}
function read_rooms(line, part, n, i, room) {
	while ((getline line <"src/ROOMS") > 0) {
		n = split(line, part, " ")
		if (part[1] == "room") {
			room = part[2]
			known[room] = may[room, room] = 1
		} else if (part[1] == "includes") {
			for (i = 2; i <= n; i++) {
				if (!(part[i] in known))
					complain("src/ROOMS", room " includes " part[i] ", which is no room before it")
				may[room, part[i]] = 1
			}
		} else if (part[1] == "public") {
			for (i = 2; i <= n; i++)
				public[room "/" part[i]] = 1
		} else if (part[1] == "library") {
			library[part[2]] = 1
			for (i = 3; i <= n; i++)
				uses[part[i], part[2]] = 1
		} else if (n > 0 && part[1] != "is" && part[1] !~ /^#/) {
			complain("src/ROOMS", "not understood: " line)
		}
	}
}
BEGIN {
	read_rooms()
	for (i = 1; i < ARGC; i++)
		if (ARGV[i] ~ /^src\//)
			exists[substr(ARGV[i], 5)] = 1
		else
			test_file[ARGV[i]] = 1
	for (header in public)
		if (!(header in exists))
			complain("src/ROOMS", "no header " header)
}
FNR == 1 {
	n = split(FILENAME, part, "/")
	room = part[1] == "tests" ? "tests" : n == 2 ? "main" : part[2]
	if (room != "tests" && room != "main" && !(room in known))
		complain(FILENAME, "its folder is no room of src/ROOMS")
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	header = part[2]
	where = FILENAME ":" FNR
	if (header == "autoconf.h" || (room == "tests" && of_tests(header)))
		next
	if (header !~ /\//)
		complain(where, "an include names its room: \"ROOM/" header "\"")
	else if (!(header in exists))
		complain(where, "no file src/" header)
	else if (room != "tests") {
		home = header
		sub(/\/.*/, "", home)
		if (room != "main" && !((room, home) in may))
			complain(where, room " may not include " home)
		else if (home != room && !(header in public))
			complain(where, header " is private to " home)
		if (home != room)
			used[header] = 1
	}
}
/^[ \t]*#[ \t]*include[ \t]*</ && room != "tests" {
	split($0, part, /[<>]/)
	top = part[2]
	sub(/\/.*/, "", top)
	if (top in library && !((room, top) in uses))
		complain(FILENAME ":" FNR, room " may not include <" part[2] ">")
}
END {
	for (header in public)
		if (!(header in used) && header != "reader/openapi.h")
			complain("src/ROOMS", header " is public, but no other room includes it")
	exit bad
}
' || status=1

table >"${TMPDIR:-/tmp}/rooms.$$"
sed -n '/^| room | may include/,/^$/p' doc/architecture.md | sed '/^$/d' |
	diff - "${TMPDIR:-/tmp}/rooms.$$" || {
	echo "doc/architecture.md prints another table than src/ROOMS: tests/lint/rooms.sh --table"
	status=1
}
rm -f "${TMPDIR:-/tmp}/rooms.$$"
exit $status
