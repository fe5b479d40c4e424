"""Why something is wrong is known long after it began: in /readyz, in metrics, in the log."""
import json
import re
import signal

import pytest

from conftest import DEMO
from daemon import wait_for
from test_metrics import METRICS, samples

CATEGORY = "image_generation"
DOCUMENTS = ["reference", "status", "stats", "workers"]
SCHEDULE = "interval = 60 ttl = 600 stale_ttl = 10000 stale_if_error = 100000 jitter = 0"


@pytest.fixture
def daemon(make_daemon, upstream):
    return make_daemon({CATEGORY: [upstream.reference(CATEGORY)]}, upstream.horde, settings=METRICS,
                       hydration=SCHEDULE).start()


def entry(daemon):
    return daemon.json("/readyz?verbose")["categories"][0]


def documents(daemon):
    return {d["document"]: d for d in entry(daemon)["documents"]}


def warnings(daemon, text):
    return len(re.findall(r"warning: .*" + re.escape(text), daemon.log()))


def fail(daemon, upstream, mode):
    """Breaks all of the upstream, until nobody may ask it."""
    upstream.mode("*", mode)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: entry(daemon)["trouble"], "the trouble")
    wait_for(lambda: samples(daemon)['upstream_breaker_state{host="%s"}' % upstream.url] == 2, "the breaker")


def test_what_is_good_is_known(daemon, upstream):
    wait_for(lambda: entry(daemon)["next_try"], "the schedule")
    now = entry(daemon)
    assert now["trouble"] is None
    assert [d["document"] for d in now["documents"]] == DOCUMENTS
    for document in now["documents"]:
        assert document["state"] == "good" and 0 <= document["age"] < 60 and document["last_error"] is None
    values = samples(daemon)
    assert 0 < values['next_refresh_seconds{category="%s"}' % CATEGORY] <= 60
    for name in DOCUMENTS:
        labels = 'category="%s",document="%s"' % (CATEGORY, name)
        assert values['document_state{%s,state="good"}' % labels] == 1
        assert values['document_state{%s,state="not_fetched"}' % labels] == 0
        assert 0 <= values["document_age_seconds{%s}" % labels] < 60
    assert not [key for key in values if key.startswith("document_last_error")]


def test_an_outage_names_its_cause_after_ten_minutes(daemon, upstream):
    fail(daemon, upstream, "500")
    began = entry(daemon)["trouble"]
    assert "HTTP status 500" in began["cause"] and upstream.url in began["cause"]
    for _ in range(6):
        # Not while a probe is under way, which the move would make a timeout.
        wait_for(lambda: samples(daemon)['upstream_breaker_state{host="%s"}' % upstream.url] == 2, "the breaker")
        daemon.move_clock(121)
    wait_for(lambda: warnings(daemon, "has not been well for "), "the reminder")
    reminder = re.search(r"warning: %s has not been well for (\d+) s, which began with: (.*)" % CATEGORY, daemon.log())
    assert int(reminder.group(1)) >= 600 and "HTTP status 500" in reminder.group(2)
    # Also when whoever knew is dead, and when the configuration was loaded anew.
    daemon.kill_child("hydrator " + CATEGORY)
    assert entry(daemon)["trouble"] == began
    daemon.send(signal.SIGHUP)
    wait_for(lambda: samples(daemon)['config_reloads_total{result="loaded"}'] == 1, "the reload")
    wait_for(lambda: entry(daemon)["trouble"] == began, "the ledger")
    for name, document in documents(daemon).items():
        assert document["last_error"]["text"] == "HTTP status 500"
        assert document["last_error"]["host"] == upstream.url
        assert document["last_error"]["status"] == 500
        assert document["age"] >= 600, name
        assert samples(daemon)['document_last_error_timestamp_seconds{category="%s",document="%s",host="%s",code="500"}'
                               % (CATEGORY, name, upstream.url)] > 1e9
    upstream.mode("*", "ok")
    daemon.move_clock(200)
    wait_for(lambda: entry(daemon)["trouble"] is None, "the end of it")
    assert re.search(r"%s is well again after \d+ s, which began with: .*HTTP status 500" % CATEGORY, daemon.log())
    assert {d["state"] for d in documents(daemon).values()} == {"good"}
    assert documents(daemon)["status"]["last_error"]["status"] == 500


