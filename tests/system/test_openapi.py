"""doc/openapi.json against the living service: what it answers is described, what is described exists."""
import copy
import http.client
import json
import re
import socket

import pytest

from conftest import SOURCE
from daemon import Answer, PATIENCE, wait_for
from redis_server import RedisServer

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is missing (Debian: python3-jsonschema)")

PATH = SOURCE / "doc" / "openapi.json"
DOCUMENT = json.loads(PATH.read_text())
STATISTICS = "/model_references/statistics/"
RISK = "/deletion-risk"
EVENTS = "/events"  # whose answer has no end: test_streams
PRESETS = DOCUMENT["components"]["schemas"]["Preset"]["enum"]
# OpenAPI leaves the first out of a response's headers; the others belong to every message.
EVERYWHERE = {"content-type", "content-length", "connection", "date", "server", "x-content-type-options"}


def resolve(node):
    while "$ref" in node:
        place = DOCUMENT
        for step in node["$ref"].lstrip("#/").split("/"):
            place = place[step]
        node = place
    return node


def validate(schema, value):
    whole = {"allOf": [schema], "components": DOCUMENT["components"]}
    error = jsonschema.exceptions.best_match(jsonschema.Draft202012Validator(whole).iter_errors(value))
    assert error is None, "%s at %s" % (error.message[:500], list(error.absolute_path))


def path_of(target):
    """The described path that a target belongs to: as it is, or with a category, or a model, in it."""
    path = target.split("?")[0]
    path = path[4:] if path.startswith("/api/") else path
    for template in DOCUMENT["paths"]:
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return template
    raise AssertionError(target + " is not described")


def response_of(target, method, status):
    item = DOCUMENT["paths"][path_of(target)]
    operation = item[method.lower() if method in ("OPTIONS", "POST") else "get"]
    assert str(status) in operation["responses"], "%s %s: %d is not described" % (method, target, status)
    return resolve(operation["responses"][str(status)])


def check_headers(described, answer):
    described = {name.lower(): resolve(header) for name, header in described.items()}
    for name in map(str.lower, answer.headers.keys()):
        assert name in described or name in EVERYWHERE, "%s is not described" % name
    for name, header in described.items():
        value = answer.headers.get(name)
        if value is None:
            assert not header.get("required"), name + " is missing"
            continue
        schema = resolve(header["schema"])
        validate(schema, int(value) if schema["type"] == "integer" else value)


def check(answer, target, method="GET"):
    """Holds an answer against what is written of its path, method and status."""
    described = response_of(target, method, answer.status)
    check_headers(described.get("headers", {}), answer)
    if "content" not in described:
        assert answer.body == b""
        return
    kind = answer.headers["content-type"].split(";")[0]
    assert kind in described["content"], "%s of %s is not described" % (kind, target)
    if method == "HEAD":
        assert answer.body == b""
    elif "content-encoding" not in answer.headers:
        text = answer.body.decode()
        validate(described["content"][kind]["schema"], json.loads(text) if kind == "application/json" else text)


