"""Documents that shrink are not believed at once: models would be flagged for deletion."""
import json
import re
import signal

import pytest

from conftest import DEMO
from ctl import ctl
from daemon import sleeps, wait_for
from test_metrics import METRICS, samples

CATEGORY = "image_generation"
STATISTICS = "/model_references/statistics/" + CATEGORY
RISK = STATISTICS + "/deletion-risk"
MODELS = STATISTICS + "/with-stats?include_workers=true"
PERIOD = 1000
SCHEDULE = "interval = %d ttl = 2000 stale_ttl = 100000 stale_if_error = 200000 jitter = 0" % PERIOD
# Document -> its name in messages, what is counted.
DOCUMENTS = {
    "image_generation": ("reference", "models"),
    "status_image": ("status", "models with a worker"),
    "stats_image": ("stats", "models with usage"),
    "workers": ("workers", "workers"),
}


def start(make_daemon, upstream, settings=""):
    return make_daemon({CATEGORY: [upstream.reference(CATEGORY)]}, upstream.horde, settings=METRICS + settings,
                       hydration=SCHEDULE).start()


def part(document, n):
    """A document with the first n of its entries."""
    if isinstance(document, list):
        return document[:n]
    if "month" not in document:
        return dict(list(document.items())[:n])
    names = [name for name, count in document["total"].items() if count > 0][:n]
    return {period: {name: counts[name] for name in names if name in counts} for period, counts in document.items()}


def original(name):
    return json.loads((DEMO / (name + ".json")).read_text())


def put(upstream, name, document):
    path = upstream.directory / (name + ".json")
    new = path.with_suffix(".new")
    new.write_text(json.dumps(document))
    new.rename(path)


def gate(daemon):
    return daemon.json("/readyz?verbose")["categories"][0]["gate"]


def cycles(daemon):
    return len(re.findall(r"hydrated %s: |%s not refreshed" % (CATEGORY, CATEGORY), daemon.log()))


def cycle(daemon, after=lambda: True):
    """Lets the time of one cycle pass and waits for its end, and for what it brings."""
    seen = cycles(daemon)
    wait_for(lambda: sleeps(daemon.child("hydrator " + CATEGORY)), "the hydrator to wait for its time")
    daemon.move_clock(PERIOD)
    wait_for(lambda: cycles(daemon) > seen, "a cycle")
    wait_for(after, "what a cycle brings")


def refusals(daemon):
    return re.findall(r"%s: (\w+) is \d+ s old: implausible: (\d+) ([a-z ]+), down from (\d+) "
                      r"\(answer (\d) of \d like it\)" % CATEGORY, daemon.log())


def generation(daemon):
    return daemon.json("/readyz?verbose")["categories"][0]["generation"]


def bodies(daemon):
    """All that clients see, but for when it was computed."""
    return [daemon.get(target).timeless() for target in (RISK, STATISTICS, MODELS)]


@pytest.mark.parametrize("size", ("a tenth", "nothing"))
@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_shrunken_document_is_refused_until_it_came_three_times(make_daemon, upstream, document, size):
    daemon = start(make_daemon, upstream)
    name, unit = DOCUMENTS[document]
    before = bodies(daemon)
    whole = original(document)
    few = len(whole if name != "stats" else whole["total"]) // 10 if size == "a tenth" else 0
    put(upstream, document, part(whole, few))
    for number in (1, 2):
        cycle(daemon, lambda: len(refusals(daemon)) == number)
        refusal = refusals(daemon)[-1]
        assert refusal[0] == name and int(refusal[1]) == few and refusal[2] == unit and refusal[4] == str(number)
        wait_for(lambda: gate(daemon)["refused"] == [name], "the gate in readyz")
        assert isinstance(gate(daemon)["since"], int)
        wait_for(lambda: generation(daemon) == 1 + number, "the reader")
        assert bodies(daemon) == before
        age = int(daemon.get(MODELS if document == "workers" else RISK).headers["age"])
        assert number * PERIOD <= age < number * PERIOD + 100  # the old one's own
    values = samples(daemon)
    assert values['refresh_failures_total{category="%s",reason="implausible"}' % CATEGORY] == 2
    assert values['refresh_total{category="%s",result="partial"}' % CATEGORY] == 2
    assert values['consecutive_failures{category="%s"}' % CATEGORY] == 2
    cycle(daemon, lambda: gate(daemon) == {"refused": [], "since": None})
    assert re.search(r"%s: %s is accepted with %d %s, down from \d+: it came often enough" % (
        CATEGORY, name, few, unit), daemon.log())
    wait_for(lambda: bodies(daemon) != before, "the accepted document")
    assert daemon.json("/readyz?verbose")["categories"][0]["age"] < 100
    assert samples(daemon)['consecutive_failures{category="%s"}' % CATEGORY] == 0


