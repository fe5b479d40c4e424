"""History, changes, names that are not listed, single models, and lists as text: the real daemon, whose
upstreams change under it while its clock is moved."""
import csv
import io
import json
import signal
import urllib.parse

import pytest

from conftest import file_categories
from daemon import wait_for

STATISTICS = "/model_references/statistics/"
IMAGE = STATISTICS + "image_generation/"
TEXT = STATISTICS + "text_generation/"
RISK = IMAGE + "deletion-risk"
CANDIDATES = RISK + "?preset=deletion_candidates"
DAY = 86400


@pytest.fixture
def world(make_daemon, documents):
    """A daemon on a copy of the sample data that may be changed."""
    daemon = make_daemon(file_categories(documents, ["image_generation", "text_generation"]), "file://%s" % documents,
                         settings="history { settle = 0 }")
    daemon.documents = documents
    daemon.start()
    wait_for(lambda: daemon.get(IMAGE + "history").status == 200, "the history")
    return daemon


def edit(daemon, name, change):
    path = daemon.documents / (name + ".json")
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def refresh(daemon, seconds):
    """Another refresh, after some time."""
    daemon.move_clock(seconds)
    daemon.send(signal.SIGUSR1)


def rows(answer, key="models"):
    assert answer.status == 200, answer.body
    document = answer.json()
    assert document["returned_count"] == len(document[key])
    return document[key]


def seen(daemon, target, key="models"):
    """The rows, if there are any yet."""
    answer = daemon.get(target)
    return answer.status == 200 and rows(answer, key)


def test_a_model_is_its_rows(demo):
    for category in IMAGE, TEXT:
        risk = demo.json(category + "deletion-risk")["models"]
        stats = demo.json(category + "with-stats?include_workers=1&include_backend_variations=1")
        wait_for(lambda: demo.get(category + "history").status == 200, "the history")
        history = demo.json(category + "history")
        of = {row["name"]: row for row in history["models"]}
        for row in risk:
            for name in urllib.parse.quote(row["name"]), urllib.parse.quote(row["name"], safe=""):
                answer = demo.get(category + "models/" + name)
                assert answer.json() == {
                    "category": category.split("/")[3], "name": row["name"], "deletion_risk": row,
                    "with_stats": stats.get(row["name"]), "dates": history["dates"], "history": of[row["name"]]}
        tags = {demo.get(category + "models/" + urllib.parse.quote(row["name"])).headers["etag"] for row in risk}
        assert len(tags) == len(risk)


def test_the_closest_names(demo):
    answer = demo.get(IMAGE + "models/amber%20canvas%20V2")
    assert answer.status == 404 and answer.headers["cache-control"] == "no-store"
    closest = answer.json()
    assert list(closest) == ["detail", "closest"] and closest["detail"] == "Model not found"
    assert closest["closest"][0].startswith("Amber Canvas") and len(closest["closest"]) == 3
    assert demo.get(IMAGE + "models/" + "x" * 3000).status == 404


@pytest.mark.parametrize("path", ("deletion-risk", "history", "changes", "unlisted"))
def test_each_format_has_the_same_rows(demo, path):
    wait_for(lambda: demo.get(IMAGE + path).status == 200, path)
    key = "changes" if path == "changes" else "models"
    for category in IMAGE, TEXT:
        found = rows(demo.get(category + path), key)
        answer = demo.get(category + path, headers={"Accept": "text/csv"})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert answer.headers["vary"] == "Accept-Encoding, Accept"
        assert demo.get(category + path + "?format=csv").body == answer.body
        table = list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))
        assert len(table) == len(found)
        if key == "models":
            assert [row["name"].lstrip("'") for row in table] == [row["name"].lstrip("'") for row in found]
        page = demo.get(category + path + "?format=csv&limit=3&offset=2").body.decode().splitlines(True)
        assert page == answer.body.decode().splitlines(True)[:1] + answer.body.decode().splitlines(True)[3:6]
        markdown = demo.get(category + path, headers={"Accept": "text/markdown, text/csv;q=0.9"})
        assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
        lines = [line for line in markdown.body.decode().splitlines() if line.startswith("|")]
        assert len(lines) == 2 + len(found)
        assert len({answer.headers["etag"], markdown.headers["etag"], demo.get(category + path).headers["etag"]}) == 3
        for query in "", "?format=csv", "?format=markdown&limit=2":
            tag = demo.get(category + path + query).headers["etag"]
            again = demo.get(category + path + query, headers={"If-None-Match": tag})
            assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
            head = demo.get(category + path + query, "HEAD")
            assert int(head.headers["content-length"]) == len(demo.get(category + path + query).body)