def raw(daemon, data):
    """The first answer to bytes that no client library would send."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE) as sock:
        sock.sendall(data)
        response = http.client.HTTPResponse(sock)
        response.begin()
        return Answer(response)


def targets():
    yield from ("/", "/heartbeat", "/replicate_mode", "/openapi.json", "/dashboard", "/livez", "/readyz", "/readyz?verbose")
    for category in ("image_generation", "text_generation"):
        for query in ("", "?limit=3&offset=2", "?group_text_models=true", "?offset=%d" % 10**20):
            yield STATISTICS + category + query
            yield STATISTICS + category + RISK + query
            yield STATISTICS + category + "/audit" + query
        for query in ("include_backend_variations=1", "preset=", "limit=%d" % 10**25):
            yield STATISTICS + category + RISK + "?" + query
        for preset in PRESETS:
            yield STATISTICS + category + RISK + "?preset=" + preset
            yield STATISTICS + category + RISK + "?group_text_models=1&limit=2&preset=" + preset
        for query in ("", "?include_workers=1", "?include_backend_variations=1", "?sort_by=usage_month&sort_desc=0",
                      "?include_workers=true&include_backend_variations=true&min_worker_count=0&sort_by=name"):
            yield STATISTICS + category + "/with-stats" + query
        for query in ("", "?limit=2&offset=1", "?format=csv", "?format=markdown&limit=1"):
            for path in ("/history", "/changes", "/unlisted"):
                yield STATISTICS + category + path + query
        for query in ("", "?group_text_models=1", "?include_backend_variations=true"):
            yield STATISTICS + category + "/columns" + query
        yield STATISTICS + category + "/cycles"
        yield STATISTICS + category + "/history?preset=critical"
        yield STATISTICS + category + "/changes?since=1&kinds=appeared,many"
        yield STATISTICS + category + RISK + "?preset=deletion_candidates&min_days=1&format=csv"
    yield STATISTICS + "image_generation/models/Amber%20Canvas%20v1"
    yield STATISTICS + "text_generation/models/quill-labs%2FQuill-4B"


@pytest.mark.parametrize("target", targets())
def test_good_answers(demo, target):
    answer = demo.get(target)
    assert answer.status == 200
    check(answer, target)
    check(demo.get(target, "HEAD"), target, "HEAD")
    check(demo.get("/api" + target), "/api" + target)
    check(demo.get(target, "OPTIONS"), target, "OPTIONS")
    check(demo.get(target, headers={"Origin": "https://models.example.org"}), target)
    for value in ("br, gzip;q=0.5", "identity;q=0, *;q=0"):
        check(demo.get(target, headers={"Accept-Encoding": value}), target)
    if "etag" in answer.headers:
        again = demo.get(target, headers={"If-None-Match": answer.headers["etag"]})
        assert again.status == 304
        check(again, target)
        failed = demo.get(target, headers={"If-Match": '"x"'})
        assert failed.status == 412
        check(failed, target)


@pytest.mark.parametrize("target,status", (
    (STATISTICS + "blip", 404), (STATISTICS + "blip" + RISK, 400), (STATISTICS + "blip/with-stats", None),
    (STATISTICS + "text_generation" + RISK + "?preset=x%22%00%ff", 400),
    (STATISTICS + "image_generation/models/Amber", 404), (STATISTICS + "blip/models/x", 400),
    (STATISTICS + "blip/columns", 400), (STATISTICS + "blip/cycles", 404), (STATISTICS + "foo/cycles", 422),
    (STATISTICS + "blip/history", 400), (STATISTICS + "foo/changes", 422),
    (STATISTICS + "image_generation/changes?since=x&kinds=x&format=x", 422),
    (STATISTICS + "image_generation" + RISK + "?min_days=1", 400),
    (STATISTICS + "foo", 422), (STATISTICS + "foo" + RISK, 422), (STATISTICS + "foo/with-stats", 422),
    (STATISTICS + "image_generation?limit=0&offset=-1&group_text_models=", 422),
    (STATISTICS + "image_generation" + RISK + "?limit=x&include_backend_variations=2&offset=1__0", 422),
    (STATISTICS + "image_generation" + RISK + "?limit=" + "9" * 4301, 422),
    (STATISTICS + "image_generation/with-stats?min_worker_count=x&sort_desc=x&include_workers=x", 422)))
def test_errors_of_the_data(demo, target, status):
    answer = demo.get(target)
    assert answer.status == (status or answer.status) >= 400
    check(answer, target)


@pytest.mark.parametrize("target", sorted({path_of(target) for target in targets()} | {EVENTS}))
def test_errors_of_the_protocol(demo, target):
    target = target.replace("{model_category_name}", "image_generation").replace("{model_name}", "x")
    answers = {405: demo.get(target, "DELETE")}
    for status, data in (
            (400, "GET %s HTTP/1.1\r\n\r\n"), (413, "GET %s HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n"),
            (414, "GET %s?" + "x" * 70000 + " HTTP/1.1\r\nHost: x\r\n\r\n"),
            (431, "GET %s HTTP/1.1\r\nHost: x\r\nA: " + "x" * 70000 + "\r\n\r\n"),
            (501, "BREW %s HTTP/1.1\r\nHost: x\r\n\r\n"), (505, "GET %s HTTP/2.0\r\nHost: x\r\n\r\n")):
        answers[status] = raw(demo, (data % target).encode())
    for status, answer in answers.items():
        assert answer.status == status
        check(answer, target)
    bad = raw(demo, b"OPTIONS %s HTTP/1.1\r\n\r\n" % target.encode())
    check(bad, target, "OPTIONS")


def test_an_explanation(demo):
    """Apart from the others: its tag is of ages, too, so it is soon another."""
    for target in ("image_generation/models/Amber%20Canvas%20v1", "text_generation/models/quill-labs%2FQuill-4B"):
        target = "%s%s?explain=true" % (STATISTICS, target)
        answer = demo.get(target)
        assert answer.status == 200
        check(answer, target)
        check(demo.get(target, "HEAD"), target, "HEAD")
    target = target.replace("true", "maybe")
    check(demo.get(target), target)


def test_streams(demo, make_daemon):
    def ask(daemon, target, method="GET", headers=None):
        """The answer's head, and what it begins with."""
        connection = daemon.connect()
        connection.request(method, target, headers=headers or {})
        response = connection.getresponse()
        if response.status == 200 and method == "GET":
            response.read = lambda: response.read1(65536)
        answer = Answer(response)
        connection.close()
        return answer

    target = EVENTS + "?category=image_generation,text_generation"
    answer = ask(demo, target)
    assert answer.status == 200
    check(answer, target)
    check(ask(demo, target, headers={"Origin": "https://models.example.org"}), target)
    for method in ("HEAD", "OPTIONS"):
        check(ask(demo, target, method), target, method)
    for target, status in ((EVENTS + "?category=foo", 422), (EVENTS + "?category=blip", 404)):
        answer = ask(demo, target)
        assert answer.status == status
        check(answer, target)
    answer = ask(make_daemon(settings="http { max_streams = 0 }").start(), EVENTS)
    assert answer.status == 503
    check(answer, EVENTS)


