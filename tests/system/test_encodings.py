"""Content encodings: the same bytes behind each, negotiation, validators, slow clients."""
import hashlib
import json
import re
import signal
import socket

import pytest

from codings import DECODE, gunzip
from conftest import DEMO, file_categories
from daemon import PATIENCE, Daemon, wait_for

STATISTICS = "/model_references/statistics/"
IMAGE = STATISTICS + "image_generation/deletion-risk"
TEXT = STATISTICS + "text_generation/deletion-risk"
PRESETS = "deletion_candidates zero_usage no_workers missing_data host_issues critical low_usage".split()
VIEWS = [STATISTICS + "image_generation", STATISTICS + "text_generation",
         STATISTICS + "text_generation?group_text_models=true", IMAGE, TEXT, TEXT + "?group_text_models=true",
         TEXT + "?include_backend_variations=true"]
LISTS = ("deletion-risk", "history", "changes", "unlisted")
CODINGS = ("gzip", "br", "zstd")


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    """A daemon on lists that are large: every model of the sample data many times."""
    directory = tmp_path_factory.mktemp("big")
    multiply(directory, 40)
    # No refresh comes between two requests whose bodies are compared: they have times in them.
    daemon = Daemon(directory / "daemon", file_categories(directory), "file://%s" % directory,
                    hydration="interval = 3000 ttl = 3001 stale_ttl = 3002 stale_if_error = 3003")
    # Nor does one after a segment that has to grow.
    daemon.config.write_text(daemon.config.read_text().replace('"8M"', '"64M"'))
    daemon.start()
    yield daemon
    assert daemon.stop() == 0


def multiply(directory, times):
    for name in ("status_image", "status_text", "stats_image", "stats_text"):
        (directory / (name + ".json")).write_bytes((DEMO / (name + ".json")).read_bytes())
    for name in ("image_generation", "text_generation"):
        records = json.loads((DEMO / (name + ".json")).read_text())
        many = {}
        for i in range(times):
            for key, record in records.items():
                new = "%s %d" % (key, i) if i else key
                many[new] = dict(record, name=new)
        (directory / (name + ".json")).write_text(json.dumps(many))


def with_query(target, query):
    return target + ("&" if "?" in target else "?") + query


def targets():
    found = list(VIEWS)
    for view in VIEWS:
        found += [with_query(view, "limit=10"), with_query(view, "limit=40&offset=3"), with_query(view, "offset=1")]
    for view in VIEWS[3:]:
        found += [with_query(view, "preset=" + preset) for preset in PRESETS]
        found += [with_query(view, "preset=zero_usage&limit=20&offset=2")]
    for category in ("image", "text"):
        base = STATISTICS + category + "_generation/with-stats"
        found += [base] + [with_query(base, q) for q in (
            "include_workers=true", "include_backend_variations=true", "min_worker_count=1", "sort_by=name",
            "sort_by=name&sort_desc=true", "sort_by=name&include_workers=true")]
        base = STATISTICS + category + "_generation/"
        for path in LISTS:
            found += [base + path + query for query in ("", "?limit=20&offset=2", "?format=csv", "?format=markdown")]
        found += [base + "columns", base + "columns?group_text_models=1"]
        found += [base + "deletion-risk?preset=deletion_candidates&min_days=%d&format=csv" % n for n in (0, 1)]
    return found + [STATISTICS + "image_generation/models/Amber%20Canvas%20v1"]


def vary(target):
    """Of a list it is also Accept."""
    return "Accept-Encoding, Accept" if re.search("/(%s)" % "|".join(LISTS), target) else "Accept-Encoding"


def encoded_answer(daemon, target, coding):
    """What is encoded beside the loop, because it is long or the loop's share of the time is spent, comes later."""
    first = daemon.get(target, headers={"Accept-Encoding": coding})
    if len(first.body) < 1024 or "content-encoding" in first.headers:
        return first

    def again():
        answer = daemon.get(target, headers={"Accept-Encoding": coding})
        if "content-encoding" in answer.headers:
            return answer
        assert answer.body == first.body and answer.headers["etag"] == first.headers["etag"]
        return None
    return wait_for(again, "%s in %s" % (target, coding))


