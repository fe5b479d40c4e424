"""What same_answers.py asks: the recorded targets, and what follows from them.

A question's fields may hold {tag}, {modified} and {last tag}: the ETag and the Last-Modified that
the asked build itself gave to a plain GET of the target, and the ETag of the plain GET before that.
"""
import collections
import itertools
import re

Question = collections.namedtuple("Question", "method target fields")
# Bytes for a connection of their own, which is read to its end.
Raw = collections.namedtuple("Raw", "data")

STATISTICS = "/model_references/statistics/"
ENDPOINTS = ("", "/deletion-risk", "/with-stats")
PRESETS = (None, "deletion_candidates", "zero_usage", "no_workers", "missing_data", "host_issues",
           "critical", "low_usage")
CODINGS = ("gzip", "br", "zstd")
ORIGIN, STRANGER = "https://here.example", "https://there.example"

ODD_QUERIES = (
    "limit=0", "limit=-1", "limit=abc", "limit=", "limit", "limit=1.0", "limit=1e3", "limit=%2B5", "limit=+5",
    "limit=5%20", "limit=1_0", "limit=_10", "limit=%EF%BC%95", "limit=" + "9" * 40, "limit=" + "9" * 4300,
    "limit=" + "9" * 4301, "limit=9223372036854775807", "limit=9223372036854775808", "limit=0x10", "limit=007",
    "offset=-1", "offset=", "offset=x", "offset=-0", "offset=00&limit=2", "offset=%00", "offset=%ff",
    "limit=2&limit=3", "limit=x&limit=3", "limit=3&limit=x", "&&limit=2&&", "limit=2;offset=1", "%6cimit=2",
    "LIMIT=2", "limit=2&", "limit=2#x", "limit==2", "unknown=1", "?limit=2", "%", "%zz=1", "limit=%zz",
    "preset=", "preset=nope", "preset=CRITICAL", "preset=critical%20", "preset=%E2%98%83&limit=1",
    "preset=%22%5C%01%ff", "preset=nope&preset=critical", "preset=a%00b", "preset=critical&limit=0",
    "group_text_models=x", "group_text_models=2", "group_text_models=", "group_text_models=%20true",
    "include_backend_variations=TRUE", "include_backend_variations=Yes", "include_backend_variations=oN",
    "include_backend_variations=t", "include_backend_variations=no", "include_backend_variations=nein",
    "include_workers=1", "include_workers=0", "include_workers=off", "include_workers=maybe",
    "min_worker_count=x", "min_worker_count=-5&include_workers=true", "min_worker_count=" + "9" * 40,
    "min_worker_count=1.5", "min_worker_count=4294967296&include_workers=1", "sort_by=", "sort_by=NAME",
    "sort_by=name&sort_desc=x", "sort_desc=", "sort_desc=false", "sort_by=usage_day",
    "offset=-1&limit=abc&group_text_models=x&include_backend_variations=y",
    "min_worker_count=x&include_workers=y&sort_desc=z&include_backend_variations=w")
ODD_CATEGORIES = ("foo", "Image_generation", "image%5Fgeneration", "image_generation%20", "%00", "%ff", "..",
                  "blip", "lora", "%E2%98%83", "a%22b", "image_generation%2Fdeletion-risk")
ODD_PATHS = (
    "/nothing", "/api/api/heartbeat", "/apiheartbeat", "/API/heartbeat", "//heartbeat", "/model_references/statistics/",
    "/Heartbeat", "/heartbeat/", "/api", "/api/", "/api/heartbeat//", "/livez/", "/metrics", "/docs", "/api/docs",
    "/model_references", "/model_references/statistics", "/model_references//statistics/image_generation",
    STATISTICS + "image_generation/", STATISTICS + "image_generation/?limit=1&x=%20%22",
    STATISTICS + "image_generation/deletion-risk/", STATISTICS + "image_generation/nothing",
    STATISTICS + "image_generation/with-stats/more", "/%68eartbeat", "/heart%00beat", "/heartbeat%2F", "/%ff", "/?x",
    "/" + "x" * 9000)
FIXED = ("/", "/heartbeat", "/livez", "/readyz", "/readyz?verbose", "/readyz?verbose=1", "/readyz?verbos",
         "/replicate_mode", "/openapi.json", "/openapi.json?x=1")