def test_head_timeout_and_connection_limit(make_daemon):
    daemon = make_daemon(settings="http { head_timeout = 3 max_connections = 4 }").start()
    answer = raw(daemon, b"GET /heartbeat HTTP/1.1\r\n")
    assert answer.status == 408
    check(answer, "/heartbeat")
    held = [socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE) for _ in range(4)]
    for sock in held:  # a silent one would give its place up
        sock.sendall(b"GET ")

    def refused():
        answer = daemon.get("/heartbeat")
        return answer.status == 503 and answer

    check(wait_for(refused, "a refusal"), "/heartbeat")
    for sock in held:
        sock.close()


def test_nothing_to_serve(make_daemon, tmp_path):
    daemon = make_daemon({"image_generation": ["file://%s/missing.json" % tmp_path]},
                         "file://%s" % tmp_path).start(wait=False)
    for target in (STATISTICS + "image_generation", STATISTICS + "image_generation" + RISK):
        answer = daemon.get(target)
        assert answer.status == 503
        check(answer, target)
    for target in ("/readyz", "/readyz?verbose", STATISTICS + "image_generation/with-stats"):
        answer = daemon.get(target)
        if answer.status != 404:
            assert answer.status == 503
            check(answer, target)
            if target.startswith("/readyz"):
                assert answer.json()["status"] == "unavailable"


def test_every_described_operation_exists(demo):
    for path, item in DOCUMENT["paths"].items():
        if "servers" in item:
            continue  # another listener: below
        assert path in {path_of(target) for target in targets()} | {EVENTS}, path + " is not tested"
        assert set(item) <= {"get", "options", "parameters"}


def test_other_origins(make_daemon):
    """Scripts from elsewhere, and their preflights."""
    origin = "https://models.example.org"
    daemon = make_daemon(settings='http { cors = { "%s" } }' % origin).start()
    target = STATISTICS + "image_generation"
    for sent in (origin, "https://other.example.org"):
        for path in (target, target + RISK, "/heartbeat", "/openapi.json", STATISTICS + "foo", "/livez"):
            check(daemon.get(path, headers={"Origin": sent}), path)
        for method in ("GET", "BREW"):
            preflight = {"Origin": sent, "Access-Control-Request-Method": method,
                         "Access-Control-Request-Headers": "if-none-match"}
            answer = daemon.get(target, "OPTIONS", preflight)
            assert answer.status == (200 if (sent, method) == (origin, "GET") else 400)
            check(answer, target, "OPTIONS")


