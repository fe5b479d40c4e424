"""A scripted webhook: takes what is posted, well or badly.

    with StubWebhook() as hook:
        hook.mode("500")                  # from now on; "ok" is the default
        hook.wait_tries(2)                # requests so far, whatever became of them
        hook.changes()                    # rows of all messages that were answered with 200, in order

Modes: a status, "429:SECONDS" with Retry-After, "redirect:URL", "hang" (until another mode is set),
"garbage" (what is no HTTP), "endless" (200 and a body that does not end).
"""
import http.server
import json
import threading

from daemon import wait_for
from stub_upstream import Server

SECRET = "/hooks/s3cret-token"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.stub.strays.append(self.path)
        self.send_error(405)

    def do_POST(self):
        stub = self.server.stub
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with stub.lock:
            stub.tries.append((self.path, dict(self.headers), body))
            mode = stub.mode_now
        kind, _, argument = mode.partition(":")
        while kind == "hang" and stub.mode_now == "hang" and not stub.stopped.wait(0.02):
            pass
        self.close_connection = True
        if kind == "garbage":
            self.wfile.write(b"\x00\xffthis is no HTTP\r\n\r\n" * 100)
        elif kind == "endless":
            self.answer(200, {"Content-Length": 1 << 40}, body)
            while not stub.stopped.is_set():
                self.wfile.write(b"x" * 4096)
        elif kind == "redirect":
            self.answer(302, {"Location": argument, "Content-Length": 0}, body)
        elif kind != "hang":
            fields = {"Retry-After": argument} if argument else {}
            self.answer(204 if kind == "ok" else int(kind), dict(fields, **{"Content-Length": 0}), body)

    def answer(self, status, fields, body):
        if status // 100 == 2:
            with self.server.stub.lock:
                self.server.stub.taken.append(body)
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, str(value))
        self.end_headers()


class StubWebhook:
    """The server, in threads of this process. tls: an ssl.SSLContext."""

    def __init__(self, tls=None):
        self.lock = threading.Lock()
        self.tries, self.taken, self.strays = [], [], []
        self.mode_now = "ok"
        self.stopped = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.stub, self.server.tls = self, tls
        self.url = "http%s://127.0.0.1:%d%s" % ("s" if tls else "", self.server.server_address[1], SECRET)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def mode(self, mode):
        with self.lock:
            self.mode_now = mode

    def wait_tries(self, number):
        return wait_for(lambda: len(self.tries) >= number and self.tries, "%d requests" % number)

    def changes(self):
        with self.lock:
            return [row for body in self.taken for row in json.loads(body)["changes"]]

    def wait_model(self, name):
        """Until a change of a model was taken; returns the names of all that were, in order."""
        def names():
            found = [row["model"] for row in self.changes()]
            return name in found and found
        return wait_for(names, "the change of " + name)
