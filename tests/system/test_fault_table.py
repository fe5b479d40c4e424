"""Each fault x each document x (first cycle, later cycle): log line, counter, age and answer.

A case is one daemon and one upstream: it starts into the fault (first cycle), recovers,
and meets the fault again AWAY seconds later (later cycle). Cases run side by side,
because most of their time is waiting.
"""
import collections
import concurrent.futures
import json
import os
import re
import signal
import threading

import pytest

from conftest import DEMO
from daemon import WRAPPER, Daemon, wait_for
from stub_upstream import StubUpstream
from test_metrics import METRICS, samples

# What becomes of the document.
REFUSED = "refused"  # first: 503. Later: the old answer, with the age of the old document
TAKEN = "taken"      # first and later: the usual answer, fresh
ODD = "odd"          # as TAKEN, but for what the document's first entry says

ALL = ("image_generation", "status_image", "stats_image", "workers")
HORDE = ALL[1:]
Row = collections.namedtuple("Row", "fault log counter outcome documents", defaults=(ALL,))
TABLE = (
    # fault, what the one line says, what counts it, what becomes of the document, which documents
    Row("500", "HTTP status 500", "not_fetched", REFUSED),
    Row("503", "HTTP status 503", "not_fetched", REFUSED),
    Row("503:95", "HTTP status 503", "not_fetched", REFUSED),
    Row("429:95", "HTTP status 429", "not_fetched", REFUSED),
    Row("403", "HTTP status 403", "not_fetched", REFUSED),
    Row("404", "HTTP status 404", "not_fetched", REFUSED),
    Row("204", "HTTP status 204", "not_fetched", REFUSED),
    Row("304", "HTTP status 304", "not_fetched", REFUSED),
    Row("loop", "HTTP status 302|redirect", "not_fetched", REFUSED),
    Row("far", "HTTP status 302|redirect", "not_fetched", REFUSED),
    Row("tofile", "HTTP status 302|redirect|[Pp]rotocol", "not_fetched", REFUSED),
    Row("reset", "reset|[Rr]ecv|closed", "not_fetched", REFUSED),
    Row("cut", "transfer closed|outstanding|partial", "not_fetched", REFUSED),
    Row("long", "transfer closed|outstanding|partial", "not_fetched", REFUSED),
    Row("short", "not JSON", "not_accepted", REFUSED),
    Row("hang", "not a byte|timed out", "not_fetched", REFUSED),
    Row("stall", "not a byte|timed out", "not_fetched", REFUSED),
    Row("drip", "timed out", "not_fetched", REFUSED),
    Row("endless", "max_bytes", "not_fetched", REFUSED),
    Row("bomb", "max_bytes", "not_fetched", REFUSED),
    Row("zeros", "max_bytes", "not_fetched", REFUSED),
    Row("html200", "not JSON", "not_accepted", REFUSED),
    Row("notjson", "not JSON", "not_accepted", REFUSED),
    Row("empty", "empty, not JSON", "not_accepted", REFUSED),
    Row("shape", "not a JSON (object|array)", "not_accepted", REFUSED),
    Row("deep", "not JSON.*(deep|nest)", "not_accepted", REFUSED),
    Row("deeper", "not JSON.*(deep|nest)", "not_accepted", REFUSED),
    Row("utf8", "not JSON.*UTF-8", "not_accepted", REFUSED),
    Row("nul", "not JSON.*control", "not_accepted", REFUSED),
    Row("nulend", "not JSON", "not_accepted", REFUSED),
    Row("gzip", None, None, TAKEN),
    Row("twice", None, None, TAKEN),
    Row("redirect", None, None, TAKEN),
    Row("elsewhere", None, None, TAKEN),
    Row("nan", None, None, ODD),
    Row("huge", None, None, ODD),
    Row("power", None, None, ODD),
)

AWAY = 1000  # seconds between the good cycle and the later one: more than any floor or breaker
NAMES = dict(zip(ALL, ("reference", "status", "stats", "workers")))
TOUCHED = dict(zip(ALL, (1, 1, 1, 3)))  # models that the first entry is about
STATISTICS = "/model_references/statistics/image_generation"
RISK, WORKERS = STATISTICS + "/deletion-risk", STATISTICS + "/with-stats?include_workers=true"
ANSWERS = dict.fromkeys(ALL[:3], (RISK, WORKERS)) | {"workers": (WORKERS,)}  # what is made of a document
SETTINGS = METRICS + ' upstream { timeout = %d stall_timeout = %d max_bytes = "4M" }\n'
NEVER_DONE = ("hang", "stall", "drip")  # end by a timeout; all others must not meet one
# Minutes of the tests of everything else under valgrind are enough of it.
pytestmark = pytest.mark.skipif(bool(WRAPPER), reason="many daemons at once")
making = threading.Lock()


def entries(body):
    """Model -> what an answer says of it, but for its share, which depends on all others."""
    models = json.loads(body)
    if "models" in models:
        models = {model["name"]: model for model in models["models"]}
    for model in models.values():
        model.pop("usage_percentage_of_category", None)
        model.pop("cost_benefit_score", None)
    return models


def differing(body, other):
    """The models that two answers tell apart."""
    one, two = entries(body), entries(other)
    return [name for name in one.keys() | two.keys() if one.get(name) != two.get(name)]


