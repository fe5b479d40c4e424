"""The sample data shows every flag, preset, group and bucket that there is, in all categories."""
import datetime
import pathlib
import statistics
import subprocess

import pytest

from conftest import DEMO, SOURCE
from daemon import BINARY, wait_for

RISK = "/model_references/statistics/%s/deletion-risk"
PRESETS = ("deletion_candidates", "zero_usage", "no_workers", "missing_data", "host_issues",
           "critical", "low_usage")


def corrected(make_daemon, start=True):
    daemon = make_daemon(settings='analysis { corrections = { "parameter-buckets", "never-used" } }')
    return daemon.start() if start else daemon


def test_sample_data_shows_everything(make_daemon):
    daemon = corrected(make_daemon)
    image = daemon.json(RISK % "image_generation")
    text = daemon.json(RISK % "text_generation")
    assert image["total_count"] == 40
    assert 50 <= text["total_count"] <= 70
    flags = set()
    for model in image["models"] + text["models"]:
        flags |= {name for name, value in model["deletion_risk_flags"].items() if value}
    assert flags == set(image["models"][0]["deletion_risk_flags"])
    for preset in PRESETS:
        found = daemon.json(RISK % "image_generation" + "?preset=" + preset)["returned_count"]
        found += daemon.json(RISK % "text_generation" + "?preset=" + preset)["returned_count"]
        assert found > 0, preset
    grouped = daemon.json(RISK % "text_generation" + "?group_text_models=true")
    assert 5 <= grouped["returned_count"] < text["total_count"] / 2
    buckets = daemon.json("/model_references/statistics/text_generation")["parameter_buckets"]
    assert len(buckets) == 8


def test_statistics_of_the_sample_data(demo):
    image = demo.json("/model_references/statistics/image_generation")
    assert image["total_models"] == image["returned_models"] == 40
    assert image["models_with_inpainting"] == 4
    assert image["parameter_buckets"] == []
    assert len(image["top_tags"]) == 20
    assert {tag["tag"] for tag in image["top_styles"]} == {
        "generalist", "anime", "furry", "artistic", "other", "realistic"}


def test_the_demo_serves_every_category(make_daemon):
    """With the file that `./dev run` uses; only where it listens and what it writes is another's."""
    text = (SOURCE / "etc" / "demo.conf").read_text()
    daemon = make_daemon()
    daemon.env.update({
        "HYDRATORD_DEMO": str(DEMO), "HYDRATORD_DEMO_RUN": str(daemon.state),
        "HYDRATORD_LISTEN": '["127.0.0.1:0"]', "HYDRATORD_SEGMENT_NAME": daemon.segment,
        "HYDRATORD_PIDFILE": str(daemon.pidfile), "HYDRATORD_LOG_LEVEL": "debug"})
    daemon.config.write_text(text)
    daemon.start()
    names = daemon.categories()
    assert len(names) == 15
    wait_for(lambda: all(entry["state"] == "fresh" for entry in daemon.json("/readyz?verbose")["categories"]),
             "every category")
    assert not [line for line in daemon.log().splitlines() if " skipped" in line and ", 0 skipped," not in line]
    assert daemon.log().count(": hydrated ") >= 15
    totals = {name: daemon.json("/model_references/statistics/" + name)["total_models"] for name in names}
    assert [name for name in names if totals[name] == 0] == ["ti"], "the empty one"


def test_the_demo_has_months_of_history(make_daemon):
    """`./dev run` invents it before it starts: each view of the past, and each kind of list, has rows."""
    program = pathlib.Path(BINARY).parents[1] / "tests" / "tools" / "demo_history"
    if not program.exists():
        pytest.skip("%s is missing: make %s" % (program, "/".join(program.parts[-3:])))
    daemon = corrected(make_daemon, start=False)
    daemon.state.mkdir()
    subprocess.run([program, DEMO, daemon.state], check=True, timeout=120)
    daemon.start()
    strange = [line for line in daemon.log().splitlines() if " warning: " in line and "no sandbox" not in line]
    assert not strange, "the databases are taken as they are"
    base = RISK.rsplit("/", 1)[0] % "image_generation"
    history = daemon.json(base + "/history")
    assert len(history["dates"]) == 90
    models = {model["name"]: model for model in history["models"]}
    there = [model for model in models.values() if model["present"]]
    assert len(there) == 40 and len(models) == 41, "and one that is not there any more"
    assert sum(model["from"] == 0 and None not in model["usage"] for model in there) > 30
    week = models["Amber Canvas v1"]["usage"]
    days = [datetime.date.fromisoformat(date).weekday() for date in history["dates"]]
    weekend = statistics.mean(used for used, day in zip(week[:-1], days) if day >= 5)
    assert weekend > 1.2 * statistics.mean(used for used, day in zip(week[:-1], days) if day < 5)
    changes = daemon.json(base + "/changes")["changes"]
    assert {"renamed", "appeared", "disappeared", "at_risk", "critical", "flag_set", "usage_rose"} <= {
        change["kind"] for change in changes}
    assert daemon.json(base + "/unlisted")["total_count"] == 1
    some = daemon.json(base + "/deletion-risk?preset=deletion_candidates&min_days=30")["returned_count"]
    assert 0 < some < daemon.json(base + "/deletion-risk?preset=deletion_candidates")["returned_count"]
    assert daemon.json(base + "/models/Glass%20Frame")["history"]["present"]
    text = daemon.json("/model_references/statistics/text_generation/history")
    assert len(text["models"]) > 50 and len(text["dates"]) == 90
