#!/bin/sh
# A public name begins with its file's name, its room's, or that of a type that its file
# defines; and no two files of a room have a static function or variable of one name.
# A file a_b beside a file a is a part of it: it may use the names of a, too.
# What is public nm says of the objects, which `make check` makes, and headers of what is
# inline. What is static the sources say: of what was inlined no object has the name.
root=${LINT_ROOT:-${srcdir:-.}}
objects=${LINT_ROOT:-.}

# fatal, fatalx: as BSD daemons call them (log_warn and log_warnx beside them begin with
#   their file's name); main: of a tool of a room; xmalloc and the others: malloc(3) and its kin, but they never fail.
exceptions='fatal fatalx main xmalloc xcalloc xreallocarray xstrdup'

if ! command -v nm >/dev/null; then
	echo "nm is missing (Debian: binutils)"
	exit 77
fi
sources=$(find "$root/src" -mindepth 2 -name '*.[ch]' | sort)
built=
left=
for source in "$root"/src/*/*.c; do
	[ -f "$source" ] || continue
	object=$objects/${source#"$root"/}
	object=${object%.c}.o
	if [ -f "$object" ]; then
		built="$built $object"
	else
		left=$source
	fi
done
# shellcheck disable=SC2086 # lists of files
{ [ -z "$built" ] || nm -A -g -P $built; } | awk -v exceptions="$exceptions" '
function place(path,    part, n) {
	n = split(path, part, "/")
	room = part[n - 1]
	file = part[n]
	sub(/\.[cho].*/, "", file)
}
function begins(name, stem) {
	return name == stem || index(name, stem "_") == 1
}
function is_good(room, file, name,    stem, type) {
	if (name in excepted || begins(name, room))
		return 1
	for (stem = file; ; ) {
		if (begins(name, stem))
			return 1
		for (type = name; ; ) {
			if ((room, stem, type) in types)
				return 1
			if (!sub(/_[^_]*$/, "", type))
				break
		}
		# On to what this is a part of.
		do {
			if (!sub(/_[^_]*$/, "", stem))
				return 0
		} while (!((room, stem) in files))
	}
}
function complain(text) {
	print text
	bad = 1
}
function note_public(path, name) {
	place(path)
	if (!is_good(room, file, name))
		complain("src/" room "/" file ": " name " begins neither with its file nor " \
		    "its room nor a type of its file")
}
function note_static(text) {
	gsub(/.*[ *(]/, "", text)
	if (text == "" || local[FILENAME, text]++)
		return
	if ((room, text) in statics)
		complain("src/" room ": static " text " is in two files, " \
		    statics[room, text] " and " file)
	statics[room, text] = file
	if (FILENAME ~ /\.h$/)
		inlines[++ninlines] = FILENAME " " text
}
BEGIN {
	for (n = split(exceptions, list, " "); n > 0; n--)
		excepted[list[n]] = 1
}
# The end of the list, "main.o: main T 0 1f": no names that compilers and sanitizers make.
objects {
	if ($3 ~ /^[ABCDGRSTVW]$/ && $2 !~ /^__|[.$]/) {
		sub(/:$/, "", $1)
		note_public($1, $2)
	}
	next
}
FNR == 1 { place(FILENAME); files[room, file] = 1; waits = braced = 0 }
/^(struct|enum|union) [a-z0-9_]+ \{/ { types[room, file, $2] = 1 }
# Return types stand on a line of their own (.clang-format), and so may long ones of tables.
waits { waits = 0; sub(/^[ \t]+/, ""); sub(/[][(=; ].*/, ""); note_static($0); next }
# Of a table whose rows have no type of their own the name comes last.
braced && /^}/ { braced = 0; sub(/^} */, ""); sub(/[][=; ].*/, ""); note_static($0); next }
/^static / {
	sub(/ PRINTF_LIKE\([0-9, ]*\)/, "")
	if (/^[^=(]*\{$/) {
		braced = 1
	} else if (match($0, /\(\*[a-z0-9_]+/)) {
		note_static(substr($0, 1, RSTART + RLENGTH - 1))
	} else if (sub(/ *[][(=;].*/, "")) {
		note_static($0)
	} else {
		waits = 1
	}
}
END {
	for (n = 1; n <= ninlines; n++) {
		split(inlines[n], list, " ")
		note_public(list[1], list[2])
	}
	exit bad
}
' $sources objects=1 - || exit 1
if [ -n "$left" ]; then
	echo "${left#"$root"/} is not built: run by make check"
	exit 77
fi
