"""What a view shows while something is not there: each state has its words, and goes by itself."""
import os
import re
import shutil
import signal
import time

import pytest

from between import Between
from browser import PATIENCE
from conftest import DEMO, dashboard_of, file_categories, invent_history, replace
from daemon import wait_for
from stub_upstream import StubUpstream
from views import VIEWS

# The daemon goes on serving what it has, and asks for nothing.
STILL = "enabled = false interval = 10 ttl = 100 stale_ttl = 1000 stale_if_error = 5000"

FIRST = "Lantern Sketch v2"  # of the sample data: nothing is at a higher risk


@pytest.fixture
def serve(make_daemon, page):
    """A daemon on a port that it keeps, and the page of it."""
    def start(categories=None, horde=None, history=False, wait=True, **kwargs):
        daemon = make_daemon(categories, horde, **kwargs)
        daemon.config.write_text(daemon.config.read_text().replace(
            '"127.0.0.1:0"', '"127.0.0.1:%d"' % daemon.hold_port(), 1))
        if history:
            invent_history(daemon)
        daemon.start(wait=wait)
        page.of(dashboard_of(daemon))
        return daemon

    return start


def is_red(page):
    return page.script("return document.documentElement.classList.contains('down')")


# Before there are data, and when they are old.

def test_before_there_are_data(serve, page):
    page.expect()
    with StubUpstream(DEMO) as upstream:
        upstream.mode("*", "503")
        daemon = serve({"image_generation": [upstream.reference("image_generation")]}, upstream.horde, wait=False)
        page.open()
        page.shows("Without data")
        for view, address in VIEWS.items():
            if view not in ("overview", "help", "models-grouped", "statistics"):
                page.open(address)
                page.settled()
                assert "mistake" not in page.text(), view
                page.screenshot("no-data-" + view)
        page.open("models/image_generation")
        page.shows("No data to show")
        # The first data come while it is open.
        upstream.mode("*", "ok")
        daemon.move_clock(180)  # its host is not asked for two minutes
        daemon.send(signal.SIGUSR1)
        page.shows(FIRST)
        assert "No data to show" not in page.text()


@pytest.mark.parametrize("age, state", [(200, "Stale"), (2000, "Stale for errors"), (6000, "Expired")])
def test_data_that_are_old(serve, page, age, state):
    daemon = serve(hydration=STILL)
    page.open()
    page.shows("Fresh")
    daemon.move_clock(age)
    page.expect()
    page.open()
    page.shows(re.compile("^%s$" % state, re.M))
    page.settled()
    page.screenshot("overview-" + state.lower().replace(" ", "-"))
    page.open("models/image_generation")
    if state == "Expired":
        page.shows("No data to show")
    else:
        page.shows(re.compile(r"data of (3|33)\smin ago"))


def test_an_upstream_that_fails_is_seen_within_a_minute(serve, page):
    """As somebody who watches sees it: without a touch."""
    with StubUpstream(DEMO) as upstream:
        daemon = serve({"image_generation": [upstream.reference("image_generation")]}, upstream.horde,
                       hydration="interval = 1 ttl = 3 stale_ttl = 600 stale_if_error = 6000")
        page.open()
        page.shows("Fresh")
        upstream.mode("*", "500")
        page.shows(re.compile("^Stale$", re.M))
        page.shows("500")  # what is wrong
        page.screenshot("overview-upstream-fails")
        upstream.mode("*", "ok")
        daemon.move_clock(180)  # its host is not asked for two minutes
        page.shows(re.compile("^Fresh$", re.M))


# The daemon itself.

@pytest.mark.parametrize("view", ["overview", "models", "model", "changes"])
def test_a_daemon_that_went_and_came(serve, page, view):
    page.expect()
    daemon = serve(history=True)
    page.open(VIEWS[view])
    page.settled()
    page.shows("Live")
    before = page.by_role("heading", level=1)
    daemon.stop()
    page.shows("Not connected since")
    assert is_red(page) and page.too_wide() == []
    assert page.by_role("heading", level=1) == before  # what was there is still there
    page.screenshot("%s-offline" % view)
    daemon.start()
    wait_for(lambda: not is_red(page), "the connection", PATIENCE)
    page.shows("Live")
    assert "Not connected" not in page.text()


def test_a_daemon_that_does_not_answer(serve, page):
    """It is loading, then late, then there."""
    page.expect()
    daemon = serve(history=True)
    page.open()
    page.settled()
    stopped = daemon.readers()
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    page.go("statistics/image_generation")
    page.shows("Loading")
    page.screenshot("statistics-loading")
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    page.settled()
    assert "Loading" not in page.text() and not is_red(page)


