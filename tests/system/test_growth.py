"""Thousands of models and a segment that is too small for them: it grows by itself."""
import json
import os
import re
import signal
import urllib.request

import pytest

from conftest import file_categories
from daemon import PATIENCE, WRAPPER, wait_for
from test_faults import SmallShm, small_shm
from test_reload import RISK, Asker

METRICS = 'http { metrics_listen = { "127.0.0.1:0" } }\n'
TEXT = "/model_references/statistics/text_generation"


def write_documents(directory, models):
    """So many invented models of each category, all of them asked for, and no workers."""
    directory.mkdir(exist_ok=True)
    for kind in ("image", "text"):
        names = ["Invented-%d-7B" % i if kind == "text" else "invented %d" % i for i in range(models)]
        records = {
            name: {"name": name, "description": "Number %d of many. " % i + "Nobody has seen it. " * 4,
                   "baseline": None if kind == "text" else "flux_1", "nsfw": False,
                   **({"parameters": 7000000000} if kind == "text" else {}),
                   "config": {"download": [{"file_name": "m%d.safetensors" % i,
                                            "file_url": "https://example.org/m%d" % i}]}}
            for i, name in enumerate(names)}
        usage = {name: 1000 + i for i, name in enumerate(names)}
        for file, document in ((kind + "_generation", records), ("status_" + kind, []),
                               ("stats_" + kind, {"day": usage, "month": usage, "total": usage})):
            replace(directory / (file + ".json"), document)
    replace(directory / "workers.json", [])
    return directory


def replace(path, document):
    new = path.with_suffix(".new")
    new.write_text(json.dumps(document))
    os.replace(new, path)


def write_text_models(directory, models):
    write_documents(directory.parent / "more", models)
    os.replace(directory.parent / "more" / "text_generation.json", directory / "text_generation.json")


@pytest.fixture
def documents(tmp_path):
    return write_documents(tmp_path / "documents", 40)


@pytest.fixture
def make(make_daemon, documents):
    """A daemon on them with a segment of these options."""
    def start(segment, hydration="interval = 100 ttl = 200", **kwargs):
        daemon = make_daemon(file_categories(documents), "file://%s" % documents, settings=METRICS,
                             hydration=hydration, **kwargs)
        set_segment(daemon, segment)
        return daemon

    return start


def set_segment(daemon, options):
    text, found = re.subn(r'(segment \{ name = "\S+").*?\}', r"\1 %s }" % options, daemon.config.read_text())
    assert found == 1
    daemon.config.write_text(text)


def metric(daemon, name, category=None):
    port = re.findall(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log())[-1]
    with urllib.request.urlopen("http://127.0.0.1:%s/metrics" % port, timeout=PATIENCE) as answer:
        label = '{category="%s"}' % category if category else ""
        found = re.search(r"^cache_hydrator_%s (\S+)$" % re.escape(name + label), answer.read().decode(), re.M)
    return float(found.group(1))


def lines(daemon, *parts):
    return [line for line in daemon.log().splitlines() if all(part in line for part in parts)]


def models(daemon):
    return daemon.json(TEXT)["total_models"]


@pytest.mark.skipif(bool(WRAPPER), reason="valgrind takes minutes for so many models")
def test_twenty_thousand_models_with_the_defaults(make, documents):
    write_documents(documents, 10000)
    daemon = make("").start()
    assert models(daemon) == 10000
    for category in ("image_generation", "text_generation"):
        target = "/model_references/statistics/%s/deletion-risk?limit=1" % category
        wait_for(lambda target=target: daemon.get(target).status == 200, category)
        assert daemon.json(target)["summary"]["total_models"] == 10000
        assert metric(daemon, "segment_wanted_bytes", category) == 0
        assert 0 < metric(daemon, "segment_fill_ratio", category) < 0.9
    assert metric(daemon, "segment_capacity_bytes") > 16 << 20
    assert metric(daemon, "segment_bytes") > 64 << 20
    assert 1 <= len(lines(daemon, "the segment has grown: room for snapshots of", "needs")) <= 2
    assert len(lines(daemon, "warning: ", "not refreshed")) <= 2
    daemon.stop()
    # The next start knows from the saved files how much there is.
    for file in documents.iterdir():
        file.rename(file.with_suffix(".gone"))
    before = len(daemon.log())
    daemon.spawn()
    wait_for(lambda: "serving" in daemon.log()[before:], "the start")
    daemon.find_port()
    assert models(daemon) == 10000


