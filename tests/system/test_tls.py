"""Certificates of upstreams: only one that the CA file vouches for, of the right name and date, is believed."""
import pytest

from conftest import DEMO
from daemon import wait_for
from stub_tls import KINDS, OPENSSL, Authority
from stub_upstream import StubUpstream

RISK = "/model_references/statistics/image_generation/deletion-risk"
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is missing (Debian: openssl)")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tls") / "ca")


def daemon_for(make_daemon, stub, ca_file):
    return make_daemon({"image_generation": [stub.reference("image_generation")]}, stub.horde,
                       settings='upstream { ca_file = "%s" }' % ca_file if ca_file else "")


@pytest.mark.parametrize("kind", [*KINDS, "unknown"])
def test_certificate(make_daemon, authority, kind):
    """"unknown": a good one, of an authority that nobody has named."""
    with StubUpstream(DEMO, authority.context("good" if kind == "unknown" else kind)) as stub:
        daemon = daemon_for(make_daemon, stub, None if kind == "unknown" else authority.ca_file)
        daemon.start(wait=kind == "good")
        if kind == "good":
            assert daemon.get(RISK).status == 200
        else:
            wait_for(lambda: "SSL" in daemon.log() and "not refreshed: reference: " in daemon.log(), "the refusal")
            assert daemon.get(RISK).status == 503
            assert stub.counts() == {}


@pytest.mark.parametrize("where", ("directory", "bundle"))
def test_the_systems_authorities_are_believed(make_daemon, authority, tmp_path, where):
    """Those that have a link in the directory, and those that are in the bundle only."""
    starter = authority.as_the_systems(tmp_path / "certs", where)
    if starter is None:
        pytest.skip("no namespace of our own is to be had")
    with StubUpstream(DEMO, authority.context("good")) as stub:
        daemon = daemon_for(make_daemon, stub, None)
        daemon.starter = starter
        daemon.start()
        assert daemon.get(RISK).status == 200
        opened = [line for line in daemon.log().splitlines() if "SSL" in line]
        assert not opened, opened


def test_no_redirect_leads_out_of_tls(make_daemon, authority):
    with StubUpstream(DEMO, authority.context("good")) as stub, StubUpstream(DEMO) as plain:
        stub.plain_url = plain.url
        stub.mode("*", "downgrade")
        daemon = daemon_for(make_daemon, stub, authority.ca_file).start(wait=False)
        wait_for(lambda: "not refreshed: reference: " in daemon.log(), "the refusal")
        assert daemon.get(RISK).status == 503
        assert plain.counts() == {}
