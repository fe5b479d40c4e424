"""A machine that has no time for us: whoever lacks the processor is late, not hung."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from conftest import DEMO, file_categories
from daemon import wait_for

RISK = "/model_references/statistics/image_generation/deletion-risk?limit=1"
HYDRATOR = "hydrator image_generation"


@pytest.fixture
def busy():
    """Keeps one processor busy with processes of ordinary priority, bounded in time."""
    processes = []

    def begin(cpu, n):
        for _ in range(n):
            processes.append(subprocess.Popen(
                [sys.executable, "-c", "import time\nend = time.monotonic() + 60\n"
                 "while time.monotonic() < end: pass"]))
            os.sched_setaffinity(processes[-1].pid, {cpu})

    def end():
        while processes:
            process = processes.pop()
            process.kill()
            process.wait()

    begin.end = end
    yield begin
    end()


def large_documents(directory, models):
    """The sample data with one record repeated under other names."""
    shutil.copytree(DEMO, directory)
    reference = json.loads((DEMO / "image_generation.json").read_text())
    record = next(iter(reference.values()))
    for i in range(models):
        reference["Starved %d" % i] = dict(record, name="Starved %d" % i)
    (directory / "image_generation.json").write_text(json.dumps(reference))
    return directory


def test_who_gets_no_processor_time_is_late_not_hung(make_daemon, busy, tmp_path):
    documents = large_documents(tmp_path / "documents", 3000)
    daemon = make_daemon(categories=file_categories(documents, ("image_generation",)),
                         horde="file://%s" % documents, settings="supervisor { hang_timeout = 3 }",
                         hydration="startup_delay = 2")
    daemon.start(wait=False)
    pid = wait_for(lambda: daemon.child(HYDRATOR), "the hydrator")
    wait_for(lambda: "hydrating image_generation" in daemon.log(), "its readiness")
    cpu = max(os.sched_getaffinity(0))
    os.sched_setaffinity(pid, {cpu})
    os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))  # what the kernel gives to the last
    busy(cpu, 8)
    end = time.monotonic() + 12
    while time.monotonic() < end:
        assert daemon.get("/livez").status == 200
        time.sleep(0.2)
    assert "is hung" not in daemon.log()
    assert daemon.child(HYDRATOR) == pid
    busy.end()
    wait_for(lambda: daemon.get(RISK).status == 200, "the cycle, late")
    assert daemon.child(HYDRATOR) == pid


def test_who_is_stopped_is_hung_also_on_a_busy_machine(make_daemon, busy):
    daemon = make_daemon(settings="supervisor { hang_timeout = 2 }")
    daemon.start()
    busy(max(os.sched_getaffinity(0)), 2)
    pid = daemon.child(HYDRATOR)
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: "%s (pid %d) is hung" % (HYDRATOR, pid) in daemon.log(), "the verdict")
    wait_for(lambda: daemon.child(HYDRATOR) not in (None, pid), "its successor")
