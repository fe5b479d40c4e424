#!/usr/bin/python3
"""A fleet of five under load whose leader is killed again and again.

usage: fleet_run.py [INTERVALS [KILLS [SEED]]]          default: 200 intervals, 50 kills

Five daemons share a Redis and an upstream that gives out another generation of its documents for
each set that is fetched. A client of each asks all the time and judges every answer; the hydrator
that leads is killed at random instants. The figures are printed; exit status 1 if one of these is
not as it must be:

    sets        of documents fetched from the upstream: one an interval, two more or less in all
    failed      requests that were not answered with 200, whole
    differing   bodies, ETag or Last-Modified of one generation that are not the same on all machines
    regressions answers that are older than one that the same machine has given before
    late        machines that served a generation later than a look at Redis after the first one
    missed      generations that were in Redis and that a machine never served
    refused     snapshots that a reader or a follower did not take
"""
import hashlib
import http.client
import os
import pathlib
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from email.utils import parsedate_to_datetime

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "system"))
from chaos_world import be_small  # noqa: E402
from daemon import Daemon, wait_for  # noqa: E402
from fleet import RISK, STATISTICS, VALIDATORS, Fleet, key  # noqa: E402

SIZE, INTERVAL, LEASE, POLL = 5, 3, 2, 1
PATIENCE = 30  # for one answer
PAUSE = 0.01   # between two questions of a client
# What two processors with five daemons need beside the wait for the next look.
SLACK = float(os.environ.get("HYDRATORD_FLEET_SLACK", "0.5"))
MARKS = re.compile(rb'"generation_(\d+)"')


class Client(threading.Thread):
    """Asks one machine, over one connection, until it is told to end."""

    def __init__(self, run, member):
        super().__init__(name=member.name)
        self.run_, self.member = run, member
        self.requests, self.failed, self.regressions = 0, [], []
        self.seen = {}  # generation -> instant of its first answer
        self.newest, self.fetched = 0, 0.0
        self.connection = None

    def run(self):
        while not self.run_.over.is_set():
            self.ask()
            self.run_.over.wait(PAUSE)
        if self.connection:
            self.connection.close()

    def get(self, target):
        """Body and fields of a whole answer, or None."""
        self.requests += 1
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.member.daemon.port, timeout=PATIENCE)
            self.connection.request("GET", target)
            answer = self.connection.getresponse()
            body = answer.read()
            if answer.status == 200:
                return body, answer.headers
            self.failed.append("%s: status %d" % (target, answer.status))
        except (OSError, http.client.HTTPException) as error:
            self.failed.append("%s: %r" % (target, error))
            self.connection.close()
            self.connection = None
        return None

    def ask(self):
        answer = self.get(STATISTICS)
        if answer is None:
            return
        body, fields = answer
        marks = set(map(int, MARKS.findall(body)))
        if len(marks) != 1:
            self.run_.differing.append("%s: generations %s in one answer" % (self.member, marks))
            return
        generation = marks.pop()
        fetched = parsedate_to_datetime(fields["Date"]).timestamp() - int(fields["Age"])
        # Both times are cut to seconds.
        if self.run_.in_order and generation < self.newest or fetched < self.fetched - 1:
            self.regressions.append((generation, self.newest, fetched, self.fetched))
        self.newest, self.fetched = max(generation, self.newest), max(fetched, self.fetched)
        self.run_.compare(STATISTICS, generation, body, fields, self.member)
        if generation not in self.seen:
            self.seen[generation] = time.monotonic()
            risk = self.get(RISK)  # its own generation may be the next one by now: known by its ETag
            if risk:
                self.run_.compare(RISK, risk[1]["ETag"], *risk, self.member)


