"""Requests as they come over a socket: routes, errors, limits, validators."""
import contextlib
import json
import re
import socket

import pytest

from daemon import wait_for

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"


def exchange(daemon, data, half_close=False):
    """Sends bytes and reads until the other side closes."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=30) as sock:
        sock.sendall(data)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        received = b""
        while True:
            try:
                chunk = sock.recv(65536)
            except ConnectionResetError:
                return received
            if not chunk:
                return received
            received += chunk


def head(target="/heartbeat", version="1.1", method="GET", extra="", host="Host: x\r\n"):
    return ("%s %s HTTP/%s\r\n%s%s\r\n" % (method, target, version, host, extra)).encode()


def status_of(answer):
    match = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    assert match, answer[:200]
    return int(match.group(1))


@pytest.mark.parametrize("prefix", ("", "/api"))
def test_fixed_answers(demo, prefix):
    assert demo.get(prefix + "/heartbeat").body == (
        b'{"status":"ok","ai_horde":{"degraded":false,"consecutive_failures":0,"seconds_until_retry":null}}')
    assert demo.get(prefix + "/replicate_mode").body == (
        b'{"replicate_mode":"REPLICA","canonical_format":"v2","writable":false}')
    assert demo.json(prefix + "/")["message"].startswith("Welcome to the Horde Model Reference API.")


@pytest.mark.parametrize("target", ("/nothing", "/api/api/heartbeat", "/apiheartbeat", "/API/heartbeat",
                                    "//heartbeat", "/model_references/statistics/", "/Heartbeat"))
def test_unknown_paths(demo, target):
    answer = demo.get(target)
    assert (answer.status, answer.body) == (404, b'{"detail":"Not Found"}')
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("target,location", (
    ("/heartbeat/", "/heartbeat"), ("/api", "/api/"), ("/api/heartbeat//", "/api/heartbeat"),
    (STATISTICS + "/?limit=1", STATISTICS + "?limit=1")))
def test_trailing_slashes_redirect(demo, target, location):
    answer = demo.get(target, headers={"Host": "example.org:99"})
    assert (answer.status, answer.body) == (307, b"")
    assert answer.headers["location"] == location


def test_known_but_empty_category(demo):
    answer = demo.get("/model_references/statistics/blip")
    assert (answer.status, answer.json()) == (404, {"detail": "Category 'blip' not found or has no models"})


def test_unsupported_category(demo):
    answer = demo.get("/model_references/statistics/blip/deletion-risk?preset=nope")
    assert answer.status == 400
    assert answer.json()["detail"].startswith("Deletion risk analysis is only supported for")


def test_every_bad_parameter_is_reported_in_order(demo):
    answer = demo.get("/model_references/statistics/foo/deletion-risk?offset=-1&limit=abc&group_text_models=x")
    assert answer.status == 422
    assert [item["loc"][-1] for item in answer.json()["detail"]] == [
        "model_category_name", "group_text_models", "limit", "offset"]


def test_unknown_preset(demo):
    answer = demo.get(RISK + "?preset=nope")
    assert answer.status == 400
    assert answer.json()["detail"].startswith("Invalid preset: Unknown preset: 'nope'. Valid presets: ")


def test_pages_are_slices_of_the_whole(demo):
    whole = demo.json(RISK)
    for offset, limit in ((0, 7), (3, 1), (38, 10), (40, 5), (0, 10**30)):
        page = demo.json(RISK + "?offset=%d&limit=%d" % (offset, limit))
        assert page["models"] == whole["models"][offset:offset + limit]
        assert page["returned_count"] == len(page["models"])
        assert (page["offset"], page["limit"]) == (offset, limit)
        assert page["summary"] == whole["summary"]


def test_presets_filter_the_whole(demo):
    whole = demo.json(RISK)
    for preset, keep in (("zero_usage", lambda m: m["usage_month"] == 0),
                         ("no_workers", lambda m: m["worker_count"] == 0),
                         ("critical", lambda m: m["is_critical"]),
                         ("low_usage", lambda m: m["deletion_risk_flags"]["low_usage"])):
        got = demo.json(RISK + "?preset=" + preset)
        assert got["models"] == [model for model in whole["models"] if keep(model)]
        page = demo.json(RISK + "?limit=2&offset=1&preset=" + preset)
        assert page["models"] == got["models"][1:3]
        assert page["total_count"] == got["returned_count"]


def test_statistics_echo_what_was_asked_and_forget_it(demo):
    assert demo.json(STATISTICS + "?limit=5&offset=2")["limit"] == 5
    plain = demo.json(STATISTICS)
    assert (plain["offset"], plain["limit"]) == (0, None)


def test_head_is_the_get_without_its_body(demo):
    data = head(RISK, method="HEAD") + head(RISK + "?limit=1", extra="Connection: close\r\n")
    answer = exchange(demo, data)
    first, rest = answer.split(b"\r\n\r\n", 1)
    assert status_of(first) == 200
    assert int(re.search(rb"content-length: (\d+)", first, re.I).group(1)) == len(demo.get(RISK).body)
    assert status_of(rest) == 200
    assert json.loads(rest.split(b"\r\n\r\n", 1)[1])["returned_count"] == 1


def test_options_and_other_methods(demo):
    answer = demo.get(RISK, "OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    for method in ("POST", "DELETE"):
        answer = demo.get(RISK, method)
        assert (answer.status, answer.json()) == (405, {"detail": "Method Not Allowed"})
        assert "GET" in answer.headers["allow"]


def test_audit_is_deletion_risk(demo):
    """Its name before version 3 of the reference: one answer under both."""
    for prefix in ("", "/api"):
        old = prefix + RISK.replace("deletion-risk", "audit")
        for query in ("", "?limit=2&offset=1", "?preset=critical&group_text_models=1", "?limit=0", "?preset=x"):
            for method in ("GET", "HEAD", "OPTIONS", "POST"):
                audit, risk = demo.get(old + query, method), demo.get(RISK + query, method)
                assert (audit.status, audit.body) == (risk.status, risk.body)
                for name in ("etag", "last-modified", "content-length", "allow", "surrogate-key"):
                    assert audit.headers.get(name) == risk.headers.get(name)
        tag = demo.get(RISK).headers["etag"]
        assert demo.get(old, headers={"If-None-Match": tag}).status == 304
        assert demo.get(old + "/").headers["location"] == old
    blip = RISK.replace("image_generation", "blip")
    assert demo.get(blip).status == 400
    assert demo.get(blip).body == demo.get(blip.replace("deletion-risk", "audit")).body


def test_pipelined_requests_are_answered_in_order(demo):
    count = 50
    data = b"".join(head(RISK + "?limit=1&offset=%d" % i) for i in range(count - 1))
    data += head(RISK + "?limit=1&offset=%d" % (count - 1), extra="Connection: close\r\n")
    answer = exchange(demo, data)
    assert [int(n) for n in re.findall(rb'"offset":(\d+),"limit":1,', answer)] == list(range(count))


def test_http_1_0_closes(demo):
    answer = exchange(demo, b"GET /heartbeat HTTP/1.0\r\n\r\n")
    assert status_of(answer) == 200


@pytest.mark.parametrize("request_bytes", (
    head(host=""), head(extra="Host: y\r\n"), head(extra="A: b\r\n c\r\n"), head(extra="A : b\r\n"),
    b"GET /heartbeat HTTP/1.1\nHost: x\n\n", head(extra="A: \0\r\n"), head(target="/\x01"),
    head(version="2.0"), head(version="1.2x"), b"GET  /heartbeat HTTP/1.1\r\nHost: x\r\n\r\n",
    head(extra="Content-Length: 0\r\nContent-Length: 1\r\n"), head(extra="Content-Length: x\r\n"),
    head(extra="Content-Length: 0\r\nTransfer-Encoding: chunked\r\n"), b"G(T / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET heartbeat HTTP/1.1\r\nHost: x\r\n\r\n"),
    ids=repr)
def test_ambiguous_requests_are_refused_and_the_connection_closed(demo, request_bytes):
    answer = exchange(demo, request_bytes + head(), half_close=True)
    assert status_of(answer) in (400, 505)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert demo.get("/heartbeat").status == 200


def test_limits(demo):
    assert status_of(exchange(demo, head(target="/" + "x" * 9000))) == 414
    assert status_of(exchange(demo, head(extra="A: %s\r\n" % ("x" * 70000)))) == 431
    assert status_of(exchange(demo, head(method="POST", extra="Content-Length: 5\r\n") + b"hello")) in (405, 413)
    assert status_of(exchange(demo, head(extra="Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n")) == 413


def test_validators(demo):
    whole = demo.get(RISK)
    etag = whole.headers["etag"]
    assert re.fullmatch(r'W/"[0-9a-f]+"', etag)
    for value in (etag, etag[2:], '"x", %s' % etag, "*"):
        answer = demo.get(RISK, headers={"If-None-Match": value})
        assert (answer.status, answer.body) == (304, b""), value
        assert answer.headers["etag"] == etag
        assert answer.headers["cache-control"] == whole.headers["cache-control"]
    assert demo.get(RISK, headers={"If-None-Match": '"other"'}).status == 200
    other = demo.get(RISK + "?limit=1").headers["etag"]
    assert other != etag
    assert demo.get(RISK + "?limit=1", headers={"If-None-Match": etag}).status == 200


def test_an_unchanged_refresh_and_another_machine_have_the_same_etag(demo, make_daemon):
    twin = make_daemon().start()
    for target in (RISK, STATISTICS, RISK + "?preset=critical"):
        assert twin.get(target).headers["etag"] == demo.get(target).headers["etag"]


def test_age_and_lifetime_follow_the_clock(make_daemon):
    daemon = make_daemon(
        hydration="enabled = false interval = 10 ttl = 100 stale_ttl = 1000 stale_if_error = 5000").start()
    fresh = daemon.get(RISK)
    assert int(fresh.headers["age"]) < 60
    assert re.search(r"max-age=100\b", fresh.headers["cache-control"])
    assert "stale-while-revalidate=900" in fresh.headers["cache-control"]
    daemon.move_clock(500)
    stale = daemon.get(RISK)
    assert stale.status == 200 and stale.body == fresh.body
    assert 500 <= int(stale.headers["age"]) < 560
    assert "max-age=0" in stale.headers["cache-control"]
    daemon.move_clock(2000)
    assert daemon.get(RISK).status == 200
    daemon.move_clock(5000)
    gone = daemon.get(RISK)
    assert gone.status == 503
    assert int(gone.headers["retry-after"]) > 0
    assert gone.headers["cache-control"] == "no-store"


def test_before_the_first_fill_the_answer_is_503_at_once(make_daemon, tmp_path):
    daemon = make_daemon({"image_generation": ["file://%s/missing.json" % tmp_path]},
                         "file://%s" % tmp_path).start(wait=False)
    answer = daemon.get(RISK)
    assert answer.status == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["cache-control"] == "no-store"
    assert "detail" in answer.json()


def test_a_slow_head_is_cut_off(make_daemon):
    daemon = make_daemon(settings="http { head_timeout = 1 }").start()
    cut = exchange(daemon, b"GET /heartbeat HTTP/1.1\r\n")  # returns only when the daemon closes
    assert cut == b"" or status_of(cut) == 408
    assert daemon.get("/heartbeat").status == 200


def fill(daemon, count, data):
    """Takes all places: each connection has had an answer and has then sent data."""
    held = []

    def one_more():
        """Connections of the start may be leaving still: try until none is free."""
        sock = socket.create_connection(("127.0.0.1", daemon.port), timeout=30)
        sock.sendall(head())
        if sock.recv(65536).startswith(b"HTTP/1.1 200"):
            sock.sendall(data)
            held.append(sock)
        else:
            sock.close()
        return len(held) == count

    wait_for(one_more, "%d connections" % count)
    return held


def test_connections_beyond_the_limit_are_refused_not_served_slowly(make_daemon):
    """However many come, and whether or not they go again."""
    daemon = make_daemon(settings="http { max_connections = 8 }").start()
    held = fill(daemon, 8, b"GET ")
    refused = []
    for _ in range(300):
        refused.append(socket.create_connection(("127.0.0.1", daemon.port), timeout=30))
        refused[-1].sendall(head(RISK))
    for sock in refused:
        assert sock.recv(65536).startswith(b"HTTP/1.1 503")
    for sock in refused[1::2]:  # nothing is left of them but an end
        with contextlib.suppress(ConnectionResetError):
            assert sock.recv(65536) == b""
    for sock in held:
        sock.sendall(b"/livez HTTP/1.1\r\nHost: x\r\n\r\n")
        assert sock.recv(65536).startswith(b"HTTP/1.1 200")
    for sock in refused + held:
        sock.close()
    wait_for(lambda: daemon.get("/heartbeat").status == 200, "a free place")


def test_idle_connections_make_room_longest_first(make_daemon):
    daemon = make_daemon(settings="http { max_connections = 8 }").start()
    held = fill(daemon, 8, b"")
    held[0].sendall(head())
    assert held[0].recv(65536).startswith(b"HTTP/1.1 200")
    for i in range(1, 8):
        assert status_of(exchange(daemon, head(extra="Connection: close\r\n"))) == 200
        kept = socket.create_connection(("127.0.0.1", daemon.port), timeout=30)
        kept.sendall(head())
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        held.append(kept)
        assert held[i].recv(65536) == b""  # at the latest now, and not reset
    held[0].sendall(head(extra="Connection: close\r\n"))
    assert held[0].recv(65536).startswith(b"HTTP/1.1 200")
    for sock in held:
        sock.close()
