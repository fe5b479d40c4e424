"""Somebody between the page and its daemon, who passes on what it is asked, or answers what a test wants."""
import http.server
import json
import threading

from proxy import get

PASSED = ("content-type", "content-security-policy", "etag", "age", "cache-control")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body, length=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length is not None

    def do_GET(self):
        path, between = self.path.partition("?")[0], self.server.between
        route = between.route_of(path)
        if path.endswith("/events"):
            between.stream(self)
        elif route in between.instead:
            self.answer(*between.instead[route])
        else:
            answer = get(between.daemon.port, self.path)
            self.answer(answer.status, {name: answer.headers[name] for name in PASSED if name in answer.headers},
                        between.changed(route, answer.body))


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


class Between:
    """instead: route -> (status, headers, body) of all answers from now on; edits: route -> what changes their JSON."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.instead = {}
        self.edits = {}
        self.over = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.between = self
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.dashboard = "http://127.0.0.1:%d/dashboard" % self.server.server_address[1]

    def stop(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def route_of(path):
        """As the page tells answers apart: what follows the category, or the only word."""
        words = path.split("/")
        return words[4] if len(words) > 4 else words[2] if len(words) > 2 else words[1]

    def stream(self, handler):
        """One that never tells anything."""
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream")
        handler.end_headers()
        handler.wfile.flush()
        handler.close_connection = True
        self.over.wait()

    def changed(self, route, body):
        if route not in self.edits:
            return body
        data = json.loads(body)
        self.edits[route](data)
        return json.dumps(data).encode()
