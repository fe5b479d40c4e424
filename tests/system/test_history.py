"""What becomes of models is kept beside the cycle, and no disk, file or clock makes an answer wrong for it."""
import json
import os
import shutil
import signal
import sqlite3
import urllib.parse

import pytest

from conftest import DEMO, file_categories
from daemon import wait_for
from test_metrics import METRICS, samples

CATEGORY = "image_generation"
STATISTICS = "/model_references/statistics/" + CATEGORY
RISK = STATISTICS + "/deletion-risk"
HISTORY = STATISTICS + "/history"
CHANGES = STATISTICS + "/changes"
AT_ONCE = "history { settle = 0 sample_interval = 1 } " + METRICS
DAY = 86400


@pytest.fixture
def make(make_daemon, documents):
    def make(settings=AT_ONCE, **kwargs):
        return make_daemon(file_categories(documents), "file://%s" % documents, settings=settings, **kwargs)
    return make


def database(daemon):
    return daemon.state / (CATEGORY + ".history.db")


def rewrite(documents, change):
    """Changes the reference document in one step; its source is watched."""
    path = documents / (CATEGORY + ".json")
    document = json.loads(path.read_text())
    change(document)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(document))
    fresh.rename(path)


def drop(name):
    return lambda document: document.pop(name)


def undescribe(name):
    return lambda document: document[name].update(description="")


def changes(daemon):
    answer = daemon.get(CHANGES)
    return answer.json()["changes"] if answer.status == 200 else []


def first_model(daemon):
    return daemon.json(RISK + "?limit=1")["models"][0]["name"]


def wait_change(daemon, kind, model):
    def find():
        return [each for each in changes(daemon) if (each["kind"], each["model"]) == (kind, model)]
    return wait_for(find, "%s of %s" % (kind, model))[0]


def wait_kept(daemon):
    """Until what is known is in the database."""
    wait_for(lambda: samples(daemon).get('history_samples_total{category="%s"}' % CATEGORY, 0) >= 1, "a sample")
    wait_for(lambda: rows(daemon, "SELECT count(*) FROM models")[0][0] > 0, "rows in the database")


def rows(daemon, query):
    connection = sqlite3.connect("file:%s?mode=ro" % database(daemon), uri=True)
    try:
        return connection.execute(query).fetchall()
    except sqlite3.OperationalError:  # not made yet, or being made
        return [(0,)]
    finally:
        connection.close()


def restart(daemon):
    assert daemon.stop() == 0
    daemon.log_path.rename(daemon.directory / "log.before")
    return daemon.start()


def lines(daemon, *words):
    return [line for line in daemon.log().splitlines() if all(word in line for word in words)]


def test_a_change_is_noticed_and_survives_a_restart(make, documents):
    daemon = make().start()
    name = first_model(daemon)
    assert changes(daemon) == [], "the first publication is no change"
    rewrite(documents, undescribe(name))
    first = wait_change(daemon, "flag_set", name)
    assert first["flag"] == "missing_description"
    assert "missing_description" in first["after"]["flags"]
    assert "missing_description" not in first["before"]["flags"]
    rewrite(documents, drop(name))
    gone = wait_change(daemon, "disappeared", name)
    assert gone["id"] > first["id"]
    assert gone["after"] is None
    before = changes(daemon)
    seen = {row["name"]: row for row in daemon.json(HISTORY)["models"]}
    assert not seen[name]["present"]
    restart(daemon)
    wait_for(lambda: changes(daemon) != [], "the changes of before")
    assert changes(daemon) == before
    after = {row["name"]: row for row in daemon.json(HISTORY)["models"]}
    for model, row in seen.items():
        assert after[model]["first_seen"] == row["first_seen"], model
        assert after[model]["at_risk_since"] == row["at_risk_since"], model
    shutil.copy(DEMO / (CATEGORY + ".json"), documents)
    back = wait_change(daemon, "appeared", name)
    assert back["id"] > gone["id"]
    ids = [each["id"] for each in changes(daemon)]
    assert ids == sorted(set(ids), reverse=True)
    after = {row["name"]: row for row in daemon.json(HISTORY)["models"]}
    assert after[name]["first_seen"] == seen[name]["first_seen"], "one that returns continues"


def test_a_hydrator_that_is_killed_goes_on(make, documents):
    daemon = make().start()
    name = first_model(daemon)
    rewrite(documents, undescribe(name))
    change = wait_change(daemon, "flag_set", name)
    wait_for(lambda: rows(daemon, "SELECT count(*) FROM events")[0][0] > 0, "the event in the database")
    daemon.kill_child("hydrator " + CATEGORY)
    rewrite(documents, drop(name))
    wait_change(daemon, "disappeared", name)
    assert change in changes(daemon)


