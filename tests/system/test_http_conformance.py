"""A conformance client of our own: what RFC 9110 and RFC 9112 ask of an origin server, case by case, over a socket."""
import email.utils
import json
import re
import socket
import urllib.parse

import pytest

from conftest import DEMO, SOURCE, file_categories
from daemon import Daemon, PATIENCE, wait_for

RISK = "/model_references/statistics/image_generation/deletion-risk"
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
BODILESS = (204, 304)
ONCE = ("date", "server", "content-length", "content-type", "connection", "etag", "last-modified", "age", "location",
        "cache-control", "vary", "allow", "retry-after", "x-content-type-options", "access-control-allow-origin")


class Wire:
    """A connection on which nothing is taken for granted: every byte that comes back has its place."""

    def __init__(self, daemon):
        self.sock = socket.create_connection(("127.0.0.1", daemon.port), timeout=PATIENCE)
        self.file = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def line(self):
        line = self.file.readline(100000)
        assert line.endswith(b"\r\n") and b"\r" not in line[:-2], line
        return line[:-2].decode("latin-1")

    def answer(self, method="GET"):
        """The next answer, which is one to that method."""
        return Answer(self, method)

    def ended(self):
        """Whether nothing follows but the end."""
        try:
            rest = self.file.read()
        except ConnectionResetError:
            rest = b""
        assert rest == b"", rest[:300]
        return True


class Answer:
    def __init__(self, wire, method):
        status = re.fullmatch(r"HTTP/1\.1 (\d{3}) [A-Z][A-Za-z -]+", wire.line())
        assert status, "no status line"
        self.status = int(status.group(1))
        self.fields = []
        while line := wire.line():
            field = re.fullmatch(r"(%s):[ \t]*(.*?)[ \t]*" % TOKEN, line)
            assert field, line
            self.fields.append((field.group(1).lower(), field.group(2)))
        for name in ONCE:
            assert len(self.all(name)) <= 1, (name, self.all(name))
        length = self["content-length"]
        if self.status in BODILESS:
            assert length is None
        bodiless = method == "HEAD" or self.status in BODILESS
        assert bodiless or length is not None
        self.body = b"" if bodiless else wire.file.read(int(length))
        assert bodiless or len(self.body) == int(length)
        assert self["x-content-type-options"] == "nosniff"
        self.date = email.utils.parsedate_to_datetime(self["date"])
        self.closes = self["connection"] == "close"

    def all(self, name):
        return [value for key, value in self.fields if key == name]

    def __getitem__(self, name):
        return next(iter(self.all(name)), None)


def request(target=RISK, method="GET", version="1.1", host="Host: x\r\n", **fields):
    """If_Match="x" is `If-Match: x`."""
    lines = "".join("%s: %s\r\n" % (name.replace("_", "-"), value) for name, value in fields.items())
    return "%s %s HTTP/%s\r\n%s%s\r\n" % (method, target, version, host, lines)


def ask(daemon, data, method=None):
    """The answer to one request; then the connection is what the answer says of it: closed, or good for another."""
    with Wire(daemon) as wire:
        wire.send(data)
        answer = wire.answer(method or data.split(" ", 1)[0])
        if answer.closes:
            assert wire.ended()
            return answer
        wire.send(request("/livez", Connection="close"))
        probe = wire.answer()
        assert (probe.status, probe.body) == (200, b'{"status":"ok"}')
        assert wire.ended()
        return answer


def refused(daemon, data, status=400, method=None):
    """That it is, as the last thing that happens on its connection: what follows is not taken for a request."""
    answer = ask(daemon, data + request(), method)
    assert (answer.status, answer.closes) == (status, True)
    assert answer["cache-control"] == "no-store"
    return answer


# RFC 9112 section 3.2, RFC 9110 section 7.2, RFC 3986 section 3.2.

HOSTS = ("x", "x:80", "x:", "a.example:65535", "A.Example", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:80",
         "[2001:DB8::a]:", "[::ffff:127.0.0.1]", "[1:2:3:4:5:6:7:8]", "a%2Db", "%41", "a_b", "a~b", "(a)", "a,b", "a;b=c",
         "xn--bcher-kva.example", "-", "256.1.1.1")
