#!/usr/bin/python3
"""Proves that two builds of hydratord give the same answers, byte for byte.

Both builds are run on every case of recorded documents and asked the same: the recorded targets,
every encoding, validators, bad parameters, unknown paths, scripts of other origins (questions.py).
Status, the names and the order of the fields, their values and the bodies must be equal. Let alone
are the values of Date, ETag, Last-Modified, Age and Expires (their form must be the same), the
seconds in Cache-Status (not their sign), in X-Accel-Expires (not 0) and in /readyz?verbose, its
version, and the numbers of computed_at and observed_at.

The last line is `N answers of M cases compared, K differ`. Exit 1 if K is not 0, or N is.
"""
import argparse
import collections
import fnmatch
import gzip
import json
import os
import pathlib
import re
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))
from answers import Answer, Wire, compare, exchange  # noqa: E402
from daemon import Daemon, wait_for  # noqa: E402
import questions  # noqa: E402

ENCODED_FROM = 1024  # bytes
WINDOW = 32  # questions on their way at once
TRIES = 2  # to have the same second in computed_at
COMPUTED = re.compile(rb'"computed_at":\d+')
# Nothing is refreshed and nothing gets stale while questions are asked: the builds would do so at
# different moments.
STILL = "enabled = false ttl = 500000 stale_ttl = 2000000 stale_if_error = 10000000"
# The clock is moved while connections are open and processes live.
PATIENT = """
supervisor { hang_timeout = 3600 }
http { head_timeout = 3600 idle_timeout = 86400 write_timeout = 3600 }
"""
SETTINGS = {
    "plain": "",
    "other settings": """
analysis {
	corrections = { "parameter-buckets", "never-used", "exact-usage" }
	preferred_hosts = { "civitai.com" }
	low_usage_percent = 1.5 text_low_usage_percent = 0.5 text_ignore_hosts = false
	text_critical_usage = 100 text_critical_workers = 2
}
http { cors = { "%s" } replicate_mode = "PRIMARY" canonical_format = "legacy" retry_after = 7 }
""" % questions.ORIGIN,
    "legacy sources": "",
    "all origins": 'http { cors = { "*" } }',
}
# Seconds to move the clock by, one after the other.
STATES = (("stale", 1000000), ("stale if error", 5000000), ("too old", 20000000))
REST = 3  # seconds after which a build that has encoded too much encodes again
ENCODING = 30  # seconds in which a build has encoded what it is asked for


class Build(Daemon):
    """A daemon of one of the two builds, the connection to it, and the validators it gave."""

    def __init__(self, binary, directory, case, setting, categories):
        self.binary = os.path.abspath(binary)
        super().__init__(directory, categories, "file://%s/horde" % case, hydration=STILL,
                         settings=PATIENT + SETTINGS[setting])
        self.wire = None
        self.pending = collections.deque()
        self.validators = {"tag": '"none"', "modified": "none", "last tag": '"none"'}

    def command(self, *arguments):
        return [self.binary, *arguments]

    def connect_wire(self):
        wait_for(self.find_port, "the listening port")
        self.wire = Wire(self.port)

    def request(self, question):
        fields = "".join("%s: %s\r\n" % (name, value.format(**self.validators) if "{" in value else value)
                         for name, value in question.fields)
        return ("%s %s HTTP/1.1\r\nHost: cases.example:99\r\n%s\r\n"
                % (question.method, question.target, fields)).encode()

    def send(self, asked):
        """Takes pairs of a question and its request."""
        self.pending.extend(asked)
        self.send_pending()

    def send_pending(self):
        self.wire.send(b"".join(request for _, request in self.pending))

    def receive(self):
        """The answer to the first question that has none. After an answer that ends the connection
        the questions behind it are asked again."""
        question, _ = self.pending.popleft()
        answer = self.wire.receive(question.method != "HEAD")
        if answer.closes() and self.pending:
            self.send_pending()
        if question.method == "GET" and not question.fields:
            tag, modified = (answer.field(name) for name in (b"etag", b"last-modified"))
            self.validators = {"last tag": self.validators["tag"], "tag": (tag or b'"none"').decode("latin-1"),
                               "modified": (modified or b"none").decode("latin-1")}
        return answer


def spared(question, answer):
    """Whether a build may have spared itself to encode a body, for having encoded too much just before:
    its length is unknown, or it is refused, or long enough to be encoded and is not."""
    if "Accept-Encoding" not in dict(question.fields):
        return False
    if answer.field(b"content-encoding"):
        return answer.field(b"content-length") is None
    if answer.line[9:12] == b"503":
        return answer.field(b"retry-after") == b"1"
    return answer.line[9:12] == b"200" and int(answer.field(b"content-length") or 0) >= ENCODED_FROM