def test_presets_of_texts(demo):
    for preset in "deletion_candidates", "no_workers", "critical":
        names = [row["name"] for row in rows(demo.get(RISK + "?preset=" + preset))]
        table = csv.DictReader(io.StringIO(demo.get(RISK + "?format=csv&preset=" + preset).body.decode(), newline=""))
        assert [row["name"] for row in table] == names


def test_a_filter_is_never_ignored(demo):
    for query in "?min_days=1", "?min_days=1&preset=critical":
        assert demo.get(RISK + query).status == 400
    answer = demo.get(TEXT + "deletion-risk?min_days=1&preset=deletion_candidates&group_text_models=1")
    assert answer.status == 400
    assert demo.get(IMAGE + "changes?kinds=appeared,x").status == 422


def test_candidates_of_some_days(world):
    wait_for(lambda: world.get(CANDIDATES + "&min_days=1").status == 200, "the history")
    assert rows(world.get(CANDIDATES + "&min_days=1")) == []
    before = rows(world.get(CANDIDATES))
    assert before
    since = {row["name"]: row["at_risk_since"] for row in rows(world.get(IMAGE + "history"))}
    tag = world.get(CANDIDATES + "&min_days=2").headers["etag"]
    edit(world, "stats_image", lambda stats: stats["day"].update({before[0]["name"]: 7}))
    refresh(world, 2 * DAY + 60)
    found = wait_for(lambda: seen(world, CANDIDATES + "&min_days=2"), "two days")
    assert world.get(CANDIDATES + "&min_days=2").headers["etag"] != tag
    assert {row["name"] for row in found} <= {name for name, at in since.items() if at is not None}
    assert rows(world.get(CANDIDATES + "&min_days=3")) == []


def test_changes_rise_and_filters_choose(world):
    assert rows(world.get(IMAGE + "changes"), "changes") == []
    gone = next(iter(json.loads((world.documents / "image_generation.json").read_text())))
    edit(world, "image_generation", lambda reference: reference.pop(gone))
    refresh(world, 60)
    found = wait_for(lambda: seen(world, IMAGE + "changes", "changes"), "a change")
    assert [row["model"] for row in found if row["kind"] == "disappeared"] == [gone]
    last = world.json(IMAGE + "changes")["last_id"]
    assert last == found[0]["id"] == max(row["id"] for row in found)
    assert rows(world.get(IMAGE + "changes?since=%d" % last), "changes") == []
    assert rows(world.get(IMAGE + "changes?since=%d" % (last - 1)), "changes") == found[:1]
    assert [row["kind"] for row in rows(world.get(IMAGE + "changes?kinds=disappeared"), "changes")] == ["disappeared"]
    assert world.get(IMAGE + "models/" + urllib.parse.quote(gone)).status == 404
    row, = [row for row in rows(world.get(IMAGE + "history")) if row["name"] == gone]
    assert row["present"] is False
    assert rows(world.get(TEXT + "changes"), "changes") == []


def test_names_that_are_not_listed(world):
    name = "Never, \"Listed\" | =1"
    edit(world, "status_image", lambda status: status.append(dict(status[0], name=name, count=3)))
    refresh(world, 60)

    def there():
        return {row["name"]: row for row in seen(world, IMAGE + "unlisted") or []}.get(name)

    assert wait_for(there, "a name")["worker_count"] == 3
    table = csv.DictReader(io.StringIO(world.get(IMAGE + "unlisted?format=csv").body.decode(), newline=""))
    assert name in [row["name"] for row in table]


def test_where_no_history_is_kept(make_daemon):
    daemon = make_daemon(settings="history { enabled = false }").start()
    for target in IMAGE + "history", IMAGE + "changes", CANDIDATES + "&min_days=1":
        answer = daemon.get(target)
        assert (answer.status, answer.json()) == (404, {"detail": "History is not kept here"})
    assert daemon.get(IMAGE + "unlisted").status == 200
    name = urllib.parse.quote(rows(daemon.get(RISK))[0]["name"])
    model = daemon.json(IMAGE + "models/" + name)
    assert (model["dates"], model["history"]) == (None, None)