class Run:
    """The fleet, its clients and what they found; what else may happen to it is a subclass (fleet_storm.py)."""

    in_order = True  # one machine fetches at a time, so later generations are of later times
    refusal = re.compile("cannot be taken|what the fleet has is not taken")

    def __init__(self, directory, intervals, kills, seed, **options):
        self.intervals, self.kills, self.seed = intervals, kills, seed
        self.random = random.Random(seed)
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.known, self.differing, self.takeovers, self.wrong = {}, [], [], []
        self.daemons, self.directory = [], pathlib.Path(directory)
        self.fleet = Fleet(directory, self.make, size=SIZE, interval=INTERVAL, lease=LEASE, poll=POLL,
                           **{"patience": 60, "kind": "unix", **options})
        self.clients = [Client(self, member) for member in self.fleet.members]

    def make(self, *arguments, **settings):
        self.daemons.append(Daemon(self.directory / ("daemon%d" % len(self.daemons)), *arguments, **settings))
        return self.daemons[-1]

    def compare(self, target, which, body, fields, member):
        """Of one generation there is one body, and one of each validator, wherever it is asked for."""
        found = hashlib.sha256(body).digest(), *(fields[name] for name in VALIDATORS)
        with self.lock:
            if self.known.setdefault((target, which), found) != found:
                self.differing.append("%s: %s of %s" % (member, target, which))

    def run(self):
        try:
            newest = self.fleet.start().wait_settled()
            self.fleet.wait_settled(at_least=newest + 1)  # a tick is just over
            self.sets = -self.fleet.stub.sets()
            began = self.fleet.redis.info()
            for client in self.clients:
                client.start()
            self.disturb(time.monotonic() + self.intervals * INTERVAL)
            self.sets += self.fleet.stub.sets()
            ended = self.fleet.redis.info()
            self.traffic = {name: ended[name] - began[name] for name in (
                "total_net_input_bytes", "total_net_output_bytes", "total_commands_processed")}
            self.refused = self.count_refused()
        finally:
            self.over.set()
            for client in self.clients:
                if client.ident:
                    client.join()
            self.stop()

    def disturb(self, end):
        began = time.monotonic()
        # The last one has an heir before the end.
        instants = sorted(began + self.random.random() * (end - began - 2 * INTERVAL) for _ in range(self.kills))
        for instant in instants:
            time.sleep(max(0, instant - time.monotonic()))
            self.kill_leader()
        time.sleep(max(0, end - time.monotonic()))

    def kill_leader(self):
        lease = wait_for(lambda: self.fleet.redis("GET", key("lease")), "a leader")
        name, pid, _ = lease.decode().split("/", 2)
        leader = next(member for member in self.fleet.members if member.name == name)
        if leader.hydrator() != int(pid):
            self.wrong.append("the lease of %s is of process %s" % (name, pid))
            return
        killed = time.monotonic()
        leader.kill()
        self.fleet.wait_leader(lease)
        self.takeovers.append(time.monotonic() - killed)

    def count_refused(self):
        """By what they say: the counters of a hydrator end with it."""
        return sum(len(self.refusal.findall(daemon.log())) for daemon in self.daemons)

    def stop(self):
        try:
            for daemon in self.daemons:
                status = daemon.stop()
                if status:
                    self.wrong.append("%s ended with status %d" % (daemon.directory.name, status))
        finally:
            self.fleet.close()

    def spread(self):
        """Lags, who was late, what was missed, what never left the machine that fetched it."""
        lags, late, missed, alone = [], [], [], 0
        seen = [client.seen for client in self.clients]
        # The last ones may be on their way, and the first one was there before the clients.
        for generation in sorted(set().union(*seen))[1:-2]:
            instants = [each[generation] for each in seen if generation in each]
            if len(instants) == 1:
                alone += 1
                continue
            if len(instants) < len(seen):
                missed.append(generation)
            these = sorted(instant - min(instants) for instant in instants)[1:]
            lags += these
            late += [(generation, lag) for lag in these if lag > POLL + SLACK]
        return lags, late, missed, alone

    def found(self, what):
        return [text for client in self.clients for text in getattr(client, what)]

    def report(self):
        """Prints the figures; true if one of them is bad."""
        lags, late, missed, alone = self.spread()
        failed, regressions = self.found("failed"), self.found("regressions")
        for text in (self.wrong + failed + self.differing + regressions + late + missed)[:20]:
            print("  !", text)
        print("fleet: %d daemons, %d intervals of %d s, %d leaders killed, lease %d s, look every %d s, seed %d" % (
            SIZE, self.intervals, INTERVAL, len(self.takeovers), LEASE, POLL, self.seed))
        print("sets fetched        %d (wanted: %d, 2 more or less)" % (self.sets, self.intervals))
        print("requests            %d, failed: %d" % (sum(client.requests for client in self.clients), len(failed)))
        print("generations         %d; differing answers: %d" % (
            sum(target == STATISTICS for target, _ in self.known), len(self.differing)))
        print("never shared        %d (their leader was killed before it could)" % alone)
        print("served after        median %.2f s, highest %.2f s" % (
            statistics.median(lags or [0]), max(lags, default=0)))
        print("late, missed        %d, %d" % (len(late), len(missed)))
        print("regressions         %d" % len(regressions))
        print("refused snapshots   %d" % self.refused)
        print("takeover after      median %.2f s, highest %.2f s" % (
            statistics.median(self.takeovers or [0]), max(self.takeovers, default=0)))
        print("through Redis       %d bytes in, %d out, %d commands" % tuple(self.traffic.values()))
        bad = abs(self.sets - self.intervals) > 2 or alone > self.kills
        return bool(bad or self.wrong or failed or self.differing or late or missed or regressions or self.refused)


def carry_out(make, default):
    """Makes a run of the numbers on the command line, or of the default ones and a random seed."""
    if len(sys.argv) > len(default) + 2 or not all(argument.isdigit() for argument in sys.argv[1:]):
        sys.exit(sys.modules["__main__"].__doc__)
    numbers = [int(argument) for argument in sys.argv[1:]]
    numbers += [*default, random.randrange(1 << 32)][len(numbers):]
    be_small()
    with tempfile.TemporaryDirectory(prefix="hydratord-fleet-") as directory:
        run = make(directory, *numbers)
        run.run()
        if run.report():
            for daemon in run.daemons:
                print("-- the end of the log of %s:\n%s" % (daemon.directory.name, daemon.log()[-1500:]))
            sys.exit(1)


if __name__ == "__main__":
    carry_out(Run, (200, 50))
