"""/events: Server-Sent Events as clients see them, of the real daemon."""
import json
import re
import signal
import socket
import subprocess

import pytest

from conftest import DEMO, file_categories
from daemon import PATIENCE, wait_for
from event_stream import Stream, wait_for_event
from proxy import tool
from test_metrics import samples

IMAGE = "/events?category=image_generation"
RISK = "/model_references/statistics/image_generation/deletion-risk"
METRICS = 'http { metrics_listen = { "127.0.0.1:0" } %s }'


def generation(daemon, category="image_generation"):
    return [entry["generation"] for entry in daemon.json("/readyz?verbose")["categories"]
            if entry["category"] == category][0]


def history_of(daemon, category="image_generation"):
    return [entry["history"] for entry in daemon.json("/readyz?verbose")["categories"]
            if entry["category"] == category][0]


@pytest.fixture
def open_stream():
    """Opens streams that are closed when the test ends."""
    streams = []

    def make(*arguments, **kwargs):
        streams.append(Stream(*arguments, **kwargs))
        return streams[-1]

    yield make
    for stream in streams:
        stream.close()


@pytest.mark.parametrize("prefix", ("", "/api"))
def test_a_stream_begins_with_the_snapshots(demo, open_stream, prefix):
    stream = open_stream(demo.port, prefix + "/events")
    assert stream.status == 200
    assert stream.fields["content-type"] == "text/event-stream"
    assert stream.fields["cache-control"] == "no-store"
    assert stream.fields["x-accel-buffering"] == "no"
    assert stream.fields["connection"] == "close"
    assert not {"content-length", "etag", "transfer-encoding", "content-encoding"} & set(stream.fields)
    seen = {}
    while len(seen) < len(demo.categories()):
        kind, data, _ = stream.next()
        if kind == "snapshot":
            seen[data["category"]] = data
    assert set(seen) == set(demo.categories())
    assert 2000 <= stream.retry < 4000
    data = seen["image_generation"]
    assert data["generation"] == generation(demo)
    assert data["etag"] == demo.get(RISK).headers["etag"]
    assert 0 <= data["age"] <= int(demo.get(RISK).headers["age"])


def test_a_publish_is_told_to_those_who_want_it(make_daemon, open_stream):
    daemon = make_daemon(settings=METRICS % "").start()
    image, text = open_stream(daemon.port, IMAGE), open_stream(daemon.port, "/events?category=text_generation")
    first = image.next("snapshot")[1]["generation"]
    text.next("snapshot")
    daemon.send(signal.SIGUSR1)
    data = wait_for_event(image, "snapshot", lambda data: data["generation"] > first)[1]
    assert data["category"] == "image_generation"
    assert data["etag"] == daemon.get(RISK).headers["etag"]
    assert text.next("snapshot")[1]["category"] == "text_generation"
    now = samples(daemon)
    assert now["http_streams"] == 2
    assert now["http_streams_limit"] == 256
    assert now["http_stream_events_total"] >= 2
    assert now["http_dropped_streams_total"] == 0
    assert now['http_requests_total{route="events",code="200"}'] == 2
    image.close()
    text.close()
    wait_for(lambda: samples(daemon)["http_streams"] == 0, "the end of the streams")


def test_silent_streams_get_comments_and_stay(make_daemon, open_stream):
    daemon = make_daemon(settings="http { idle_timeout = 1 write_timeout = 1 head_timeout = 1 }").start()
    stream = open_stream(daemon.port, IMAGE)
    stream.next("snapshot")
    for _ in range(3):
        daemon.move_clock(20)
        before = stream.comments
        wait_for(lambda: stream.line() == ":" or stream.comments > before, "a comment")
    assert not stream.ended


def test_no_more_than_max_streams(make_daemon, open_stream):
    daemon = make_daemon(settings=METRICS % "max_streams = 2").start()
    streams = [open_stream(daemon.port, IMAGE) for _ in range(2)]
    for stream in streams:
        assert stream.next("snapshot")
    answer = daemon.get(IMAGE)
    assert (answer.status, answer.json()["detail"]) == (503, "Too many streams")
    assert int(answer.headers["retry-after"]) > 0
    assert daemon.get("/events", "HEAD").status == 200
    assert samples(daemon)["http_streams_limit"] == 2
    streams.pop().close()
    wait_for(lambda: samples(daemon)["http_streams"] == 1, "the end of a stream")
    assert open_stream(daemon.port, IMAGE).next("snapshot")


def test_the_kernel_keeps_little_for_a_stream(demo, open_stream):
    """Also under the filter of system calls: a slow one would keep megabytes, beyond what hydratord counts."""
    command = [tool("ss", "iproute2"), "-tmnH", "sport = :%d and dport = :%d" % (
        demo.port, open_stream(demo.port, IMAGE).sock.getsockname()[1])]

    def room():
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        return int(re.search(r"skmem:\(.*?,tb(\d+),", said).group(1))

    wait_for(lambda: room() == 65536, "a bound of what the kernel keeps")


def test_a_stream_that_does_not_read_is_cut_off_and_counted(make_daemon, open_stream):
    """And not ended by the kernel before, which tells nobody why."""
    daemon = make_daemon(settings=METRICS % "write_timeout = 1").start()
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        sock.connect(("127.0.0.1", daemon.port))
        sock.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_for(lambda: samples(daemon)["http_streams"] == 1, "the stream")

        def is_cut_off():
            for _ in range(20):  # whoever comes has what is new told to all
                daemon.send(signal.SIGUSR1)
                open_stream(daemon.port, IMAGE).close()
            return samples(daemon)["http_dropped_streams_total"] == 1

        wait_for(is_cut_off, "the end of the one that does not read")


