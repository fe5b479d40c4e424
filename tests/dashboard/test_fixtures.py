"""That the fixtures see what they are there for: an invented page, spoilt in one way at a time."""
import http.server
import re
import threading

import pytest
from selenium.common.exceptions import ElementClickInterceptedException, UnexpectedAlertPresentException

from browser import FAILED_REQUEST, PHONE
from daemon import wait_for

PAGE = """<!doctype html><html lang="en"><title>page</title><meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="/page.css"><main><h1>A page</h1>
<button id="near">Near <span aria-hidden="true">7</span></button><button hidden>Hidden</button>
<label>Word <input id="word"></label>%s</main><script src="/page.js"></script></html>"""
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
          "require-trusted-types-for 'script'")


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        kind, body = {
            "/": ("text/html", PAGE % self.server.markup),
            "/page.js": ("text/javascript", self.server.program),
            "/page.css": ("text/css", "body { background: #fff; color: #000 }" + self.server.style),
        }.get(self.path, ("text/plain", None))
        self.send_response(200 if body is not None else 503)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write((body or "").encode())


@pytest.fixture
def spoil(page):
    """Opens the page with something added to it."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()

    def open_spoilt(markup="", program="", style=""):
        server.markup, server.program, server.style = markup, program, style
        page.of("http://127.0.0.1:%d/" % server.server_address[1]).open()
        return page

    yield open_spoilt
    page.problems()
    page.lines.clear()  # they were looked for
    server.shutdown()
    server.server_close()


def test_a_good_page_has_no_problem(spoil, axe_source):
    page = spoil()
    assert page.names("button") == ["Near"]
    page.click("button", re.compile("^Near"))
    assert page.type("textbox", "Word", "abc").get_attribute("value") == "abc"
    assert page.problems() == [] and page.axe(axe_source) == [] and page.too_wide() == []


@pytest.mark.parametrize("program, said", [
    ("console.log('a word')", "a word"),
    ("throw new Error('uncaught')", "uncaught"),
    ("Promise.reject(new Error('unhandled'))", "unhandled"),
    ("document.body.innerHTML = '<b>'", "TrustedHTML"),
    ("document.body.setAttribute('style', 'color: red')", "violation of style-src"),
    ("document.body.append(Object.assign(new Image(), {src: 'data:,'}))", "violation of img-src"),
    ("fetch('http://127.0.0.2/')", "violation of connect-src"),
    ("fetch('/missing')", "Failed to load resource"),
])
def test_the_console_is_read(spoil, program, said):
    page = spoil(program=program)
    wait_for(lambda: said in "\n".join(page.problems()), said)


def test_what_is_expected_is_no_problem_and_hides_none(spoil):
    page = spoil(program="fetch('/missing').then(() => console.log('and more'))")
    page.expect(FAILED_REQUEST)
    problems = wait_for(page.problems, "what is not expected")
    assert len(page.lines) == 2 and len(problems) == 1 and "and more" in problems[0]


def test_an_alert_is_noticed(spoil):
    with pytest.raises(UnexpectedAlertPresentException):
        page = spoil(program="alert('attack')")
        page.text()


def test_what_is_covered_cannot_be_clicked(spoil):
    page = spoil(markup="<div id='over'></div>", style="#over { position: fixed; inset: 0 }")
    with pytest.raises(ElementClickInterceptedException):
        page.click("button", "Near")


@pytest.mark.parametrize("markup, style, rule", [
    ("<button></button>", "", "button-name"),
    ("<p>pale</p>", "p { color: #ccc }", "color-contrast"),
    ("<input>", "", "label"),
])
def test_axe_finds(spoil, axe_source, markup, style, rule):
    found = spoil(markup=markup, style=style).axe(axe_source)
    assert [line.split()[0] for line in found] == [rule], found


def test_emulations(spoil):
    page = spoil(markup="<div id='wide'></div>",
                 program="onload = () => { for (const end = performance.now() + 120; performance.now() < end;); }",
                 style="#wide { width: 400px; height: 1px }")
    assert page.too_wide() == []
    page.size(*PHONE)
    assert page.script("return innerWidth") == PHONE[0] and page.too_wide()
    page.media(prefers_color_scheme="dark", prefers_contrast="more", prefers_reduced_motion="reduce",
               forced_colors="active")
    for query in ("prefers-color-scheme: dark", "prefers-contrast: more", "prefers-reduced-motion: reduce",
                  "forced-colors: active"):
        assert page.script("return matchMedia('(%s)').matches" % query), query
    assert [task for task in page.long_tasks() if task[1] >= 100]
    page.network(offline=True)
    page.expect(FAILED_REQUEST)
    assert page.script("return fetch('/page.js').then(() => 'came', () => 'offline')") == "offline"
