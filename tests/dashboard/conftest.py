"""Fixtures of the browser tests, beside those of the system tests."""
import functools
import http.server
import importlib.util
import json
import os
import pathlib
import shutil
import subprocess
import sys
import threading

import pytest

SYSTEM = pathlib.Path(__file__).resolve().parents[1] / "system"
sys.path.insert(0, str(SYSTEM))
# Its name is this file's too. What it has is found here by those who import it by that name.
spec = importlib.util.spec_from_file_location("system_conftest", SYSTEM / "conftest.py")
system_conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(system_conftest)
globals().update({name: value for name, value in vars(system_conftest).items() if not name.startswith("__")})
from daemon import Daemon, PATIENCE  # noqa: E402
from proxy import tool  # noqa: E402

BUILD = pathlib.Path(os.environ["HYDRATORD_BINARY"]).parents[1]
MODULES = pathlib.Path(__file__).resolve().parents[2] / "src" / "dashboard"


def run_browser(directory, **options):
    programs = tool("chromium", "chromium"), tool("chromedriver", "chromium-driver")
    pytest.importorskip("selenium", reason="selenium is missing (Debian: python3-selenium)")
    from browser import start
    driver = start(*programs, directory, **options)
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """One browser for all tests of a worker."""
    yield from run_browser(tmp_path_factory.mktemp("browser"))


@pytest.fixture
def page(browser, request):
    """A page without a past. When the test ends, its console must be empty."""
    from browser import Page
    page = Page(browser)
    yield page
    problems = page.problems()
    browser.get("about:blank")  # its requests end here
    browser.get_log("browser")
    assert problems == [], "the console is not empty"


@pytest.fixture(scope="session")
def axe_source():
    """The text of axe-core, which run.sh has got from npm."""
    path = os.environ.get("HYDRATORD_AXE")
    if not path:
        pytest.skip(os.environ.get("HYDRATORD_NO_AXE", "tests/dashboard/run.sh did not install axe-core"))
    return pathlib.Path(path).read_text()


def categories_of(directory):
    """All categories of the sample data, or of a copy of it."""
    names = sorted(path.stem for path in pathlib.Path(directory).glob("*.json"))
    return {name: ["file://%s/%s.json" % (directory, name)] for name in names
            if not name.startswith(("stats_", "status_", "workers"))}


def invent_history(daemon):
    """Four months of it, as ./dev run has."""
    daemon.state.mkdir(exist_ok=True)
    subprocess.run([BUILD / "tests" / "tools" / "demo_history", DEMO, daemon.state], check=True, timeout=PATIENCE)


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """What ./dev run serves, for tests that only look."""
    daemon = Daemon(tmp_path_factory.mktemp("demo"), categories_of(DEMO), "file://%s" % DEMO, readers=2,
                    settings='analysis { corrections = { "parameter-buckets", "never-used" } }')
    invent_history(daemon)
    daemon.start()
    yield daemon
    assert daemon.stop() == 0


@pytest.fixture
def copied(tmp_path):
    """A daemon on a copy of the sample data (`data`) that a test changes, refreshed each second; not yet started."""
    directory = tmp_path / "data"
    shutil.copytree(DEMO, directory)
    daemon = Daemon(tmp_path, file_categories(directory), "file://%s" % directory, hydration="interval = 1")
    daemon.data = directory
    yield daemon
    assert daemon.stop() == 0


def replace(path, change):
    """Its JSON, at once: a daemon may read it at any time."""
    value = json.loads(path.read_text())
    change(value)
    other = path.with_suffix(".new")
    other.write_text(json.dumps(value))
    other.replace(path)


def dashboard_of(daemon):
    return "http://127.0.0.1:%d/dashboard" % daemon.port


@pytest.fixture
def demo_page(page, demo):
    """A page of the sample data, not yet opened."""
    return page.of(dashboard_of(demo))


@pytest.fixture
def between(page, demo):
    """Whom a page asks that is opened next, instead of the daemon of the sample data (between.py)."""
    from between import Between
    between = Between(demo)
    page.of(between.dashboard)
    yield between
    page.driver.get("about:blank")
    between.stop()


class ModuleHandler(http.server.SimpleHTTPRequestHandler):
    extensions_map = {"": "text/plain", ".js": "text/javascript", ".html": "text/html"}

    def log_message(self, *_):
        pass

    def send_error(self, *_):  # a browser looks for an icon
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def call(page):
    """Calls a function of a module with values of JSON."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(ModuleHandler, directory=MODULES))
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    page.driver.get("http://127.0.0.1:%d/uplot/README.md" % server.server_address[1])

    def call_function(module, text, *arguments):
        return page.driver.execute_async_script(
            "const done = arguments[0]; const given = JSON.parse(arguments[1]);"
            "import('/%s').then(m => done(JSON.stringify((%s)(m, ...given))), e => done('!' + e))"
            .replace("arguments[0]", "arguments[arguments.length - 1]").replace("arguments[1]", "arguments[0]")
            % (module, text), json.dumps(arguments))

    yield lambda *arguments: json.loads(call_function(*arguments))
    page.driver.get("about:blank")  # it may still ask for an icon, and complain that nobody answers
    server.shutdown()
    server.server_close()