@pytest.mark.parametrize("fixture", ("demo", "big"))
def test_every_answer_is_the_same_bytes_in_every_encoding(request, fixture):
    daemon = request.getfixturevalue(fixture)
    encoded = 0
    for target in targets():
        plain = daemon.get(target)
        assert plain.status == 200 and "content-encoding" not in plain.headers, target
        assert plain.headers["vary"] == vary(target)
        for coding in CODINGS:
            for _ in range(2):  # made, then kept
                answer = encoded_answer(daemon, target, coding)
                assert answer.headers["etag"] == plain.headers["etag"]
                assert answer.headers["vary"] == vary(target)
                assert int(answer.headers["content-length"]) == len(answer.body)
                if len(plain.body) < 1024:
                    assert "content-encoding" not in answer.headers and answer.body == plain.body
                    continue
                assert answer.headers["content-encoding"] == coding, target
                assert DECODE[coding](answer.body) == plain.body, (target, coding)
                assert len(answer.body) < len(plain.body)
                encoded += 1
    assert encoded > 100


def test_kept_answers_are_not_mixed_up(big):
    """Pages one after the other, each in each encoding, twice: more than are kept."""
    for _ in range(2):
        for i in range(120):
            for coding in CODINGS:
                page = encoded_answer(big, TEXT + "?limit=5&offset=%d" % i, coding)
                got = json.loads(DECODE[coding](page.body))
                assert (got["offset"], got["limit"], got["returned_count"]) == (i, 5, 5)


@pytest.mark.parametrize("accepted,coding", (
    (None, None), ("", None), ("identity", None), ("gzip", "gzip"), ("x-gzip", "gzip"), ("GZIP", "gzip"),
    ("br", "br"), ("zstd", "zstd"), ("gzip, deflate", "gzip"), ("gzip, deflate, br", "br"),
    ("gzip, deflate, br, zstd", "br"), ("gzip, zstd", "zstd"), ("*", "br"), ("br;q=0, *", "zstd"),
    ("br;q=0.5, gzip;q=0.9", "gzip"), ("gzip;q=0.001", "gzip"), ("gzip;q=0", None), ("gzip;q=0.000", None),
    ("gzip;q=0.5, identity", None), ("identity;q=0.5, gzip;q=0.4", None), ("*;q=0, gzip", "gzip"),
    ("identity;q=0, zstd", "zstd"), ("deflate", None), ("gzip;q=2", None), ("gzip;q=a, br", None),
    ("gzip br", None), (",,gzip,,", "gzip"), ("gzip ; q=0.5 , br;q=0.4", "gzip"), ("compress;q=1, *;q=0.5", "br")))
def test_negotiation(demo, accepted, coding):
    def ask():
        # http.client adds a field of its own unless there is one.
        connection = demo.connect()
        connection.putrequest("GET", IMAGE, skip_accept_encoding=True)
        if accepted is not None:
            connection.putheader("Accept-Encoding", accepted)
        connection.endheaders()
        response = connection.getresponse()
        body = response.read()
        connection.close()
        if response.status == 503 and accepted in ("identity;q=0, zstd", "*;q=0, gzip"):  # not yet, and nothing else will do
            return None
        assert response.status == 200
        return (response, body) if response.headers["content-encoding"] == coding else None

    # What is not encoded yet is encoded beside the loop.
    _, body = wait_for(ask, "that encoding")
    assert (DECODE[coding](body) if coding else body) == demo.get(IMAGE).body


@pytest.mark.parametrize("accepted", ("identity;q=0", "*;q=0", "identity;q=0, deflate", "*;q=0, gzip;q=0"))
def test_nothing_acceptable(demo, accepted):
    answer = demo.get(IMAGE, headers={"Accept-Encoding": accepted})
    assert (answer.status, answer.json()) == (406, {"detail": "Not Acceptable"})
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers


