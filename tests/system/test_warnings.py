"""The last warnings of each process are in the segment, whoever takes the log: over deaths and reloads."""
import os
import signal

import pytest
from conftest import DEMO, file_categories
from ctl import ctl
from daemon import process_alive, wait_for

CATEGORY = "image_generation"


def warnings(daemon, text):
    """(process, pid) of each that has a text."""
    said = ctl(daemon, "warnings", "--json").json()["warnings"]
    return [(entry["process"], entry["pid"]) for entry in said if text in entry["text"]]


def spoil(daemon, generation=1):
    """What a generation has in its buffer is another checksum's from now on (doc/segment-format.md)."""
    with open("/dev/shm" + daemon.segment, "r+b") as segment:
        segment.seek(56)
        slots = int.from_bytes(segment.read(8), "little")
        segment.seek(slots + 64 + 96 * (generation & 1) + 16)
        checksum = segment.read(8)
        segment.seek(-8, os.SEEK_CUR)
        segment.write(bytes(255 - byte for byte in checksum))


@pytest.mark.parametrize("target", ["stderr", "/dev/full"])
def test_they_outlive_a_death_and_a_reload(make_daemon, target):
    daemon = make_daemon(file_categories(DEMO, [CATEGORY]), hydration="enabled = false").start()
    reader = daemon.child("reader 0")
    hydrator = daemon.child("hydrator " + CATEGORY)
    text = daemon.config.read_text().replace("image_generation.json", "not-there.json")
    text = text.replace('target = "stderr" level = "debug"', 'target = "%s" level = "error"' % target)
    daemon.config.write_text(text)
    spoil(daemon)
    daemon.kill_child("reader 0")
    wait_for(lambda: warnings(daemon, "generation 1 cannot be taken"), "what the reader warns of")
    first = warnings(daemon, "generation 1 cannot be taken")
    assert first[0][0] == "reader 0" and first[0][1] != reader
    assert warnings(daemon, "reader 0 (pid %d)" % reader)[0][0] == "supervisor"
    daemon.reload()
    wait_for(lambda: warnings(daemon, "not-there.json"), "what the new hydrator warns of")
    failed = warnings(daemon, "not-there.json")
    assert failed[0][0] == "hydrator " + CATEGORY and failed[0][1] != hydrator
    assert warnings(daemon, "generation 1 cannot be taken") == first
    os.kill(failed[0][1], signal.SIGKILL)
    wait_for(lambda: not process_alive(failed[0][1]), "its death")
    wait_for(lambda: len(warnings(daemon, "not-there.json")) == 2, "what its successor warns of")
    for times in 3, 4:
        daemon.send(signal.SIGHUP)
        wait_for(lambda: len(warnings(daemon, "not-there.json")) == times, "what another hydrator warns of")
        assert warnings(daemon, "generation 1 cannot be taken") == first
        assert warnings(daemon, "not-there.json")[0] == failed[0]
