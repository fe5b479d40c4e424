"""Fixtures of the tests in machines. machine.sh makes what they need, and calls them."""
import contextlib
import os
import pathlib
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from machine import Machine  # noqa: E402
from stub_upstream import StubUpstream  # noqa: E402

DEMO = pathlib.Path(__file__).resolve().parents[2] / "etc" / "demo"
CATEGORIES = ("image_generation", "text_generation")

collect_ignore = [] if "HYDRATORD_MACHINE_ROOTS" in os.environ else [
    path.name for path in pathlib.Path(__file__).parent.glob("test_*.py")]


class Service:
    """The daemon as it is installed in a machine, with an upstream that a test commands."""

    config = "/etc/hydratord.conf"

    def __init__(self, machine):
        self.machine = machine
        self.upstream = None
        self.network = None  # the machine's process 1 when the upstream was made

    def stop_upstream(self):
        if self.upstream:
            self.upstream.stop()
        self.upstream = None

    def renew_upstream(self):
        """One that serves well, in the network that the machine has since its last boot."""
        if self.network != self.machine.leader:
            self.stop_upstream()
            self.upstream = self.machine.in_network(lambda: StubUpstream(DEMO))
            self.network = self.machine.leader
        self.upstream.mode("*", "ok")

    def configure(self, settings=""):
        """The sample configuration, but for what it asks whom."""
        text = (DEMO.parent / "hydratord.conf").read_text()
        head = text[:text.index("# One section for each category")]
        head = head.replace('#url = "https://aihorde.net/api"', 'url = "%s"' % self.upstream.horde)
        for name in CATEGORIES:
            head += 'category "%s" { reference = { "%s" } }\n' % (name, self.upstream.reference(name))
        self.machine.write(self.config, head + settings)

    def has_data(self):
        return all(self.machine.serves("/model_references/statistics/%s/deletion-risk" % name)
                   for name in CATEGORIES)


@contextlib.contextmanager
def service_in(machine):
    service = Service(machine)
    try:
        service.renew_upstream()
        yield service
    finally:
        service.stop_upstream()


@pytest.fixture(scope="module")
def booted(request, tmp_path_factory):
    """A machine for a module, which says by KIND of what kind."""
    kind = request.module.KIND
    with Machine(kind, tmp_path_factory.mktemp(kind)) as machine, service_in(machine) as service:
        yield service


@pytest.fixture
def service(booted):
    """The daemon, stopped and as it was shipped, whatever the last test left."""
    booted.renew_upstream()
    booted.configure()
    yield booted
