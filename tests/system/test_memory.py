"""A refresh that takes more memory than hydration.max_memory ends with a line in the log."""
import json
import os

import pytest

from conftest import file_categories
from daemon import WRAPPER, wait_for
from test_sandbox import in_force

TEXT = "/model_references/statistics/text_generation"

pytestmark = pytest.mark.skipif(bool(WRAPPER) or not in_force(),
                                reason="a sanitizer keeps memory that was freed")


def write(path, models, size):
    """So many invented text models with descriptions of that size."""
    new = path.with_suffix(".new")
    new.write_text(json.dumps({
        "Invented-%d-7B" % i: {"name": "Invented-%d-7B" % i, "description": "x" * size, "nsfw": False,
                               "parameters": 7000000000} for i in range(models)}))
    os.replace(new, path)


@pytest.fixture
def documents(documents):
    write(documents / "text_generation.json", 10, 10)
    return documents


def lines(daemon, *parts):
    return [line for line in daemon.log().splitlines() if all(part in line for part in parts)]


def test_a_large_document_ends_the_cycle_and_nothing_else(make_daemon, documents):
    daemon = make_daemon(file_categories(documents), "file://%s" % documents,
                         hydration='interval = 2 ttl = 3 max_memory = "24M"').start()
    pid = daemon.child("hydrator text_generation")
    assert daemon.json(TEXT)["total_models"] == 10
    write(documents / "text_generation.json", 20, 2 << 20)
    wait_for(lambda: len(lines(daemon, "text_generation not refreshed", "hydration.max_memory is 25165824")) >= 2,
             "two failures")
    assert daemon.json(TEXT)["total_models"] == 10
    write(documents / "text_generation.json", 30, 10)
    wait_for(lambda: daemon.json(TEXT)["total_models"] == 30, "the refresh")
    assert daemon.child("hydrator text_generation") == pid
    assert not lines(daemon, "image_generation not refreshed")


def test_so_does_a_document_that_makes_a_large_snapshot(make_daemon, documents):
    """Its own memory is little; what is made of it is not, and the cycle ends on the way to that."""
    daemon = make_daemon(file_categories(documents), "file://%s" % documents,
                         hydration='interval = 100 ttl = 200 max_memory = "24M"').start()
    pid = daemon.child("hydrator text_generation")
    write(documents / "text_generation.json", 20000, 10)
    wait_for(lambda: lines(daemon, "text_generation not refreshed", "hydration.max_memory is"), "the failure")
    assert daemon.json(TEXT)["total_models"] == 10
    assert not lines(daemon, "does not fit") and not lines(daemon, "grown")
    write(documents / "text_generation.json", 30, 10)
    wait_for(lambda: daemon.json(TEXT)["total_models"] == 30, "the refresh")
    assert daemon.child("hydrator text_generation") == pid
