"""The upstream sees a good client: rest when it asks for it, one probe when it is broken."""
import re
import signal

import pytest

from conftest import DEMO
from daemon import wait_for
from test_metrics import METRICS, samples

CATEGORY = "image_generation"
IMAGE = ("status_image", "stats_image", "workers")
DOCUMENTS = (*IMAGE, "status_text", "stats_text")
CLOSED, HALF_OPEN, OPEN = 0, 1, 2
WELL = {"degraded": False, "consecutive_failures": 0, "seconds_until_retry": None}


@pytest.fixture
def make(make_daemon, upstream):
    """References come from files, so that the only host is the one of Horde's documents. Cycles are forced."""
    def make(categories=(CATEGORY,), **kwargs):
        return make_daemon({c: ["file://%s/%s.json" % (DEMO, c)] for c in categories}, upstream.horde,
                           settings=METRICS, hydration="interval = 3000 ttl = 3001", **kwargs)
    return make


def asked(upstream):
    return sum(upstream.count(name) for name in DOCUMENTS)


def cycles(daemon, category):
    return len(re.findall(r": hydrated %s:| %s not refreshed:" % (category, category), daemon.log()))


def force(daemon):
    """A cycle of every category, by USR1. Cycles that failed are repeated without it, too."""
    before = {name: cycles(daemon, name) for name in daemon.categories()}
    daemon.send(signal.SIGUSR1)
    for name, n in before.items():
        wait_for(lambda: cycles(daemon, name) > n, "a forced cycle of " + name)


def state(daemon, upstream, name="upstream_breaker_state"):
    return samples(daemon)['%s{host="%s"}' % (name, upstream.url)]


def heartbeat(daemon):
    answer = daemon.json("/heartbeat")
    assert answer["status"] == "ok"
    return answer["ai_horde"]


def lines(daemon, text):
    return daemon.log().count(text)


def reload(daemon):
    daemon.send(signal.SIGHUP)
    wait_for(lambda: samples(daemon)['config_reloads_total{result="loaded"}'] == 1, "the reload")


def restart(daemon):
    assert daemon.stop() == 0
    daemon.log_path.rename(daemon.directory / "log.before")
    return daemon.start(wait=False)


def test_a_good_upstream_is_asked_once_for_each_document(make, upstream):
    daemon = make().start()
    assert asked(upstream) == len(IMAGE)
    force(daemon)
    assert asked(upstream) == 2 * len(IMAGE)
    assert heartbeat(daemon) == WELL
    values = samples(daemon)
    assert values['upstream_breaker_state{host="%s"}' % upstream.url] == CLOSED
    assert values['upstream_floor_seconds{host="%s"}' % upstream.url] == 0
    assert values['upstream_retries_total{category="%s"}' % CATEGORY] == 0
    assert values['upstream_unsent_total{category="%s"}' % CATEGORY] == 0


@pytest.mark.parametrize("mode", ("429:6000", "503:6000"))
def test_a_floor_holds_over_forced_cycles_reload_and_restart(make, upstream, mode):
    """6000 s are more than a host may ask for: it gets an hour."""
    daemon = make((CATEGORY, "text_generation")).start()
    began = asked(upstream)
    assert began == 6
    upstream.mode("*", mode)
    force(daemon)
    sent = asked(upstream)
    assert began < sent <= 2 * began, "no document more than once"
    upstream.mode("*", "ok")
    force(daemon)
    assert lines(daemon, "not asked for another 36") + lines(daemon, "not asked for another 35")
    assert 3400 < state(daemon, upstream, "upstream_floor_seconds") <= 3600
    assert samples(daemon)['upstream_unsent_total{category="%s"}' % CATEGORY] >= len(IMAGE)

    reload(daemon)
    force(daemon)
    assert asked(upstream) == sent

    restart(daemon)
    assert lines(daemon, "hosts that are not asked yet (Retry-After)")
    force(daemon)
    force(daemon)
    assert 3400 < state(daemon, upstream, "upstream_floor_seconds") <= 3600
    assert asked(upstream) == sent

    daemon.move_clock(3601)
    force(daemon)
    assert asked(upstream) >= sent + 6
    assert state(daemon, upstream, "upstream_floor_seconds") == 0


def test_a_clock_that_was_ahead_silences_nobody_for_long(make, upstream):
    daemon = make()
    daemon.move_clock(86400)
    daemon.start()
    upstream.mode("*", "429:3000")
    force(daemon)
    upstream.mode("*", "ok")
    sent = asked(upstream)
    assert daemon.stop() == 0
    daemon.move_clock(-86400)
    daemon.log_path.rename(daemon.directory / "log.before")
    daemon.start(wait=False)
    force(daemon)
    assert asked(upstream) == sent
    assert 3400 < state(daemon, upstream, "upstream_floor_seconds") <= 3600
    daemon.move_clock(3601)
    force(daemon)
    assert asked(upstream) >= sent + len(IMAGE)


