"""An upstream that fails in every way it can: a clear log line, and the last snapshot stays."""
import json
import re
import signal
import threading
import time

import pytest

from daemon import WRAPPER, sleeps, wait_for

RISK = "/model_references/statistics/image_generation/deletion-risk"
DOCUMENTS = ("image_generation", "status_image", "stats_image", "workers")
FAULTS = {
    "500": "500", "404": "404", "loop": "redirects", "html200": "JSON", "notjson": "JSON", "empty": "JSON|empty",
    "shape": "object|array", "deep": "deep|nest", "utf8": "UTF-8", "bomb": "max_bytes", "endless": "max_bytes",
    "cut": "transfer|closed|outstanding|partial", "reset": "reset|[Rr]ecv|closed", "hang": "time", "stall": "time",
}
NAMES = dict(zip(DOCUMENTS, ("reference", "status", "stats", "workers")))
LIMITS = 'upstream { timeout = 3 stall_timeout = 1 max_bytes = "4M" }'


def start(make_daemon, upstream, **kwargs):
    kwargs.setdefault("settings", LIMITS)
    kwargs.setdefault("horde_settings", "timeout = 3")
    kwargs.setdefault("hydration", "interval = 1000 ttl = 2000")
    return make_daemon({"image_generation": [upstream.reference("image_generation")]}, upstream.horde, **kwargs)


def problems(daemon):
    """Also what goes on, which only the debug level repeats."""
    return [line for line in daemon.log().splitlines() if "hydrator image_generation" in line and re.search(
        r"warning|error|]: image_generation(: \w+ is \d+ s old| not refreshed): ", line)]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_fault_of_a_document_keeps_the_last_snapshot(make_daemon, upstream, document):
    daemon = start(make_daemon, upstream).start()
    before = daemon.get(RISK)
    for fault, reason in FAULTS.items():
        seen = len(problems(daemon))
        upstream.mode(document, fault)
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: len(problems(daemon)) > seen, "a complaint about " + fault)
        upstream.mode(document, "ok")
        complaint = problems(daemon)[seen]
        assert re.search(r"image_generation: %s is \d+ s old: " % NAMES[document], complaint), complaint
        assert re.search(reason, complaint), (fault, complaint)
        after = daemon.get(RISK)
        assert (after.status, after.body) == (200, before.body), fault
        assert after.headers["etag"] == before.headers["etag"]
        assert after.headers["last-modified"] == before.headers["last-modified"]
    recovered = len(re.findall("hydrated image", daemon.log()))
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: len(re.findall("hydrated image", daemon.log())) > recovered, "the recovery")


def test_age_counts_from_the_last_good_fetch(make_daemon, upstream):
    daemon = start(make_daemon, upstream, hydration="interval = 50 ttl = 100").start()
    upstream.mode("*", "500")
    seen = len(problems(daemon))
    daemon.move_clock(500)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: len(problems(daemon)) > seen, "the failed cycle")
    answer = daemon.get(RISK)
    assert int(answer.headers["age"]) >= 500
    assert "max-age=0" in answer.headers["cache-control"]


def test_sources_are_tried_in_order(make_daemon, upstream):
    upstream.mode("/first", "500")
    sources = [upstream.reference("image_generation", "/first"), "file:///nonexistent/x.json",
               upstream.reference("image_generation")]
    daemon = make_daemon({"image_generation": sources}, upstream.horde)
    daemon.start()
    assert daemon.json(RISK)["total_count"] == 40
    text = "\n".join(problems(daemon))
    assert "500" in text and "/nonexistent/x.json" in text


def test_documents_of_a_cycle_are_fetched_once_and_together(make_daemon, upstream):
    daemon = start(make_daemon, upstream, settings="", horde_settings="").start()
    counts = {document: upstream.count(document) for document in DOCUMENTS}
    assert counts == dict.fromkeys(DOCUMENTS, 1)
    answered = threading.Event()
    upstream.rewrite = lambda name, text: (answered.wait(), text)[1]
    try:
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: all(upstream.count(document) == 2 for document in DOCUMENTS), "all to be asked for")
        assert len(re.findall("hydrated image", daemon.log())) == 1
    finally:
        answered.set()
    wait_for(lambda: len(re.findall("hydrated image", daemon.log())) == 2, "the cycle")


