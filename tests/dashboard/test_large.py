"""Ten thousand models on a processor that is four times slower: how long until one can work, and what holds one up."""
import re
import time

import pytest

from browser import PATIENCE
from conftest import dashboard_of, file_categories, run_browser
from daemon import Daemon, wait_for
from worlds import CATEGORY, many

MODELS = 10000
SLOWER = 4
# Limits are for a machine that does other things beside; the figures are printed.
READY, TASK, ANSWER = 20000, 1500, 2000  # milliseconds
# Of the processor's time that a task takes here, milliseconds: those that are 50 on one that is slower. What others do
# beside makes it longer, by cold caches, so it is tried anew if need be, and there is some room.
SHORT, TRIES, ROOM = 50 / SLOWER, 6, 1.3
# What the rows are scrolled in.
SCROLLER = """let scroller = document.querySelector("tbody");
    while (scroller !== document.scrollingElement && scroller.scrollHeight <= scroller.clientHeight + 1) scroller = scroller.parentElement;
    """


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    directory = tmp_path_factory.mktemp("many")
    documents = many(directory / "documents", MODELS)
    daemon = Daemon(directory / "daemon", file_categories(documents, (CATEGORY,)), "file://%s" % documents)
    daemon.config.write_text(daemon.config.read_text().replace('"8M"', '"64M"'))
    daemon.start()
    yield daemon
    assert daemon.stop() == 0


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    yield from run_browser(tmp_path_factory.mktemp("browser"), traced=True)


@pytest.fixture
def slow_page(page, crowd):
    page.of(dashboard_of(crowd))
    page.processor(SLOWER)
    return page


def frame_after(page, text, *arguments):
    """Milliseconds from when a script begins until what it brought about is drawn."""
    return page.driver.execute_async_script(
        "const done = arguments[arguments.length - 1], began = performance.now();" + text +
        "; requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - began))))", *arguments)


def worst(tasks):
    return max((task[1] for task in tasks), default=0)


def test_time_until_one_can_work(slow_page, figure):
    began = time.monotonic()
    slow_page.open("models/" + CATEGORY)
    slow_page.shows(re.compile(r"10,000\smodels"))
    ready = slow_page.now()
    slow_page.settled()
    tasks = slow_page.long_tasks()
    figure("dashboard: 10,000 models at CPU/%d: rows after %d ms (%d ms with what the test needs), %d long tasks, the longest %d ms"
           % (SLOWER, ready, (time.monotonic() - began) * 1000, len(tasks), worst(tasks)))
    assert ready < READY and worst(tasks) < TASK


def test_sorting_filtering_and_scrolling(slow_page, figure):
    slow_page.open("models/" + CATEGORY)
    slow_page.shows(re.compile(r"10,000\smodels"))
    slow_page.settled()
    since = slow_page.now()
    took = {}
    for name in ("Model", "Month", "Workers"):
        head = slow_page.by_role("button", name)
        took["sort by " + name] = frame_after(slow_page, "arguments[0].click()", head)
    search = slow_page.by_role("searchbox", "Search")
    took["search"] = frame_after(
        slow_page, "arguments[0].value = 'amber'; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", search)
    wait_for(lambda: not re.search(r"^10,000\smodels", slow_page.text(), re.M), "fewer rows", PATIENCE)
    slow_page.click("button", "Clear filters")
    slow_page.shows(re.compile(r"10,000\smodels"))
    for place in range(8):
        took["scroll"] = max(took.get("scroll", 0), frame_after(
            slow_page, SCROLLER + "scroller.scrollTop = scroller.scrollHeight * arguments[0] / 8", place))
    tasks = slow_page.long_tasks(since)
    rows = slow_page.script("return document.querySelectorAll('tbody tr').length")
    figure("dashboard: 10,000 models at CPU/%d: %s; %d long tasks, the longest %d ms; %d rows drawn"
           % (SLOWER, ", ".join("%s %d ms" % item for item in took.items()), len(tasks), worst(tasks), rows))
    assert rows < 300  # a window of them
    assert max(took.values()) < ANSWER and worst(tasks) < TASK


def work(page):
    """Each thing that one does with the table; done when its rows are there and nothing is asked for."""
    def shown(wanted):
        page.shows(wanted)
        wait_for(lambda: page.script("return document.querySelector('tbody tr[aria-rowindex]')"), "rows", PATIENCE)
        page.settled()

    def scroll(text):
        page.driver.execute_async_script(SCROLLER + """
            const done = arguments[arguments.length - 1];
            let n = 0;
            const step = () => { %s; n += 1; n < 30 ? requestAnimationFrame(step) : setTimeout(done, 500); };
            step();""" % text)

    page.open("models/" + CATEGORY)
    shown(re.compile(r"10,000\smodels"))
    yield "loading"
    for name in ("Model", "Month", "Workers", "Baseline"):
        page.by_role("button", name).click()
        wait_for(lambda: page.script("return document.querySelector('[aria-sort] button').textContent") == name, name, PATIENCE)
        shown(re.compile(r"10,000\smodels"))
    yield "sorting"
    page.click("button", re.compile("^No workers"))
    shown("of 10,000")
    page.click("button", re.compile("^All"))
    shown(re.compile(r"^10,000\smodels", re.M))
    yield "presets"
    page.type("searchbox", "Search", "amber")
    shown("of 10,000")
    page.click("button", "Clear filters")
    shown(re.compile(r"^10,000\smodels", re.M))
    yield "searching"
    scroll("scroller.scrollTop += 300")
    yield "scrolling"
    scroll("scroller.scrollTop = scroller.scrollHeight * (n * 7919 % 40) / 40")
    yield "jumping"


def test_no_task_is_long(page, crowd, figure):
    page.of(dashboard_of(crowd))
    least = {}
    for _ in range(TRIES):
        page.tasks()
        for what in work(page):
            least[what] = min(max(page.tasks()), least.get(what, float("inf")))
        if max(least.values()) <= SHORT:
            break
    figure("dashboard: 10,000 models, the longest task in ms of processor (%.1f are 50 at CPU/%d): %s"
           % (SHORT, SLOWER, ", ".join("%s %.1f" % item for item in least.items())))
    assert max(least.values()) <= SHORT * ROOM, least


def test_every_row_is_reached(slow_page):
    """The window of rows says how many there are, and its end is the last one."""
    slow_page.processor(1)
    slow_page.open("models/" + CATEGORY)
    slow_page.shows(re.compile(r"10,000\smodels"))
    assert slow_page.script("return document.querySelector('table').getAttribute('aria-rowcount')") == str(MODELS + 1)

    def at_the_end():
        slow_page.script(SCROLLER + "scroller.scrollTop = scroller.scrollHeight")
        return slow_page.script("return Math.max(...Array.from(document.querySelectorAll('tbody tr[aria-rowindex]'),"
                                "e => +e.getAttribute('aria-rowindex')))") == MODELS + 1

    wait_for(at_the_end, "the last row", PATIENCE)


def test_the_answer_is_small(crowd, figure):
    answer = crowd.get("/model_references/statistics/%s/columns" % CATEGORY)
    figure("dashboard: /columns of %d models: %.1f bytes a model" % (MODELS, len(answer.body) / MODELS))
    assert len(answer.body) < 100 * MODELS
