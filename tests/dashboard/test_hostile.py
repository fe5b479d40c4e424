"""Names and texts of strangers: on no view does one become an element, run, or turn what stands around it."""
import re
import urllib.parse

import pytest

from browser import DESKTOP, PHONE
from conftest import categories_of, dashboard_of
from daemon import Daemon
from worlds import HOSTILE, hostile

# Elements that the page never makes, and attributes that would run something.
INJECTED = """return [...document.querySelectorAll("body script:not([type]), img, iframe, object, embed, b, base")]
    .map(e => e.outerHTML)
    .concat([...document.body.querySelectorAll("*")].flatMap(e => [...e.attributes]
        .filter(a => /^on/i.test(a.name) || /^(href|src|action)$/i.test(a.name) && !/^(#|https?:|data:,|[.]{0,2}[/]|blob:)/i.test(a.value))
        .map(a => a.name + "=" + a.value)))"""
# What turns the text around it must not stand in a text unless it is isolated.
TURNED = """return [...document.querySelectorAll("main *")].filter(e => [...e.childNodes].some(
    n => n.nodeType === 3 && /[\\u202a-\\u202e\\u2066-\\u2069]/.test(n.data))).map(e => e.outerHTML.slice(0, 200))"""
VIEWS = ("overview", "models/image_generation", "models/image_generation?page=1&per=100", "unlisted/image_generation",
         "statistics/image_generation", "changes/image_generation", "changes")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    directory = tmp_path_factory.mktemp("hostile")
    documents = hostile(directory / "documents")
    daemon = Daemon(directory / "daemon", categories_of(documents), "file://%s" % documents).start()
    yield daemon
    assert daemon.stop() == 0


def harmless(page):
    page.settled()
    assert page.script(INJECTED) == [] and page.script(TURNED) == [], page.url
    assert page.too_wide() == [], page.url


def test_every_view(page, strangers):
    page.of(dashboard_of(strangers))
    for address in VIEWS:
        page.open(address)
        harmless(page)


def test_the_table_shows_every_name(page, strangers):
    page.of(dashboard_of(strangers))
    page.size(1280, 4000)
    page.open("models/image_generation")
    page.settled()
    for name, seen in HOSTILE.items():
        page.shows(re.compile(seen or re.escape(name)))
    harmless(page)


def test_every_model_has_its_page(page, strangers):
    page.of(dashboard_of(strangers))
    page.open("help")
    for name, seen in HOSTILE.items():
        page.go("model/image_generation/" + urllib.parse.quote(name, safe=""))
        page.settled()
        assert re.search(seen or re.escape(name), page.heading()), name
        assert "mistake" not in page.text() and "not here" not in page.text(), name
        harmless(page)


def test_long_names_are_cut_in_tables_alone(page, strangers):
    page.of(dashboard_of(strangers))
    name = "n" * 300
    for size in DESKTOP, PHONE:
        page.size(*size)
        page.open("models/image_generation?q=nnnn")
        link = page.by_role("link", name)
        assert link.rect["height"] < 80 and link.find_element("tag name", "bdi").get_attribute("title") == name
        page.open("model/image_generation/" + name)
        page.settled()
        assert page.script("const h = document.querySelector('h1'); return h.scrollHeight <= h.clientHeight") and name in page.text()


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_no_address_can_have(page, strangers, name):
    page.of(dashboard_of(strangers))
    page.open("model/image_generation/" + name)
    assert page.heading() == name
    page.shows("Browsers take a name of one or two dots for a folder")
    page.click("link", "Its row in the table")
    page.by_role("link", name)


def test_addresses_that_mean_harm(page, strangers):
    """Whoever sends a link decides about what is behind its "#"."""
    page.of(dashboard_of(strangers))
    page.expect()
    attack = urllib.parse.quote("<img src=x onerror=alert(1)>\u202e", safe="")
    endless = "n" * 5000
    for address in ("models/" + endless, "statistics/" + endless, "models/image_generation?q=" + endless,
                    "unlisted/image_generation?q=" + endless, "changes?q=" + endless,
                    "model/image_generation/" + attack, attack, "models/" + attack, "statistics/" + attack, "changes/image_generation/" + attack,
                    "models/image_generation?q=%s&sort=%s&preset=%s&columns=%s&baseline=%s" % ((attack,) * 5),
                    "model/..%2f..%2fevents/x", "models/__proto__", "unlisted/%2f%2fevil.example"):
        page.open(address)
        harmless(page)