@pytest.mark.parametrize("document", ("status_image", "stats_image"))
def test_a_document_of_other_models_is_refused(make_daemon, upstream, document):
    """As long as the good one, but of another category: every model would be flagged."""
    daemon = start(make_daemon, upstream)
    name, unit = DOCUMENTS[document]
    before = bodies(daemon)
    put(upstream, document, original(document.replace("image", "text")))
    cycle(daemon, lambda: len(refusals(daemon)) == 1)
    assert refusals(daemon)[0][:3] == (name, "0", unit)
    assert bodies(daemon) == before
    put(upstream, document, original(document))
    cycle(daemon, lambda: gate(daemon)["refused"] == [])
    assert bodies(daemon) == before


def accept(daemon, category=CATEGORY):
    """hydratorctl refresh --accept-smaller: its exit status and what it says, on either."""
    said = ctl(daemon, "refresh", "--accept-smaller", "--yes", category)
    return said.rc, said.out + said.err


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_refresh_believes_nothing_an_order_does(make_daemon, upstream, document):
    daemon = start(make_daemon, upstream)
    name, unit = DOCUMENTS[document]
    before = bodies(daemon)
    put(upstream, document, part(original(document), 0))
    cycle(daemon, lambda: len(refusals(daemon)) == 1)
    assert bodies(daemon) == before
    seen = cycles(daemon)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: cycles(daemon) > seen, "the refresh")
    assert bodies(daemon) == before
    assert gate(daemon)["refused"] == [name]
    status, said = accept(daemon)
    assert status == 0
    assert re.fullmatch(r"%s: %s is accepted with 0 %s, down from \d+\n" % (CATEGORY, name, unit), said), said
    wait_for(lambda: bodies(daemon) != before, "the accepted document")
    assert "it was ordered" in daemon.log()
    assert gate(daemon)["refused"] == []
    # From now on that is how it is, and there is nothing more to accept.
    cycle(daemon)
    assert {refusal[4] for refusal in refusals(daemon)} == {"1"}
    assert accept(daemon) == (1, "hydratorctl: %s: not accepted: nothing is refused\n" % CATEGORY)


def test_an_order_is_for_what_was_refused(make_daemon, upstream):
    daemon = start(make_daemon, upstream)
    before = bodies(daemon)
    put(upstream, "image_generation", part(original("image_generation"), 9))
    cycle(daemon, lambda: len(refusals(daemon)) == 1)
    put(upstream, "image_generation", part(original("image_generation"), 1))
    status, said = accept(daemon)
    assert status == 1 and "not accepted: reference is not: implausible: 1 models, down from 40" in said, said
    assert bodies(daemon) == before
    upstream.mode("image_generation", "404")
    status, said = accept(daemon)
    assert status == 1 and "HTTP status 404" in said, said
    upstream.mode("image_generation", "ok")
    assert accept(daemon, "blip")[0] == 64
    status, said = accept(daemon, "no such\ncategory")
    assert status == 64 and "there is no category no such?category; there is image_generation" in said
    assert bodies(daemon) == before
    assert daemon.stop() == 0
    assert accept(daemon)[0] == 3


