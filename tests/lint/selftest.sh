#!/bin/sh
# Each house rule can fail: it passes on a small good tree and refuses a bad one.
srcdir=${srcdir:-.}
here=$srcdir/tests/lint
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0

# A tree that every rule accepts.
good() {
	rm -rf "$dir/tree"
	mkdir -p "$dir/tree/src/base" "$dir/tree/src/shm" "$dir/tree/src/http" \
		"$dir/tree/tests" "$dir/tree/doc" "$dir/tree/etc"
	cp "$srcdir/.clang-format" "$dir/tree"
	cp "$srcdir/doc/hydratord.conf.5" "$dir/tree/doc"
	cp "$srcdir/etc/hydratord.conf" "$dir/tree/etc"
	touch "$dir/tree/configure.ac" "$dir/tree/Makefile.am"
	printf '#!/bin/sh\necho good\n' >"$dir/tree/dev"
	echo 'int base(int);' >"$dir/tree/src/base/b.h"
	echo 'int shm(int);' >"$dir/tree/src/shm/s.h"
	echo '#include "b.h"' >"$dir/tree/src/http/h.h"
}

# The rule's exit status on the tree is the one that is expected. 77 is fine, too.
expect() {
	LINT_ROOT=$dir/tree "$here/$2" >"$dir/out" 2>&1
	got=$?
	if [ $got -ne "$1" ] && [ $got -ne 77 ]; then
		echo "$2: exit status $got, not $1, $3:"
		cat "$dir/out"
		status=1
	fi
}

refuses() {
	expect 1 "$1" "$2"
	good
}

good
for rule in format floors headers sizes words options shell man; do
	expect 0 $rule.sh "on the good tree"
done

echo 'int  base(int);' >"$dir/tree/src/base/b.h"
refuses format.sh "on a second blank"

echo '#include "h.h"' >"$dir/tree/src/shm/s.h"
refuses floors.sh "on an include from a higher floor"
mkdir "$dir/tree/src/config"
echo '#include "s.h"' >"$dir/tree/src/config/c.h"
refuses floors.sh "on an include from the same floor"
echo '#include <curl/curl.h>' >"$dir/tree/src/http/h.h"
refuses floors.sh "on a library that is another directory's"
echo '#include "n.h"' >"$dir/tree/src/http/h.h"
refuses floors.sh "on a header that does not exist"
echo '#include "n.c"' >"$dir/tree/tests/t.c"
refuses floors.sh "on a file that does not exist"
mkdir "$dir/tree/src/new"
echo 'int n;' >"$dir/tree/src/new/n.c"
refuses floors.sh "on a directory without a floor"
cp "$dir/tree/src/shm/s.h" "$dir/tree/src/http/s.h"
refuses floors.sh "on two headers of one name"

echo 'size_t shm(void);' >"$dir/tree/src/shm/s.h"
refuses headers.sh "on a header that needs another"

seq 501 | sed 's/.*/int x&;/' >"$dir/tree/src/shm/long.c"
refuses sizes.sh "on a long file"
{ printf 'int\nf(void)\n{\n'; seq 61 | sed 's/.*/\t;/'; echo '}'; } >"$dir/tree/src/shm/f.c"
refuses sizes.sh "on a long function"

echo 'int x = atoi("1");' >"$dir/tree/src/shm/a.c"
refuses words.sh "on a forbidden call"
echo '/* FIXME */' >"$dir/tree/src/shm/a.c"
refuses words.sh "on a mark of unfinished work"

echo 'int stub(void);' >"$dir/tree/src/shm/a.c"
refuses words.sh "on a stub"

sed -i 's/No = 240/No = 241/' "$dir/tree/doc/hydratord.conf.5"
refuses options.sh "on a wrong default in the manual"
sed -i '/^\.It Ic jitter/d' "$dir/tree/doc/hydratord.conf.5"
refuses options.sh "on an option that the manual lacks"
sed -i '/#jitter = /d' "$dir/tree/etc/hydratord.conf"
refuses options.sh "on an option that the sample lacks"
sed -i 's/#ttl = 300/#ttl = 301/' "$dir/tree/etc/hydratord.conf"
refuses options.sh "on a wrong default in the sample"
sed -i 's/#ttl = 300/#ttl = 300\n#foo = 1/' "$dir/tree/etc/hydratord.conf"
refuses options.sh "on an option that does not exist"

# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\nrm $1\n' >"$dir/tree/dev"
refuses shell.sh "on a variable without quotes"

echo '.Xx' >>"$dir/tree/doc/hydratord.conf.5"
refuses man.sh "on an unknown macro"
exit $status
