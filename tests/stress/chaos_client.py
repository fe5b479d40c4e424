#!/usr/bin/python3
"""A foreign client of the chaos test that knows what an answer means.

usage: chaos_client.py PORT SECONDS DEADLINE SEED

Asks over raw sockets, kept open or used once, until SECONDS are over or TERM comes, and
checks every answer: framing, encoding, JSON, the fields of one answer against each other.
Prints the lines that chaos_load.c describes.
"""
import gzip
import hashlib
import json
import random
import re
import signal
import socket
import sys
import time

STATISTICS = "/model_references/statistics/"
TARGETS = [STATISTICS + rest for rest in (
    "image_generation", "text_generation", "image_generation/deletion-risk",
    "text_generation/deletion-risk", "text_generation/deletion-risk?group_text_models=true",
    "image_generation/deletion-risk?limit=7&offset=3", "image_generation/with-stats",
    "text_generation/with-stats", "text_generation/deletion-risk?preset=missing_data",
    "blip")] + ["/heartbeat", "/livez"]
COMPUTED = re.compile(rb'"(?:computed|observed)_at":\d+')


class Wrong(Exception):
    """An answer that is none to what was asked."""


def require(condition, what):
    if not condition:
        raise Wrong(what)


def one(values, what):
    require(len(set(values)) <= 1, "%s of several generations: %s" % (what, sorted(set(values))[:4]))


def check_statistics(answer):
    baselines = answer["baseline_distribution"]
    require(len(baselines) == 1, "several baselines")
    require(next(iter(baselines.values()))["count"] == answer["total_models"], "a wrong total")
    tags = [tag["tag"] for tag in answer["top_tags"]]
    require(len(tags) == 1 and tags[0].startswith("generation_"), "tags of several generations")
    size = int(tags[0][11:]) * 10000000 * answer["total_models"]
    require(answer["download_stats"]["total_size_bytes"] == size, "sizes of another generation")


def check_risk(answer):
    models = answer["models"]
    require(models and len(models) == answer["returned_count"], "a wrong count")
    one((model["baseline"] for model in models), "baselines")
    one((model["size_gb"] for model in models), "sizes")
    one((model["worker_count"] for model in models), "worker counts")
    usage = [model["usage_" + span] for span in ("day", "month", "total") for model in models]
    one(usage, "usage")
    require(answer["summary"]["category_total_month_usage"] == answer["category_total_month_usage"],
            "two totals")
    require(answer["category_total_month_usage"] % usage[0] == 0, "a total of another generation")


def check_with_stats(answer):
    one((model["worker_count"] for model in answer.values()), "worker counts")
    one((model["observed_at"] for model in answer.values()), "times")
    one((count for model in answer.values() for count in model["usage_stats"].values()), "usage")


class Client:
    def __init__(self, port, seconds, deadline, seed):
        self.port, self.deadline = port, deadline
        self.end = time.monotonic() + seconds
        self.random = random.Random(seed)
        self.socket = None
        self.etags, self.bodies = {}, {}
        self.opened, self.local, self.life = 0, 0, 0
        self.figures = dict(requests=0, connections=0, not_modified=0, slowest=0)

    def run(self):
        while time.monotonic() < self.end:
            if self.socket is None and not self.open():
                continue
            self.ask()
            time.sleep(self.random.random() * 0.02)
        self.hang_up()
        print("total", *("%s=%d" % figure for figure in self.figures.items()))

    def open(self):
        self.life = self.random.choice((1, 1, 20, 200, 1000000))
        self.opened = time.monotonic_ns()
        try:
            self.socket = socket.create_connection(("127.0.0.1", self.port), self.deadline)
        except OSError as error:
            print("unserved connect: %s" % error)
            return False
        self.local = self.socket.getsockname()[1]
        self.figures["connections"] += 1
        return True

    def hang_up(self):
        if self.socket is not None:
            self.socket.close()
        self.socket = None

    def ask(self):
        target = self.random.choice(TARGETS)
        asked = time.monotonic_ns()
        try:
            self.exchange(target)
        except Wrong as wrong:
            print("wrong %s: %s" % (target, wrong))
            self.hang_up()
        except (OSError, EOFError) as error:
            what = "late" if isinstance(error, socket.timeout) else "broken"
            print(what, self.local, self.opened, time.monotonic_ns())
            self.hang_up()
        self.figures["slowest"] = max(self.figures["slowest"], time.monotonic_ns() - asked)

    def exchange(self, target):
        self.life -= 1
        coding = self.random.choice(("", "gzip"))
        method = self.random.choice(("GET", "GET", "GET", "HEAD"))
        etag = self.etags.get(target) if self.random.random() < 0.3 else None
        head = "%s %s HTTP/1.1\r\nHost: chaos\r\n" % (method, target)
        head += "Accept-Encoding: gzip\r\n" if coding else ""
        head += "If-None-Match: %s\r\n" % etag if etag else ""
        head += "Connection: close\r\n" if self.life == 0 and self.random.random() < 0.5 else ""
        self.socket.sendall(head.encode() + b"\r\n")
        status, fields, body = self.receive(method)
        self.figures["requests"] += 1
        if fields.get("connection") == "close" or self.life == 0:
            self.hang_up()
        self.check(target, coding, etag, method, status, fields, body)

    def receive(self, method):
        got = b""
        while b"\r\n\r\n" not in got:
            got += self.more()
        head, _, body = got.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        require(lines[0].startswith("HTTP/1.1 "), "status line %r" % lines[0][:60])
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        status = int(lines[0][9:12])
        length = int(fields.get("content-length", 0)) if method == "GET" and status != 304 else 0
        while len(body) < length:
            body += self.more()
        require(len(body) == length, "%d bytes behind the answer" % (len(body) - length))
        return status, fields, body

    def more(self):
        got = self.socket.recv(1 << 18)
        if not got:
            raise EOFError
        return got

    def check(self, target, coding, etag, method, status, fields, body):
        if target.endswith("/blip"):  # comes and goes with reloads
            require(status in (200, 304, 404, 503), "status %d" % status)
            if status in (404, 503):
                return
        require(status == 200 or (status == 304 and etag), "status %d" % status)
        if not target.startswith(STATISTICS):
            return
        if status == 304:
            self.figures["not_modified"] += 1
            require(fields["etag"] == etag, "304 with another ETag")
            return
        self.etags[target] = fields["etag"]
        if method == "GET":
            self.check_body(target, coding, fields, body)

    def check_body(self, target, coding, fields, body):
        encoding = fields.get("content-encoding", "")
        require(encoding in ("", coding), "encoding %r" % encoding)
        try:
            body = gzip.decompress(body) if encoding else body
            answer = json.loads(body)
        except (ValueError, EOFError, OSError) as error:
            raise Wrong("unreadable: %s" % error) from error
        total = hashlib.sha256(COMPUTED.sub(b"", body)).digest()
        require(self.bodies.setdefault((target, fields["etag"]), total) == total, "another body with this ETag")
        if "/deletion-risk" in target:
            check_risk(answer)
        elif "/with-stats" in target:
            check_with_stats(answer)
        else:
            check_statistics(answer)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    port, seconds, deadline, seed = map(int, sys.argv[1:])
    client = Client(port, seconds, deadline, seed)

    def stop(*_):
        client.end = 0

    signal.signal(signal.SIGTERM, stop)
    client.run()


if __name__ == "__main__":
    main()
