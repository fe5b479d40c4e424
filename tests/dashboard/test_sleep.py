"""A tab that was frozen, in a browser of its own: afterwards this one may draw no frame of another page, and then
answers no question about what is in it."""
import re
import shutil
import time

import pytest

from conftest import DEMO, file_categories, replace, run_browser
from daemon import wait_for
from test_states import FIRST, add_model, is_red, serve  # noqa: F401


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    yield from run_browser(tmp_path_factory.mktemp("browser"))


def test_a_tab_that_slept(serve, page, tmp_path):
    """Frozen, while streams ended and much was published."""
    documents = tmp_path / "documents"
    shutil.copytree(DEMO, documents)
    daemon = serve(file_categories(documents), "file://%s" % documents, hydration="interval = 1")

    def generation():
        return daemon.json("/readyz?verbose")["categories"][0]["generation"]

    page.open("models/image_generation")
    page.shows(FIRST)
    page.shows("Live")
    page.cdp("Page.setWebLifecycleState", state="frozen")
    try:
        daemon.reload()
        replace(documents / "image_generation.json", add_model)
        then = generation()
        wait_for(lambda: generation() > then + 5, "refreshes")
        assert "A" + FIRST not in page.text(), "it is asleep"
    finally:
        page.cdp("Page.setWebLifecycleState", state="active")
    awake = time.monotonic()
    page.shows("A" + FIRST)
    page.shows("Live")
    page.shows(re.compile(r"data of \d+\ss ago"))
    print("right after %.1f s" % (time.monotonic() - awake))
    assert not is_red(page)
