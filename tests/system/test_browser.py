"""EventSource of a real browser at /events, from a page of another origin."""
import http.server
import json
import queue
import signal
import subprocess
import threading

import pytest

from daemon import PATIENCE
from proxy import tool

PAGE = """<!doctype html><title>events</title><script>
let before = Promise.resolve(); // so that what is said comes in order
const say = (what, data) => before = before.then(
    () => fetch("/said", {method: "POST", body: JSON.stringify([what, data])}));
const events = new EventSource("http://127.0.0.1:%d/events?category=image_generation");
events.onopen = () => say("open", null);
events.onerror = () => say("error", events.readyState);
events.addEventListener("snapshot", event => say("snapshot", [JSON.parse(event.data), event.lastEventId]));
</script>"""


class Site(http.server.ThreadingHTTPServer):
    """Serves the page, and keeps what it says."""

    daemon_threads = True

    def __init__(self, port):
        self.page, self.said = PAGE % port, queue.Queue()
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def next(self, wanted, accept=lambda data: True):
        """What the page says next of that, and is accepted."""
        while True:
            what, data = self.said.get(timeout=PATIENCE)
            if what == wanted and accept(data):
                return data


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.page.encode())

    def do_POST(self):
        self.server.said.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()


@pytest.fixture
def browse(tmp_path):
    """Opens a page in a browser that has no window."""
    program = tool("chromium", "chromium")
    browsers = []

    def start(url):
        with open(tmp_path / "chromium.log", "wb") as log:
            browsers.append(subprocess.Popen(
                [program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-proxy-server",
                 "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0",
                 "--user-data-dir=%s" % (tmp_path / "profile"), url],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log))

    yield start
    for browser in browsers:
        browser.send_signal(signal.SIGTERM)
        browser.wait(PATIENCE)


def test_event_source(make_daemon, browse):
    daemon = make_daemon(settings='http { cors = { "*" } }').start()
    site = Site(daemon.port)
    try:
        # A reload keeps the port only if the configuration names it.
        text = daemon.config.read_text()
        daemon.config.write_text(text.replace('"127.0.0.1:0"', '"127.0.0.1:%d"' % daemon.port, 1))
        browse("http://127.0.0.1:%d/" % site.server_address[1])
        site.next("open")
        data, last = site.next("snapshot")
        assert data["category"] == "image_generation" and data["etag"].startswith('W/"')
        assert last.isdigit()  # what stood at the beginning counts
        daemon.send(signal.SIGUSR1)
        site.next("snapshot", lambda said: said[0]["generation"] > data["generation"])
        daemon.reload()
        assert site.next("error") == 0  # connecting: it has not given up
        site.next("open")
        site.next("snapshot")
    finally:
        site.shutdown()
        site.server_close()
