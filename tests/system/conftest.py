"""Fixtures of the system tests."""
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from _pytest.runner import runtestprotocol

sys.path.insert(0, os.path.dirname(__file__))
from daemon import BAD_LOG, Daemon, describe  # noqa: E402
from stub_upstream import StubUpstream  # noqa: E402

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DEMO = SOURCE / "etc" / "demo"
SHARED = pathlib.Path(os.environ.get("HYDRATORD_SHARED", SOURCE.parent / "shared"))

# Recorded documents and answers of the reference, where they are present.
CASES = sorted(path.parent for path in SHARED.glob("current/*/expected.jsonl.gz"))


def file_categories(directory, names=("image_generation", "text_generation")):
    """Category -> reference sources for documents in a directory."""
    return {name: ["file://%s/%s.json" % (directory, name)] for name in names}


def case_categories(case):
    """All categories of which a case has a document."""
    documents = case / "reference"
    return file_categories(documents, sorted(path.stem for path in documents.glob("*.json")))


def check_recorded_answers(daemon, case):
    """Holds a daemon against the recorded answers of a case."""
    judge = subprocess.run(
        [sys.executable, SHARED / "conformance" / "check.py", "http://127.0.0.1:%d" % daemon.port,
         case / "expected.jsonl.gz"],
        capture_output=True, text=True, check=False)
    assert judge.returncode == 0, judge.stdout[-4000:] + judge.stderr
    assert judge.stdout.strip().endswith(" 0 failed")


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

    make.made = daemons
    yield make
    for daemon in daemons:
        daemon.stop()
        shm = pathlib.Path("/dev/shm" + daemon.segment)
        if daemon.expect_dirty and shm.exists():
            shm.unlink()
    while Daemon.held:
        Daemon.held.pop().close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One daemon on the sample data for the read-only tests of a module."""
    daemon = Daemon(tmp_path_factory.mktemp("demo"), file_categories(DEMO), "file://%s" % DEMO, readers=2)
    daemon.start()
    yield daemon
    assert daemon.stop() == 0


@pytest.fixture
def documents(tmp_path):
    """The sample documents, to be changed or taken away."""
    return shutil.copytree(DEMO, tmp_path / "documents")


@pytest.fixture
def upstream(documents):
    """A server of them."""
    with StubUpstream(documents) as stub:
        yield stub


@pytest.fixture
def figure(record_property):
    """Called with a line that is to be read even if all is well: printed at the end of the run."""
    return lambda line: record_property("figure", line)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A test that failed shows what its daemons said and do: elsewhere it may not fail again."""
    report = (yield).get_result()
    if not report.failed:
        return
    for daemon in getattr(item.funcargs.get("make_daemon"), "made", ()):
        report.sections.append(("%s, the end of its log" % daemon.directory.name, daemon.log()[-6000:]))
        if daemon.process:
            report.sections.append(("its processes", "\n".join(
                map(describe, daemon.session_members(daemon.process.pid)))))


# Files go to the workers in this order: those that wait for a minute or two begin first.
LONG = ("test_simulation.py", "test_honest_age.py", "test_fleet.py", "test_fleet_faults.py", "test_gate.py",
        "test_parts.py", "test_fleet_run.py", "test_alerts.py", "test_proxy_samples.py", "test_upstream.py",
        "test_fault_table.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: LONG.index(item.path.name) if item.path.name in LONG else len(LONG))


# How many tests a run may look at twice (.ci/run): its verdict on a tree does not hang on one race of
# one test in thousands. What a sanitizer or an assertion says has no second look.
SECOND_LOOKS = int(os.environ.get("HYDRATORD_TEST_SECOND_LOOKS", "0"))


def second_look(tmp_path_factory):
    """Takes one of those of all workers, whose directories are in that of the run; false if none is left."""
    directory = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        directory = directory.parent
    for number in range(SECOND_LOOKS):
        try:
            (directory / ("second-look-%d" % number)).touch(exist_ok=False)
            return True
        except FileExistsError:
            pass
    return False


@pytest.hookimpl
def pytest_runtest_protocol(item, nextitem):
    if not SECOND_LOOKS:
        return None
    log = item.ihook.pytest_runtest_logstart, item.ihook.pytest_runtest_logfinish
    log[0](nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    first = "\n".join("\n".join([report.longreprtext, *map("\n".join, report.sections)])
                      for report in reports if report.failed)
    if first and not BAD_LOG.search(first.replace("AssertionError", "")) and second_look(
            item.config._tmp_path_factory):
        item.user_properties.append(("unsteady", item.nodeid + "\n" + first))
        item._initrequest()  # its fixtures are made anew
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    log[1](nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == "figure":
                terminalreporter.write_line(value)
            elif name == "unsteady" and report.when == "call":
                terminalreporter.section("failed once, and passed when run again: mend it")
                terminalreporter.write_line(value)