def test_a_burst_of_orders_is_one_more_cycle(make_daemon, upstream):
    daemon = start(make_daemon, upstream, settings="", horde_settings="").start()
    sent = threading.Event()
    upstream.rewrite = lambda name, text: (sent.wait(), text)[1]
    try:
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: upstream.count("stats_image") == 2, "a cycle")
        for _ in range(20):
            daemon.send(signal.SIGUSR1)
            time.sleep(0.01)
        wait_for(lambda: sleeps(daemon.process.pid), "the supervisor to have passed them on")
    finally:
        sent.set()
    wait_for(lambda: upstream.count("stats_image") == 3, "the cycle that ran and the one after it")
    wait_for(lambda: len(re.findall("hydrated image", daemon.log())) == 3, "both cycles")
    assert upstream.count("stats_image") == 3


def test_a_stop_does_not_wait_for_an_upstream_that_hangs(make_daemon, upstream):
    daemon = start(make_daemon, upstream, settings="upstream { timeout = 60 stall_timeout = 60 }",
                   horde_settings="timeout = 60").start()
    upstream.mode("*", "hang")
    count = upstream.count("stats_image")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: upstream.count("stats_image") > count, "the hanging request")
    started = time.monotonic()
    assert daemon.stop() == 0
    if not WRAPPER:
        assert time.monotonic() - started < 20  # a second is wanted; machines are busy
    upstream.mode("*", "ok")


def test_readers_answer_while_the_upstream_hangs(make_daemon, upstream):
    upstream.mode("status_image", "hang")
    daemon = start(make_daemon, upstream).start(wait=False)
    answer = daemon.get(RISK)
    assert answer.status == 503 and "retry-after" in answer.headers
    upstream.mode("status_image", "ok")


@pytest.mark.parametrize("mode", ("redirect", "elsewhere"))
def test_a_redirect_is_followed(make_daemon, upstream, mode):
    upstream.mode("*", mode)
    daemon = start(make_daemon, upstream).start()
    assert daemon.get(RISK).status == 200
    assert upstream.served["status_image", mode] >= 1  # a busy machine asks again


def test_unchanged_documents_are_not_sent_again(make_daemon, upstream):
    """304s renew the age, and nothing else."""
    upstream.validators = True
    # A history that is read late is new content of its own.
    daemon = start(make_daemon, upstream, settings=LIMITS + "\nhistory { enabled = false }").start()
    before = daemon.get(RISK)
    daemon.move_clock(300)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: "hydrated image_generation: unchanged, " in daemon.log(), "the refresh")
    after = wait_for(lambda: (answer := daemon.get(RISK)) and int(answer.headers["age"]) < 300 and answer, "its answer")
    assert after.body == before.body
    for field in ("etag", "last-modified"):
        assert after.headers[field] == before.headers[field]
    for document in DOCUMENTS:
        assert "If-None-Match" in upstream.asked[document], document


def test_compressed_documents_are_understood(make_daemon, upstream):
    upstream.mode("*", "gzip")
    assert start(make_daemon, upstream).start().json(RISK)["total_count"] == 40


@pytest.mark.parametrize("oddity", ("nan", "huge"))
def test_an_odd_number_costs_one_entry_not_the_category(make_daemon, upstream, oddity):
    for document in DOCUMENTS[1:]:
        upstream.mode(document, oddity)
    assert start(make_daemon, upstream).start().json(RISK)["total_count"] == 40


def test_another_shape_keeps_the_last_snapshot(make_daemon, upstream):
    """Every entry of a non-empty document is invalid: that is not a set of bad records."""
    daemon = start(make_daemon, upstream).start()
    before = daemon.get(RISK).body
    path = upstream.directory / "image_generation.json"
    path.write_text(json.dumps({"A": {"renamed": "A"}, "B": {"renamed": "B"}}))
    seen = len(problems(daemon))
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: len(problems(daemon)) > seen, "a complaint")
    assert daemon.get(RISK).body == before