def test_who_may_ask_nobody_is_quiet(daemon, upstream):
    """An outage of the whole upstream is a line, and each probe a try; not one every second."""
    fail(daemon, upstream, "500")
    wait_for(lambda: "nobody may be asked" in daemon.log(), "a cycle that is none")
    counted = samples(daemon)['consecutive_failures{category="%s"}' % CATEGORY]
    wait_for(lambda: 30 < entry(daemon)["next_try"] - entry(daemon)["trouble"]["since"] <= 130,
             "the next try, when the breaker lets a probe through, or at the tick")
    log = daemon.log().count("nobody may be asked")
    wait_for(lambda: samples(daemon)['process_heartbeat_age_seconds{role="hydrator",name="%s"}' % CATEGORY] < 2, "it")
    assert daemon.log().count("nobody may be asked") <= log + 1
    assert samples(daemon)['consecutive_failures{category="%s"}' % CATEGORY] == counted
    # One line; a partial cycle, then a failed one, may differ.
    assert 1 <= warnings(daemon, "HTTP status 500") <= 3
    assert warnings(daemon, "nobody may be asked") == 0
    # An order is answered.
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: daemon.log().count("nobody may be asked") > log, "the answer")
    assert samples(daemon)['consecutive_failures{category="%s"}' % CATEGORY] == counted


def test_what_was_wrong_first_is_kept_when_it_changes(daemon, upstream):
    upstream.mode("stats_image", "notjson")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: documents(daemon)["stats"]["state"] == "not_accepted", "the bad document")
    first = entry(daemon)["trouble"]
    assert first["cause"].startswith("stats is ") and "JSON" in first["cause"]
    assert documents(daemon)["stats"]["last_error"]["status"] is None or \
        documents(daemon)["stats"]["last_error"]["status"] == 200
    upstream.mode("status_image", "404")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: documents(daemon)["status"]["state"] == "not_fetched", "the second")
    assert entry(daemon)["trouble"] == first
    assert documents(daemon)["status"]["last_error"]["status"] == 404
    assert documents(daemon)["workers"]["state"] == "good"


def test_requests_are_counted_on_over_a_reload(daemon, upstream):
    name = 'upstream_requests_total{host="%s",code="200"}' % upstream.url
    before = samples(daemon)[name]
    assert before == len(DOCUMENTS)
    daemon.send(signal.SIGHUP)
    wait_for(lambda: samples(daemon)['config_reloads_total{result="loaded"}'] == 1, "the reload")
    assert samples(daemon).get(name, 0) >= before
    wait_for(lambda: samples(daemon)[name] > before, "the first cycle of the new configuration")


def test_the_gate_has_figures(make_daemon, upstream, tmp_path):
    source = tmp_path / "reference.json"
    models = json.loads((DEMO / (CATEGORY + ".json")).read_text())
    source.write_text(json.dumps(models))
    daemon = make_daemon({CATEGORY: ["file://%s" % source]}, upstream.horde, settings=METRICS,
                         hydration=SCHEDULE).start()
    label = '{category="%s",document="reference"' % CATEGORY
    values = samples(daemon)
    assert values["gate_refused%s}" % label] == values["gate_answers%s}" % label] == 0
    assert 'gate_entries%s,which="refused"}' % label not in values
    source.with_suffix(".new").write_text(json.dumps(dict(list(models.items())[:7])))
    source.with_suffix(".new").rename(source)
    wait_for(lambda: samples(daemon)["gate_refused%s}" % label] == 1, "the refusal")
    values = samples(daemon)
    assert values['gate_entries%s,which="good"}' % label] == 40
    assert values['gate_entries%s,which="refused"}' % label] == 7
    assert values["gate_answers%s}" % label] == 1