def refuse_a_reload(daemon):
    good = daemon.config.read_text()
    daemon.config.write_text(good + "nonsense = 1\n")
    daemon.send(signal.SIGHUP)
    wait_for(lambda: lines(daemon, "not reloaded"), "the refusal")
    return good


def test_old_answers_stay_until_there_is_room(make, documents):
    daemon = make('capacity = "512K" max = "64M"').start()
    good = refuse_a_reload(daemon)
    pid = daemon.child("hydrator text_generation")
    assert not lines(daemon, "grown")
    askers = [Asker(daemon, daemon.json(RISK), life) for life in (1, 1000000)]
    write_text_models(documents, 800)
    asked = set()
    wait_for(lambda: (asked.add(models(daemon)), models(daemon) == 800)[1], "more models")
    for asker in askers:
        asker.stop()
    assert asked <= {40, 800}
    assert not [failure for asker in askers for failure in asker.failures]
    assert daemon.child("hydrator text_generation") != pid
    assert len(lines(daemon, "the segment has grown", "before 524288", "text_generation needs")) == 1
    capacity = metric(daemon, "segment_capacity_bytes")
    # Nothing was loaded, so what the file says is no matter, and is still to be mended.
    assert metric(daemon, "config_last_reload_successful") == 0
    daemon.config.write_text(good)
    # A reload is not a step back.
    daemon.send(signal.SIGHUP)
    wait_for(lambda: len(lines(daemon, " serving image_generation")) == 2, "the reload")
    assert models(daemon) == 800
    assert 0.5 < metric(daemon, "segment_capacity_bytes") / capacity < 1.5
    wait_for(lambda: len(lines(daemon, "hydrated text_generation: 800")) == 2, "the refresh")
    assert len(lines(daemon, "the segment has grown")) == 1
    assert len(lines(daemon, "warning: ", "not refreshed")) == 1


def test_max_is_said_once_and_keeps_the_answers(make, documents):
    daemon = make('capacity = "512K" max = "512K"', hydration="interval = 2 ttl = 3").start()
    write_text_models(documents, 800)
    wait_for(lambda: metric(daemon, "consecutive_failures", "text_generation") >= 3, "three failures")
    assert models(daemon) == 40
    assert len(lines(daemon, "text_generation", "is not published", "segment.max (524288): raise that")) == 1
    assert len(lines(daemon, "warning: text_generation not refreshed")) == 1
    assert metric(daemon, "segment_wanted_bytes", "text_generation") > 512 << 10
    assert not lines(daemon, "grown")
    set_segment(daemon, 'capacity = "512K"')
    daemon.reload()
    wait_for(lambda: models(daemon) == 800, "more models")
    wait_for(lambda: metric(daemon, "segment_wanted_bytes", "text_generation") == 0, "the end of the need")
    assert metric(daemon, "segment_capacity_bytes") > 512 << 10


@small_shm
def test_it_grows_when_dev_shm_has_room(tmp_path, documents):
    daemon = SmallShm("32m", tmp_path / "daemon", file_categories(documents), "file://%s" % documents,
                      settings=METRICS)
    set_segment(daemon, 'capacity = "512K"')
    daemon.start()
    try:
        daemon.fill()
        write_text_models(documents, 800)
        wait_for(lambda: lines(daemon, "text_generation", "make /dev/shm larger"), "the obstacle")
        wait_for(lambda: metric(daemon, "segment_wanted_bytes", "text_generation") > 512 << 10, "the need")
        assert models(daemon) == 40
        (daemon.shm() / "ballast").unlink()
        wait_for(lambda: models(daemon) == 800, "more models")
        assert len(lines(daemon, "make /dev/shm larger")) == 1
    finally:
        assert daemon.stop() == 0
