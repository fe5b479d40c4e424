"""hydratorctl cycles: when, how long, what came of it, and of which documents."""
import signal

import pytest
from ctl import ctl
from daemon import wait_for

CATEGORY = "image_generation"


def cycles(daemon, *arguments):
    return ctl(daemon, "cycles", CATEGORY, "--json", *arguments).json()


@pytest.fixture
def daemon(make_daemon):
    made = make_daemon().start()
    wait_for(lambda: cycles(made)["cycles"], "the first cycle in the ring")
    return made


def refresh(daemon):
    before = cycles(daemon)["cycles"][-1]["number"]
    daemon.send(signal.SIGUSR1)
    wait_for(lambda: cycles(daemon)["cycles"][-1]["number"] > before, "another cycle")
    return cycles(daemon)["cycles"][-1]


def test_each_cycle_has_its_line(daemon):
    first = cycles(daemon)["cycles"][0]
    assert first["number"] == 1 and first["result"] == "published" and first["reason"] is None
    assert first["models"] > 0 and first["bytes"] > 0 and first["generation"] == 1 and first["begun"]
    assert refresh(daemon)["result"] == "unchanged"
    said = ctl(daemon, "cycles", CATEGORY)
    assert said.rc == 0 and "published" in said.out and "unchanged" in said.out
    assert len(cycles(daemon, "--limit", "1")["cycles"]) == 1


def test_documents_with_what_they_took(daemon):
    document = cycles(daemon, "--details")
    of_first = [d for d in document["documents"] if d["cycle"] == 1]
    assert [d["document"] for d in of_first] == ["reference", "status", "stats", "workers"]
    for entry in of_first:
        assert entry["state"] == "good" and entry["asked"] and entry["bytes"] > 0
    assert "documents" not in cycles(daemon)


def test_a_cycle_that_fails_says_why(daemon):
    text = daemon.config.read_text()
    daemon.config.write_text(text.replace("image_generation.json", "not-there.json"))
    daemon.reload()
    last = wait_for(lambda: [c for c in cycles(daemon)["cycles"] if c["result"] not in ("published", "unchanged")],
                    "a cycle that fails")[-1]
    assert last["number"] > 1  # the ring has gone over the reload
    assert "not-there.json" in last["reason"] or "No such file" in last["reason"]


def test_a_command_line_that_is_wrong(daemon):
    assert ctl(daemon, "cycles").rc == 64
    assert ctl(daemon, "cycles", CATEGORY, "--limit", "0").rc == 64
    assert ctl(daemon, "cycles", CATEGORY, "more").rc == 64
    said = ctl(daemon, "cycles", "nonsense")
    assert said.rc == 64 and "image_generation" in said.err
