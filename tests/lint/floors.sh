#!/bin/sh
# A file includes its own directory and lower floors only; two directories on one floor
# never include each other; tests and main.c may include everything. A library is
# included only where the design puts it.
root=${LINT_ROOT:-${srcdir:-.}}
cd "$root" || exit 1
# shellcheck disable=SC2016 # awk's own $
find src tests -name '*.[ch]' | sort | xargs awk '
BEGIN {
	floor["src/base"] = 0
	floor["src/shm"] = floor["src/config"] = floor["src/analytics"] = 1
	floor["src/upstream"] = floor["src/http"] = floor["src/proc"] = 2
	floor["src/hydrator"] = floor["src/reader"] = floor["src/supervisor"] = 3
	floor["src/ctl"] = 3
	floor["src"] = 4
	# Who includes <curl/...> and so on; a name in the list ends with a blank.
	only["curl"] = "src/upstream src "
	only["confuse.h"] = "src/config "
	only["event2"] = "src/http src/reader src "
	split("curl confuse.h event2 jansson.h xxhash.h zlib.h brotli zstd.h hiredis", name)
	for (i in name)
		library[name[i]] = 1

	for (i = 1; i < ARGC; i++) {
		file = base = ARGV[i]
		sub(/.*\//, "", base)
		sub(/\/[^\/]*$/, "", file)
		if (file ~ /^src/ && !(file in floor))
			complain(ARGV[i], "its directory has no floor in tests/lint/floors.sh")
		known[base] = 1
		if (base !~ /\.h$/)
			continue
		if (file ~ /^src/ && base in home)
			complain(ARGV[i], "there is another header of this name in " home[base])
		if (file ~ /^src/)
			home[base] = file
	}
	home["autoconf.h"] = "src/base"
	known["autoconf.h"] = 1
}
function complain(where, what) {
	print where ": " what
	bad = 1
}
FNR == 1 {
	dir = FILENAME
	sub(/\/[^\/]*$/, "", dir)
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	header = part[2]
	where = FILENAME ":" FNR
	if (dir !~ /^src/) {
		if (!(header in known)) # a test may include a .c file as well
			complain(where, "no file " header)
	} else if (!(header in home))
		complain(where, "no header " header " in src (a system header takes <>)")
	else if (home[header] != dir && floor[home[header]] >= floor[dir])
		complain(where, dir " may not include " home[header] "/" header)
}
/^[ \t]*#[ \t]*include[ \t]*</ && dir ~ /^src/ {
	split($0, part, /[<>]/)
	top = part[2]
	sub(/\/.*/, "", top)
	where = FILENAME ":" FNR
	if (top in only && index(only[top], dir " ") == 0)
		complain(where, dir " may not include <" part[2] ">")
	if (dir == "src/base" && top in library)
		complain(where, "the ground floor uses libc and libbsd only")
}
END { exit bad }
' || exit 1