def test_a_short_body_is_encoded_only_if_it_must_be(demo):
    target = IMAGE + "?offset=100000"
    plain = demo.get(target)
    assert len(plain.body) < 1024
    assert "content-encoding" not in demo.get(target, headers={"Accept-Encoding": "gzip"}).headers
    def ask():
        answer = demo.get(target, headers={"Accept-Encoding": "gzip, identity;q=0"})
        return answer if answer.status != 503 else None  # the loop's share of the time is spent

    forced = wait_for(ask, "that encoding")
    assert forced.headers["content-encoding"] == "gzip"
    assert gunzip(forced.body) == plain.body


@pytest.mark.parametrize("target", (IMAGE, IMAGE + "?limit=10", TEXT + "?preset=zero_usage"))
@pytest.mark.parametrize("coding", CODINGS + ("identity",))
def test_validators_and_head(demo, target, coding):
    headers = {"Accept-Encoding": coding}
    whole = demo.get(target, headers=headers)
    again = demo.get(target, headers=dict(headers, **{"If-None-Match": whole.headers["etag"]}))
    assert (again.status, again.body) == (304, b"")
    assert again.headers["vary"] == vary(target)
    assert again.headers["etag"] == whole.headers["etag"]
    assert "content-encoding" not in again.headers

    def both():
        """A GET and a HEAD that met the same encoding: that is made beside the loop, by each reader for itself."""
        whole, head = demo.get(target, headers=headers), demo.get(target, "HEAD", headers=headers)
        return (whole, head) if whole.headers["content-encoding"] == head.headers["content-encoding"] else None

    whole, head = wait_for(both, "the same encoding")
    assert head.status == 200
    for name in ("etag", "vary", "content-type"):
        assert head.headers[name] == whole.headers[name]
    # A part that this reader has not encoded, but the other: the length is not known.
    if coding == "identity" or "content-length" in head.headers:
        assert head.headers["content-length"] == whole.headers["content-length"]


def test_nothing_is_encoded_for_a_head(make_daemon):
    daemon = make_daemon().start()
    with_stats = STATISTICS + "image_generation/with-stats?include_workers=true&sort_by=name"
    for target in (IMAGE + "?limit=11", TEXT + "?preset=zero_usage", with_stats):
        plain = daemon.get(target, "HEAD")
        assert "content-encoding" not in plain.headers
        for coding in CODINGS:
            headers = {"Accept-Encoding": coding}
            before = daemon.get(target, "HEAD", headers=headers)
            whole = encoded_answer(daemon, target, coding)
            after = daemon.get(target, "HEAD", headers=headers)
            assert "content-length" not in before.headers
            assert after.headers["content-length"] == str(len(whole.body))
            for answer in (before, after):
                assert answer.headers["content-encoding"] == whole.headers["content-encoding"] == coding
                assert answer.headers["etag"] == whole.headers["etag"]
        assert plain.headers["content-length"] == str(len(daemon.get(target).body))


def ready(daemon, coding, target=TEXT):
    """The length of the encoded body that a HEAD tells, if that body is there; else None."""
    answer = daemon.get(target, "HEAD", headers={"Accept-Encoding": coding})
    return answer.headers["content-length"] if answer.headers["content-encoding"] == coding else None


def test_what_was_asked_for_is_encoded_ahead(make_daemon):
    daemon = make_daemon().start()
    plain = daemon.get(TEXT)
    assert [ready(daemon, coding) for coding in CODINGS] == [None] * 3  # which counts as asking
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: "encoded text_generation: " in daemon.log(), "the encoded bodies")
    wait_for(lambda: ready(daemon, "gzip"), "the reader")
    for coding in CODINGS:
        length = ready(daemon, coding)
        answer = daemon.get(TEXT, headers={"Accept-Encoding": coding})
        assert answer.headers["content-encoding"] == coding and len(answer.body) == int(length)
        assert DECODE[coding](answer.body) == plain.body
        for field in "etag", "last-modified":
            assert answer.headers[field] == plain.headers[field]
    # Nobody asked for the list in groups.
    assert ready(daemon, "br", TEXT + "?group_text_models=true") is None
    # A restart finds what there was, and goes on with it.
    assert daemon.stop() == 0
    daemon.log_path.rename(daemon.log_path.with_suffix(".old"))
    daemon.start()
    assert all(ready(daemon, coding) for coding in CODINGS)


