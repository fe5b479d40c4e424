#!/usr/bin/python3
"""A scripted upstream: serves the documents of a directory, well or badly.

As a program:

    stub_upstream.py DIRECTORY        prints "port N" and serves on 127.0.0.1:N

In a test, in the process of pytest:

    from stub_upstream import StubUpstream

    with StubUpstream(directory) as upstream:
        daemon = make_daemon({"image_generation": [upstream.reference("image_generation")]},
                             upstream.horde)
        upstream.mode("status_image", "500")     # from now on
        upstream.mode("status_image", "ok")      # also ends its "hang" and "drip"
        assert upstream.count("status_image") == 2

Documents. DIRECTORY/NAME.json is served as its file name and as its real address, each
below any prefix (/api, /primary, ...):

    /NAME.json, /NAME.csv                                NAME.json, else NAME.csv
    /model_references/v2/CATEGORY                        CATEGORY.json
    /v2/status/models?type=TYPE&model_state=known        status_TYPE.json
    /v2/stats/img|text/models?model_state=known          stats_image.json, stats_text.json
    /v2/workers?type=TYPE                                workers.json

Files are read anew for each request. A query that is not exactly as above is 400.

Modes are set for a document ("status_image"), for a prefix ("/primary") or for all
("*"); the first that is set counts, in this order. "ok" is the default. Others:

    500, 404, 204, 304, ...   that status, with a little HTML where it has a body
    429:SECONDS, 503:SECONDS  the same with Retry-After
    flap:N               the document and 503 in turns, N requests each
    html200, notjson, empty, none, shape, deep, deeper
                         status 200 with a page, with half a JSON text, with nothing,
                         with {} or [], with JSON of another shape, with 100,000 open
                         brackets, with 100,000 levels that are closed again
    nan, huge, power, utf8, nul, nulend, twice, shrunken
                         the document with its first number NaN or of 400 digits or
                         1e400; with two bytes in its first string that are no UTF-8, or
                         with a NUL there or behind it all; with every key twice, null
                         first; with a tenth of its entries
    gzip                 the document, compressed
    bomb, zeros          256 MiB of spaces, 200 MiB of NULs in 256 KiB of gzip
    endless              chunks for ever
    cut                  half the document under the whole one's Content-Length
    long, short          the document under a Content-Length of 1000 more, of 10 less
    reset                the connection is reset
    hang                 not a byte until the mode changes; then the connection closes
    stall                half the document, then as hang
    drip                 a byte every 0.2 s until the mode changes; then it closes
    slow:SECONDS         the document, so much later
    redirect, elsewhere  302 to the same document under /redirected, which has no faults,
                         of this host or of the same one by another name
    far, loop            five redirects to it, and without an end
    tofile               302 to the file: of the document
    downgrade            302 to stub.plain_url, which a test sets to a server without TLS

With stub.validators = True documents have an ETag and a Last-Modified, and whoever names
the ETag again gets 304. stub.rewrite may be set to a function of name and text that gives
the text to serve. stub.served counts by (name, mode).

From outside, GET /_control/mode?name=NAME&mode=MODE sets a mode, and GET
/_control/counts answers {"status_image": 2, "/v2/status/models?...": 2, ...}: requests
by document and by path with query, controls not counted.
"""
import collections
import gzip
import http.server
import json
import pathlib
import re
import socket
import struct
import sys
import threading
import time
import urllib.parse
import zlib

import stub_faults
from stub_faults import PAGE

HORDE = {
    "/v2/status/models?type=image&model_state=known": "status_image",
    "/v2/status/models?type=text&model_state=known": "status_text",
    "/v2/stats/img/models?model_state=known": "stats_image",
    "/v2/stats/text/models?model_state=known": "stats_text",
    "/v2/workers?type=image": "workers",
    "/v2/workers?type=text": "workers",
}
REFERENCE = re.compile(r"(.*)/model_references/v2/(\w+)$")
FILE = re.compile(r"(.*)/(\w+)\.(?:json|csv)$")


