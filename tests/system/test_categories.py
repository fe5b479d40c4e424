"""All fifteen categories, each by itself: what one of them lacks is no other one's trouble."""
import json
import os
import re
import signal
import time

import pytest

from conftest import DEMO, SOURCE, file_categories
from daemon import wait_for
from stub_upstream import StubUpstream

STATISTICS = "/model_references/statistics/"
CATEGORIES = ("image_generation", "text_generation", "blip", "clip", "codeformer", "controlnet",
              "controlnet_annotator", "esrgan", "gfpgan", "safety_checker", "video_generation",
              "audio_generation", "miscellaneous", "lora", "ti")
LOST = "lora"  # whose upstream takes connections and says nothing
OTHERS = tuple(name for name in CATEGORIES if name != LOST)


@pytest.fixture
def silent():
    with StubUpstream(DEMO) as upstream:
        upstream.mode("*", "hang")
        yield upstream


@pytest.fixture
def sources(documents, silent):
    """LOST comes first: who waits for it would wait from the beginning."""
    def sources(names=CATEGORIES):
        return {LOST: None, **file_categories(documents, names), LOST: [silent.reference(LOST)]}
    return sources


def entries(daemon):
    return {entry["category"]: entry for entry in daemon.get("/readyz?verbose").json()["categories"]}


def all_but_one(daemon, generation, names=OTHERS):
    found = entries(daemon)
    return all(name in found and (found[name]["generation"] or 0) >= generation for name in names)


def still_asking(daemon):
    """The cycle of LOST that began first has not ended: whatever happened was not after it."""
    return "%s not refreshed" % LOST not in daemon.log()


def test_the_shipped_files_have_all_categories():
    for file in "hydratord.conf", "demo.conf":
        text = (SOURCE / "etc" / file).read_text()
        assert tuple(re.findall(r'^category "(\w+)"', text, re.M)) == CATEGORIES, file


def test_one_that_cannot_be_reached_holds_up_nobodys_start(make_daemon, sources):
    daemon = make_daemon(sources()).start(wait=False)
    wait_for(lambda: all_but_one(daemon, 1), "the other categories")
    assert daemon.get("/readyz").status == 200
    assert still_asking(daemon)
    found = entries(daemon)
    assert found[LOST]["state"] == "empty" and not found[LOST]["required"]
    assert [name for name in CATEGORIES if found[name]["required"]] == ["image_generation", "text_generation"]
    answer = daemon.get(STATISTICS + LOST)
    assert answer.status == 503 and "retry-after" in answer.headers
    assert daemon.json(STATISTICS + "ti")["total_models"] == 0, "an empty document is one"


def test_one_that_cannot_be_reached_holds_up_nobodys_reload(make_daemon, sources, documents):
    few = [name for name in CATEGORIES if name not in ("blip", "ti")]
    daemon = make_daemon(sources(few)).start(wait=False)
    wait_for(lambda: all_but_one(daemon, 1, [name for name in few if name != LOST]), "the other categories")
    clip = json.loads((documents / "clip.json").read_text())
    clip["A second one"] = {"name": "A second one", "record_type": "clip"}
    (documents / "clip.json").write_text(json.dumps(clip))
    daemon.write_config(sources(), "file://%s" % DEMO)
    daemon.send(signal.SIGHUP)
    wait_for(lambda: all_but_one(daemon, 2, [name for name in few if name != LOST]), "what was there before")
    wait_for(lambda: all_but_one(daemon, 1), "the new categories")
    assert daemon.get("/readyz").status == 200
    assert daemon.json(STATISTICS + "clip")["total_models"] == len(clip)
    assert still_asking(daemon)


def test_one_that_will_not_go_holds_up_its_own_successor_only(make_daemon, sources):
    """Stopped, it obeys no order, for as long as drain_timeout."""
    daemon = make_daemon(sources()).start(wait=False)
    wait_for(lambda: all_but_one(daemon, 1), "the other categories")
    stuck = wait_for(lambda: daemon.child("hydrator " + LOST), "its hydrator")
    os.kill(stuck, signal.SIGSTOP)
    daemon.send(signal.SIGHUP)
    wait_for(lambda: all_but_one(daemon, 2), "the successors of the others")
    assert daemon.child("hydrator " + LOST) == stuck, "the others have waited for it"
    assert daemon.get("/readyz").status == 200
    os.kill(stuck, signal.SIGKILL)
    wait_for(lambda: daemon.child("hydrator " + LOST) not in (None, stuck), "its successor")


def test_first_cycles_do_not_ask_at_once(make_daemon):
    """The last begins 1.4 s after the first; it may be later, on a busy machine."""
    asked = {}

    def note(name, text):
        asked.setdefault(name, time.monotonic())
        return text

    with StubUpstream(DEMO) as upstream:
        upstream.rewrite = note
        daemon = make_daemon({name: [upstream.reference(name)] for name in CATEGORIES})
        began = time.monotonic()
        daemon.start(wait=False)
        wait_for(lambda: all(name in asked for name in CATEGORIES), "all documents to be asked for")
        late = [asked[name] - began for name in CATEGORIES]
        assert all(seconds >= 0.1 * i for i, seconds in enumerate(late)), late


def test_readiness_waits_for_the_named(make_daemon, sources, silent):
    names = ("clip", LOST, "image_generation")
    daemon = make_daemon()

    def wanted(text):
        daemon.write_config(sources(names), "file://%s" % DEMO, "http { ready_categories = { %s } }" % text)

    wanted('"clip", "%s"' % LOST)
    daemon.start(wait=False)
    wait_for(lambda: all_but_one(daemon, 1, ("clip", "image_generation")), "the others")
    answer = daemon.get("/readyz")
    assert answer.status == 503 and answer.json() == {"status": "unavailable"}
    wanted('"clip"')
    daemon.reload()
    assert daemon.get("/readyz").status == 200
    assert {name: entry["required"] for name, entry in entries(daemon).items()} == {
        "clip": True, LOST: False, "image_generation": False}
    wanted('"%s"' % LOST)
    daemon.reload()
    assert daemon.get("/readyz").status == 503
    silent.mode("*", "ok")
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: daemon.get("/readyz").status == 200, "the lost one")


@pytest.mark.parametrize("named,says", (
    ('"loras"', "'loras' does not fit: write names of categories"),
    ('"blip"', "'blip' is not configured: add its category section, or leave it out here"),
))
def test_who_is_waited_for_is_checked(make_daemon, named, says):
    daemon = make_daemon(settings="http { ready_categories = { %s } }" % named)
    told = daemon.run("-t", "-c", str(daemon.config))
    assert told.returncode == 78
    assert says in told.stderr, told.stderr
