"""Local sources are watched: a change is answered at once, however it comes about."""
import json
import os
import re

import pytest

from conftest import DEMO
from daemon import descriptors, wait_for, wait_for_inotify

STATISTICS = "/model_references/statistics/image_generation"
NEVER = "interval = 1000 ttl = 2000"


def document(*names):
    return json.dumps({name: {"name": name, "baseline": "SDXL", "nsfw": False} for name in names})


def replace(path, text):
    """As a careful program writes a file."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.rename(path)


def models(daemon):
    return daemon.json(STATISTICS)["total_models"]


def refreshes(daemon):
    return len(re.findall(r"hydrated image_generation:", daemon.log()))


@pytest.fixture
def place(tmp_path):
    directory = tmp_path / "places" / "data"
    directory.mkdir(parents=True)
    (directory / "image.json").write_text(document("A"))
    return directory


def start(make_daemon, path, hydration=NEVER):
    wait_for_inotify()
    return make_daemon({"image_generation": ["file://%s" % path]}, "file://%s" % DEMO, hydration=hydration).start()


def wait_models(daemon, number):
    wait_for(lambda: models(daemon) == number, "%d models" % number)


def test_a_file_renamed_over_and_one_written_in_place(make_daemon, place):
    daemon = start(make_daemon, place / "image.json")
    assert models(daemon) == 1
    replace(place / "image.json", document("A", "B"))
    wait_models(daemon, 2)
    (place / "image.json").write_text(document("A", "B", "C"))
    wait_models(daemon, 3)
    replace(place / "image.json", document("A", "B"))
    wait_models(daemon, 2)
    assert "image_generation: a local source has changed" in daemon.log()


def test_a_directory_exchanged_by_its_link(make_daemon, place):
    other = place.with_name("other")
    other.mkdir()
    (other / "image.json").write_text(document("A", "B"))
    link = place.with_name("current")
    link.symlink_to(place.name)
    daemon = start(make_daemon, link / "image.json")
    assert models(daemon) == 1
    new = place.with_name("new")
    new.symlink_to(other.name)
    os.replace(new, link)
    wait_models(daemon, 2)
    replace(other / "image.json", document("A", "B", "C"))
    wait_models(daemon, 3)


def test_a_file_that_goes_and_returns(make_daemon, place):
    daemon = start(make_daemon, place / "image.json")
    (place / "image.json").unlink()
    wait_for(lambda: re.search(r"image_generation: reference is \d+ s old: file:", daemon.log()), "a complaint")
    assert models(daemon) == 1  # the last snapshot stays
    (place / "image.json").write_text(document("A", "B"))
    wait_models(daemon, 2)


def test_only_its_own_category_is_refreshed(make_daemon, place):
    daemon = make_daemon({"image_generation": ["file://%s/image.json" % place],
                          "text_generation": ["file://%s/text_generation.json" % DEMO]},
                         "file://%s" % DEMO, hydration=NEVER).start()
    replace(place / "image.json", document("A", "B"))
    wait_models(daemon, 2)
    assert daemon.log().count("hydrated text_generation:") == 1


def test_a_burst_of_changes_is_few_cycles(make_daemon, place):
    daemon = start(make_daemon, place / "image.json")
    before = refreshes(daemon)
    for number in range(200):
        replace(place / "image.json", document(*map(str, range(number + 1))))
    wait_models(daemon, 200)
    # Two seconds at most are gathered into one cycle; slow machines take longer for the burst.
    assert refreshes(daemon) - before < 50


def test_without_automatic_cycles_changes_wait(make_daemon, place):
    daemon = start(make_daemon, place / "image.json", hydration="enabled = false " + NEVER)
    replace(place / "image.json", document("A", "B"))
    pid = daemon.child("hydrator image_generation")
    assert not any("inotify" in each for each in descriptors(pid))
    assert models(daemon) == 1
