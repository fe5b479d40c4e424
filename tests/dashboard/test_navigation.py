"""From view to view: by links, by addresses that are wrong, away and back. Keys and themes: test_frame.py."""
import re

import pytest

from browser import PATIENCE, PHONE
from conftest import dashboard_of
from daemon import wait_for

# Link of the frame -> the end of its address, its heading.
LINKS = {
    "Models": ("#/models/image_generation", "Models"),
    "Changes": ("#/changes", "Changes"),
    "Unlisted": ("#/unlisted/image_generation", "Unlisted"),
    "Statistics": ("#/statistics/image_generation", "Statistics"),
    "Help": ("#/help", "Help"),
    "Overview": ("#/overview", "Overview"),
}


def at(page, address, heading):
    """Waits for the view of an address, and looks whether a screen reader is told of it."""
    wait_for(lambda: page.url.endswith(address), address, PATIENCE)
    wait_for(lambda: page.heading().startswith(heading), "the heading " + heading, PATIENCE)
    assert page.driver.title.startswith(heading)
    wait_for(lambda: page.script("return document.activeElement.tagName") == "H1", "the focus on the heading", PATIENCE)


@pytest.mark.parametrize("size", [None, PHONE], ids=["desk", "phone"])
def test_links_lead_to_the_views(demo_page, size):
    if size:
        demo_page.size(*size)
    demo_page.open()
    for name, where in LINKS.items():
        demo_page.click("link", name)
        at(demo_page, *where)
        here = demo_page.script("return [...document.querySelectorAll('[aria-current]')].map(e => e.innerText)")
        assert here == [name]
    demo_page.driver.back()
    at(demo_page, *LINKS["Help"])
    demo_page.driver.forward()
    at(demo_page, *LINKS["Overview"])


@pytest.mark.parametrize("address", ["nonsense", "models/nonsense", "model/image_generation/No such model", "%", "//", "changes/image_generation/nonsense",
                                     "statistics/constructor", "constructor", "changes?kind=constructor&flag=toString",
                                     "models/image_generation?flags=constructor", "models/image_generation?sort=nonsense&page=-1&columns=x,,y&preset=__proto__"])
def test_an_address_that_is_wrong_has_a_page(demo_page, address):
    demo_page.expect()
    demo_page.open(address)
    demo_page.settled()
    assert demo_page.heading()
    assert "mistake" not in demo_page.text()


def test_the_page_says_whose_data_it_shows(demo_page):
    demo_page.open()
    demo_page.by_role("link", re.compile(r"^hydratord\s*\d"))
    demo_page.shows("Live")


def test_a_page_that_was_left_holds_no_connection(demo_page):
    """A browser has six to a daemon, and keeps pages for the way back."""
    for _ in range(8):
        demo_page.open("help")
        demo_page.shows("Live")
    demo_page.driver.get("about:blank")
    demo_page.driver.back()
    demo_page.shows("Live")


@pytest.mark.parametrize("start, role, name", [
    ("models/image_generation", "button", re.compile("^No workers")),
    ("models/text_generation", "button", "Families"),
    ("model/image_generation/Glass%20Frame", "button", re.compile("^30.days")),
    ("changes/image_generation", "button", re.compile("^at risk")),
    ("unlisted/image_generation", "button", re.compile("^Workers")),
    ("statistics/text_generation", "checkbox", re.compile("family")),
])
def test_a_link_shows_what_its_sender_saw(demo_page, demo, start, role, name):
    """To somebody whose browser remembers nothing."""
    def seen():
        demo_page.settled()
        text = demo_page.by_role("main").text
        # Ages go on, and how many rows below the screen are drawn is by chance.
        return re.sub(r"\d+\s(s|min|h)( \d+\smin)?\b", "some time", text)[:1500]

    demo_page.open(start)
    demo_page.settled()
    demo_page.click(role, name)
    wait_for(lambda: not demo_page.url.endswith(start), "another address", PATIENCE)
    demo_page.script("return new Promise(requestAnimationFrame)")  # the view has been told of it
    sent, link = seen(), demo_page.url
    demo_page.of(dashboard_of(demo))
    demo_page.driver.get("about:blank")
    demo_page.driver.get(link)
    wait_for(lambda: seen() == sent, "what the sender saw", PATIENCE)
