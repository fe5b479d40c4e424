"""hydratorctl model: one model, and why it is at risk, as the analytics judge."""
import json
from urllib.parse import quote

import pytest
from conftest import file_categories
from ctl import ctl
from daemon import wait_for

RISK = "/model_references/statistics/%s/deletion-risk"
MODEL = "/model_references/statistics/%s/models/%s"
NEVER = 'analysis { corrections = { "never-used" } text_ignore_hosts = false }'


def model(daemon, category, name, *arguments):
    said = ctl(daemon, "model", category, "--json", *arguments, "--", name)
    assert said.rc == 0, said
    return said.json()


def asked(daemon, category, name):
    return daemon.json(MODEL % (category, quote(name, safe="")) + "?explain=true")["explanation"]


def said_of(each):
    """Without what only one of the two says, and without ages, which are of two moments."""
    return [{key: value for key, value in one.items() if key not in ("document_age", "section")} for one in each]


@pytest.mark.parametrize("category", ["image_generation", "text_generation"])
@pytest.mark.parametrize("settings", ["", NEVER])
def test_each_flag_is_explained_as_it_is_set(make_daemon, category, settings):
    """The rules are told in words of their own: here they are held against those who judge."""
    daemon = make_daemon(settings=settings).start()
    seen = set()
    variations = {row["name"]: row["backend_variations"]
                  for row in daemon.json(RISK % category + "?include_backend_variations=true")["models"]}
    for row in daemon.json(RISK % category)["models"]:
        said = model(daemon, category, row["name"], "--explain")
        assert said_of(said["explain"]) == said_of(asked(daemon, category, row["name"]))
        flags = dict(row["deletion_risk_flags"], critical=row["is_critical"])
        assert {each["flag"]: each["set"] for each in said["explain"]} == flags
        for each in said["explain"]:
            seen.add((each["flag"], each["set"]))
            if each["value"] is not None and each["set"]:
                assert each["value"] < each["threshold"], each
            elif each["value"] is not None and "never counted" not in each["text"]:
                assert each["value"] >= each["threshold"], each
            assert each["document_age"] is not None and each["section"] in ("5.2", "5.4")
        assert said["flags"] == [flag for flag, is_set in row["deletion_risk_flags"].items() if is_set]
        assert said["worker_count"] == row["worker_count"] and said["download_hosts"] == row["download_hosts"]
        assert said["variations"] == (variations[row["name"]] or [])
    assert ("low_usage", True) in seen and ("low_usage", False) in seen


def test_the_number_that_would_be_low_is(make_daemon, documents):
    """A model whose usage is made what was told loses the flag; with one less it has it."""
    daemon = make_daemon(file_categories(documents), "file://%s" % documents, hydration="interval = 1").start()

    def low(name):
        said = model(daemon, "image_generation", name, "--explain")
        return next(each for each in said["explain"] if each["flag"] == "low_usage"), said["usage_month"]

    def use(name, times):
        stats = json.loads((documents / "stats_image.json").read_text())
        stats["month"][name] = times
        (documents / "new").write_text(json.dumps(stats))
        (documents / "new").rename(documents / "stats_image.json")
        return wait_for(lambda: low(name)[1] == times and low(name)[0], "usage of %d" % times)

    name = next(row["name"] for row in daemon.json(RISK % "image_generation")["models"]
                if row["deletion_risk_flags"]["low_usage"] and row["usage_month"] > 0)
    enough = int(low(name)[0]["text"].split("; ")[1].split()[0])
    explained = use(name, enough)
    assert not explained["set"]
    assert int(explained["text"].split("; ")[1].split()[0]) == enough - 1, explained
    assert use(name, enough - 1)["set"]


def test_the_options_are_those_of_the_daemon_that_runs(make_daemon):
    daemon = make_daemon(settings="analysis { low_usage_percent = 12.5 text_critical_usage = 77 }").start()
    daemon.config.write_text(daemon.config.read_text().replace("12.5", "13.5"))  # not loaded
    name = daemon.json(RISK % "image_generation")["models"][5]["name"]
    explained = {each["flag"]: each for each in model(daemon, "image_generation", name, "--explain")["explain"]}
    assert explained["low_usage"]["threshold"] == 12.5
    assert explained["low_usage"]["option"] == "analysis.low_usage_percent"
    name = daemon.json(RISK % "text_generation")["models"][0]["name"]
    explained = {each["flag"]: each for each in model(daemon, "text_generation", name, "--explain")["explain"]}
    assert "against 77 (analysis.text_critical_usage)" in explained["critical"]["text"]


def test_a_screen_says_first_what_is_set(demo):
    said = ctl(demo, "model", "image_generation", "Dusk Study", "--explain")
    assert said.rc == 0
    assert said.out.index("no_active_workers: SET") < said.out.index("zero_usage_day: not set")
    assert "document status" in said.out and "doc/reference.md 5.2" in said.out


def test_the_age_of_a_document_is_its_own(make_daemon, documents):
    daemon = make_daemon(file_categories(documents), "file://%s" % documents,
                         hydration="interval = 100 ttl = 300").start()
    (documents / "status_image.json").unlink()
    daemon.move_clock(250)
    name = daemon.json(RISK % "image_generation")["models"][0]["name"]

    def ages():
        found = {each["document"]: each["document_age"]
                 for each in model(daemon, "image_generation", name, "--explain")["explain"]}
        return found if found["status"] > 200 > found["stats"] else None
    assert wait_for(ages, "a status that is older than the rest")
    found = {each["document"]: each["document_age"] for each in asked(daemon, "image_generation", name)}
    assert found["status"] > 200 > found["stats"]


def test_the_closest_names(demo):
    said = ctl(demo, "model", "image_generation", "dusk studdy")
    assert said.rc == 1 and not said.out
    assert "closest: Dusk Study, " in said.err


def test_a_dead_daemon_is_asked_all_the_same(make_daemon):
    daemon = make_daemon().start()
    name = daemon.json(RISK % "image_generation")["models"][0]["name"]
    before = model(daemon, "image_generation", name)
    daemon.expect_dirty = True
    daemon.stop(9)
    said = ctl(daemon, "model", "image_generation", name, "--json")
    assert said.rc == 0 and "the daemon is dead" in said.err and " old" in said.err
    after = said.json()
    assert after.pop("age") >= before.pop("age")
    assert after == before


@pytest.mark.parametrize("arguments", [(), ("image_generation",), ("image_generation", "a", "b"),
                                       ("image_generation", "a", "--why")])
def test_what_is_refused(demo, arguments):
    assert ctl(demo, "model", *arguments).rc == 64