def test_a_hydrator_that_is_gone_gets_the_order_later(make_daemon, upstream):
    daemon = start(make_daemon, upstream)
    before = bodies(daemon)
    put(upstream, "image_generation", part(original("image_generation"), 3))
    cycle(daemon, lambda: len(refusals(daemon)) == 1)
    # What it knew, its successor knows.
    daemon.kill_child("hydrator " + CATEGORY)
    status, said = accept(daemon)
    assert (status, said) == (0, CATEGORY + ": reference is accepted with 3 models, down from 40\n")
    wait_for(lambda: bodies(daemon) != before, "the accepted document")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_restart_believes_nothing(make_daemon, upstream, document):
    """Neither of the daemon, nor of the hydrator: a tenth is not taken for all there ever was."""
    daemon = start(make_daemon, upstream)
    before = bodies(daemon)
    whole = original(document)
    few = len(whole if document != "stats_image" else whole["total"]) // 10
    put(upstream, document, part(whole, few))
    cycle(daemon, lambda: len(refusals(daemon)) == 1)
    seen = cycles(daemon)
    daemon.kill_child("hydrator " + CATEGORY)
    wait_for(lambda: cycles(daemon) > seen, "the successor's cycle")
    assert bodies(daemon) == before
    assert daemon.stop() == 0
    daemon.log_path.rename(daemon.log_path.with_suffix(".old"))
    daemon.start(wait=False)
    wait_for(lambda: re.search(r"%s(:| is absent:| is \d+ s old:) implausible: %d " % (DOCUMENTS[document][0], few),
                               daemon.log()), "the refusal")
    assert bodies(daemon) == before
    # Without a file there is only the snapshot to go by; a damaged one is named.
    assert daemon.stop() == 0
    (daemon.state / (CATEGORY + ".gate")).write_bytes(b"x" * 168)
    daemon.log_path.rename(daemon.log_path.with_suffix(".older"))
    daemon.start(wait=False)
    wait_for(lambda: "what the gate compared is forgotten" in daemon.log(), "the line about the file")


def test_a_flapping_document_is_never_accepted(make_daemon, upstream):
    daemon = start(make_daemon, upstream)
    before = bodies(daemon)
    whole = original("stats_image")
    for number in range(1, 6):
        put(upstream, "stats_image", part(whole, 2))
        cycle(daemon, lambda: len(refusals(daemon)) == number)
        assert bodies(daemon) == before
        put(upstream, "stats_image", whole)
        cycle(daemon, lambda: gate(daemon)["refused"] == [])
        wait_for(lambda: int(daemon.get(RISK).headers["age"]) < 100, "the reader")
        assert bodies(daemon) == before
    assert {refusal[4] for refusal in refusals(daemon)} == {"1"}


def test_a_document_that_is_another_each_time_is_never_accepted(make_daemon, upstream):
    daemon = start(make_daemon, upstream)
    before = bodies(daemon)
    for number in range(1, 7):
        put(upstream, "image_generation", part(original("image_generation"), 3 + number % 3))
        cycle(daemon, lambda: len(refusals(daemon)) == number)
    assert {refusal[4] for refusal in refusals(daemon)} == {"1"}
    assert bodies(daemon) == before


def test_records_that_became_invalid_are_gone_too(make_daemon, upstream):
    daemon = start(make_daemon, upstream)
    before = bodies(daemon)
    spoilt = {name: record if number < 4 else {"renamed": name}
              for number, (name, record) in enumerate(original("image_generation").items())}
    put(upstream, "image_generation", spoilt)
    cycle(daemon, lambda: len(refusals(daemon)) == 1)
    assert refusals(daemon)[0] == ("reference", "4", "models", "40", "1")
    assert bodies(daemon) == before


def test_what_shrinks_by_less_is_believed(make_daemon, upstream):
    daemon = start(make_daemon, upstream)
    put(upstream, "image_generation", part(original("image_generation"), 20))
    cycle(daemon, lambda: daemon.json(RISK)["total_count"] == 20)
    assert not refusals(daemon)


def test_other_settings(make_daemon, upstream):
    daemon = start(make_daemon, upstream, "\ngate { min_ratio = 0.9 confirmations = 2 }")
    put(upstream, "image_generation", part(original("image_generation"), 35))
    cycle(daemon, lambda: len(refusals(daemon)) == 1)
    cycle(daemon, lambda: daemon.json(RISK)["total_count"] == 35)


def test_no_gate(make_daemon, upstream):
    daemon = start(make_daemon, upstream, "\ngate { min_ratio = 0 }")
    put(upstream, "image_generation", {})
    cycle(daemon, lambda: daemon.get(RISK).status == 404)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_after_a_restart_the_restored_snapshot_is_the_measure(make_daemon, upstream, document):
    daemon = start(make_daemon, upstream)
    before = bodies(daemon)
    assert daemon.stop() == 0
    put(upstream, document, part(original(document), 0))
    daemon.log_path.rename(daemon.log_path.with_suffix(".old"))
    daemon.start(wait=False)
    wait_for(lambda: re.search(r"%s(:| is absent:) implausible: 0 " % DOCUMENTS[document][0], daemon.log()),
             "the refusal")
    assert bodies(daemon) == before
    for _ in range(2):
        cycle(daemon)
    wait_for(lambda: bodies(daemon) != before, "the accepted document")
