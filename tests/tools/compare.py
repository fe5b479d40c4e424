#!/usr/bin/python3
"""Asks two services for every answer about models, and prints what differs.

BASE_A and BASE_B are such as http://127.0.0.1:19800 or https://example.org/api: hydratord and the
Python service, or two of a kind. JSON is compared by what it means. Passed over is only what
doc/differences.md says of the Python service:

- the values of computed_at and observed_at, which must be integers;
- the order inside download_hosts and backend_variations;
- limit and offset in statistics, which the Python service remembers for other clients.

An answer that differs is asked for again, of both, after a pause: one of them may just have taken
other documents. Usage, queues and workers change by the minute, so both should have read the same
documents; --ignore leaves out fields by name.

Exit status: 0 no difference, 1 differences, 2 one could not be asked, or both refused.
"""
import argparse
import collections
import http.client
import json
import socket
import sys
import threading
import time
import urllib.parse

STATISTICS = "/model_references/statistics/"
CATEGORIES = (
    "blip", "clip", "codeformer", "controlnet", "controlnet_annotator", "esrgan", "gfpgan", "safety_checker",
    "image_generation", "text_generation", "video_generation", "audio_generation", "miscellaneous", "lora", "ti")
ANALYSED = ("image_generation", "text_generation")
PRESETS = ("deletion_candidates", "zero_usage", "no_workers", "missing_data", "host_issues", "critical", "low_usage")
SHAPES = ("", "group_text_models=true", "include_backend_variations=true",
          "group_text_models=true&include_backend_variations=true")
PAGES = ("limit=5", "limit=5&offset=3", "offset=100000", "limit=3&preset=critical", "preset=nonsense", "limit=0",
         "group_text_models=")
LISTS = ("", "include_workers=true", "include_backend_variations=true",
         "include_workers=true&include_backend_variations=true", "include_workers=true&min_worker_count=1",
         "min_worker_count=2", "sort_by=name", "sort_by=name&sort_desc=false", "sort_by=usage_month",
         "sort_by=usage_total&sort_desc=false", "sort_by=worker_count", "min_worker_count=x")
CLOCKS = ("computed_at", "observed_at")
UNORDERED = ("download_hosts", "backend_variations")
ECHOED = ("limit", "offset")
MAX_BYTES = 256 << 20  # of one answer


class CannotAsk(Exception):
    pass


def questions(categories):
    """The targets, without the base's path."""
    yield "/replicate_mode"
    yield STATISTICS + "nonsense"
    for name in categories:
        path = STATISTICS + name
        yield path
        yield path + "?group_text_models=true"
        if name not in ANALYSED:
            yield path + "/deletion-risk"
            yield path + "/with-stats"
            continue
        for query in SHAPES + PAGES:
            yield path + "/deletion-risk" + ("?" + query if query else "")
        for preset in PRESETS:
            for shape in SHAPES:
                yield path + "/deletion-risk?" + "&".join(filter(None, (shape, "preset=" + preset)))
        for query in LISTS:
            yield path + "/with-stats" + ("?" + query if query else "")


class Service:
    """One of the two. An answer that takes longer than `timeout` seconds in all is none."""

    def __init__(self, base, timeout):
        self.base, self.timeout = base, timeout
        parts = urllib.parse.urlsplit(base)
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        if parts.scheme not in kinds or not parts.hostname or parts.query or parts.fragment:
            raise CannotAsk("%s is no base: http://HOST:PORT, or with https, or with a path" % base)
        try:
            self.connect = lambda: kinds[parts.scheme](parts.hostname, parts.port, timeout=timeout)
            self.connect()
        except ValueError as error:
            raise CannotAsk("%s is no base: %s" % (base, error)) from error
        self.path = parts.path.rstrip("/")

    def ask(self, target):
        """The status and the parsed body."""
        connection = self.connect()
        try:
            connection.connect()
            # The socket's own timeout begins anew with every byte.
            late = threading.Event()
            timer = threading.Timer(self.timeout, cut, (connection.sock, late))
            timer.start()
            try:
                connection.request("GET", self.path + target, headers={"Accept": "application/json"})
                response = connection.getresponse()
                answer = response.status, parse(read(response))
                if late.is_set():
                    raise socket.timeout("not complete after %g s" % self.timeout)
                return answer
            finally:
                timer.cancel()
        except (OSError, http.client.HTTPException) as error:
            raise CannotAsk("%s does not answer %s: %s" % (self.base, target, ascii(error))) from error
        finally:
            connection.close()


def cut(sock, late):
    late.set()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has just been closed
        pass


def read(response):
    body = bytearray()
    while part := response.read1(1 << 16):
        body += part
        if len(body) > MAX_BYTES:
            raise http.client.HTTPException("more than %d bytes" % MAX_BYTES)
    if response.length:
        raise http.client.IncompleteRead(b"", response.length)
    return bytes(body)