NO_HOSTS = (":80", ":", "x:port", "x:-1", "x:+1", "x:80:81", "x::80", "x: 80", "x:8 0", "a:b:c", "a:b:c]", "::1",
            "::1:80", "[::1", "::1]", "[::1]x", "[::1]80", "x[::1]", "[[::1]]", "[]", "[", "]", "[zz]", "[1.2.3.4]",
            "[::1%25lo]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[::1]:x", "[v1.a]", "%", "%4", "%zz", "a%4g", "a b",
            "a\tb", "u@h", "u:p@h", "a\\b", 'a"b', "<a>", "{a}", "a|b", "a^b", "a`b", "caf\xe9", "a\x7fb")


@pytest.mark.parametrize("version", ("1.1", "1.0"))
@pytest.mark.parametrize("host", ("", *HOSTS))
def test_a_host(demo, host, version):
    assert ask(demo, request(host="Host: %s\r\n" % host, version=version)).status == 200


@pytest.mark.parametrize("version", ("1.1", "1.0"))
@pytest.mark.parametrize("host", (*NO_HOSTS, "a/b", "a?b", "a#b", "http://x"))
def test_no_host(demo, host, version):
    refused(demo, request(host="Host: %s\r\n" % host, version=version))


@pytest.mark.parametrize("scheme", ("http", "https", "HtTp"))
@pytest.mark.parametrize("host", HOSTS)
def test_an_absolute_target(demo, host, scheme):
    assert ask(demo, request("%s://%s%s?limit=1" % (scheme, host, RISK), host="Host: other\r\n")).status == 200


@pytest.mark.parametrize("host", ("", *NO_HOSTS))
def test_an_absolute_target_without_a_host(demo, host):
    refused(demo, request("http://%s/livez" % host))


@pytest.mark.parametrize("host", ("", "Host: [::1\r\n", "Host: x\r\nHost: x\r\n", "Host: x\r\nhost: y\r\n"))
def test_an_absolute_target_excuses_no_bad_host(demo, host):
    refused(demo, request("http://x/livez", host=host))


# RFC 9110 sections 2.5 and 15.6.6.

@pytest.mark.parametrize("version", ["1.%d" % minor for minor in range(1, 10)])
def test_a_minor_version(demo, version):
    answer = ask(demo, request(version=version))
    assert (answer.status, answer.closes) == (200, False)
    assert ask(demo, request(version=version, Connection="close")).closes
    refused(demo, request(version=version, host=""))
    with Wire(demo) as wire:
        wire.send(request(version=version) * 3 + request(version=version, Connection="close"))
        assert [wire.answer().status for _ in range(4)] == [200] * 4
        assert wire.ended()


def test_version_1_0(demo):
    assert ask(demo, request(version="1.0", host="")).closes
    answer = ask(demo, request(version="1.0", host="", Connection="keep-alive"))
    assert (answer.status, answer["connection"], answer.closes) == (200, "keep-alive", False)


@pytest.mark.parametrize("version", ("0.9", "0.0", "2.0", "2.1", "3.0", "9.9"))
def test_another_major_version(demo, version):
    refused(demo, request(version=version), 505)


@pytest.mark.parametrize("version", ("", "1", "1.", ".1", "1.10", "11.1", "1.1.1", "1,1", "1.x", "x.1", "-1.1", "1.1 ", " 1.1",
                                     "1.1\t"))
def test_no_version(demo, version):
    refused(demo, request(version=version))


# RFC 9110 section 10.2.2: a client that came over TLS stays there, under whatever name it came.

REDIRECTS = (("/livez/", "/livez"), ("/livez///", "/livez"), ("/api", "/api/"), ("/api/livez//", "/api/livez"),
             ("/livez/?a=b&c=%20d", "/livez?a=b&c=%20d"), ("/livez/?//evil.example", "/livez?//evil.example"),
             ("/livez/#fragment", "/livez"), (RISK + "/?limit=1", RISK + "?limit=1"),
             (RISK.replace("image", "%0d%0aX:%20y") + "/", RISK.replace("image", "%0D%0AX:%20y")))


