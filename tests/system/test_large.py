"""Many models: who computes for long is alive, and obeys in the middle of it."""
import json
import os
import shutil
import signal

import pytest

from conftest import DEMO, file_categories
from daemon import wait_for

MODELS = 100000
HYDRATOR = "hydrator text_generation"
RISK = "/model_references/statistics/text_generation/deletion-risk?limit=1"


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """The sample data with one record repeated under other names."""
    directory = tmp_path_factory.mktemp("large") / "documents"
    shutil.copytree(DEMO, directory)
    reference = json.loads((DEMO / "text_generation.json").read_text())
    record = next(iter(reference.values()))
    for i in range(MODELS):
        reference["Large %d" % i] = dict(record, name="Large %d" % i)
    (directory / "text_generation.json").write_text(json.dumps(reference))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def start(make_daemon, documents):
    def start(settings=""):
        daemon = make_daemon(categories=file_categories(documents, ("text_generation",)),
                             horde="file://%s" % documents, settings=settings)
        daemon.config.write_text(daemon.config.read_text().replace('"8M"', '"1G"'))
        return daemon.start(wait=False)

    return start


def processor_seconds(pid):
    fields = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_stop_is_obeyed_in_the_middle_of_a_computation(start):
    daemon = start()
    pid = wait_for(lambda: daemon.child(HYDRATOR), "the hydrator")
    wait_for(lambda: processor_seconds(pid) > 0.3, "a computation under way")
    assert daemon.stop(signal.SIGTERM) == 0
    assert "hydrated text_generation" not in daemon.log()  # it did not finish first
    assert "killed" not in daemon.log()


def test_many_models_are_not_taken_for_a_hang(start):
    daemon = start("supervisor { hang_timeout = 2 }")
    wait_for(lambda: daemon.get(RISK).status == 200, "the first answer")
    assert "is hung" not in daemon.log()
    assert daemon.json(RISK)["total_count"] > MODELS