def parse(body):
    """What is no JSON is of a kind of its own."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return "no JSON", body.decode("latin-1")


def kind(value):
    """How JSON tells values apart: numbers are numbers, but true is not 1."""
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value)


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def by_name(items):
    """A list of objects with names as an object, so that one that is missing does not shift the others."""
    if not all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in items):
        return None
    named = {item["name"]: item for item in items}
    return named if len(named) == len(items) else None


def text(value):
    """In ASCII: what a service says must not steer the terminal."""
    said = json.dumps(value)
    return said if len(said) <= 100 else said[:97] + "..."


class Comparison:
    """Of two bodies: its differences are (place, field, words)."""

    def __init__(self, ignored, statistics):
        self.ignored, self.statistics = ignored, statistics
        self.differences = []

    def note(self, place, field, words):
        self.differences.append((place, field, words))

    def compare(self, place, field, a, b):
        if kind(a) != kind(b):
            self.note(place, field, "%s, then %s" % (text(a), text(b)))
        elif isinstance(a, dict):
            self.objects(place, a, b)
        elif isinstance(a, list):
            self.lists(place, field, a, b)
        elif a != b and not (a != a and b != b):  # NaN is equal to no number, here to itself
            self.note(place, field, "%s, then %s" % (text(a), text(b)))

    def objects(self, place, a, b):
        for name in [*a, *(name for name in b if name not in a)]:
            plain = name.isascii() and name.isidentifier()
            where = place + ("." + name if plain else "[%s]" % text(name))
            if name in self.ignored or (self.statistics and place == "$" and name in ECHOED):
                continue
            if name not in b or name not in a:
                self.note(where, name, "only in " + ("the first" if name in a else "the second"))
            elif not (name in CLOCKS and is_integer(a[name]) and is_integer(b[name])):
                self.compare(where, name, a[name], b[name])

    def lists(self, place, field, a, b):
        if field in UNORDERED:
            a, b = (sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) for items in (a, b))
        named = by_name(a), by_name(b)
        if None not in named:
            self.objects(place, *named)
            self.order(place, field, *named)
            return
        if len(a) != len(b):
            self.note(place, field, "%d elements, then %d" % (len(a), len(b)))
        for number, pair in enumerate(zip(a, b)):
            self.compare("%s[%d]" % (place, number), field, *pair)

    def order(self, place, field, a, b):
        if field not in UNORDERED and [name for name in a if name in b] != [name for name in b if name in a]:
            self.note(place, field, "in another order")


def compare(target, a, b, ignored=()):
    """The differences of two answers (status, body)."""
    if a[0] != b[0]:
        return [("status", "status", "%d, then %d" % (a[0], b[0]))]
    comparison = Comparison(ignored, target.startswith(STATISTICS) and target[len(STATISTICS):].find("/") < 0)
    try:
        comparison.compare("$", None, a[1], b[1])
        if "/with-stats" in target and a[0] == 200 and isinstance(a[1], dict) and isinstance(b[1], dict):
            comparison.order("$", None, a[1], b[1])
    except RecursionError:
        comparison.note("$", None, "nested too deeply to be compared")
    return comparison.differences


class Run:
    def __init__(self, services, arguments):
        self.services, self.arguments = services, arguments
        self.refused = set()

    def ask(self, target):
        """The differences of one answer, and a note if both refuse it."""
        a, b = (service.ask(target) for service in self.services)
        (self.refused.add if a[0] >= 500 and b[0] >= 500 else self.refused.discard)(target)
        return [] if target in self.refused else compare(target, a, b, self.arguments.ignore)

    def ask_all(self, targets):
        differing = dict.fromkeys(targets)
        for attempt in range(self.arguments.tries):
            if attempt and differing:
                time.sleep(self.arguments.pause)
            asked = ((target, self.ask(target)) for target in list(differing))
            differing = {target: found for target, found in asked if found}
        return differing


def report(differing, most):
    lines = [(target, place, words) for target, found in differing.items() for place, _, words in found]
    last = None
    for target, place, words in lines[:most]:
        if target != last:
            print(target)
        print("  %s: %s" % (place, words))
        last = target
    if len(lines) > most:
        print("... and %d differences more" % (len(lines) - most))
    fields = collections.Counter(field for found in differing.values() for _, field, _ in found if field is not None)
    if fields:
        print("fields that differ: " + ", ".join("%s %d" % (ascii(field)[1:-1], count)
                                                 for field, count in fields.most_common(20)))


def names(value):
    return tuple(filter(None, value.split(",")))


def categories(value):
    unknown = [name for name in names(value) if name not in CATEGORIES]
    if unknown:
        raise argparse.ArgumentTypeError("%s is no category" % unknown[0])
    return names(value)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("a", metavar="BASE_A")
    parser.add_argument("b", metavar="BASE_B")
    parser.add_argument("--categories", metavar="NAME,...", type=categories, default=CATEGORIES,
                        help="only these (default: all fifteen)")
    parser.add_argument("--ignore", metavar="FIELD,...", type=names, default=(), help="members of any object, by name")
    parser.add_argument("--tries", metavar="N", type=int, default=3, help="for an answer that differs (default: 3)")
    parser.add_argument("--pause", metavar="SECONDS", type=float, default=5, help="before each further one (default: 5)")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, default=60, help="for an answer (default: 60)")
    parser.add_argument("--max-diffs", metavar="N", type=int, default=50, help="how many are printed (default: 50)")
    arguments = parser.parse_args()
    if arguments.tries < 1 or arguments.pause < 0 or arguments.timeout <= 0:
        parser.error("--tries is at least 1, --pause at least 0, --timeout more than 0")
    return arguments


def main():
    arguments = parse_arguments()
    targets = list(questions(arguments.categories))
    try:
        run = Run([Service(base, arguments.timeout) for base in (arguments.a, arguments.b)], arguments)
        differing = run.ask_all(targets)
    except CannotAsk as error:
        print("compare.py: %s" % error, file=sys.stderr)
        return 2
    report(differing, arguments.max_diffs)
    if run.refused:
        print("refused by both with 5xx, so not compared: " + ", ".join(sorted(run.refused)[:10])
              + (", ..." if len(run.refused) > 10 else ""))
    print("%d answers compared, %d differ" % (len(targets) - len(run.refused), len(differing)))
    return 1 if differing else 2 if run.refused else 0


if __name__ == "__main__":
    sys.exit(main())