class Case:
    """A daemon that has one document spoilt."""

    def __init__(self, directory, stub, document, timeout):
        self.stub, self.document = stub, document
        with making:  # daemons are numbered
            self.daemon = Daemon(directory, {"image_generation": [stub.reference("image_generation")]}, stub.horde,
                                 settings=SETTINGS % (timeout, timeout), hydration="enabled = false",
                                 horde_settings="timeout = %d" % timeout)

    def log(self):
        return [line for line in self.daemon.log().splitlines() if "hydrator image_generation" in line]

    def cycles(self):
        return [line for line in self.log() if " not refreshed: " in line or " hydrated " in line]

    def complaints(self, row):
        """Warnings that name the document and say the row's words about it."""
        return [line for line in self.log() if "warning" in line
                and re.search(r"\b%s(?: is (?:\d+ s old|absent))?: .*(%s)" % (NAMES[self.document], row.log), line)]

    def counted(self):
        values = samples(self.daemon)
        return {name: values['documents_%s_total{category="image_generation"}' % name]
                for name in ("not_fetched", "not_accepted")}

    def fault(self, mode):
        self.stub.mode(self.document, mode)

    def order(self):
        self.daemon.send(signal.SIGUSR1)

    def answers(self):
        return [self.daemon.get(target) for target in ANSWERS[self.document]]

    def is_fresh(self):
        return all(answer.status == 200 and int(answer.headers["age"]) < AWAY // 2 for answer in self.answers())

    def settled(self):
        """Whether the last snapshot that was published is the one that is served, and has been logged."""
        published = re.findall(r"hydrated .* generation (\d+)", self.daemon.log())
        taken = re.findall(r"generation (\d+) taken", self.daemon.log())
        return not published or bool(taken) and int(taken[-1]) == int(published[-1])

    def await_complaint(self, row, complaints, cycles, counted):
        """A cycle ends, one line tells why, one counter has counted it."""
        wait_for(lambda: len(self.complaints(row)) > complaints, "a line about %s" % row.fault)
        wait_for(lambda: len(self.cycles()) > cycles, "the end of the cycle")
        wait_for(self.settled, "the readers")
        more = {name: value - counted[name] for name, value in self.counted().items()}
        assert more.pop(row.counter) >= 1, (row, more)
        # The bytes behind a length that is too short may spoil the next try on that connection.
        assert set(more.values()) == {0} or row.fault == "short", (row, more)

    def await_fresh(self):
        wait_for(self.is_fresh, "a fresh answer")
        wait_for(self.settled, "the readers")

    def recover(self):
        self.fault("ok")
        self.daemon.move_clock(AWAY)
        self.order()
        self.await_fresh()
        return [answer.timeless() for answer in self.answers()]

    def first(self, row):
        self.fault(row.fault)
        self.daemon.start(wait=False)
        if row.outcome == REFUSED:
            self.await_complaint(row, 0, 0, collections.Counter())
            for answer in self.answers():
                assert answer.status == 503 and "retry-after" in answer.headers
        else:
            self.await_fresh()

    def later(self, row, before):
        complaints, cycles, counted = len(self.complaints(row)), len(self.cycles()), self.counted()
        self.fault(row.fault)
        self.daemon.move_clock(AWAY)
        self.order()
        if row.outcome == REFUSED:
            self.await_complaint(row, complaints, cycles, counted)
        else:
            self.await_fresh()
        for answer, known in zip(self.answers(), before):
            assert answer.status == 200
            if row.outcome == REFUSED:
                assert int(answer.headers["age"]) >= AWAY, (row, answer.headers["age"])
            if row.outcome == ODD:
                assert len(differing(answer.timeless(), known)) <= TOUCHED[self.document], row
            else:
                assert answer.timeless() == known, row


def run_case(directory, row, document):
    with StubUpstream(DEMO) as stub:
        case = Case(directory, stub, document, 1 if row.fault in NEVER_DONE else 20)
        try:
            case.first(row)
            before = case.recover()
            case.later(row, before)
            assert case.recover() == before, row
            assert stub.served[document, row.fault] >= 2, "the upstream was not asked"
        finally:
            stub.mode(document, "ok")
            assert case.daemon.stop() == 0


@pytest.fixture(scope="module")
def cases(request, tmp_path_factory):
    """Row -> futures of its cases, of all rows that pytest was asked for."""
    rows = [item.callspec.params["row"] for item in request.session.items
            if getattr(item, "originalname", None) == "test_fault" and item.module is request.module]
    pool = concurrent.futures.ThreadPoolExecutor(4 * (os.cpu_count() or 1))
    directory = tmp_path_factory.mktemp("faults")
    yield {row: {document: pool.submit(run_case, directory / ("%s-%s" % (row.fault.replace(":", "-"), document)),
                                       row, document)
                 for document in row.documents}
           for row in rows}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.fault)
def test_fault(cases, row):
    failed = {document: future.exception() for document, future in cases[row].items() if future.exception()}
    assert not failed, failed


def test_the_size_of_the_table(figure):
    cases = sum(len(row.documents) for row in TABLE)
    figure("fault table: %d faults, with each document %d cases, in both cycles %d" % (len(TABLE), cases, 2 * cases))
    assert len({row.fault for row in TABLE}) == len(TABLE)
