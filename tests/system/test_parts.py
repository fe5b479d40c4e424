"""Each part of the answers has its own documents: what is missing or old makes only its own answers so."""
import json
import re

import pytest

from daemon import sleeps, wait_for
from test_gate import cycles
from test_metrics import METRICS, samples

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
MODELS = STATISTICS + "/with-stats"
WORKERS = MODELS + "?include_workers=true"
ALL = (STATISTICS, RISK, MODELS, WORKERS)
REFERENCE = "image_generation"
HORDE = ("status_image", "stats_image", "workers")
HOUR, DAY = 3600, 86400
HOURLY = "interval = %d ttl = %d stale_ttl = %d stale_if_error = %d jitter = 0" % (HOUR, 3 * HOUR // 2, 2 * HOUR, DAY)


def make(make_daemon, upstream, reference=None):
    return make_daemon({REFERENCE: [reference or upstream.reference(REFERENCE)]}, upstream.horde, hydration=HOURLY,
                       settings=METRICS)


def statuses(daemon):
    return [daemon.get(target).status for target in ALL]


def age(daemon, target):
    answer = daemon.get(target)
    assert answer.status == 200, target
    return int(answer.headers["age"])


def hour_passes(daemon, after=lambda: True):
    """Until the tick after it is over, and what it brings is there."""
    seen = cycles(daemon)
    wait_for(lambda: sleeps(daemon.child("hydrator image_generation")), "the hydrator to wait for its time")
    daemon.move_clock(HOUR)
    wait_for(lambda: cycles(daemon) > seen, "a cycle")
    wait_for(after, "what a cycle brings")


def parts(daemon):
    """Part -> state, of /readyz."""
    entry = daemon.get("/readyz?verbose").json()["categories"][0]
    return {name: part["state"] for name, part in entry["parts"].items()}


def test_without_workers_everything_else_is_served(make_daemon, upstream):
    upstream.mode("workers", "503")
    daemon = make(make_daemon, upstream).start()
    wait_for(lambda: statuses(daemon) == [200, 200, 200, 503], "all but the workers")
    assert "retry-after" in daemon.get(WORKERS).headers
    assert daemon.get("/readyz").status == 200
    assert parts(daemon) == {"statistics": "fresh", "deletion_risk": "fresh", "workers": "empty"}
    ages = [name for name in samples(daemon) if name.startswith("snapshot_age_seconds")]
    assert sorted(ages) == ['snapshot_age_seconds{category="image_generation",part="%s"}' % part
                            for part in ("deletion_risk", "statistics")]
    assert re.search(r"image_generation: workers is absent: http\S+: HTTP status 503", daemon.log())
    # Only it is asked for again.
    wait_for(lambda: "image_generation not refreshed: workers: http" in daemon.log(), "an early try")
    assert [upstream.count(name) for name in (REFERENCE, *HORDE[:2])] == [1, 1, 1]
    upstream.mode("workers", "ok")
    daemon.move_clock(HOUR // 2)  # the breaker
    wait_for(lambda: statuses(daemon) == [200] * 4, "the workers")
    assert [upstream.count(name) for name in (REFERENCE, *HORDE[:2])] == [1, 1, 1]
    wait_for(lambda: samples(daemon)['consecutive_failures{category="image_generation"}'] == 0, "a success")


@pytest.mark.parametrize("document", HORDE[:2])
def test_without_the_horde_there_are_statistics(make_daemon, upstream, document):
    upstream.mode(document, "503")
    daemon = make(make_daemon, upstream).start()
    assert statuses(daemon) == [200, 503, 503, 503]
    assert daemon.get("/readyz").status == 503
    assert parts(daemon) == {"statistics": "fresh", "deletion_risk": "empty", "workers": "empty"}
    upstream.mode(document, "ok")
    daemon.move_clock(HOUR // 2)
    wait_for(lambda: statuses(daemon) == [200] * 4, "the rest")
    others = {REFERENCE, *HORDE} - {document}
    assert [upstream.count(name) for name in others] == [1, 1, 1]


def test_documents_of_a_failed_cycle_are_kept(make_daemon, upstream):
    upstream.mode(REFERENCE, "503")
    daemon = make(make_daemon, upstream).start(wait=False)
    wait_for(lambda: daemon.log().count("not refreshed: reference: http") >= 2, "a second failure")
    assert statuses(daemon) == [503] * 4
    upstream.mode(REFERENCE, "ok")
    daemon.move_clock(HOUR // 2)
    wait_for(lambda: statuses(daemon) == [200] * 4, "all answers")
    assert [upstream.count(name) for name in HORDE] == [1, 1, 1]
    # They are as old as they are.
    assert age(daemon, STATISTICS) < HOUR // 4 < age(daemon, RISK)


def test_a_local_file_that_changes_fetches_nothing_else(make_daemon, upstream):
    file = upstream.directory / (REFERENCE + ".json")
    daemon = make(make_daemon, upstream, file.as_uri()).start()
    models = json.loads(file.read_text())
    for number in (30, 20, 10):
        few = dict(list(models.items())[:number + 10])
        few.update({name: record for name, record in models.items() if len(few) < number})
        file.write_text(json.dumps(few))
        wait_for(lambda: daemon.json(RISK)["total_count"] == len(few), "%d models" % len(few))
    assert [upstream.count(name) for name in HORDE] == [1, 1, 1]
    # A tick fetches all.
    hour_passes(daemon)
    assert [upstream.count(name) for name in HORDE] == [2, 2, 2]


def test_each_part_has_its_own_age(make_daemon, upstream):
    daemon = make(make_daemon, upstream).start()
    upstream.mode("status_image", "500")
    hour_passes(daemon, lambda: age(daemon, STATISTICS) < HOUR // 2)
    for target in ALL[1:]:
        assert age(daemon, target) >= HOUR
    upstream.mode("status_image", "ok")
    upstream.mode("workers", "500")
    hour_passes(daemon, lambda: age(daemon, RISK) < HOUR // 2)
    assert age(daemon, MODELS) < HOUR // 2 and HOUR <= age(daemon, WORKERS) < 2 * HOUR


def restart(daemon):
    assert daemon.stop() == 0
    daemon.log_path.rename(daemon.log_path.with_suffix(".old"))
    daemon.start()
    wait_for(lambda: "hydrated image_generation" in daemon.log(), "the first cycle")


def test_workers_fail_for_a_day(make_daemon, upstream):
    daemon = make(make_daemon, upstream).start()
    workers = daemon.get(WORKERS).timeless()
    upstream.mode("workers", "500")
    for hour in range(1, 24):
        hour_passes(daemon, lambda: age(daemon, RISK) < HOUR // 2)
        if hour == 12:
            restart(daemon)
        for target in ALL[:3]:
            wait_for(lambda: age(daemon, target) < HOUR // 2, "a fresh answer")
        # Also over the restart: what is known of the workers is only as old as it is.
        assert hour * HOUR <= age(daemon, WORKERS) < hour * HOUR + HOUR // 2
        assert daemon.get(WORKERS).timeless() == workers
    hour_passes(daemon)
    assert statuses(daemon) == [200, 200, 200, 503]
    assert parts(daemon) == {"statistics": "fresh", "deletion_risk": "fresh", "workers": "expired"}
    assert daemon.get("/readyz").status == 200
    upstream.mode("workers", "ok")
    hour_passes(daemon, lambda: statuses(daemon) == [200] * 4)
    assert age(daemon, WORKERS) < HOUR // 2


@pytest.mark.parametrize("document", HORDE[:2])
def test_a_restart_without_the_horde(make_daemon, upstream, document):
    daemon = make(make_daemon, upstream).start()
    before = [daemon.get(target).body for target in ALL[1:]]
    upstream.mode(document, "500")
    daemon.move_clock(HOUR)
    restart(daemon)
    wait_for(lambda: age(daemon, STATISTICS) < HOUR // 2, "fresh statistics")
    assert [daemon.get(target).body for target in ALL[1:]] == before
    for target in ALL[1:]:
        assert HOUR <= age(daemon, target) < HOUR + HOUR // 2
    upstream.mode(document, "ok")
    daemon.move_clock(HOUR // 2)
    wait_for(lambda: age(daemon, WORKERS) < HOUR, "the rest")
