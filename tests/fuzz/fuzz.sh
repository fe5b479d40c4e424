#!/bin/sh
# Runs every fuzzer for so many seconds (default: 60), two at a time, from its seeds. What
# it finds is new is kept in a directory that goes away; a crash is printed and fails.
# To be called in a build directory configured with CC=clang --enable-fuzzer.
set -eu
seconds=${1:-60}
seeds=$(cd "$(dirname "$0")/seeds" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

cat > "$tmp/one" <<'ONE'
#!/bin/sh
mkdir "$3/$2"
if "tests/fuzz/fuzz_$2" -max_total_time="$1" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
	-artifact_prefix="$3/$2-" "$3/$2" "$4/$2" > "$3/$2.log" 2>&1; then
	echo "fuzz_$2: $(sed -n 's/^stat::number_of_executed_units: *//p' "$3/$2.log") inputs, no crash"
else
	tail -n 60 "$3/$2.log"
	for input in "$3/$2"-*; do
		[ ! -f "$input" ] || { echo "$input:"; od -c "$input" | head -n 100; }
	done
	echo "fuzz_$2: failed"
	exit 1
fi
ONE
chmod +x "$tmp/one"
find "$seeds" -mindepth 1 -maxdepth 1 -type d -exec basename {} \; | sort |
	xargs -P 2 -I NAME "$tmp/one" "$seconds" NAME "$tmp" "$seeds"