def find_document(target):
    """The prefix and the document's name of a request target, or None."""
    for tail, name in HORDE.items():
        if target.endswith(tail):
            return target[:-len(tail)], name
    found = REFERENCE.match(target) or FILE.match(target)
    return found.groups() if found else None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path.startswith("/_control/"):
            return self.control(path, dict(urllib.parse.parse_qsl(query)))
        found = find_document(self.path)
        if found is None:
            self.server.stub.note(self.path, None)
            return self.answer(400, PAGE)
        prefix, name = found
        self.server.stub.note(self.path, name, self.headers)
        file = self.server.stub.directory / (name + ".json")
        if not file.exists():
            file = file.with_suffix(".csv")
        if not file.exists():
            return self.answer(404, PAGE)
        text = file.read_bytes()
        if self.server.stub.rewrite:
            text = self.server.stub.rewrite(name, text)
        mode = self.server.stub.mode_of(prefix, name)
        self.server.stub.note_served(name, mode)
        return self.misbehave(mode, prefix, name, text)

    def control(self, path, query):
        if path == "/_control/mode":
            self.server.stub.mode(query["name"], query["mode"])
        self.answer(200, json.dumps(self.server.stub.counts()).encode())

    def answer(self, status, body, **fields):
        bare = status in (204, 304)
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if body == PAGE else "application/json")
        if not bare:
            self.send_header("Content-Length", fields.pop("length", len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if not bare:
            self.wfile.write(body)

    def misbehave(self, mode, prefix, name, text):
        kind, _, argument = mode.partition(":")
        spoilt = stub_faults.spoil(mode, text)
        if spoilt is not None:
            self.answer(200, spoilt)
        elif kind.isdigit():
            self.answer(int(kind), PAGE, **({"Retry_After": argument} if argument else {}))
        elif kind in stub_faults.REDIRECTS:
            self.answer(302, b"", Location=stub_faults.redirect(kind, self.server.stub, prefix, name))
        else:
            getattr(self, "do_" + kind)(text, prefix, name)

    def do_ok(self, text, *_):
        if not self.server.stub.validators:
            return self.answer(200, text)
        fields = {"ETag": '"%08x"' % zlib.crc32(text), "Last_Modified": "Sun, 06 Nov 1994 08:49:37 GMT"}
        known = self.headers.get("If-None-Match") == fields["ETag"]
        return self.answer(304 if known else 200, text, **fields)

    def do_flap(self, text, _prefix, name):
        size = int(self.server.stub.mode_of("", name).partition(":")[2])
        well = (self.server.stub.count(name) - 1) // size % 2 == 0
        self.answer(*((200, text) if well else (503, PAGE)))

    def do_slow(self, text, prefix, name):
        self.server.stub.stopped.wait(float(self.server.stub.mode_of(prefix, name).partition(":")[2]))
        self.answer(200, text)

    def do_gzip(self, text, *_):
        self.answer(200, gzip.compress(text), Content_Encoding="gzip")

    def do_bomb(self, *_):
        self.answer(200, stub_faults.bomb(), Content_Encoding="gzip")

    def do_zeros(self, *_):
        self.answer(200, stub_faults.bomb(b"\0", 200), Content_Encoding="gzip")

    def do_endless(self, *_):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.stub.stopped.is_set():
            self.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    def do_cut(self, text, *_):
        self.close_connection = True
        self.answer(200, text[:len(text) // 2], length=len(text))

    def do_long(self, text, *_):
        self.close_connection = True
        self.answer(200, text, length=len(text) + 1000)

    def do_short(self, text, *_):
        self.close_connection = True
        self.answer(200, text, length=len(text) - 10)

    def do_reset(self, *_):
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def do_hang(self, _text, prefix, name):
        self.close_connection = True
        while self.server.stub.mode_of(prefix, name) in ("hang", "stall"):
            if self.server.stub.stopped.wait(0.05):
                break

    def do_stall(self, text, prefix, name):
        self.do_cut(text)
        self.wfile.flush()
        self.do_hang(text, prefix, name)

    def do_drip(self, text, prefix, name):
        self.close_connection = True
        self.answer(200, b"", length=len(text) + 1000000)
        while self.server.stub.mode_of(prefix, name) == "drip":
            self.wfile.write(b" ")
            if self.server.stub.stopped.wait(0.2):
                break


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    tls = None

    def finish_request(self, request, client_address):
        """In the connection's own thread: a handshake that fails or hangs holds up nobody."""
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def handle_error(self, *_):
        """Clients that leave in the middle are what this server is for."""


class StubUpstream:
    """The server, in threads of this process. tls: an ssl.SSLContext."""

    def __init__(self, directory, tls=None):
        self.directory = pathlib.Path(directory)
        self.lock = threading.Lock()
        self.modes = {}
        self.counted = collections.Counter()
        self.served = collections.Counter()
        self.asked = {}  # document -> the fields of the last request for it
        self.validators = False
        self.rewrite = None
        self.plain_url = None
        self.stopped = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.stub = self
        if tls:
            self.server.tls = tls
        self.port = self.server.server_address[1]
        self.url = "http%s://127.0.0.1:%d" % ("s" if tls else "", self.port)
        self.horde = self.url + "/api"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopped.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def reference(self, category, prefix="/api"):
        """An address of a category's reference document."""
        return "%s%s/model_references/v2/%s" % (self.url, prefix, category)

    def mode(self, name, mode):
        """Sets the mode of a document, of a prefix that begins with "/", or of "*"."""
        kind = mode.partition(":")[0]
        assert (kind.isdigit() or kind in stub_faults.BODIES or kind in stub_faults.REDIRECTS
                or hasattr(Handler, "do_" + kind)), "no such mode: " + mode
        with self.lock:
            self.modes[name] = mode

    def mode_of(self, prefix, name):
        if prefix == "/redirected":
            return "ok"
        with self.lock:
            for key in (name, prefix, "*"):
                if key in self.modes:
                    return self.modes[key]
        return "ok"

    def note(self, target, name, fields=None):
        with self.lock:
            self.counted[target] += 1
            if name:
                self.counted[name] += 1
                self.asked[name] = fields

    def note_served(self, name, mode):
        with self.lock:
            self.served[name, mode] += 1

    def count(self, name):
        """Requests so far for a document, or for a path with its query."""
        with self.lock:
            return self.counted[name]

    def counts(self):
        with self.lock:
            return dict(self.counted)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with StubUpstream(sys.argv[1]) as stub:
        print("port %d" % stub.port, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