NEGOTIATIONS = (
    "", "identity", "x-gzip", "GZIP", "gzip, deflate", "gzip, deflate, br", "gzip, deflate, br, zstd", "gzip, zstd",
    "*", "br;q=0, *", "br;q=0.5, gzip;q=0.9", "gzip;q=0.001", "gzip;q=0", "gzip;q=0.5, identity",
    "identity;q=0.5, gzip;q=0.4", "*;q=0, gzip", "identity;q=0, zstd", "deflate", "gzip;q=2", "gzip;q=a, br",
    "gzip br", ",,gzip,,", "gzip ; q=0.5 , br;q=0.4", "compress;q=1, *;q=0.5", "identity;q=0", "*;q=0")
VALIDATORS = (
    {"If-None-Match": "{tag}"}, {"If-None-Match": '"x", {tag}', "Accept-Encoding": "br"},
    {"If-None-Match": "{last tag}", "Accept-Encoding": "br"}, {"If-None-Match": '"x"', "Accept-Encoding": "gzip"},
    {"If-Modified-Since": "{modified}"},
    {"If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT", "Accept-Encoding": "zstd"},
    {"If-Modified-Since": "{modified}", "If-None-Match": '"x"', "Accept-Encoding": "br"})
PREFLIGHT = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "X-One, authorization"}


def ask(target, method="GET", **fields):
    return Question(method, target, tuple((name.replace("_", "-"), value) for name, value in fields.items()))


def category_of(target):
    found = re.match(re.escape(STATISTICS) + r"([^/?]+)", target)
    return found and found.group(1)


# Most whole answers are asked for in an encoding: what is sent is compared, and that is less then.
def about(target):
    """A recorded target in every way that a client may ask for it. The plain GET comes first."""
    yield ask(target)
    yield ask(target, "HEAD")
    yield ask("/api" + target, Accept_Encoding="gzip")
    for coding in CODINGS:
        yield ask(target, Accept_Encoding=coding)
        yield ask(target, "HEAD", Accept_Encoding=coding)
        yield ask(target, Accept_Encoding=coding + ", identity;q=0")  # from a cache, if there is one
    for fields in VALIDATORS:
        yield Question("GET", target, tuple(fields.items()))


def briefly(target):
    """A derived target: as it is, in the encoding that is made fastest, and by its own tag."""
    yield ask(target)
    yield ask(target, Accept_Encoding="gzip")
    yield ask(target, Accept_Encoding="gzip", If_None_Match="{tag}")
    yield ask(target, Accept_Encoding="gzip", If_None_Match="{last tag}")


def with_query(path, **parameters):
    query = "&".join("%s=%s" % item for item in parameters.items() if item[1] is not None)
    return path + ("?" + query if query else "")


def selections(category):
    """Every combination of the parameters that choose, sort and cut."""
    pages = ((None, None), (1, None), (7, 3), (None, 1), (2, 100000), (10**30, 0))
    booleans = (None, "true")
    for group, page in itertools.product(booleans, pages):
        yield with_query(STATISTICS + category, group_text_models=group, limit=page[0], offset=page[1])
    if category not in ("image_generation", "text_generation"):
        return
    for group, variations, preset, page in itertools.product(booleans, booleans, PRESETS, pages):
        yield with_query(STATISTICS + category + "/deletion-risk", preset=preset, limit=page[0], offset=page[1],
                         group_text_models=group, include_backend_variations=variations)
    sorts = (None, "worker_count", "usage_total", "usage_month", "name", "nonsense")
    for workers, variations, least, sort, descending in itertools.product(
            booleans, booleans, (None, 0, 1, 2), sorts, (None, "false")):
        yield with_query(STATISTICS + category + "/with-stats", sort_by=sort, sort_desc=descending,
                         min_worker_count=least, include_workers=workers, include_backend_variations=variations)


def oddities():
    """Bad and strange parameters, categories, paths, methods."""
    for endpoint in ENDPOINTS:
        for query in ODD_QUERIES:
            for category in ("image_generation", "text_generation", "blip", "foo"):
                yield from briefly(STATISTICS + category + endpoint + "?" + query)
        for category in ODD_CATEGORIES:
            yield ask(STATISTICS + category + endpoint)
            yield ask(STATISTICS + category + endpoint + "?preset=nope&limit=1")
        for negotiation in NEGOTIATIONS:
            for query in ("", "?limit=1&offset=1&include_workers=1"):
                yield ask(STATISTICS + "text_generation" + endpoint + query, Accept_Encoding=negotiation)
    for path in ODD_PATHS:
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            yield ask(path, method)
    for path in FIXED:
        for prefix in ("", "/api"):
            yield from about(prefix + path)