def test_categories_and_methods(demo, open_stream):
    for query in ("category=image_generation&category=text_generation", "category=image_generation,text_generation",
                  "category=text_generation%2Cimage_generation"):
        stream = open_stream(demo.port, "/events?" + query)
        assert {stream.next("snapshot")[1]["category"] for _ in range(2)} == {"image_generation", "text_generation"}
        assert re.fullmatch(r"image_generation=\d+,text_generation=\d+", stream.last)
    answer = demo.get("/events?category=image_generation,foo")
    assert answer.status == 422
    assert [(item["loc"], item["input"]) for item in answer.json()["detail"]] == [(["query", "category"], "foo")]
    assert demo.get("/events?category=").status == 422
    assert demo.get("/events", "POST").status == 405
    assert demo.get("/events", "OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS"
    answer = demo.get("/events", "HEAD")
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "text/event-stream", b"")
    assert answer.headers["content-length"] is None


def test_http_1_0(demo):
    with socket.create_connection(("127.0.0.1", demo.port), timeout=PATIENCE) as sock:
        sock.sendall(b"GET %s HTTP/1.0\r\n\r\n" % IMAGE.encode())
        text = b""
        while b"event: snapshot" not in text:
            text += sock.recv(65536)
    assert b"\r\nConnection: close\r\n" in text and b"chunked" not in text


def test_curl(demo, tmp_path):
    curl = tool("curl", "curl")
    result = subprocess.run([curl, "-sN", "--noproxy", "*", "--max-time", "2", "http://127.0.0.1:%d%s" % (demo.port, IMAGE)],
                            capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 28  # it would have gone on
    assert result.stdout.startswith("retry: ")
    assert "\nevent: snapshot\ndata: {\"category\":\"image_generation\"," in result.stdout


def test_origins(make_daemon, open_stream):
    daemon = make_daemon(settings='http { cors = { "*" } }').start()
    stream = open_stream(daemon.port, IMAGE)
    assert stream.fields["access-control-allow-origin"] == "*"


def test_a_reload_ends_streams_and_clients_come_back(make_daemon, open_stream):
    daemon = make_daemon(readers=2).start()
    streams = [open_stream(daemon.port, IMAGE) for _ in range(20)]
    lasts = []
    for stream in streams:
        stream.next("snapshot")
        lasts.append(stream.last)
    assert len({stream.retry for stream in streams}) > 5  # they do not come back together
    daemon.reload()
    for stream in streams:
        assert stream.has_ended()
    for last in lasts:
        assert open_stream(daemon.port, IMAGE, last=last).next("snapshot")


def test_a_stop_ends_streams(make_daemon, open_stream):
    daemon = make_daemon(settings="supervisor { drain_timeout = 600 }").start()
    streams = [open_stream(daemon.port, IMAGE) for _ in range(20)]
    for stream in streams:
        stream.next("snapshot")
    daemon.send(signal.SIGTERM)
    for stream in streams:
        assert stream.has_ended()
        stream.close()
    daemon.process.wait(PATIENCE)


def test_changes_of_models_are_told_and_resumed(make_daemon, open_stream, tmp_path):
    """The history sees that a model has gone; a stream that was away is sent it first."""
    document = json.loads((DEMO / "image_generation.json").read_text())
    path = tmp_path / "image_generation.json"
    path.write_text(json.dumps(document))
    daemon = make_daemon({**file_categories(DEMO), "image_generation": ["file://%s" % path]}).start()
    # The first publication of a history makes no event: it has to be read, and to have had one.
    wait_for(lambda: "the history of image_generation has" in daemon.log(), "the history")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: history_of(daemon)["models"] == len(document), "the models in the history")
    alone, among = open_stream(daemon.port, IMAGE), open_stream(daemon.port, "/events")
    alone.next("snapshot")
    begun = {alone: alone.last, among: among.next("snapshot") and among.last}
    gone = []
    for _ in range(2):
        gone.append(document.popitem()[0])
        replacement = tmp_path / "new"
        replacement.write_text(json.dumps(document))
        replacement.replace(path)
        daemon.send(signal.SIGUSR1)
        for stream in begun:
            kind, row, last = wait_for_event(stream, "change", lambda row: row["kind"] == "disappeared")
            assert row["model"] == gone[-1]
            assert row["category"] == "image_generation"
            assert last == (str(row["id"]) if stream is alone else "image_generation=%d,%s" % (
                row["id"], last.split(",")[1]))
    for stream, last in begun.items():
        again = open_stream(daemon.port, IMAGE if stream is alone else "/events", last=last)
        assert [wait_for_event(again, "change", lambda row: row["kind"] == "disappeared")[1]["model"]
                for _ in range(2)] == gone
        assert again.last == stream.last
    # Nothing is left to be sent.
    assert open_stream(daemon.port, IMAGE + "&last_event_id=" + alone.last).next()[0] == "snapshot"
    daemon.reload()
    assert open_stream(daemon.port, IMAGE, last=alone.last).next()[0] == "snapshot"