def test_metrics(make_daemon):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    daemon = make_daemon(settings='http { metrics_listen = "127.0.0.1:%d" }' % port)
    daemon.start()
    for method, status in (("GET", 200), ("OPTIONS", 405), ("POST", 405)):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        client.request(method, "/metrics")
        answer = Answer(client.getresponse())
        client.close()
        assert answer.status == status
        check(answer, "/metrics")
    assert "options" not in DOCUMENT["paths"]["/metrics"]


def test_orders(make_daemon, tmp_path):
    (tmp_path / "token").touch(mode=0o600)
    (tmp_path / "token").write_text("0123456789abcdef\n")
    daemon = make_daemon(settings='http { admin_listen = "127.0.0.1:0" admin_token_file = "%s" }' % (
        tmp_path / "token")).start()
    port = int(re.search(r"orders on 127\.0\.0\.1:(\d+)", daemon.log()).group(1))
    target, right = "/admin/refresh/image_generation", {"Authorization": "Bearer 0123456789abcdef"}

    def answer(*statuses, target=target, method="POST", headers=right):
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        client.request(method, target, headers=headers)
        got = Answer(client.getresponse())
        client.close()
        assert got.status in statuses
        check(got, target, "POST")
        return got.status

    answer(202)
    answer(404, target="/admin/refresh/foo")
    answer(405, method="GET")
    answer(401, headers={})
    wait_for(lambda: answer(401, 429, headers={"Authorization": "Bearer no"}) == 429, "the end of patience")


def test_the_document_serves_itself(demo):
    answer = demo.get("/openapi.json")
    assert answer.json() == DOCUMENT
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert demo.get("/openapi.json", "HEAD").headers["content-length"] == str(len(answer.body))


def each(node, wanted):
    if isinstance(node, dict):
        if wanted in node:
            yield node
        for value in node.values():
            yield from each(value, wanted)
    elif isinstance(node, list):
        for value in node:
            yield from each(value, wanted)


def test_schemas_are_schemas_and_examples_match():
    found = 0
    for holder in each(DOCUMENT, "schema"):
        schema = holder["schema"]
        if isinstance(schema, dict):
            jsonschema.Draft202012Validator.check_schema(schema)
            if "example" in holder:
                validate(schema, holder["example"])
                found += 1
    assert found > 30
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_references_lead_somewhere_and_all_components_are_used():
    used = {holder["$ref"] for holder in each(DOCUMENT, "$ref")}
    for reference in used:
        resolve({"$ref": reference})
    for operation in each(DOCUMENT["paths"], "security"):
        used |= {"#/components/securitySchemes/" + name for names in operation["security"] for name in names}
    for kind, members in DOCUMENT["components"].items():
        assert {"#/components/%s/%s" % (kind, name) for name in members} <= used
    names = [operation["operationId"] for operation in each(DOCUMENT["paths"], "operationId")]
    assert len(names) == len(set(names))


def test_the_check_can_fail(demo):
    """Without any one of its keys, or with one more, an answer is not what is described."""
    target = STATISTICS + "text_generation" + RISK + "?limit=1&include_backend_variations=1&offset=3"
    answer = demo.get(target)
    good = answer.json()
    places = (lambda d: d, lambda d: d["summary"], lambda d: d["models"][0], lambda d: d["models"][0]["usage_trend"],
              lambda d: d["models"][0]["deletion_risk_flags"], lambda d: d["models"][0]["backend_variations"][0])
    for place in places:
        for key in [*place(good), None]:
            bad = copy.deepcopy(good)
            if key is None:
                place(bad)["more"] = 1
            else:
                del place(bad)[key]
            with pytest.raises(AssertionError):
                validate({"$ref": "#/components/schemas/DeletionRisk"}, bad)


def test_what_is_told_of_a_fleet_is_described(make_daemon, tmp_path):
    with RedisServer(tmp_path / "redis") as redis:
        daemon = make_daemon(settings='redis { url = "%s" poll = 1 }' % redis.url("unix")).start()
        for up in True, False:
            wait_for(lambda: all(entry["fleet"]["up"] == up and entry["fleet"]["since"]
                                 for entry in daemon.get("/readyz?verbose").json()["categories"]), "up: %s" % up)
            check(daemon.get("/readyz?verbose"), "/readyz?verbose")
            redis.stop()