def test_a_damaged_file_of_floors_is_no_obstacle(make, upstream):
    daemon = make().start()
    upstream.mode("*", "429:600")
    force(daemon)
    (daemon.state / (CATEGORY + ".floors")).write_bytes(b"x" * 100)
    upstream.mode("*", "ok")
    restart(daemon)
    assert lines(daemon, "Retry-After of the last run is forgotten")
    force(daemon)
    assert heartbeat(daemon) == WELL


def open_breaker(daemon, upstream):
    """Failing cycles until it is open; returns how many requests the upstream has had by then."""
    began = asked(upstream)
    upstream.mode("*", "500")
    force(daemon)
    wait_for(lambda: state(daemon, upstream) == OPEN, "the breaker")
    force(daemon)
    sent = asked(upstream)
    assert 13 <= sent - began <= 24, "five documents of three tries, and what was under way"
    assert lines(daemon, "failed 5 times in a row: not asked for 120 s") == 1
    return sent


def test_five_failures_open_and_one_probe_closes(make, upstream):
    daemon = make().start()
    assert heartbeat(daemon) == WELL
    sent = open_breaker(daemon, upstream)
    beat = heartbeat(daemon)
    assert beat["degraded"] is True and beat["consecutive_failures"] >= 5
    assert 30 < beat["seconds_until_retry"] <= 120
    force(daemon)
    assert lines(daemon, "failures in a row)")
    assert asked(upstream) == sent
    assert samples(daemon)['upstream_retries_total{category="%s"}' % CATEGORY] >= 8

    daemon.move_clock(121)
    force(daemon)
    assert asked(upstream) == sent + 1, "one probe, which failed"
    assert state(daemon, upstream) == OPEN

    upstream.mode("*", "ok")
    daemon.move_clock(121)
    force(daemon)
    assert state(daemon, upstream) == CLOSED
    assert asked(upstream) >= sent + 1 + len(IMAGE)
    assert heartbeat(daemon) == WELL
    assert lines(daemon, "answers again") == 1


def test_all_hydrators_share_one_breaker_and_one_probe(make, upstream):
    daemon = make((CATEGORY, "text_generation")).start()
    sent = open_breaker(daemon, upstream)
    for _ in range(3):
        daemon.move_clock(121)
        force(daemon)
        sent += 1
        assert asked(upstream) == sent
    upstream.mode("*", "ok")
    daemon.move_clock(121)
    force(daemon)
    assert state(daemon, upstream) == CLOSED


def test_a_breaker_outlives_reloads_and_hydrators(make, upstream):
    daemon = make().start()
    sent = open_breaker(daemon, upstream)
    reload(daemon)
    assert state(daemon, upstream) == OPEN
    daemon.kill_child("hydrator " + CATEGORY)
    force(daemon)
    assert asked(upstream) == sent
    assert heartbeat(daemon)["degraded"] is True


def test_a_prober_that_dies_is_replaced(make, upstream):
    daemon = make().start()
    sent = open_breaker(daemon, upstream)
    upstream.mode("*", "hang")
    daemon.move_clock(121)
    wait_for(lambda: asked(upstream) == sent + 1, "the probe")
    daemon.kill_child("hydrator " + CATEGORY)
    upstream.mode("*", "ok")
    assert state(daemon, upstream) == HALF_OPEN
    # Its claim is as long as its try may take, and a little more.
    daemon.move_clock(36)
    wait_for(lambda: state(daemon, upstream) == CLOSED, "a successor's probe")


def test_one_document_that_fails_does_not_close_the_host_to_the_others(make_daemon, upstream):
    """Its own retries are all that is asked meanwhile, so its failures come in a row."""
    daemon = make_daemon({c: [upstream.reference(c)] for c in ("clip", "lora")}, settings=METRICS,
                         hydration="interval = 3000 ttl = 3001")
    upstream.mode("lora", "500")
    daemon.start(wait=False)
    wait_for(lambda: cycles(daemon, "clip") == 1, "the other category")
    for n in range(1, 8):
        wait_for(lambda: cycles(daemon, "lora") >= n, "%d failures" % n)
        daemon.move_clock(64)
    assert state(daemon, upstream) == CLOSED
    asked_before = upstream.count("clip")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: cycles(daemon, "clip") == 2, "a refresh of the other category")
    assert upstream.count("clip") == asked_before + 1
    assert not lines(daemon, "not asked for")

    upstream.mode("clip", "500")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: state(daemon, upstream) == OPEN, "the breaker, when both fail")