def other_coding(old, new):
    """Whether one has a coding that the other has not, yet."""
    return old.field(b"content-encoding") != new.field(b"content-encoding")


def ask_rested(pair, question, own):
    """Asks again where nothing was encoded for a while, until both have encoded it, or neither does. A HEAD
    has nothing encoded: the GET is asked first."""
    deadline = time.monotonic() + ENCODING
    for build in pair:
        build.move_clock(REST)
    as_get = question._replace(method="GET")
    while True:
        for build in pair if question.method == "HEAD" else ():
            build.send([(as_get, build.request(as_get))])
            build.receive()
        for build, request in zip(pair, own):
            build.send([request])
        old, new = (build.receive() for build in pair)
        if not other_coding(old, new) or time.monotonic() > deadline:
            return old, new
        time.sleep(0.01)


class Judge:
    """Asks both builds, counts, and prints the first differences."""

    def __init__(self, arguments):
        self.max_diffs = arguments.max_diffs
        self.skip = re.compile(arguments.skip) if arguments.skip else None
        self.decoded = arguments.decoded
        self.to_alter = arguments.self_check
        self.counts = collections.Counter()
        self.altered = []
        self.reported = []
        self.other_lengths = set()

    def ask_raw(self, place, pair, question):
        old, new = (exchange(build.port, question.data) for build in pair)
        self.count(place, repr(question.data[:100]), compare(old, new)[0])

    def ask(self, place, pair, asked):
        requests = [[(question, build.request(question)) for question in asked] for build in pair]
        for build, own in zip(pair, requests):
            build.send(own)
        answers = [[build.receive() for build in pair] for _ in asked]
        for question, (old, new), own in zip(asked, answers, zip(*requests)):
            if spared(question, old) or spared(question, new) or other_coding(old, new):
                self.counts["rests"] += 1
                old, new = ask_rested(pair, question, own)
            self.judge(place, question, old, new)

    def judge(self, place, question, old, new):
        what = " ".join([question.method, question.target[:200], *("[%s: %s]" % field for field in question.fields)])
        if self.to_alter and new.body:
            new = Answer(new.line, new.fields, new.body[:-1] + bytes([new.body[-1] ^ 1]))
            self.altered.append((place, what))
            self.to_alter = False
        key = (question.target, dict(question.fields).get("Accept-Encoding"))
        condition = "/readyz" in question.target
        other_length = question.method == "HEAD" and (condition or key in self.other_lengths)
        differences, excuse = compare(old, new, condition, other_length, self.decoded)
        if excuse:
            self.counts[excuse] += 1
            self.other_lengths.add(key)
        self.counts["tags"] += old.field(b"etag") is not None
        self.counts["other tags"] += old.field(b"etag") != new.field(b"etag")
        self.count(place, what, differences)

    def count(self, place, what, differences):
        self.counts["answers"] += 1
        if not differences:
            return
        self.counts["differ"] += 1
        self.reported.append((place, what))
        if self.counts["differ"] <= self.max_diffs:
            print("%s: %s" % (place, what), *("  " + line for line in differences), sep="\n", flush=True)

    def ask_all(self, place, pair, asked):
        """Several questions at a time, up to one that needs an answer to one of them."""
        self.other_lengths.clear()
        window, plain = [], False
        for question in asked:
            if isinstance(question, questions.Raw):
                self.ask_raw(place, pair, question)
                continue
            if self.skip and self.skip.search(question.target):
                self.counts["skipped"] += 1
                continue
            if len(window) == WINDOW or (plain and any("{" in value for _, value in question.fields)):
                self.ask(place, pair, window)
                window, plain = [], False
            window.append(question)
            plain = plain or (question.method == "GET" and not question.fields)
        self.ask(place, pair, window)


def sources_of(case, setting):
    if setting == "legacy sources":
        return {"image_generation": ["file://%s/legacy/stable_diffusion.json" % case],
                "text_generation": ["file://%s/legacy/models.csv" % case]}
    return {path.stem: ["file://%s" % path] for path in sorted((case / "reference").glob("*.json"))}


def ready(build):
    return build.get("/readyz").status == 200


def times_of(build):
    return [COMPUTED.findall(build.get(questions.STATISTICS + name).body) for name in build.categories()]