def scripts():
    """Methods other than GET, and scripts of other origins."""
    paths = ("/", "/heartbeat", "/livez", "/nothing", "/heartbeat/", "*", STATISTICS + "image_generation/deletion-risk",
             STATISTICS + "foo", STATISTICS + "text_generation?limit=0")
    for path in paths:
        for method in ("OPTIONS", "POST", "PUT", "DELETE", "TRACE", "BREW", "get"):
            yield ask(path, method)
        for origin in (ORIGIN, STRANGER, "null", ""):
            for method in ("GET", "HEAD", "OPTIONS", "POST"):
                yield ask(path, method, Origin=origin)
            yield ask(path, Origin=origin, Cookie="a=b")
            yield ask(path, Origin=origin, If_None_Match="*")
            yield ask(path, Origin=origin, Accept_Encoding="br")
            for wish in ("GET", "BREW", "get", ""):
                fields = dict(PREFLIGHT, Origin=origin)
                fields["Access-Control-Request-Method"] = wish
                yield Question("OPTIONS", path, tuple(fields.items()))
        yield Question("OPTIONS", path, tuple(PREFLIGHT.items()))


def head(target="/heartbeat", method="GET", version="1.1", more="", host="Host: x\r\n"):
    return ("%s %s HTTP/%s\r\n%s%s\r\n" % (method, target, version, host, more)).encode()


def raw():
    """What no client library sends. Each ends its connection."""
    close, target = "Connection: close\r\n", STATISTICS + "image_generation/deletion-risk?limit=2"
    for data in (
            head(host=""), head(more="Host: y\r\n"), head(more="A: b\r\n c\r\n"), head(more="A : b\r\n"),
            b"GET /heartbeat HTTP/1.1\nHost: x\n\n", head(more="A: \0\r\n"), head("/\x01"), head(version="2.0"),
            head(version="1.2x"), b"GET  /heartbeat HTTP/1.1\r\nHost: x\r\n\r\n", b"G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
            head(more="Content-Length: 0\r\nContent-Length: 1\r\n"), head(more="Content-Length: x\r\n"),
            head(more="Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"),
            b"GET heartbeat HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", head(more="Transfer-Encoding: chunked\r\n"),
            head(more="".join("A%d: b\r\n" % i for i in range(80))), head(more="A: %s\r\n" % ("x" * 17000)),
            head(method="POST", more="Content-Length: 5\r\n"),
            head(version="1.0", host=""), head(target, version="1.0"), head(target, "HEAD", "1.0"),
            head(target, version="1.0", more="Connection: keep-alive\r\n") + head(target, version="1.0"),
            head(target, more=close), head("http://x" + target, more=close), head("http://x", more=close),
            head("/heartbeat/", version="1.0", host=""), b"\r\n" + head(more=close),
            head(target, "HEAD") + head(target) + head("/nothing") + head(more=close)):
        yield Raw(data)


def of_documents(targets):
    """The recorded targets: what depends on documents and settings."""
    for target in targets:
        yield from about(target)


def of_requests(targets):
    """What depends on the request: selections of the categories of the recorded targets, and oddities."""
    for category in sorted({category_of(target) for target in targets} - {None}):
        for target in selections(category):
            yield from briefly(target)
    yield from oddities()
    yield from raw()


def of_state(targets):
    """Enough questions to tell whether a state of the data is handled alike: stale, too old, none."""
    seen = set()
    for target in targets:
        shape = re.sub(r"=[^&]*", "", target)
        if shape not in seen:
            seen.add(shape)
            yield from briefly(target)
            yield ask(target, "HEAD", Accept_Encoding="gzip")
            yield ask(target, If_Modified_Since="{modified}")
    for endpoint in ENDPOINTS:
        for query in ("preset=nope", "limit=0", "offset=1"):
            yield ask(STATISTICS + "image_generation" + endpoint + "?" + query)
    for path in FIXED:
        yield ask(path)
        yield ask(path, "HEAD")
