#!/bin/sh
# The alerts of etc/prometheus/alerts.yml are well-formed, and each is seen silent and firing
# in alerts.yml here, and named in doc/operations.md. 77: no promtool here.
command -v promtool >/dev/null 2>&1 || {
	echo "promtool is missing (Debian: prometheus)"
	exit 77
}
root=${LINT_ROOT:-${srcdir:-.}}
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
status=0

cp "$root/etc/prometheus/alerts.yml" "$dir"
cp "$root/tests/alerts/alerts.yml" "$dir/tests.yml"
cp "$root/doc/operations.md" "$dir"
cd "$dir" || exit 1
if ! { promtool check rules alerts.yml && promtool test rules tests.yml; } >out 2>&1; then
	cat out
	status=1
fi
sed -n 's/^ *- alert: //p' alerts.yml >names
while read -r alert; do
	[ "$(grep -cE "alertname: $alert}?\$" tests.yml)" -eq 2 ] || {
		echo "$alert is not seen both silent and firing in tests/alerts/alerts.yml"
		status=1
	}
	grep -q "^| \`$alert\`" operations.md || {
		echo "$alert is not in the table of doc/operations.md"
		status=1
	}
done <names
exit $status