def test_a_daemon_that_is_never_there(serve, page):
    """An open page that asks somebody who is gone says so, and goes on asking."""
    page.expect()
    daemon = serve()
    page.open("help")
    daemon.stop()
    page.go("statistics/image_generation")
    page.shows("The daemon does not answer")
    page.screenshot("statistics-gone")
    daemon.start()
    page.shows("stable_diffusion_xl")


def test_a_reload_is_not_noticed(serve, page):
    """The stream ends and comes back: nothing flashes, and the focus stays."""
    daemon = serve(history=True)
    page.open("models/image_generation")
    page.settled()
    page.shows("Live")
    page.press("/")
    page.press("can")
    page.settled()
    text = page.by_role("main").text
    page.script("""
        window.seen = [];
        new MutationObserver(list => seen.push(...list.flatMap(m => [...m.addedNodes, ...m.removedNodes])
            .map(n => n.className ?? ""))).observe(document.querySelector("main"), {childList: true, subtree: true});
        window.states = [];
        const state = document.getElementById("live");
        new MutationObserver(() => states.push(state.innerText)).observe(state, {childList: true, subtree: true});
        const root = document.documentElement;
        new MutationObserver(() => seen.push("root: " + root.className)).observe(root, {attributes: true});""")
    daemon.reload()
    wait_for(lambda: page.script("return states").count("Reconnecting"), "the end of the stream", PATIENCE)
    wait_for(lambda: page.script("return states.at(-1)") == "Live", "another stream", PATIENCE)
    daemon.send(signal.SIGUSR1)
    page.settled()
    assert page.focus().get_attribute("value") == "can"
    assert not [name for name in page.script("return seen") if re.search("loading|problem|down", str(name))]
    assert page.by_role("main").text.splitlines()[0] == text.splitlines()[0]


def add_model(reference):
    """It has no use and no worker, as the first one."""
    reference["A" + FIRST] = dict(reference[FIRST], name="A" + FIRST)


def test_a_stream_that_died_unnoticed(page, copied):
    """It says nothing any more, and is not closed: what the health says counts."""
    between = Between(copied.start())
    page.of(between.dashboard)
    page.open("models/image_generation")
    page.shows(FIRST)
    replace(copied.data / "image_generation.json", add_model)
    page.shows("A" + FIRST)
    page.driver.get("about:blank")
    between.stop()


# Parts that are not there.

def test_no_history_is_kept(serve, page):
    page.expect()
    serve(settings="history { enabled = false }")
    for view in ("models", "model", "changes", "overview"):
        page.open(VIEWS[view])
        page.settled()
        assert "mistake" not in page.text(), view
        page.screenshot("no-history-" + view)
    page.open(VIEWS["changes"])
    page.shows(re.compile("history", re.I))
    page.open(VIEWS["model"])
    page.shows(re.compile("history", re.I))


def test_a_model_that_is_not_there_has_names_like_it(demo_page):
    demo_page.expect()
    demo_page.open("model/image_generation/Glas%20Frame")
    demo_page.click("link", re.compile("^Glass Frame"))
    wait_for(lambda: "Glass Frame" in demo_page.heading(), "the model", PATIENCE)
    assert "model/image_generation/Glass%20Frame" in demo_page.url


def test_no_row_is_left(demo_page):
    """It says which filter it was, and takes it back."""
    demo_page.open("models/image_generation")
    demo_page.settled()
    demo_page.press("/")
    demo_page.press("zzzz")
    demo_page.shows(re.compile("no model", re.I))
    demo_page.click("button", re.compile("clear|show all|reset", re.I))
    demo_page.shows(FIRST)


def test_nothing_is_configured_but_what_has_no_risk(serve, page):
    page.expect()
    serve({"lora": ["file://%s/lora.json" % DEMO]})
    for view, address in VIEWS.items():
        page.open(address.replace("statistics/text_generation", "statistics/lora"))
        page.settled()
        assert "mistake" not in page.text(), view


def test_a_new_answer_comes_by_itself(serve, page, tmp_path):
    documents = tmp_path / "documents"
    shutil.copytree(DEMO, documents)
    daemon = serve(file_categories(documents), "file://%s" % documents)
    page.open("models/image_generation")
    page.shows(FIRST)
    replace(documents / "image_generation.json", add_model)
    daemon.send(signal.SIGUSR1)
    page.shows("A" + FIRST)
