#!/bin/sh
# A file of more than 500 lines or a function of more than 60 is refused.
root=${LINT_ROOT:-${srcdir:-.}}
find "$root/src" -name '*.[ch]' | sort | xargs awk '
function end_of_file() {
	if (lines > 500) {
		print file ": " lines " lines, at most 500"
		bad = 1
	}
}
FNR == 1 { end_of_file(); file = FILENAME; open = 0 }
{ lines = FNR }
# Only functions have their brace in the first column on a line of its own.
/^{/ { open = FNR }
/^}/ && open {
	if (FNR - open - 1 > 60) {
		print FILENAME ":" open ": function of " FNR - open - 1 " lines, at most 60"
		bad = 1
	}
	open = 0
}
END { end_of_file(); exit bad }
' || exit 1