@pytest.mark.parametrize("method", ("GET", "HEAD", "POST"))
@pytest.mark.parametrize("target,location", REDIRECTS)
def test_a_redirect(demo, target, location, method):
    for version, host in (("1.1", "x"), ("1.1", "a.example:99"), ("1.1", ""), ("1.0", "[::1]:80")):
        answer = ask(demo, request(target, method, version, "Host: %s\r\n" % host, X_Forwarded_Proto="https"))
        assert (answer.status, answer["location"]) == (307, location)
    for scheme in ("http", "https"):
        answer = ask(demo, request("%s://x:443%s" % (scheme, target), method))
        assert (answer.status, answer["location"]) == (307, location)
    for base in ("https://x/", "https://x:8443/" + target, "http://[::1]/"):
        assert urllib.parse.urljoin(base, location).startswith(base.split("/", 3)[0] + "//" + base.split("/", 3)[2] + "/")


@pytest.mark.parametrize("target", ("//livez/", "//x/livez/", "/api//livez/", "///", "//evil.example/", "/%2flivez/",
                                    RISK.replace("image", "%2f%2fevil") + "/"))
def test_no_redirect_leads_elsewhere(demo, target):
    assert (ask(demo, request(target)).status, ask(demo, request(target))["location"]) == (404, None)


# RFC 9110 section 9.3.2: whatever is wrong with a HEAD, the answer has no body.