def start_pair(binaries, directory, case, setting, categories, wait=True):
    """Both builds, started at the beginning of one second if that can be had: then computed_at is the
    same in both, and so are the compressed bodies that hold it."""
    for attempt in range(TRIES):
        pair = [Build(binary, directory / ("%s-%d" % (name, attempt)), case, setting, categories)
                for name, binary in zip(("old", "new"), binaries)]
        try:
            time.sleep(1 - time.time() % 1)
            for build in pair:
                build.spawn()
            for build in pair:
                build.connect_wire()
                wait_for(lambda: ready(build) if wait else build.answers(), "the data of " + build.binary)
            if attempt == TRIES - 1 or not wait or times_of(pair[0]) == times_of(pair[1]):
                return pair
        except BaseException:
            stop_pair(pair)
            raise
        stop_pair(pair)
    return None


def stop_pair(pair):
    for build in pair:
        if build.wire is not None:
            build.wire.close()
    try:
        pair[0].stop()
    finally:
        pair[1].stop()


def recorded_targets(case):
    with gzip.open(case / "expected.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["target"] for line in lines]


def run_case(judge, binaries, directory, case, setting, name):
    targets = recorded_targets(case)
    pair = start_pair(binaries, directory, case, setting, sources_of(case, setting))
    place = "%s, %s" % (name, setting)
    try:
        judge.ask_all(place, pair, questions.of_documents(targets))
        judge.ask_all(place, pair, questions.scripts())
        if setting != "plain":
            return
        judge.ask_all(place, pair, questions.of_requests(targets))
        for state, seconds in STATES:
            for build in pair:
                build.move_clock(seconds)
                build.wire.close()  # it has been idle for too long now
            judge.ask_all(place + ", " + state, pair, questions.of_state(targets))
    finally:
        stop_pair(pair)


def run_without_data(judge, binaries, directory, case, name):
    sources = {category: ["file://%s/missing.json" % directory] for category in sources_of(case, "plain")}
    pair = start_pair(binaries, directory, case, "all origins", sources, wait=False)
    try:
        asked = [*questions.of_state(recorded_targets(case)), *questions.scripts()]
        judge.ask_all(name + ", no data", pair, asked)
    finally:
        stop_pair(pair)


def find_cases(shared, patterns):
    found = sorted(path.parent for path in shared.glob("current/*/expected.jsonl.gz"))
    named = [(str(case.relative_to(shared)), case) for case in found]
    return [(name, case) for name, case in named
            if not patterns or any(fnmatch.fnmatch(name, "*%s*" % pattern) for pattern in patterns)]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", metavar="OLD_HYDRATORD")
    parser.add_argument("new", metavar="NEW_HYDRATORD")
    parser.add_argument("shared", metavar="SHARED", type=pathlib.Path, help="with current/*/")
    parser.add_argument("--cases", nargs="+", metavar="PATTERN", help="only those whose path has this in it")
    parser.add_argument("--skip", metavar="REGEX", help="targets that are not asked")
    parser.add_argument("--decoded", action="store_true",
                        help="encoded bodies need be the same only when decoded: the codecs or their levels are others")
    parser.add_argument("--max-diffs", type=int, default=20, help="how many are printed (default: %(default)s)")
    parser.add_argument("--self-check", action="store_true",
                        help="alter one byte of one answer of NEW; exit 0 if that is the one reported")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    judge = Judge(arguments)
    binaries, cases = (arguments.old, arguments.new), find_cases(arguments.shared.resolve(), arguments.cases)
    with tempfile.TemporaryDirectory() as directory:
        for number, (name, case) in enumerate(cases):
            settings = ["plain", "other settings"] + ["legacy sources"] * (case / "legacy").is_dir()
            for setting in settings:
                run_case(judge, binaries, pathlib.Path(directory) / ("%d-%s" % (number, setting.replace(" ", "-"))),
                         case, setting, name)
        if cases:
            run_without_data(judge, binaries, pathlib.Path(directory) / "empty", cases[0][1], cases[0][0])
    counts = judge.counts
    if counts["differ"] > arguments.max_diffs:
        print("... and %d more" % (counts["differ"] - arguments.max_diffs))
    print("for information: %d of %d entity tags differ; bodies differ: %d in times, %d in encoding; "
          "%d questions skipped, %d asked again after a rest"
          % tuple(counts[name] for name in ("other tags", "tags", "times", "encoding", "skipped", "rests")))
    print("%d answers of %d cases compared, %d differ" % (counts["answers"], len(cases), counts["differ"]))
    if arguments.self_check:
        return 0 if judge.altered and judge.reported == judge.altered else 1
    return 1 if counts["differ"] or not counts["answers"] else 0


if __name__ == "__main__":
    sys.exit(main())
