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
	sed 's#tests/lint/options.sh#dev#; s#src/config/options.c#src/base/b.h#' \
		"$srcdir/doc/hydratord.conf.5" >"$dir/tree/doc/hydratord.conf.5"
	cp "$srcdir/etc/hydratord.conf" "$dir/tree/etc"
	sed -n '/^| name | type | labels/,/^$/p' "$srcdir/doc/api.md" >"$dir/tree/doc/api.md"
	touch "$dir/tree/configure.ac" "$dir/tree/Makefile.am" "$dir/tree/README.md" \
		"$dir/tree/CONTRIBUTING.md" "$dir/tree/NEWS" "$dir/tree/doc/operations.md"
	cat >"$dir/tree/src/ROOMS" <<-ROOMS
		room base
		is the ground
		public b.h

		room shm
		is memory
		includes base

		room http
		is a server
		includes base

		library event2 http
	ROOMS
	LINT_ROOT=$dir/tree "$here/rooms.sh" --table >"$dir/tree/doc/architecture.md"
	printf '#!/bin/sh\necho good\n' >"$dir/tree/dev"
	echo 'int base(int);' >"$dir/tree/src/base/b.h"
	printf '## 1. Values\n\n### 1.1 Integers\n' >"$dir/tree/doc/reference.md"
	printf '/* doc/reference.md 1.1. */\nint shm(int);\n' >"$dir/tree/src/shm/s.h"
	echo '#include "base/b.h"' >"$dir/tree/src/http/h.h"
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
for rule in format rooms paths references headers names sizes words options metrics log_lines shell man; do
	expect 0 $rule.sh "on the good tree"
done

echo 'int  base(int);' >"$dir/tree/src/base/b.h"
refuses format.sh "on a second blank"

echo '#include "http/h.h"' >"$dir/tree/src/shm/s.h"
refuses rooms.sh "on a room that is not allowed"
echo '#include "b.h"' >"$dir/tree/src/http/h.h"
refuses rooms.sh "on an include without its room"
echo '#include "base/p.h"' >>"$dir/tree/src/http/h.h"
echo 'int private(void);' >"$dir/tree/src/base/p.h"
refuses rooms.sh "on a header that is private to another room"
echo '#include <event2/event.h>' >"$dir/tree/src/shm/s.h"
refuses rooms.sh "on a library that is another room's"
echo '#include "base/n.h"' >"$dir/tree/src/http/h.h"
refuses rooms.sh "on a header that does not exist"
echo '#include "base/n.c"' >"$dir/tree/tests/t.c"
refuses rooms.sh "on a file that does not exist"
mkdir "$dir/tree/src/new"
echo 'int n;' >"$dir/tree/src/new/n.c"
refuses rooms.sh "on a folder that is no room"
echo 'public gone.h' >>"$dir/tree/src/ROOMS"
refuses rooms.sh "on a public header that does not exist"
sed -i 's/^includes base/includes http/' "$dir/tree/src/ROOMS"
refuses rooms.sh "on a room that includes what comes after it"
echo '| x |' >>"$dir/tree/doc/architecture.md"
refuses rooms.sh "on another table in the document"

echo 'size_t shm(void);' >"$dir/tree/src/shm/s.h"
refuses headers.sh "on a header that needs another"

echo 'See src/base/gone.h.' >"$dir/tree/doc/x.md"
refuses paths.sh "on a document that names a file that is gone"
echo '/* tests/unit/test_gone.c proves it. */' >"$dir/tree/src/shm/a.c"
refuses paths.sh "on a comment that names a file that is gone"
echo 'int a;' >"$dir/tree/src/shm/a.c"
echo 'What a_gone() does.' >"$dir/tree/doc/x.md"
refuses paths.sh "on a document that names a function that is gone"

echo '/* Follows doc/reference.md 1.1 and 1.2. */' >"$dir/tree/src/shm/a.c"
refuses references.sh "on a section that does not exist"
printf '/*\n * Follows (spec\n * section 1.1).\n */\n' >"$dir/tree/src/shm/a.c"
refuses references.sh "on a section of a text that is not here, over two lines"
echo 'See section 1.1.' >"$dir/tree/doc/x.md"
refuses references.sh "on a section of nobody knows what"
echo '### 1.1 Doubles' >>"$dir/tree/doc/reference.md"
refuses references.sh "on two sections of one number"

