"""A day of an upstream that comes and goes, with the clock moved: nothing grows, the upstream is not
hammered, and no answer is older than its Age.

Each document carries the time at which it was served, so that an answer tells its true age.
HYDRATORD_TEST_STEP is the seconds between two cycles (default 240: 360 cycles; ./dev simulate: 20).
"""
import collections
import json
import os
import pathlib
import random
import re
import signal
import time

import pytest

from conftest import DEMO
from daemon import WRAPPER, Daemon, wait_for
from stub_upstream import StubUpstream

STEP = int(os.environ.get("HYDRATORD_TEST_STEP", "240"))
DAY = 86400
SEED = os.environ.get("HYDRATORD_TEST_SEED", "1")
STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
WITH_STATS = STATISTICS + "/with-stats?include_workers=true"
MODEL = "Amber Canvas v1"  # the first of each document
DOCUMENTS = ("image_generation", "status_image", "stats_image", "workers")
FAULTS = ("500", "503", "503:300", "429:600", "404", "reset", "cut", "html200", "notjson")
SLACK = 5  # seconds between the stub's look at the clock, the daemon's and ours
GROWTH_KIB = 2048
EPOCH = 1700000000


class Day:
    """The daemon, its upstream, and what is known of both."""

    def __init__(self, directory, stub):
        self.stub = stub
        self.random = random.Random(SEED)
        self.daemon = Daemon(directory, {"image_generation": [stub.reference("image_generation")]}, stub.horde,
                             settings="upstream { timeout = 1 stall_timeout = 1 }", horde_settings="timeout = 1",
                             hydration="interval = %d ttl = %d" % (STEP, 2 * STEP))
        self.moved = 0
        self.started = time.time()
        self.hours = collections.Counter()  # hour -> requests at the upstream
        self.asked = []                     # (when, document): the same one by one
        self.ages = []
        stub.rewrite = self.stamp

    def now(self):
        """The daemon's clock, as seconds of the day."""
        return time.time() - self.started + self.moved

    def stamp(self, name, text):
        """Notes the request, and writes the time into what is said of the first model."""
        now = self.now()
        self.hours[int(now // 3600)] += 1
        self.asked.append((now, name))
        document, seconds = json.loads(text), EPOCH + int(now)
        if name == "image_generation":
            document[MODEL]["size_on_disk_bytes"] = seconds << 30
        elif name == "status_image":
            next(entry for entry in document if entry["name"] == MODEL)["count"] = seconds
        elif name == "stats_image":
            document["total"][MODEL] = seconds
        else:
            for worker in document:
                worker["uptime"] = seconds
        return json.dumps(document).encode()

    def stamps(self):
        """(times in the answer, its Age) of both answers, or nothing while there is none."""
        risk, details = self.daemon.get(RISK), self.daemon.get(WITH_STATS)
        if risk.status == 503:
            return
        model = next(model for model in risk.json()["models"] if model["name"] == MODEL)
        yield (model["size_gb"], model["worker_count"], model["usage_total"]), int(risk.headers["age"])
        if details.status == 503:
            return
        workers = details.json()[MODEL]["worker_summaries"].values()
        yield [worker["uptime"] for worker in workers], int(details.headers["age"])

    def check_ages(self):
        now = EPOCH + self.now()
        for stamps, age in self.stamps():
            true = now - min(stamps)
            self.ages.append(true - age)
            assert true <= age + SLACK, "%d s old, says %d" % (true, age)

    def ended(self):
        """Cycles that are over, also those that could ask nobody."""
        return len(re.findall(r"]: (hydrated image_generation|(warning: )?image_generation not refreshed|"
                              r"image_generation: nobody may be asked)", self.daemon.log()))

    def step(self):
        before = self.ended()
        self.moved += STEP
        self.daemon.move_clock(STEP)
        self.daemon.send(signal.SIGUSR1)
        wait_for(lambda: self.ended() > before, "a cycle")
        self.check_ages()

    def clear(self):
        for document in DOCUMENTS:
            self.stub.mode(document, "ok")

    def weather(self):
        """All well, or one document spoilt, or the whole upstream. Returns for how many steps."""
        self.clear()
        if self.random.random() < 0.5:
            fault = self.random.choice(FAULTS)
            for document in self.random.choice([DOCUMENTS, *((each,) for each in DOCUMENTS)]):
                self.stub.mode(document, fault)
        return self.random.randint(1, max(2, 7200 // STEP))


def usage(daemon):
    """Role -> (private memory in KiB, descriptors)."""
    found = {}
    for role in ("hydrator image_generation", "reader 0"):
        found[role] = measure(daemon.child(role))
    found["supervisor"] = measure(daemon.process.pid)
    return found


def measure(pid):
    status = dict(line.split(":", 1) for line in pathlib.Path("/proc/%d/status" % pid).read_text().splitlines())
    return int(status["RssAnon"].split()[0]), len(os.listdir("/proc/%d/fd" % pid))


def live(day, seconds):
    left = 0
    for _ in range(seconds // STEP):
        if left == 0:
            left = day.weather()
        left -= 1
        day.step()
    day.clear()


@pytest.mark.skipif(bool(WRAPPER), reason="hundreds of cycles")
def test_a_day_of_a_flapping_upstream(tmp_path, figure):
    with StubUpstream(DEMO) as stub:
        day = Day(tmp_path / "daemon", stub)
        try:
            day.daemon.start()
            live(day, DAY // 4)
            early = usage(day.daemon)
            live(day, DAY - DAY // 4)
            late = usage(day.daemon)
            report(day, early, late, figure)
            if not day.daemon.has_sanitizer():  # whose quarantine of freed memory grows by itself
                for role, (memory, descriptors) in late.items():
                    assert memory <= early[role][0] + GROWTH_KIB, role
                    assert descriptors <= early[role][1] + 2, role
            # A document that fails is tried three times, until the breaker of its host opens.
            assert max(day.hours.values()) <= 3600 // STEP * 4 * 2
        finally:
            assert day.daemon.stop() == 0


def report(day, early, late, figure):
    figure("a day in steps of %d s, seed %s: %d cycles, %d of them failed; requests at the upstream: %d, "
           "in an hour %d to %d; true age less Age: %.1f to %.1f s" % (
               STEP, SEED, day.ended(), day.daemon.log().count(" not refreshed: "), len(day.asked),
               min(day.hours[hour] for hour in range(24)), max(day.hours.values()), min(day.ages), max(day.ages)))
    for role in late:
        figure("  %s: %d KiB and %d descriptors after 6 hours, %d KiB and %d after 24" % (
            role, *early[role], *late[role]))
