#!/bin/sh
# Every row of the option table is in doc/hydratord.conf.5 and in etc/hydratord.conf,
# with its default, range and variable, and nothing else is. The manual names the variables
# that are ignored. A document names no option, `SECTION.NAME`, that there is not.
root=${LINT_ROOT:-${srcdir:-.}}
list=tests/lint/list_options
if [ ! -x $list ]; then
	echo "run by make check, which builds $list"
	exit 77
fi
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0

$list man >"$dir/table" || exit 1
awk '
/^\.Sh / { inside = $2 == "OPTIONS" }
inside && /^\.Ss / { section = substr($0, 5) }
inside && /^\.It Ic / { item = $0; getline; print section "\t" item "\t" $0 }
' "$root/doc/hydratord.conf.5" >"$dir/manual"
diff -u "$dir/table" "$dir/manual" || {
	echo "doc/hydratord.conf.5 (+) is not as the option table (-) wants it"
	status=1
}

$list ignored | sort >"$dir/table" || exit 1
awk '
/^\.S[hs] / { inside = $2 == "Ignored" }
inside && /^\.It Ev / { print $3 }
' "$root/doc/hydratord.conf.5" | sort >"$dir/manual"
diff -u "$dir/table" "$dir/manual" || {
	echo "doc/hydratord.conf.5 (+) does not name the variables that are ignored (-)"
	status=1
}

$list sample >"$dir/defaults" || exit 1
awk -F '\t' '
function complain(what) { print "etc/hydratord.conf:" FNR ": " what; bad = 1 }
NR == FNR { value[$1] = $2; next }
{ line = $0; sub(/^[ \t]+/, "", line) }
line ~ /^[a-z_]+ ("[a-z_]+" )?\{$/ { section = line; sub(/ .*/, "", section); next }
line == "}" { section = ""; next }
line ~ /^#?[a-z_]+ = / {
	comment = sub(/^#/, "", line)
	name = text = line
	sub(/ .*/, "", name)
	sub(/^[a-z_]+ = /, "", text)
	sub(/[ \t]+#.*/, "", text)
	name = section "." name
	if (!(name in value))
		complain(name " is no option")
	else if (comment && text != value[name])
		complain(name ": the default is " value[name])
	else if (name in seen && section != "category")
		complain(name " is there already")
	seen[name] = 1
	next
}
# The rest of a list that began on the line of its option.
line ~ /^"[^"]*"(,| })$/ { next }
line != "" && line !~ /^# / { complain("neither option, section nor comment") }
END {
	for (name in value)
		if (!(name in seen)) {
			print "etc/hydratord.conf: " name " is missing"
			bad = 1
		}
	exit bad
}' "$dir/defaults" "$root/etc/hydratord.conf" || status=1

# A file, `segment.c`, is none.
awk -F '\t' '
NR == FNR { option[$1]; section = $1; sub(/\..*/, "", section); if (section != "") known[section]; next }
{
	for (text = $0; match(text, /`[a-z_]+\.[a-z_]+`/); text = substr(text, RSTART + RLENGTH)) {
		name = substr(text, RSTART + 1, RLENGTH - 2)
		section = name
		sub(/\..*/, "", section)
		if (section in known && !(name in option) && name !~ /\.(c|h|conf)$/) {
			print FILENAME ":" FNR ": " name " is no option"
			bad = 1
		}
	}
}
END { exit bad }' "$dir/defaults" "$root"/doc/*.md || status=1
exit $status