# base/a.c, its part base/a_b.c and their objects; without a compiler the rule skips.
parts() {
	printf 'struct c {\n\tint n;\n};\n' >"$dir/tree/src/base/a.h"
	printf 'int base_one = 1, a_two = 2, c_three = 3;\n%s\n' "$1" >"$dir/tree/src/base/a.c"
	printf 'int a_four = 4, c_five = 5, a_b_six = 6;\n%s\n' "$2" >"$dir/tree/src/base/a_b.c"
	for part in a a_b; do
		${CC:-cc} -c -o "$dir/tree/src/base/$part.o" "$dir/tree/src/base/$part.c"
	done
}

parts
expect 0 names.sh "on names of the file, the room, a type and the whole"
parts 'int d_seven(void) { return 7; }'
refuses names.sh "on a public function of nobody knows what file"
parts '' 'int b_seven = 7;'
refuses names.sh "on a part of which a name has the end alone"
printf 'static inline int\nnext(void)\n{\n}\n' >"$dir/tree/src/base/b.h"
refuses names.sh "on an inline function of nobody knows what file"
printf 'static int\nnext(void)\n{\n}\n' | tee "$dir/tree/src/base/a.c" >"$dir/tree/src/base/d.c"
refuses names.sh "on two static functions of one name in a room"
printf 'static const char *const t[] = {\n};\n' >"$dir/tree/src/shm/a.c"
printf 'static const struct {\n\tint n;\n} t[] = {\n};\n' >"$dir/tree/src/shm/d.c"
refuses names.sh "on two static tables of one name in a room"

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
sed -i '/^\.It Ev HORDE_MODEL_REFERENCE_OFFLINE$/d' "$dir/tree/doc/hydratord.conf.5"
refuses options.sh "on an ignored variable that the manual lacks"
sed -i '/#jitter = /d' "$dir/tree/etc/hydratord.conf"
refuses options.sh "on an option that the sample lacks"
sed -i 's/#ttl = 300/#ttl = 301/' "$dir/tree/etc/hydratord.conf"
refuses options.sh "on a wrong default in the sample"
sed -i 's/#ttl = 300/#ttl = 300\n#foo = 1/' "$dir/tree/etc/hydratord.conf"
refuses options.sh "on an option that does not exist"
# shellcheck disable=SC2016 # Markdown's own quotes
echo 'See `http.gone`.' >"$dir/tree/doc/x.md"
refuses options.sh "on an option of a document that does not exist"

sed -i '/^| .refresh_total./d' "$dir/tree/doc/api.md"
refuses metrics.sh "on a metric that the document lacks"
sed -i '/^| .refresh_total./s/result/outcome/' "$dir/tree/doc/api.md"
refuses metrics.sh "on a wrong label in the document"

echo 'void f(int n) { log_warnx("%d skies have"
	" fallen down", n); }' >"$dir/tree/src/base/b.c"
refuses log_lines.sh "on a line that is in no table"
cat >"$dir/tree/doc/operations.md" <<-'TABLE'
	| line | it means | do |
	|---|---|---|
	| `N skies have fallen down` | woe | weep |
TABLE
echo 'void f(int n) { log_warnx("%d skies have fallen down", n); }' >"$dir/tree/src/base/b.c"
expect 0 log_lines.sh "on a line that is in the table"
echo 'void f(void) { fatal("no sky is left"); }' >>"$dir/tree/src/base/b.c"
refuses log_lines.sh "on a second one that is not"

# shellcheck disable=SC2016 # for the script
printf '#!/bin/sh\nrm $1\n' >"$dir/tree/dev"
refuses shell.sh "on a variable without quotes"

# A repository, and a Makefile that packs all of it but the file "left".
if command -v git >/dev/null; then
	(
		cd "$dir/tree" || exit 1
		cat >Makefile <<-'MAKE'
			made = .dist-version Makefile.in aclocal.m4 autoconf.h.in configure \
			  $(addprefix build-aux/,ar-lib compile depcomp install-sh missing test-driver)
			distdir: ; mkdir -p $(distdir)/build-aux && cp -R $$(ls -A | \
			  grep -vxE '.git|left') $(distdir) && cd $(distdir) && touch $(made)
		MAKE
		git init -q . && git add .
	)
	expect 0 dist.sh "on a repository that is packed"
	touch "$dir/tree/left"
	git -C "$dir/tree" add left
	refuses dist.sh "on a file that is left out"
fi

echo '.Xx' >>"$dir/tree/doc/hydratord.conf.5"
refuses man.sh "on an unknown macro"
exit $status