def test_errors_and_fixed_answers_are_not_encoded(demo):
    for target in ("/heartbeat", "/nothing", STATISTICS + "blip", IMAGE + "?limit=0"):
        answer = demo.get(target, headers={"Accept-Encoding": "gzip, br"})
        assert "content-encoding" not in answer.headers
        answer.json()


def slow_client(daemon, target):
    """A client that has asked, has room for little, and reads nothing yet of the answer that has begun."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", daemon.port))
    sock.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % target).encode())
    assert sock.recv(1, socket.MSG_PEEK)
    return sock


def drain(sock):
    received = []
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    with sock:
        while True:
            received.append(sock.recv(1 << 20))
            if not received[-1]:
                return b"".join(received)


def generation(daemon, category):
    found = re.findall(r"%s: generation (\d+) taken" % category, daemon.log())
    return int(found[-1]) if found else 0


def publish_another(daemon, directory, number):
    """Changes the usage of every model and has it hydrated."""
    stats = json.loads((DEMO / "stats_text.json").read_text())
    stats["month"] = {name: count + 1 + number for name, count in stats["month"].items()}
    new = directory / "stats_text.new"
    new.write_text(json.dumps(stats))
    new.rename(directory / "stats_text.json")
    before = generation(daemon, "text_generation")
    daemon.send(signal.SIGUSR1)

    def taken():
        daemon.get(TEXT + "?limit=1")
        return generation(daemon, "text_generation") > before

    wait_for(taken, "another generation")


def test_a_slow_client_gets_one_whole_generation(make_daemon, tmp_path):
    multiply(tmp_path, 150)
    daemon = make_daemon(file_categories(tmp_path, ["text_generation"]), "file://%s" % tmp_path,
                         hydration="enabled = false", settings='http { body_memory = "1G" write_timeout = 600 }',
                         env={"HYDRATORD_SEGMENT_CAPACITY": "64M"}).start()
    asked = (TEXT, TEXT + "?preset=zero_usage", TEXT + "?offset=1")
    waiting = []
    for number in range(3):
        for target in asked:
            body = daemon.get(target).body
            assert len(body) > 4000000, "not more than the socket's buffers hold"
            waiting.append((slow_client(daemon, target), hashlib.sha256(body).hexdigest()))
        publish_another(daemon, tmp_path, number)
    assert len({digest for _, digest in waiting}) == len(waiting)
    for sock, digest in waiting:
        head, body = drain(sock).split(b"\r\n\r\n", 1)
        assert int(re.search(rb"Content-Length: (\d+)", head).group(1)) == len(body)
        assert hashlib.sha256(body).hexdigest() == digest


def test_clients_of_too_old_a_generation_are_cut_off(make_daemon, tmp_path):
    multiply(tmp_path, 150)
    daemon = make_daemon(file_categories(tmp_path, ["text_generation"]), "file://%s" % tmp_path,
                         hydration="enabled = false", settings="http { write_timeout = 600 body_memory = \"1G\" }",
                         env={"HYDRATORD_SEGMENT_CAPACITY": "64M"}).start()
    waiting = []
    for number in range(10):
        body = daemon.get(TEXT).body
        waiting.append((slow_client(daemon, TEXT), hashlib.sha256(body).hexdigest()))
        publish_another(daemon, tmp_path, number)
    wait_for(lambda: daemon.log().count("cut off: too many generations") == 2, "two generations given up")
    for index, (sock, digest) in enumerate(waiting):
        body = drain(sock).split(b"\r\n\r\n", 1)[1]
        assert (hashlib.sha256(body).hexdigest() == digest) == (index >= 2)