LONG = "x" * 9000
REFUSALS = (
    (400, "{} %s HTTP/1.1\r\n\r\n" % RISK), (400, "{} / HTTP/1.1\r\nHost: a:b:c\r\n\r\n"),
    (400, "{} / HTTP/1.1\nHost: x\n\n"), (400, "{}  / HTTP/1.1\r\nHost: x\r\n\r\n"), (400, "{} * HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "{} / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n"), (400, "\r\n{} / HTTP/1.1\r\nA\r\n\r\n"),
    (400, "{} / HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 1\r\n\r\n"),
    (413, "{} / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"),
    (413, "{} / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    (414, "{} /%s HTTP/1.1\r\nHost: x\r\n\r\n" % LONG), (431, "{} / HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n" * 70 + "\r\n"),
    (431, "{} / HTTP/1.1\r\nHost: x\r\n" + "A: %s\r\n" % LONG * 20 + "\r\n"), (505, "{} / HTTP/2.0\r\nHost: x\r\n\r\n"))


@pytest.mark.parametrize("status,data", REFUSALS, ids=range(len(REFUSALS)))
def test_a_refused_head_has_no_body(demo, status, data):
    full = refused(demo, data.format("GET"), status)
    answer = refused(demo, data.format("HEAD"), status, "HEAD")
    fields = [[field for field in each.fields if field[0] != "date"] for each in (full, answer)]
    assert full.body and fields[0] == fields[1]


# RFC 9110 sections 9.1, 15.5.6 and 15.6.2.

TARGETS = (RISK, "/", "/livez", "/openapi.json", "/api/heartbeat", RISK + "?limit=1")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("method", ("POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT"))
def test_a_method_that_is_not_allowed(demo, method, target):
    answer = ask(demo, request(target, method))
    assert (answer.status, answer["allow"], answer["cache-control"]) == (405, "GET, HEAD, OPTIONS", "no-store")
    assert ask(demo, request("/nothing", method)).status == 404


@pytest.mark.parametrize("target", (*TARGETS, "/nothing", "/livez/"))
@pytest.mark.parametrize("method", ("BREW", "get", "Get", "GETS", "GE", "PROPFIND", "QUERY", "M-SEARCH", "!#$%&'*+-.^_`|~09"))
def test_an_unknown_method(demo, method, target):
    assert refused(demo, request(target, method), 501).body == b'{"detail":"Not Implemented"}'
    refused(demo, request(target, method, Content_Length=5) + "hello", 501)


@pytest.mark.parametrize("method", ("", " ", "G(T", "G/T", "G,T", "G\"T", "G\tT", "GET:", "{GET}", "G\xc9T", "x" * 33))
def test_no_method(demo, method):
    refused(demo, request(method=method))


@pytest.mark.parametrize("target", (*TARGETS, "*"))
def test_options(demo, target):
    answer = ask(demo, request(target, "OPTIONS"))
    assert (answer.status, answer["allow"]) == (204, "GET, HEAD, OPTIONS")


# RFC 9110 sections 13.1 and 13.2.2, 8.8.2.1: conditions, their order, and dates.

TAG = "{etag}"  # of the answer that is asked about, as {date} is its Last-Modified
CONDITIONS = (
    (200, {"If_Match": "*"}), (412, {"If_Match": TAG}), (412, {"If_Match": '"x"'}), (412, {"If_Match": '"x", ' + TAG}),
    (412, {"If_Match": "{strong}"}), (412, {"If_Match": ""}), (412, {"If_Match": "x"}), (412, {"If_Match": 'W/"x"'}),
    (200, {"If_Unmodified_Since": "{date}"}), (412, {"If_Unmodified_Since": "{before}"}),
    (412, {"If_Unmodified_Since": "Thu, 01 Jan 1970 00:00:01 GMT"}), (200, {"If_Unmodified_Since": "{future}"}),
    (412, {"If_Unmodified_Since": "Saturday, 01-Jan-00 00:00:01 GMT"}),
    (412, {"If_Unmodified_Since": "Thu Jan  1 00:00:01 1970"}), (200, {"If_Unmodified_Since": "yesterday"}),
    (200, {"If_Unmodified_Since": ""}), (200, {"If_Unmodified_Since": "0"}),
    (304, {"If_None_Match": TAG}), (304, {"If_None_Match": "{strong}"}), (304, {"If_None_Match": "*"}),
    (304, {"If_None_Match": '"x", %s, "y"' % TAG}), (304, {"If_None_Match": ', ,"x",,' + TAG}),
    (200, {"If_None_Match": '"x"'}), (200, {"If_None_Match": "x"}), (200, {"If_None_Match": ""}),
    (304, {"If_Modified_Since": "{date}"}), (200, {"If_Modified_Since": "{before}"}),
    (200, {"If_Modified_Since": "{future}"}), (200, {"If_Modified_Since": "Fri, 31 Dec 9999 23:59:59 GMT"}),
    (200, {"If_Modified_Since": "yesterday"}), (200, {"If_Modified_Since": "-1"}),
    # A tag decides before a date, and 412 before 304.
    (412, {"If_Match": '"x"', "If_Unmodified_Since": "{date}"}), (200, {"If_Match": "*", "If_Unmodified_Since": "{before}"}),
    (412, {"If_Match": '"x"', "If_None_Match": TAG}), (304, {"If_Match": "*", "If_None_Match": TAG}),
    (412, {"If_Unmodified_Since": "{before}", "If_None_Match": TAG}),
    (304, {"If_Unmodified_Since": "{date}", "If_None_Match": TAG}),
    (412, {"If_Unmodified_Since": "{before}", "If_Modified_Since": "{date}"}),
    (200, {"If_None_Match": '"x"', "If_Modified_Since": "{date}"}),
    (304, {"If_None_Match": TAG, "If_Modified_Since": "{before}"}),
    # What does not concern us.
    (200, {"If_Range": '"x"'}), (200, {"Range": "bytes=0-9", "If_Range": TAG}), (200, {"Range": "bytes=0-9"}))
VIEWS = (RISK, RISK + "?limit=1", RISK + "?preset=critical", RISK.replace("/deletion-risk", ""),
         RISK.replace("deletion-risk", "with-stats"))


def conditional(daemon, target, method, fields):
    """The conditions filled in, with what an answer just now has said."""
    plain = ask(daemon, request(target))
    when = email.utils.parsedate_to_datetime(plain["last-modified"]).timestamp()
    parts = {"etag": plain["etag"], "strong": plain["etag"][2:], "date": plain["last-modified"],
             "before": email.utils.formatdate(when - 1, usegmt=True),
             "future": email.utils.formatdate(plain.date.timestamp() + 86400, usegmt=True)}
    return ask(daemon, request(target, method, **{name: value.format(**parts) for name, value in fields.items()}))


@pytest.mark.parametrize("status,fields", CONDITIONS, ids=str)
@pytest.mark.parametrize("target", VIEWS)
def test_conditions(demo, target, status, fields):
    for method in ("GET", "HEAD"):
        answer = conditional(demo, target, method, fields)
        assert answer.status == status
        assert answer.body.startswith(b'{"detail":"Precondition' if status == 412 else b"{") or answer.body == b""
        assert answer["cache-control"] == "no-store" if status == 412 else answer["etag"]


@pytest.mark.parametrize("target,method,status", (
    (RISK + "?limit=0", "GET", 422), ("/nothing", "GET", 404), ("/livez/", "GET", 307), (RISK, "POST", 405),
    (RISK, "OPTIONS", 204)))
def test_conditions_of_what_is_not_there(demo, target, method, status):
    """RFC 9110 section 13.2.1: only what would be answered 2xx is held against them."""
    for fields in ({"If_Match": '"x"'}, {"If_Unmodified_Since": EPOCH}, {"If_None_Match": "*"}):
        assert ask(demo, request(target, method, **fields)).status == status


EPOCH = "Thu, 01 Jan 1970 00:00:01 GMT"


@pytest.mark.parametrize("status,fields", ((412, {"If_Match": '"x"'}), (200, {"If_Match": "*"}), (304, {"If_None_Match": "*"}),
                                           (200, {"If_Unmodified_Since": EPOCH}), (200, {"If_Modified_Since": EPOCH})), ids=str)
def test_conditions_of_what_has_no_date(demo, status, fields):
    for method in ("GET", "HEAD"):
        assert ask(demo, request("/openapi.json", method, **fields)).status == status


@pytest.mark.parametrize("target", (*VIEWS, "/livez", "/nothing", RISK + "?limit=0", "/openapi.json"))
def test_dates(demo, target):
    answer = ask(demo, request(target))
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", answer["date"])
    if answer["last-modified"]:
        assert email.utils.parsedate_to_datetime(answer["last-modified"]) <= answer.date


# Fetch standard, "CORS protocol and HTTP caches": with `*` every answer says so, whoever asks.

@pytest.fixture(scope="module")
def open_to_all(tmp_path_factory):
    daemon = Daemon(tmp_path_factory.mktemp("open"), file_categories(DEMO), "file://%s" % DEMO,
                    settings='http { cors = { "*" } head_timeout = 1 }').start()
    yield daemon
    assert daemon.stop() == 0


ORIGINS = ({}, {"Origin": "https://app.example"}, {"Origin": "null", "Cookie": "a=b"})


@pytest.mark.parametrize("fields", ORIGINS, ids=str)
@pytest.mark.parametrize("target", (*VIEWS, "/livez", "/nothing", RISK + "?limit=0", RISK + "?preset=x", "/livez/", "/openapi.json"))
def test_every_answer_is_open_to_all(open_to_all, target, fields):
    for method in ("GET", "HEAD", "POST", "OPTIONS"):
        for more in ({}, {"If_None_Match": "*"}, {"If_Match": '"x"'}):
            answer = ask(open_to_all, request(target, method, **fields, **more))
            assert answer["access-control-allow-origin"] == "*"
            assert "origin" not in (answer["vary"] or "").lower()


@pytest.mark.parametrize("status,data", REFUSALS, ids=range(len(REFUSALS)))
def test_every_refusal_is_open_to_all(open_to_all, status, data):
    assert refused(open_to_all, data.format("GET"), status)["access-control-allow-origin"] == "*"


def test_a_timeout_is_open_to_all(open_to_all):
    """A head that does not end."""
    with Wire(open_to_all) as wire:
        wire.send("GET / HTTP/1.1\r\n")
        answer = wire.answer()
        assert (answer.status, answer["access-control-allow-origin"]) == (408, "*")
        assert wire.ended()


@pytest.mark.parametrize("fields", ORIGINS, ids=str)
def test_where_no_origin_is_configured_none_is_named(demo, fields):
    assert ask(demo, request(**fields))["access-control-allow-origin"] is None


# RFC 9110 section 15.6.4 and RFC 9112 section 9: too many connections.

# What is odd in a request, and not in the way of its answer: of whatever route.

PATHS = [path.replace("{model_category_name}", "image_generation").replace("{model_name}", "no%20such%20model")
         for path, item in json.loads((SOURCE / "doc" / "openapi.json").read_text())["paths"].items()
         if "servers" not in item and path != "/events"]
TAGS = ", ".join('W/"%016x"' % n for n in range(350))
QUERIES = ("%", "%zz", "%00", "%ff", "&&=&=", "?" * 50, "x=" + "a" * 7000, "verbose=%2", "&" * 7000, "a%3D=b;c=d")


@pytest.mark.parametrize("target", PATHS)
def test_what_is_odd_changes_no_answer(demo, target):
    usual = ask(demo, request(target))
    odd = [request(target, If_None_Match=TAGS), request(target, Range="bytes=0-9"),
           request(target, Expect="100-continue"), request(target, Content_Length="0"),
           request("http://elsewhere.example" + target), request(target, version="1.0", Connection="keep-alive"),
           *(request(target + "?" + query) for query in QUERIES)]
    for data in odd:
        answer = ask(demo, data)
        assert (answer.status, answer["content-type"]) == (usual.status, usual["content-type"]), data[:200]
    if usual["etag"]:
        assert ask(demo, request(target, If_None_Match=TAGS + ", " + usual["etag"])).status == 304
    for method in ("TRACE", "CONNECT", "PUT"):
        assert ask(demo, request(target, method)).status == 405
    chunked = request(target, Transfer_Encoding="chunked") + "5\r\nhello\r\n0\r\n\r\n"
    assert refused(demo, chunked, 413)
    with Wire(demo) as wire:
        wire.send(request(target, "HEAD") * 200)
        assert {wire.answer("HEAD").status for _ in range(200)} == {usual.status}


@pytest.fixture
def crowded(make_daemon):
    """A daemon with four places, and connections that have all of them: each has had an answer, and is idle."""
    daemon = make_daemon(settings="http { max_connections = 4 }").start()
    wires = []

    def taken():
        """Connections of the start may be leaving still: then one of them is shed, or ours is refused."""
        wires.append(Wire(daemon))
        wires[-1].send(request())
        if wires[-1].answer().status == 503:
            wires.pop().__exit__()
        return len(wires) == 4

    wait_for(taken, "four connections")
    yield daemon, wires
    for wire in wires:
        wire.__exit__()


@pytest.mark.parametrize("method", ("GET", "HEAD", "POST"))
def test_an_idle_connection_makes_room(crowded, method):
    daemon, wires = crowded
    answer = ask(daemon, request(method=method))
    assert answer.status == (405 if method == "POST" else 200)
    assert wires[0].ended()
    for wire in wires[1:]:
        wire.send(request())
        assert wire.answer().status == 200


@pytest.mark.parametrize("data", ("G", "GET / HTTP/1.1\r\nHost: x\r\n", "\r\n", "HEAD "), ids=repr)
def test_a_busy_connection_does_not(crowded, data):
    daemon, wires = crowded
    for wire in wires:
        wire.send(data)
    many = [Wire(daemon) for _ in range(200)]
    for wire in many:
        answer = wire.answer()
        assert (answer.status, answer["retry-after"], answer.closes) == (503, "1", True)
        assert answer.body == b'{"detail":"Too many connections"}'
        assert wire.ended()
    for wire in many:
        wire.__exit__()
