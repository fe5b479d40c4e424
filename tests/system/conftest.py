"""Fixtures of the system tests."""
import os
import pathlib
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
from daemon import Daemon  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DEMO = SOURCE / "etc" / "demo"
SHARED = pathlib.Path(os.environ.get("HYDRATORD_SHARED", SOURCE.parent / "shared"))


def file_categories(directory, names=("image_generation", "text_generation")):
    """Category -> reference sources for documents in a directory."""
    return {name: ["file://%s/%s.json" % (directory, name)] for name in names}


@pytest.fixture
def make_daemon(tmp_path):
    """Makes daemons that are stopped, and whose logs are read, when the test ends."""
    daemons = []

    def make(categories=None, horde=None, **kwargs):
        daemon = Daemon(tmp_path / ("daemon%d" % len(daemons)),
                        file_categories(DEMO) if categories is None else categories,
                        horde or "file://%s" % DEMO, **kwargs)
        daemons.append(daemon)
        return daemon

    yield make
    for daemon in daemons:
        daemon.stop()
        shm = pathlib.Path("/dev/shm" + daemon.segment)
        if daemon.expect_dirty and shm.exists():
            shm.unlink()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One daemon on the sample data for the read-only tests of a module."""
    daemon = Daemon(tmp_path_factory.mktemp("demo"), file_categories(DEMO), "file://%s" % DEMO, readers=2)
    daemon.start()
    yield daemon
    assert daemon.stop() == 0
