"""The overview: how each category is, since when, and what is wrong; and that it says so itself when it cannot know."""
import re

import pytest

from browser import FAILED_REQUEST, NARROW, PHONE
from conftest import DEMO, dashboard_of
from daemon import Daemon, wait_for
from stub_upstream import StubUpstream

STATISTICS = "/model_references/statistics/"


@pytest.fixture
def upstream():
    with StubUpstream(DEMO) as stub:
        yield stub


@pytest.fixture
def daemon(tmp_path, upstream, page):
    """One that is refreshed each second and whose data are stale, then expired, before long."""
    daemon = Daemon(tmp_path, {name: [upstream.reference(name)] for name in ("image_generation", "blip", "clip")},
                    upstream.horde, settings='http { ready_categories = { "image_generation" } }',
                    hydration="interval = 1 ttl = 3 stale_ttl = 6 stale_if_error = 3600")
    daemon.upstream = upstream
    yield daemon
    page.driver.get("about:blank")  # or it would see the end
    assert daemon.stop() == 0


def sentence(page):
    return page.script("return document.querySelector('.ov-sentence')?.textContent")


def test_all_is_well(demo_page, demo):
    assert demo_page.open() == "Overview"
    demo_page.shows("All 15 categories are fresh.")
    assert demo_page.driver.title == "Overview · hydratord"
    card = demo_page.by_role("region", "Image generation")
    cycles = demo.json(STATISTICS + "image_generation/cycles")["cycles"]
    wait_for(lambda: "%s\nAt risk" % cycles["models"][-1] in re.sub(r"\n?±0", "", card.text), "the figures")
    assert str(cycles["critical"][-1]) in card.text
    for words in "Last refresh", "Next", "model reference", "kept, 41\u00a0models", "Unlisted names":
        demo_page.shows(words)
    rows = demo_page.by_role("table", within=demo_page.by_role("region", "Other categories")).text
    assert "Textual inversions" in rows and rows.count("Fresh") == 13


def test_the_day_is_said_to_those_who_do_not_see_it(demo_page):
    demo_page.open()
    card = demo_page.by_role("region", "Image generation")
    assert demo_page.by_role("image", re.compile(r"the data were never older than \d+"), within=card)
    demo_page.click("DisclosureTriangle", "The same as a table", within=card)
    table = demo_page.by_role("table", within=card)
    assert re.search(r"\d\d:\d\d–\d\d:\d\d \d+\ss 0", table.text)


def test_links_lead_to_what_they_name(demo_page):
    demo_page.open()
    demo_page.click("link", "Critical", within=demo_page.by_role("region", "Text generation"))
    wait_for(lambda: demo_page.url.endswith("#/models/text_generation?preset=critical"), "the models")
    demo_page.go("overview")
    demo_page.click("link", "BLIP")
    wait_for(lambda: demo_page.url.endswith("#/statistics/blip"), "the statistics")


def test_what_is_wrong_comes_first_and_goes(page, daemon):
    daemon.start()
    page.base = dashboard_of(daemon)
    page.open()
    page.shows("All 3 categories are fresh.")
    daemon.upstream.mode("clip", "500")
    page.shows(re.compile(r"1 of 3 categories has been stale( for errors)? since \d\d:\d\d\."))
    page.shows(re.compile(r"Since \d\d:\d\d refreshes do not go well\n"
                          r"The model reference could not be fetched at \d\d:\d\d from http://127\.0\.0\.1:\d+: .*\n"))
    assert page.text().count("HTTP status 500") == 1, "it is said once"
    first = page.script("return document.querySelector('.ov-table tbody th').textContent")
    assert first == "CLIP"
    host = page.by_role("region", "Upstreams").text
    assert "http://127.0.0.1:%d" % daemon.upstream.port in host
    daemon.upstream.mode("clip", "ok")
    page.shows("All 3 categories are fresh")
    wait_for(lambda: "do not go well" not in page.text(), "the end of the trouble")
    assert page.script("return document.querySelector('.ov-table tbody th').textContent") == "BLIP"


def test_what_is_not_posted_is_told(page, between):
    def fail(health):
        category, = [each for each in health["categories"] if each["category"] == "image_generation"]
        category["history"]["notify"] = {"pending": 3, "delivered": 1796000000, "error": "HTTP status 410"}

    between.edits["readyz"] = fail
    page.open()
    card = page.by_role("region", "Image generation")
    page.shows("3\u00a0changes not posted to the webhook: HTTP status 410")
    assert re.search(r"Webhook\s+3\schanges waiting\s+Last post", card.text)


def test_no_data_yet(page, daemon):
    daemon.upstream.mode("blip", "500")
    daemon.start(wait=False)
    page.base = dashboard_of(daemon)
    page.expect(FAILED_REQUEST)  # readiness may still be 503
    page.open()
    page.shows("1 of 3 categories is without data.")
    page.shows("Without data")
    daemon.upstream.mode("blip", "ok")
    page.shows("All 3 categories are fresh.")


def test_it_turns_red_by_itself_when_it_is_not_connected(page, daemon):
    port = Daemon.hold_port()
    daemon.config.write_text(daemon.config.read_text().replace("127.0.0.1:0", "127.0.0.1:%d" % port))
    daemon.start()
    page.base = dashboard_of(daemon)
    page.open()
    page.shows("All 3 categories are fresh.")
    page.expect(FAILED_REQUEST)
    assert not page.find_all("alert", re.compile("Not connected"))
    daemon.stop()
    banner = page.by_role("alert")
    wait_for(lambda: re.match(r"Not connected since \d\d:\d\d\. What you see is of \d\d:\d\d, ", banner.text), "the banner")
    wait_for(lambda: re.match(r"Not connected\. At \d\d:\d\d all 3 categories were fresh\.", sentence(page)), "the sentence")
    assert page.driver.title == "! Overview · hydratord"
    assert "Models" in page.text(), "what it showed stays"
    daemon.start()
    wait_for(lambda: banner.text == "", "the connection")
    page.shows(re.compile(r"(?m)^All 3 categories are fresh"))


def test_a_reload_changes_in_place(page, daemon):
    daemon.start()
    page.base = dashboard_of(daemon)
    page.open()
    page.shows("All 3 categories are fresh.")
    page.expect(FAILED_REQUEST)
    page.click("DisclosureTriangle", "The same as a table")
    page.script("""
        window.kept = document.querySelector(".ov-card summary");
        window.alerts = 0;
        new MutationObserver(() => alerts += 1).observe(document.getElementById("banner"), {childList: true});
        window.generations = new Set();
        kept.focus();""")
    generation = daemon.json("/readyz?verbose")["categories"][0]["generation"]
    daemon.reload()
    wait_for(lambda: daemon.json("/readyz?verbose")["categories"][0]["generation"] > generation + 3, "refreshes")
    wait_for(lambda: page.script("return document.getElementById('live').textContent") == "Live", "the stream")
    assert page.script("return document.activeElement === kept && kept.parentNode.open && kept.isConnected")
    assert page.script("return alerts") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [None, PHONE])
def test_axe(demo_page, axe_source, scheme, size):
    demo_page.media(prefers_color_scheme=scheme)
    if size:
        demo_page.size(*size)
    demo_page.open()
    demo_page.shows("All 15 categories are fresh.")
    demo_page.shows("never older")
    assert demo_page.axe(axe_source) == []
    demo_page.screenshot("overview-%s%s" % (scheme, "-phone" if size else ""))


def test_narrow(demo_page):
    demo_page.size(*NARROW)
    demo_page.open()
    demo_page.shows("never older")
    assert demo_page.too_wide() == []
