#!/bin/sh
# Whether a client can be generated from the /openapi.json that is served: TypeScript types
# are, and client.ts compiles with them. Exits with 77 where npm cannot install the compiler.
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
command -v npm >/dev/null || {
	echo 'npm is missing (Debian: npm)'
	exit 77
}
directory=$(mktemp -d) || exit 1
daemon=
clean() {
	[ -z "$daemon" ] || kill "$daemon"
	wait
	rm -rf "$directory"
}
trap clean EXIT
trap 'exit 1' HUP INT TERM

npm install --silent --no-fund --no-audit --fetch-retries=0 --prefix "$directory" \
	openapi-typescript@7.13.0 typescript@5.9.3 </dev/null || {
	echo 'skipped: npm could not install openapi-typescript and typescript'
	exit 77
}

HYDRATORD_DEMO=$top/etc/demo HYDRATORD_DEMO_RUN=$directory HYDRATORD_LISTEN='["127.0.0.1:0"]' \
	HYDRATORD_SEGMENT_NAME=/hydratord-typescript-$$ \
	"${HYDRATORD_BINARY:-src/hydratord}" -f -c etc/demo.conf 2>"$directory/log" &
daemon=$!
tries=0
until address=$(sed -n 's/.* listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$directory/log" | tail -1) &&
	[ -n "$address" ] &&
	curl -fsS --noproxy '*' -o "$directory/openapi.json" "http://$address/openapi.json"; do
	tries=$((tries + 1))
	if [ $tries -gt 300 ] || ! kill -0 $daemon 2>/dev/null; then
		cat "$directory/log"
		exit 1
	fi
	sleep 0.1
done

cp tests/clients/client.ts "$directory"
cd "$directory" || exit 1
NO_COLOR=1 node_modules/.bin/openapi-typescript openapi.json -o schema.ts >generated 2>&1 || {
	cat generated
	exit 1
}
node_modules/.bin/tsc --noEmit --strict --noUnusedLocals --target es2022 --module es2022 \
	--moduleResolution bundler --lib es2022,dom,dom.iterable client.ts || exit 1
echo "a client of $(grep -c '^ *"operationId"' "$top/doc/openapi.json") operations compiles"
