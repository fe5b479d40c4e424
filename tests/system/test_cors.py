"""Scripts of other origins: what Starlette's CORSMiddleware answers, with credentials, methods and headers allowed."""
import pytest

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
HERE, THERE = "https://here.example", "http://there.example:8080"
EXPOSED = "Age, Cache-Status, Content-Length, ETag, Last-Modified, Retry-After"
METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
# Answers of every kind: 200, 304, 204, errors, redirect.
REQUESTS = ((RISK, "GET", {}), (STATISTICS, "HEAD", {}), (RISK, "GET", {"If-None-Match": "*"}), (RISK, "OPTIONS", {}),
            ("/heartbeat", "GET", {}), ("/nothing", "GET", {}), (RISK + "?limit=0", "GET", {}), (RISK, "POST", {}),
            ("/heartbeat/", "GET", {}))


def serve(tmp_path_factory, origins):
    from conftest import DEMO, file_categories
    from daemon import Daemon
    return Daemon(tmp_path_factory.mktemp("cors"), file_categories(DEMO), "file://%s" % DEMO,
                  settings="http { cors = { %s } }" % origins).start()


@pytest.fixture(scope="module")
def listing(tmp_path_factory):
    daemon = serve(tmp_path_factory, '"%s", "%s"' % (HERE, THERE))
    yield daemon
    assert daemon.stop() == 0


@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory):
    daemon = serve(tmp_path_factory, '"*"')
    yield daemon
    assert daemon.stop() == 0


def cors_fields(answer):
    fields = {name.lower()[len("access-control-"):]: value for name, value in answer.headers.items()
              if name.lower().startswith("access-control-")}
    varies = {part.strip() for value in answer.headers.get_all("vary") or [] for part in value.split(",")}
    return fields, "Origin" in varies


def preflight(daemon, origin, method="GET", headers=None, target=RISK):
    fields = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers is not None:
        fields["Access-Control-Request-Headers"] = headers
    return daemon.get(target, "OPTIONS", fields)


@pytest.mark.parametrize("target,method,fields", REQUESTS)
def test_a_listed_origin_is_named(listing, target, method, fields):
    for origin in (HERE, THERE):
        answer = listing.get(target, method, dict(fields, Origin=origin))
        assert cors_fields(answer) == ({"allow-credentials": "true", "allow-origin": origin,
                                        "expose-headers": EXPOSED}, True)


@pytest.mark.parametrize("target,method,fields", REQUESTS)
def test_another_origin_is_not(listing, target, method, fields):
    for origin in ("https://evil.example", "https://here.example.evil.example", "https://here.example:443",
                   "http://here.example", "HTTPS://HERE.EXAMPLE", "null", HERE + ", " + THERE, ""):
        answer = listing.get(target, method, dict(fields, Origin=origin))
        assert cors_fields(answer)[0] == {"allow-credentials": "true"}


@pytest.mark.parametrize("target,method,fields", REQUESTS)
def test_every_answer_varies_by_origin(listing, target, method, fields):
    for more in ({}, {"Origin": HERE}, {"Origin": "https://evil.example"}):
        assert cors_fields(listing.get(target, method, dict(fields, **more)))[1]
    assert cors_fields(listing.get(target, method, fields))[0] == {}


@pytest.mark.parametrize("target", (RISK, "/", "/api/nothing", "*"))
def test_preflight_of_a_listed_origin(listing, target):
    answer = preflight(listing, HERE, headers="X-One, authorization", target=target)
    assert (answer.status, answer.body) == (200, b"OK")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert cors_fields(answer) == ({"allow-origin": HERE, "allow-credentials": "true", "allow-methods": METHODS,
                                    "max-age": "600", "allow-headers": "X-One, authorization",
                                    "expose-headers": EXPOSED}, True)
    assert "allow-headers" not in cors_fields(preflight(listing, HERE))[0]


def test_preflight_that_is_refused(listing):
    for origin, method, text in (("https://evil.example", "GET", b"origin"), (HERE, "BREW", b"method"),
                                 (HERE, "get", b"method"), ("null", "BREW", b"origin, method")):
        answer = preflight(listing, origin, method, "X-One")
        assert (answer.status, answer.body) == (400, b"Disallowed CORS " + text)
        fields, varies = cors_fields(answer)
        assert varies and fields.pop("allow-origin", None) == (HERE if origin == HERE else None)
        assert fields.pop("expose-headers", None) == (EXPOSED if origin == HERE else None)
        assert fields == {"allow-credentials": "true", "allow-methods": METHODS, "max-age": "600",
                          "allow-headers": "X-One"}


def test_half_a_preflight_is_none(listing):
    for fields in ({"Origin": HERE}, {"Access-Control-Request-Method": "GET"}):
        answer = listing.get(RISK, "OPTIONS", fields)
        assert (answer.status, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert listing.get(RISK, headers={"Origin": HERE, "Access-Control-Request-Method": "GET"}).status == 200


def test_all_origins(open_to_all):
    """Every answer says so, also to who sends no Origin: a shared cache may keep it for a script."""
    for target, method, fields in REQUESTS:
        for more in ({"Origin": HERE}, {"Origin": HERE, "Cookie": "a=b"}):
            answer = open_to_all.get(target, method, dict(fields, **more))
            assert cors_fields(answer) == (
                {"allow-credentials": "true", "allow-origin": "*", "expose-headers": EXPOSED}, False)
        assert cors_fields(open_to_all.get(target, method, fields)) == (
            {"allow-origin": "*", "expose-headers": EXPOSED}, False)
    answer = preflight(open_to_all, THERE, headers="X-One")
    assert (answer.status, cors_fields(answer)) == (200, (
        {"allow-origin": "*", "allow-credentials": "true", "allow-methods": METHODS, "max-age": "600",
         "allow-headers": "X-One", "expose-headers": EXPOSED}, False))
    answer = preflight(open_to_all, THERE, "BREW")
    assert (answer.status, answer.body, answer.headers["access-control-allow-origin"]) == (
        400, b"Disallowed CORS method", "*")


def test_without_origins_there_are_no_preflights(demo):
    answer = preflight(demo, HERE)
    assert (answer.status, answer.body, answer.headers["allow"]) == (204, b"", "GET, HEAD, OPTIONS")
    assert cors_fields(answer) == ({"allow-credentials": "true"}, False)
    assert cors_fields(demo.get(RISK)) == ({}, False)
