"""One upstream is down: the answers go on, and say how old they are."""
import re
import signal

import pytest

from daemon import wait_for
from test_gate import DOCUMENTS, cycle, original, part, put

RISK = "/model_references/statistics/image_generation/deletion-risk"
WORKERS = "/model_references/statistics/image_generation/with-stats?include_workers=true"
PERIOD = 1000  # as in test_gate
TTL, STALE, ERROR = 1500, 3500, 5500
# After so many periods.
STATES = ("fresh", "fresh", "stale", "stale", "stale-if-error", "stale-if-error")
# Read late, it is new content of its own, and a cycle of the same documents is not unchanged.
NO_HISTORY = "history { enabled = false }"
SCHEDULE = "interval = %d ttl = %d stale_ttl = %d stale_if_error = %d jitter = 0" % (PERIOD, TTL, STALE, ERROR)


@pytest.fixture
def daemon(make_daemon, upstream):
    return make_daemon({"image_generation": [upstream.reference("image_generation")]}, upstream.horde,
                       hydration=SCHEDULE, horde_settings="timeout = 3",
                       settings="upstream { timeout = 3 }\n" + NO_HISTORY).start()


def old(daemon, name):
    """The ages that the log gives for a document, in seconds."""
    return [int(age) for age in re.findall(r"image_generation: (?:.*; )?%s is (\d+) s old: http" % name, daemon.log())]


def detail(answer):
    found = re.search("detail=([a-z-]+)", answer.headers["cache-status"])
    return found.group(1) if found else "fresh"


def entry(daemon):
    return daemon.get("/readyz?verbose").json()["categories"][0]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("fault", ("500", "reset", "notjson"))
def test_age_is_that_of_the_document_that_is_down(daemon, upstream, document, fault):
    name = DOCUMENTS[document][0]
    target = WORKERS if document == "workers" else RISK
    # It is published before it is counted.
    wait_for(lambda: entry(daemon)["last_success"], "the end of the first cycle")
    first = entry(daemon)
    upstream.mode(document, fault)
    for number, state in enumerate(STATES):
        age = number * PERIOD
        if number:
            cycle(daemon, lambda: any(age <= seen < age + 100 for seen in old(daemon, name)))
            # It is published, and yet not young.
            wait_for(lambda: entry(daemon)["generation"] > number, "the reader")
        answer = daemon.get(target)
        assert answer.status == 200
        assert age <= int(answer.headers["age"]) < age + 100
        assert detail(answer) == state
        assert ("max-age=0" in answer.headers["cache-control"]) == (state != "fresh")
        assert entry(daemon)["last_success"] == first["last_success"]
        assert number == 0 or entry(daemon)["failures"] >= number
    daemon.move_clock(PERIOD)
    assert daemon.get(target).status == 503
    upstream.mode(document, "ok")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: daemon.get(target).status == 200, "the recovery")
    answer = daemon.get(target)
    assert int(answer.headers["age"]) < 100 and detail(answer) == "fresh"
    wait_for(lambda: entry(daemon)["failures"] == 0, "the end of the failures")
    assert entry(daemon)["last_success"] > first["last_success"]


def test_what_is_new_is_served_beside_what_is_old(daemon, upstream):
    upstream.mode("stats_image", "500")
    put(upstream, "image_generation", part(original("image_generation"), 30))
    usage = {model["name"]: model["usage_month"] for model in daemon.json(RISK)["models"]}
    cycle(daemon, lambda: daemon.json(RISK)["total_count"] == 30)
    answer = daemon.get(RISK)
    assert PERIOD <= int(answer.headers["age"]) < PERIOD + 100
    for model in answer.json()["models"]:
        assert model["usage_month"] == usage[model["name"]]


def test_all_down_publishes_nothing(daemon, upstream):
    upstream.mode("*", "500")
    cycle(daemon, lambda: "image_generation not refreshed: reference: http" in daemon.log())
    assert entry(daemon)["generation"] == 1
    assert int(daemon.get(RISK).headers["age"]) >= PERIOD


def test_unchanged_documents_are_young_again(daemon, upstream):
    before = daemon.get(RISK)
    statistics = daemon.get("/model_references/statistics/image_generation")
    cycle(daemon, lambda: entry(daemon)["generation"] == 2)
    assert "hydrated image_generation: unchanged, 40 models" in daemon.log()
    after = daemon.get(RISK)
    assert after.body == before.body
    assert int(after.headers["age"]) < 100
    for field in "etag", "last-modified":
        assert after.headers[field] == before.headers[field]
    assert daemon.get("/model_references/statistics/image_generation").body == statistics.body
    assert upstream.count("stats_image") == 2


def test_before_the_first_success_a_failure_is_a_failure(make_daemon, upstream):
    upstream.mode("image_generation", "500")
    daemon = make_daemon({"image_generation": [upstream.reference("image_generation")]}, upstream.horde,
                         hydration=SCHEDULE).start(wait=False)
    wait_for(lambda: "image_generation not refreshed: reference: http" in daemon.log(), "the failure")
    assert daemon.get(RISK).status == 503
    upstream.mode("image_generation", "ok")
    wait_for(lambda: daemon.get(RISK).status == 200, "the first success")
