"""The database of a category's history: whatever becomes of it, what is published is served."""
import json
import signal
import sqlite3

import pytest

from conftest import file_categories
from ctl import ctl
from daemon import wait_for
from stub_upstream import StubUpstream

CATEGORY = "image_generation"
STATISTICS = "/model_references/statistics/" + CATEGORY
RISK = STATISTICS + "/deletion-risk"
HISTORY = STATISTICS + "/history"


@pytest.fixture
def daemon(make_daemon, documents):
    return make_daemon(file_categories(documents, [CATEGORY]), "file://%s" % documents)


def database(daemon):
    return daemon.state / (CATEGORY + ".history.db")


def ask(daemon, sql):
    """All rows, or [] as long as there are no such tables."""
    connection = sqlite3.connect("file:%s?mode=ro" % database(daemon), uri=True)
    try:
        return connection.execute(sql).fetchall()
    except sqlite3.OperationalError:
        return []
    finally:
        connection.close()


def wait_recorded(daemon, models):
    wait_for(lambda: database(daemon).exists() and
             ask(daemon, "SELECT count(*) FROM models WHERE state & 1") == [(models,)], "%d models" % models)


def there(daemon):
    return daemon.json(RISK)["total_count"]


def remove_a_model(daemon, documents):
    """From the document, which is published before this returns."""
    path = documents / (CATEGORY + ".json")
    models = json.loads(path.read_text())
    before = there(daemon)
    models.popitem()
    new = path.with_suffix(".new")
    new.write_text(json.dumps(models))
    new.rename(path)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: there(daemon) == before - 1, "the new document")


def lines(daemon, *words):
    return [line for line in daemon.log().splitlines() if all(word in line for word in words)]


def test_a_restart_goes_on_with_it(daemon, documents):
    daemon.start()
    wait_recorded(daemon, there(daemon))
    first = ask(daemon, "SELECT id, name, first_seen FROM models ORDER BY id")
    assert daemon.stop() == 0
    assert not list(daemon.state.glob("*-wal"))
    assert ask(daemon, "PRAGMA integrity_check") == [("ok",)]
    daemon.move_clock(7200)
    daemon.start()
    remove_a_model(daemon, documents)
    wait_recorded(daemon, there(daemon))
    assert ask(daemon, "SELECT id, name, first_seen FROM models ORDER BY id") == first
    assert ask(daemon, "SELECT count(*) FROM events WHERE kind = 1") == [(1,)]


def test_a_killed_hydrator_leaves_it_whole(daemon, documents):
    daemon.start()
    wait_recorded(daemon, there(daemon))
    for _ in range(3):
        remove_a_model(daemon, documents)
        daemon.kill_child("hydrator " + CATEGORY)
    wait_recorded(daemon, there(daemon))
    assert ask(daemon, "PRAGMA integrity_check") == [("ok",)]
    assert daemon.stop() == 0
    assert ask(daemon, "SELECT count(*) FROM models WHERE state & 1 = 0") == [(3,)]


def test_a_damaged_one_is_set_aside_with_one_line(daemon):
    daemon.state.mkdir(exist_ok=True)
    database(daemon).write_bytes(b"SQLite format 3\0" + bytes(5000))
    daemon.start()
    wait_recorded(daemon, there(daemon))
    assert len(lines(daemon, "the history of %s begins anew:" % CATEGORY)) == 1
    assert len(list(daemon.state.glob("*.history.db.damaged-*"))) == 1


def test_one_of_a_later_version_stays_as_it_is(daemon):
    daemon.start()
    wait_recorded(daemon, there(daemon))
    assert daemon.stop() == 0
    connection = sqlite3.connect(database(daemon))
    connection.execute("PRAGMA user_version = 1000")
    connection.close()
    before = database(daemon).read_bytes()
    daemon.start()
    assert there(daemon) > 0
    wait_for(lambda: lines(daemon, CATEGORY + " has no history:", "is of version 1000"), "its line")
    assert daemon.stop() == 0
    assert database(daemon).read_bytes() == before
    assert len(lines(daemon, "has no history")) == 1


def test_one_that_is_locked_is_written_later(daemon, documents):
    daemon.start()
    wait_recorded(daemon, there(daemon))
    other = sqlite3.connect(database(daemon), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    remove_a_model(daemon, documents)
    wait_for(lambda: lines(daemon, "the history of %s is not recorded:" % CATEGORY, "locked"), "its line")
    other.execute("COMMIT")
    other.close()
    daemon.move_clock(60)
    wait_recorded(daemon, there(daemon))
    wait_for(lambda: lines(daemon, "the history of %s is recorded again" % CATEGORY), "its end")
    assert len(lines(daemon, "is not recorded")) == 1


@pytest.mark.parametrize("validators", [False, True])
def test_one_that_is_read_late_is_printed_by_the_next_cycle(make_daemon, documents, validators):
    """Though that gets the same documents, which come by HTTP: no file is read anew."""
    with StubUpstream(documents) as upstream:
        upstream.validators = validators
        daemon = make_daemon({CATEGORY: [upstream.reference(CATEGORY)]}, upstream.horde).start()
        wait_recorded(daemon, there(daemon))
        assert daemon.stop() == 0
        (daemon.state / (CATEGORY + ".snapshot")).unlink()
        other = sqlite3.connect(database(daemon), isolation_level=None)
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        daemon.start()
        wait_for(lambda: lines(daemon, "the history of %s cannot be read:" % CATEGORY), "its line")
        assert daemon.get(HISTORY).status == 503
        other.execute("COMMIT")
        other.close()
        daemon.move_clock(60)
        wait_for(lambda: len(lines(daemon, "the history of %s has" % CATEGORY)) == 2, "the history")
        asked = upstream.count("stats_image")
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: daemon.get(HISTORY).status == 200, "the history in the answers")
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: len(lines(daemon, "hydrated %s: " % CATEGORY)) >= 4, "the cycle after that")
        assert upstream.count("stats_image") == asked + 2  # no cycle of its own
        said = ctl(daemon, "cycles", CATEGORY, "--json").json()
        assert [cycle["result"] for cycle in said["cycles"]] == ["published", "published", "unchanged"]
