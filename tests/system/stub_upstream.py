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

    500, 404, 204, ...   that status, with a little HTML
    redirect             302 to the same document under /redirected
    html200, notjson, empty, shape, deep
                         status 200 with a page, with text, with nothing, with JSON of
                         another shape, with 100,000 open brackets
    nan, huge, utf8      the document with its first number NaN or of 400 digits, or with
                         two bytes in its first string that are no UTF-8
    gzip                 the document, compressed
    bomb                 256 MiB of spaces in 256 KiB of gzip
    endless              chunks for ever
    cut                  half the document under the whole one's Content-Length
    reset                the connection is reset
    hang                 not a byte until the mode changes; then the connection closes
    stall                half the document, then as hang
    drip                 a byte every 0.2 s until the mode changes; then it closes
    slow:SECONDS         the document, so much later

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
PAGE = b"<!DOCTYPE html><title>Just a moment...</title>\n"
FIRST_NUMBER = re.compile(rb":\s*-?[0-9][0-9.eE+-]*")


def find_document(target):
    """The prefix and the document's name of a request target, or None."""
    for tail, name in HORDE.items():
        if target.endswith(tail):
            return target[:-len(tail)], name
    found = REFERENCE.match(target) or FILE.match(target)
    return found.groups() if found else None


def spoil(mode, text):
    """The body of status 200 in a mode, or None if the mode is not about the body."""
    if mode == "html200":
        return PAGE
    if mode == "notjson":
        return b'{"half": '
    if mode == "empty":
        return b""
    if mode == "shape":
        return b'{"another": "shape"}' if text.lstrip()[:1] == b"[" else b'["another shape"]'
    if mode == "deep":
        return b"[" * 100000
    if mode == "nan":
        return FIRST_NUMBER.sub(b": NaN", text, count=1)
    if mode == "huge":
        return FIRST_NUMBER.sub(b": " + b"9" * 400, text, count=1)
    if mode == "utf8":
        return text.replace(b'"', b'"\xff\xfe', 1)
    return None


def bomb():
    """One block of deflate again and again: after a full flush nothing refers back."""
    squeeze = zlib.compressobj(wbits=-15)
    mebibyte = squeeze.compress(b" " * (1 << 20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    trailer = bytes(4) + (256 << 20).to_bytes(4, "little")  # a wrong checksum, the true length
    return gzip.compress(b"")[:10] + 256 * mebibyte + squeeze.flush() + trailer


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
        self.server.stub.note(self.path, name)
        file = self.server.stub.directory / (name + ".json")
        if not file.exists():
            file = file.with_suffix(".csv")
        if not file.exists():
            return self.answer(404, PAGE)
        return self.misbehave(self.server.stub.mode_of(prefix, name), prefix, name, file.read_bytes())

    def control(self, path, query):
        if path == "/_control/mode":
            self.server.stub.mode(query["name"], query["mode"])
        self.answer(200, json.dumps(self.server.stub.counts()).encode())

    def answer(self, status, body, **fields):
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if body == PAGE else "application/json")
        if status != 204:
            self.send_header("Content-Length", fields.pop("length", len(body)))
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def misbehave(self, mode, prefix, name, text):
        spoilt = spoil(mode, text)
        if spoilt is not None:
            self.answer(200, spoilt)
        elif mode == "ok":
            self.answer(200, text)
        elif mode.isdigit():
            self.answer(int(mode), PAGE)
        elif mode.startswith("slow:"):
            self.server.stub.stopped.wait(float(mode[5:]))
            self.answer(200, text)
        else:
            getattr(self, "do_" + mode)(text, prefix, name)

    def do_redirect(self, _text, _prefix, name):
        self.answer(302, b"", Location="/redirected/%s.json" % name)

    def do_gzip(self, text, *_):
        self.answer(200, gzip.compress(text), Content_Encoding="gzip")

    def do_bomb(self, *_):
        self.answer(200, bomb(), Content_Encoding="gzip")

    def do_endless(self, *_):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not self.server.stub.stopped.is_set():
            self.wfile.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    def do_cut(self, text, *_):
        self.close_connection = True
        self.answer(200, text[:len(text) // 2], length=len(text))

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

    def handle_error(self, *_):
        """Clients that leave in the middle are what this server is for."""


class StubUpstream:
    """The server, in threads of this process."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.lock = threading.Lock()
        self.modes = {}
        self.counted = collections.Counter()
        self.stopped = threading.Event()
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.stub = self
        self.port = self.server.server_address[1]
        self.url = "http://127.0.0.1:%d" % self.port
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
        known = "redirect gzip bomb endless cut reset hang stall drip".split()
        assert (mode == "ok" or mode in known or mode.isdigit() or mode.startswith("slow:")
                or spoil(mode, b"{}") is not None), "no such mode: " + mode
        with self.lock:
            self.modes[name] = mode

    def mode_of(self, prefix, name):
        with self.lock:
            for key in (name, prefix, "*"):
                if key in self.modes:
                    return self.modes[key]
        return "ok"

    def note(self, target, name):
        with self.lock:
            self.counted[target] += 1
            if name:
                self.counted[name] += 1

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