def test_a_damaged_database_is_set_aside(make, documents):
    daemon = make().start()
    wait_kept(daemon)
    daemon.stop()
    size = database(daemon).stat().st_size
    with open(database(daemon), "r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    daemon.log_path.rename(daemon.directory / "log.before")
    daemon.start()
    wait_for(lambda: lines(daemon, "the history of %s begins anew" % CATEGORY), "the line about it")
    assert len(lines(daemon, "the history of %s begins anew" % CATEGORY)) == 1
    assert daemon.get(RISK).status == 200
    wait_for(lambda: daemon.get(HISTORY).status == 200, "a history")
    aside = [path.name for path in daemon.state.iterdir() if ".damaged-" in path.name]
    assert aside and all(name.startswith(database(daemon).name) for name in aside)
    wait_kept(daemon)
    rewrite(documents, drop(first_model(daemon)))
    wait_for(lambda: changes(daemon), "a change in the new history")


def test_a_history_that_cannot_be_read_costs_no_answer(make, documents):
    daemon = make()
    daemon.state.mkdir()
    database(daemon).mkdir()
    daemon.start()
    wait_for(lambda: lines(daemon, "the history of %s cannot be read" % CATEGORY), "the line about it")
    assert daemon.get(RISK).status == 200
    assert daemon.get(STATISTICS + "/unlisted").status == 200
    answer = daemon.get(HISTORY)
    assert answer.status == 503 and int(answer.headers["Retry-After"]) > 0
    assert daemon.get(CHANGES).status == 503
    state = daemon.json("/readyz?verbose")["categories"]
    history = next(each for each in state if each["category"] == CATEGORY)["history"]
    assert history["state"] == "failing" and history["error"]
    name = first_model(daemon)
    rewrite(documents, drop(name))
    wait_for(lambda: daemon.get(STATISTICS + "/models/" + urllib.parse.quote(name)).status == 404, "the cycle to go on")
    assert samples(daemon)['history_kept{category="%s"}' % CATEGORY] == 0
    database(daemon).rmdir()


def test_a_database_of_a_later_version_is_left_alone(make):
    daemon = make().start()
    wait_kept(daemon)
    daemon.stop()
    connection = sqlite3.connect(database(daemon))
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = database(daemon).read_bytes()
    daemon.log_path.rename(daemon.directory / "log.before")
    daemon.start()
    wait_for(lambda: lines(daemon, "%s has no history" % CATEGORY), "the line about it")
    assert daemon.get(RISK).status == 200
    daemon.stop()
    assert database(daemon).read_bytes() == before


def test_a_clock_that_jumps_back_adds_nothing_twice(make, documents):
    daemon = make().start()
    wait_kept(daemon)
    name = first_model(daemon)
    for seconds in (-DAY // 2, DAY // 2 + 5):
        daemon.move_clock(seconds)
        rewrite(documents, undescribe(name) if seconds < 0 else drop(name))
        daemon.send(signal.SIGUSR1)
        wait_change(daemon, *(("flag_set", name) if seconds < 0 else ("disappeared", name)))
    ids = [each["id"] for each in changes(daemon)]
    assert ids == sorted(set(ids), reverse=True)
    assert restart(daemon).get(HISTORY).status == 200
    assert all(used is None or used >= 0 for row in daemon.json(HISTORY)["models"] for used in row["usage"])
    assert rows(daemon, "SELECT count(*) FROM (SELECT 1 FROM hours GROUP BY model, hour HAVING count(*) > 1)") == [(0,)]
    assert rows(daemon, "SELECT count(*) FROM days WHERE used < -1") == [(0,)]


def test_it_can_be_switched_off(make):
    daemon = make(settings="history { enabled = false } " + METRICS).start()
    answer = daemon.get(HISTORY)
    assert answer.status == 404 and b"not kept" in answer.body
    assert daemon.get(CHANGES).status == 404
    assert daemon.get(STATISTICS + "/unlisted").status == 200
    assert not database(daemon).exists()
    assert "history" not in daemon.json("/readyz?verbose")["categories"][0]
    assert "history_kept{" not in str(samples(daemon))


def test_lists_without_room_come_when_the_segment_has_grown(make_daemon, documents):
    daemon = make_daemon(file_categories(documents), "file://%s" % documents, settings=AT_ONCE)
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace('capacity = "8M"', 'capacity = "64K"'))
    daemon.start()
    wait_for(lambda: daemon.get(HISTORY).status == 200, "a segment with room for all of it")
    csv = daemon.get(RISK + "?format=csv")
    assert csv.status == 200 and csv.body.startswith(b"name,")
