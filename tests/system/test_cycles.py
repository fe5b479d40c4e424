"""Every way that a cycle ends stands in the segment with its reason, also over deaths and reloads."""
import json
import os
import signal

import pytest
from conftest import DEMO, file_categories
from ctl import ctl
from daemon import process_alive, wait_for
from fleet import CATEGORY, make_fleet, skip_under_valgrind  # noqa: F401

ROLE = "hydrator " + CATEGORY


def cycles(daemon, category=CATEGORY):
    return ctl(daemon, "cycles", category, "--json").json()["cycles"]


def documents(daemon, number):
    """What the cycle of that number asked for, by document."""
    said = ctl(daemon, "cycles", CATEGORY, "--json", "--details").json()
    return {entry["document"]: entry for entry in said["documents"] if entry["cycle"] == number}


@pytest.fixture
def daemon(make_daemon, upstream):
    """Its cycles are those that it is ordered."""
    return make_daemon({CATEGORY: [upstream.reference(CATEGORY)]}, upstream.horde, settings="gate { min_ratio = 0.5 }",
                       hydration="enabled = false ttl = 100000 stale_ttl = 200000 stale_if_error = 300000").start()


def refresh(daemon):
    """Another cycle, to its end."""
    number = cycles(daemon)[-1]["number"]
    daemon.send(signal.SIGUSR1)
    return wait_for(lambda: cycles(daemon)[-1]["number"] > number and cycles(daemon)[-1], "the end of another cycle")


def test_well_or_not(daemon, upstream):
    first = cycles(daemon)[0]
    assert (first["number"], first["result"], first["reason"], first["generation"]) == (1, "published", None, 1)
    assert first["models"] == len(daemon.json("/model_references/statistics/%s/deletion-risk" % CATEGORY)["models"])
    assert first["at_risk"] <= first["models"] and first["critical"] <= first["at_risk"]
    entry = documents(daemon, 1)["stats"]
    assert (entry["status"], entry["place"]) == (200, 0) and entry["latency"] > 0
    assert entry["bytes"] == len((DEMO / "stats_image.json").read_bytes())
    assert refresh(daemon)["result"] == "unchanged"
    upstream.mode("stats_image", "shrunken")
    last = refresh(daemon)
    assert last["result"] == "refused" and "stats is" in last["reason"] and "implausible" in last["reason"]
    upstream.mode("stats_image", "404")
    last = refresh(daemon)
    assert last["result"] == "partial" and "stats is" in last["reason"] and "HTTP status 404" in last["reason"]
    entry = documents(daemon, last["number"])["stats"]
    assert (entry["state"], entry["status"]) == ("not_fetched", 404)
    upstream.mode("*", "404")
    last = refresh(daemon)
    assert last["result"] == "failed" and last["reason"].startswith("not refreshed: reference: ")
    assert last["generation"] is None
    upstream.mode("*", "ok")
    upstream.mode("stats_image", "ok")
    assert refresh(daemon)["result"] in ("published", "unchanged")


def test_who_may_ask_nobody_has_one_record(daemon, upstream):
    upstream.mode("*", "503:600")
    assert refresh(daemon)["result"] == "failed"
    daemon.send(signal.SIGUSR1)
    # After a failure it also tries again by itself: that may be the first one that is idle.
    last = wait_for(lambda: cycles(daemon)[-1]["result"] == "idle" and cycles(daemon)[-1], "an idle cycle")
    assert "nobody may be asked: reference: " in last["reason"]
    for _ in range(3):
        more = cycles(daemon)[-1]["more"]
        daemon.send(signal.SIGUSR1)
        wait_for(lambda: cycles(daemon)[-1]["more"] > more, "another one that is like it")
    assert cycles(daemon)[-1]["number"] == last["number"]
    assert not any(entry["asked"] for entry in documents(daemon, last["number"]).values())


def test_a_stop_in_the_middle_and_a_death(daemon, upstream):
    upstream.mode("*", "hang")
    asked = upstream.count(CATEGORY)
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: upstream.count(CATEGORY) > asked, "the cycle that hangs")
    daemon.reload()
    # The successor's own first cycle hangs as well.
    last = wait_for(lambda: cycles(daemon)[-1]["number"] == 2 and cycles(daemon)[-1], "the end of the first one")
    assert last["result"] == "stopped" and "stopped" in last["reason"] and last["fetch"] > 0
    killed = daemon.child(ROLE)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: not process_alive(killed), "its death")
    upstream.mode("*", "ok")
    wait_for(lambda: cycles(daemon)[-1]["number"] == 3, "a cycle of the one that came after")
    assert [cycle["result"] for cycle in cycles(daemon)][:2] == ["published", "stopped"]
    assert cycles(daemon)[-1]["result"] == "published"


def write_models(directory, models, size):
    new = directory / "text_generation.new"
    new.write_text(json.dumps({
        "Made-%d-7B" % i: {"name": "Made-%d-7B" % i, "description": "x" * size, "nsfw": False, "parameters": 7000000000}
        for i in range(models)}))
    os.replace(new, directory / "text_generation.json")


@pytest.mark.parametrize("option, models, size, result, reason", [
    ('hydration { max_memory = "24M" }', 20, 2 << 20, "short_of_memory", "hydration.max_memory is 25165824"),
    ('segment { max = "8M" }', 30000, 10, "no_room", "does not fit"),
], ids=["memory", "segment"])
def test_too_little_room(make_daemon, upstream, option, models, size, result, reason):
    write_models(upstream.directory, 10, 10)
    daemon = make_daemon(file_categories(upstream.directory, ["text_generation"]), "file://%s" % upstream.directory,
                         hydration="interval = 1000 ttl = 2000")
    daemon.config.write_text(daemon.config.read_text() + option)
    daemon.start()
    write_models(upstream.directory, models, size)  # it watches the file
    last = wait_for(lambda: [cycle for cycle in cycles(daemon, "text_generation") if cycle["result"] == result],
                    "the end of that cycle")[0]
    assert reason in last["reason"] and last["generation"] is None
    assert last["fetch"] + last["compute"] > 0


@skip_under_valgrind
def test_what_a_follower_has_taken(make_fleet):  # noqa: F811
    fleet = make_fleet(size=2).start()
    leader, follower = fleet.leader(), fleet.followers()[0]
    last = wait_for(lambda: [cycle for cycle in cycles(follower.daemon) if cycle["result"] == "adopted"],
                    "what was adopted")[-1]
    assert last["reason"] == "as %s published it" % leader.name
    assert last["models"] > 0 and last["fetch"] == 0 and last["publish"] > 0
    assert "published" in {cycle["result"] for cycle in cycles(leader.daemon)}
