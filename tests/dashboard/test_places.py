"""The page where it is not at the daemon's own address: under /api, behind proxies, on http.dashboard_listen."""
import pytest

from conftest import DEMO, categories_of, dashboard_of, invent_history
from test_dashboard_page import port_of
from test_proxy_samples import World
from views import VIEWS


def looks_right(page, base):
    page.open(base=base)
    page.shows("Live")
    for address in VIEWS.values():
        assert page.go(address)
        page.settled()


def test_under_api(page, demo):
    looks_right(page, dashboard_of(demo).replace("/dashboard", "/api/dashboard"))


@pytest.mark.parametrize("kind,prefix", (("nginx", ""), ("nginx", "/api"), ("haproxy", ""), ("varnish", "/api")))
def test_behind_the_samples(page, make_daemon, tmp_path, kind, prefix):
    daemon = make_daemon(categories_of(DEMO))
    invent_history(daemon)
    world = World(kind, daemon, tmp_path / "proxy")
    try:
        looks_right(page, "http://127.0.0.1:%d%s/dashboard" % (world.port, prefix))
        assert not world.python.asked, "the page needs what the sample sends elsewhere"
    finally:
        page.driver.get("about:blank")
        world.stop()


def test_at_an_address_of_its_own(page, make_daemon):
    daemon = make_daemon(categories_of(DEMO), settings='http { dashboard_listen = { "127.0.0.1:0" } }')
    invent_history(daemon)
    daemon.start()
    looks_right(page, "http://127.0.0.1:%d/dashboard" % port_of(daemon))
    page.driver.get("about:blank")
