#!/usr/bin/python3
"""Latency of a reader's answers while hydrators rest, while they run cycles back to
back, and while the upstream hangs.

usage: bench_tail.py HYDRATORD DIRECTORY

A client that asks at a fixed rate (load.c) has one core and the reader the other; the
hydrators, the supervisor and we run wherever the scheduler puts them, so that on a
machine with two cores they do take time from both. BENCH_RATE (4000) requests/s over 16
connections, BENCH_SECONDS (4) a turn, BENCH_ROUNDS (5) turns of each state.

Cycles run back to back because each is answered with SIGUSR1 as soon as its log line
comes: the daemon needs no special mode.
"""
import os
import pathlib
import subprocess
import sys
import threading
import time

from bench_common import (STATISTICS, Daemon, Documents, describe_machine, median, need, two_cores,
                          wait_for, work_directory)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "system"))
from stub_upstream import StubUpstream  # noqa: E402

LOAD = "tests/bench/load"
CONNECTIONS = 16


class Refresher(threading.Thread):
    """Asks for a refresh whenever one is finished, until it is told to stop."""

    def __init__(self, daemon):
        super().__init__()
        self.daemon_process, self.log = daemon.process, daemon.log
        self.stopped = threading.Event()
        self.cycles = 0
        self.start()

    def run(self):
        with self.log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            self.daemon_process.send_signal(10)
            while not self.stopped.is_set():
                n = log.read().count(b": hydrated ")
                if n:
                    self.cycles += n
                    self.daemon_process.send_signal(10)
                self.stopped.wait(0.002)

    def stop(self):
        self.stopped.set()
        self.join()
        return self.cycles


def load(core, port):
    """p50, p99, p99.9 and the longest, in us."""
    rate, seconds = os.environ.get("BENCH_RATE", "4000"), os.environ.get("BENCH_SECONDS", "4")
    out = subprocess.run(["taskset", "-c", str(core), LOAD, str(port), STATISTICS, str(CONNECTIONS), rate, seconds],
                         check=True, capture_output=True, text=True).stdout
    return [float(word) for word in out.split()[1:]]


def turn_resting(core, daemon, _upstream):
    return load(core, daemon.port), "no cycle"


def turn_hydrating(core, daemon, _upstream):
    refresher = Refresher(daemon)
    try:
        begun = time.monotonic()
        figures = load(core, daemon.port)
        took = time.monotonic() - begun
    finally:
        cycles = refresher.stop()
    return figures, "%.0f cycles/s" % (cycles / took)


def turn_hanging(core, daemon, upstream):
    """The hydrators are in the middle of a cycle that cannot end."""
    upstream.mode("*", "hang")
    before = sum(upstream.counts().values())
    daemon.process.send_signal(10)
    wait_for(lambda: sum(upstream.counts().values()) > before, "a request to the upstream")
    try:
        return load(core, daemon.port), "upstream hangs"
    finally:
        upstream.mode("*", "ok")
        time.sleep(1)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    need("taskset")
    reader_core, client_core = two_cores()
    describe_machine()
    documents = Documents(sys.argv[2])
    states = [("resting", turn_resting), ("hydrating", turn_hydrating), ("hanging", turn_hanging)]
    turns = {name: [] for name, _ in states}
    with work_directory() as work:
        tree = work / "documents"
        tree.mkdir()
        # The demo keeps both kinds in one directory.
        for source in {*documents.reference.glob("*.json"), *documents.horde.glob("*.json")}:
            (tree / source.name).symlink_to(source)
        with Daemon(sys.argv[1], work, Documents(tree)) as steady, StubUpstream(tree) as upstream, \
                Daemon(sys.argv[1], work, None, horde=upstream.horde, reference=upstream.reference) as fetching:
            for daemon in (steady, fetching):
                subprocess.run(["taskset", "-cp", str(reader_core), str(daemon.child("reader"))],
                               check=True, stdout=subprocess.DEVNULL)
            for _ in range(int(os.environ.get("BENCH_ROUNDS", "5"))):
                for name, turn in states:
                    daemon = fetching if name == "hanging" else steady
                    figures, note = turn(client_core, daemon, upstream)
                    turns[name].append(figures)
                    print("%-10s p50 %6.0f  p99 %6.0f  p99.9 %6.0f  max %6.0f us  %s" % (name, *figures, note))
    report(turns)


def report(turns):
    rows = {name: [median(column) for column in zip(*figures)] for name, figures in turns.items()}
    print("%-10s %8s %8s %8s %8s  %s" % ("medians", "p50 us", "p99", "p99.9", "max", "p99.9 / resting (wanted: at most 1.2)"))
    for name, row in rows.items():
        print("%-10s %8.0f %8.0f %8.0f %8.0f  %.2f" % (name, *row, row[2] / rows["resting"][2]))


if __name__ == "__main__":
    main()
