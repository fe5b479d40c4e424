"""Each fault of Redis, and of the way to it, x (leader, follower): log line, metric, answer, recovery.

A case is two machines, each behind a proxy of its own, and one Redis. Cases run side by side, because
most of their time is waiting.
"""
import collections
import concurrent.futures
import contextlib
import re
import signal
import threading

import pytest

from daemon import Daemon, wait_for
from fleet import RISK, Fleet, key, make_fleet, skip_under_valgrind
from redis_server import RedisServer

__all__ = ["make_fleet"]
pytestmark = skip_under_valgrind
LEADER, FOLLOWER, BOTH = "leader", "follower", "both"
INTERVAL, LEASE, PATIENCE = 3, 2, 2

SILENT = "no answer|timed out|in time"
ENDED = "closed|reset|ended|refused|[Cc]onnect"
# A fault: its name, what one line of each machine that meets it says, whether Redis counts as up
# there, and who meets it, where that is not everybody it is done to.
Fault = collections.namedtuple("Fault", "name log up meets", defaults=(0, None))
# Of the way of one machine: modes of its proxy.
WAYS = (
    Fault("refuse", ENDED),
    Fault("hole", SILENT),
    Fault("swallow", SILENT),
    Fault("late:20", SILENT),
    Fault("cut:0", ENDED),
    Fault("cut:20", ENDED),
    Fault("garbage", "[Pp]rotocol"),
    Fault("late:0.1", None, 1),
    Fault("drip", None, 1),
)
# Of the server, so for both machines.
SERVER = (
    Fault("down", ENDED),
    Fault("hung", SILENT),
    Fault("full", "OOM", 0, LEADER),  # followers only read, and its lease is no larger than before
    Fault("read-only", "READONLY"),
    Fault("wrong password", "WRONGPASS|NOAUTH"),
    Fault("restarted empty", None, 1),
    Fault("flushed", None, 1),
    Fault("failed over", None, 1),
)
making = threading.Lock()


@contextlib.contextmanager
def case(directory, **kwargs):
    """A fleet in a thread of its own, outside of the fixtures."""
    daemons = []

    def make(*arguments, **settings):
        with making:  # daemons are numbered
            daemons.append(Daemon(directory / ("daemon%d" % len(daemons)), *arguments, **settings))
        return daemons[-1]

    fleet = Fleet(directory, make, **{"size": 2, "interval": INTERVAL, "lease": LEASE, "patience": PATIENCE, **kwargs})
    try:
        try:
            yield fleet.start()
        finally:
            for member in fleet.members:
                member.proxy.mode("ok")
            ended = [daemon.stop() for daemon in daemons]
        assert set(ended) == {0}
    finally:
        fleet.close()


def lines(member, pattern):
    return [line for line in member.daemon.log().splitlines()
            if re.search("warning|error", line) and re.search("Redis|what the fleet has", line)
            and re.search(pattern, line)]


class Watch:
    """What a machine that meets a fault says, shows and serves, from now on."""

    def __init__(self, member, fault):
        self.member, self.fault = member, fault
        self.told = len(lines(member, fault.log)) if fault.log else 0
        self.before = member.generation()

    def await_told(self):
        wait_for(lambda: len(lines(self.member, self.fault.log)) > self.told, "a line about " + self.fault.name)
        wait_for(lambda: self.member.metric("redis_up") == self.fault.up, "the metric")

    def await_served(self):
        """It goes on, by itself or with the others: what it serves is refreshed."""
        wait_for(lambda: self.member.generation() > self.before, "a refresh during " + self.fault.name)

    def check_told_once(self):
        found = lines(self.member, self.fault.log)[self.told:]
        assert len(found) == 1, found


def check_together_again(fleet):
    for member in fleet.members:
        wait_for(lambda: member.metric("redis_up") == 1, "%s to be back" % member)
    newest = max(fleet.generations())
    fleet.wait_settled(at_least=newest + 1)
    wait_for(lambda: fleet.same_answers(RISK), "the same answers")
    wait_for(lambda: sum(member.metric("fleet_leader") for member in fleet.members) == 1, "one leader")


def run_way(directory, fault, role):
    # Where nothing is to be told, a busy machine is not to be told of either.
    with case(directory, patience=20 if fault.up else PATIENCE) as fleet:
        member = fleet.leader() if role == LEADER else fleet.followers()[0]
        other = next(each for each in fleet.members if each is not member)
        watches = [Watch(each, fault) for each in fleet.members]
        member.proxy.mode(fault.name)
        mine = watches[fleet.members.index(member)]
        if not fault.up:
            mine.await_told()
            wait_for(lambda: fleet.holder() == other.name, "the other to lead")
        for watch in watches:
            watch.await_served()
        if fault.up:
            assert member.metric("redis_up") == 1 and not lines(member, "")
        else:
            mine.check_told_once()
        member.proxy.mode("ok")
        check_together_again(fleet)


class Breakage:
    """The faults of a server and their ends."""

    def __init__(self, fleet, directory):
        self.fleet, self.redis, self.directory = fleet, fleet.redis, directory

    def down(self):
        self.redis.stop()
        yield
        self.redis.start()

    def hung(self):
        self.redis.signal(signal.SIGSTOP)
        yield
        self.redis.signal(signal.SIGCONT)

    def full(self):
        self.redis("CONFIG", "SET", "maxmemory", 1)
        yield
        self.redis("CONFIG", "SET", "maxmemory", 0)

    def read_only(self):
        """As a replica whose master is gone."""
        self.redis("REPLICAOF", "127.0.0.1", 1)
        yield
        self.redis("REPLICAOF", "NO", "ONE")

    def wrong_password(self):
        was, now = self.redis.password, "another"
        self.redis("CONFIG", "SET", "requirepass", now)
        self.redis.password = now
        self.redis("CLIENT", "KILL", "TYPE", "normal")
        yield
        self.redis("CONFIG", "SET", "requirepass", was)
        self.redis.password = was

    def restarted_empty(self):
        self.redis.stop()
        self.redis.start()
        yield

    def flushed(self):
        """As if all was evicted."""
        self.redis("FLUSHALL")
        yield

    def failed_over(self):
        """The replica that takes over lacks the last writes."""
        replica = RedisServer(self.directory / "replica", password=self.redis.password)
        try:
            replica("REPLICAOF", "127.0.0.1", self.redis.port)
            wait_for(lambda: replica("EXISTS", key("snapshot")), "the replica to have what there is")
            wait_for(lambda: replica.info("replication")["master_link_status"] == "up", "the replica")
            token = int(replica("GET", key("token")))
            self.redis.stop()
            replica("REPLICAOF", "NO", "ONE")
            for member in self.fleet.members:
                member.proxy.target = replica.port
            yield
            assert int(replica("GET", key("token"))) >= token
            wait_for(lambda: self.fleet.settled(), "all to go on there")
        finally:
            self.redis.start()
            for member in self.fleet.members:
                member.proxy.target = self.redis.port
                member.proxy.cut()
            replica.close()


def run_server(directory, fault, _):
    with case(directory, password="secret") as fleet:
        watches = [Watch(member, fault) for member in fleet.members]
        leader = fleet.leader()
        breakage = getattr(Breakage(fleet, directory), re.sub("[ -]", "_", fault.name))()
        next(breakage)
        telling = [watch for watch in watches if fault.log and (fault.meets is None or watch.member is leader)]
        for watch in telling:
            watch.await_told()
        for watch in watches:
            watch.await_served()
        for watch in telling:
            watch.check_told_once()
        next(breakage, None)
        check_together_again(fleet)


def tampered(value, at, new):
    return value[:at] + new + value[at + len(new):]


def run_value(directory, fault, role):
    """A value that must not be taken: refused with one line; the machine hydrates for itself."""
    with case(directory, lease=30) as fleet:
        leader, follower = fleet.leader(), fleet.followers()[0]
        # From now on what the leader publishes does not arrive; it stays the leader.
        leader.proxy.mode("hold:HYDRATORD-FLT")
        value, generation = fleet.redis("GET", key("snapshot")), fleet.redis("GET", key("generation")).decode()
        bad = {"version": tampered(value, 14, b"9"), "checksum": tampered(value, len(value) - 5, b"\0\1\2\3"),
               "cut short": value[:-7], "empty": b"", "another thing": b"{}"}[fault.name]
        watch = Watch(follower, fault)
        token, _, seq = generation.partition(":")
        fleet.redis("SET", key("snapshot"), bad)
        fleet.redis("SET", key("generation"), "%s:%d" % (token, int(seq) + 1000))
        watch.await_told()
        watch.await_served()
        watch.check_told_once()
        assert follower.metric("fleet_refused_total") >= 1
        # A leader of another token follows, whose publications arrive.
        leader.proxy.mode("ok")
        leader.kill()
        fleet.redis("DEL", key("lease"))
        check_together_again(fleet)


VALUES = (
    Fault("version", "another version", 1),
    Fault("checksum", "checksum", 1),
    Fault("cut short", "truncated", 1),
    Fault("empty", "not there", 1),
    Fault("another thing", "truncated", 1),
)
TABLE = ([(run_way, fault, role) for fault in WAYS for role in (LEADER, FOLLOWER)]
         + [(run_server, fault, BOTH) for fault in SERVER] + [(run_value, fault, FOLLOWER) for fault in VALUES])


def name_of(row):
    return "%s-%s" % (re.sub("[^a-z0-9]+", "-", row[1].name), row[2])


@pytest.fixture(scope="module")
def cases(request, tmp_path_factory):
    """Row -> future of its case, of all rows that pytest was asked for."""
    rows = [item.callspec.params["row"] for item in request.session.items
            if getattr(item, "originalname", None) == "test_fault" and item.module is request.module]
    pool = concurrent.futures.ThreadPoolExecutor(4)
    yield {row: pool.submit(row[0], tmp_path_factory.mktemp(name_of(row)), *row[1:]) for row in rows}
    pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_fault(cases, row, tmp_path):
    case = cases.pop(row, None)
    if case is None:  # a second look at a failed one
        row[0](tmp_path, *row[1:])
    else:
        case.result()


def test_cut_in_two(make_fleet):
    """Two reach Redis, two do not: the leader was one of these."""
    fleet = make_fleet(size=4, interval=INTERVAL, lease=LEASE, patience=PATIENCE).start()
    leader = fleet.leader()
    cut_off = [leader, fleet.followers()[0]]
    others = [member for member in fleet.members if member not in cut_off]
    before, sets = max(fleet.generations()), fleet.stub.sets()
    for member in cut_off:
        member.proxy.mode("hole")
    wait_for(lambda: fleet.holder() in {member.name for member in others}, "a leader on the good side")
    fleet.wait_settled(others, at_least=before + 3)
    for member in cut_off:
        wait_for(lambda: member.generation() > before, "%s to hydrate for itself" % member)
    assert [member.metric("fleet_leader") for member in cut_off] == [0, 0]
    alone = fleet.stub.sets()
    for member in cut_off:
        member.proxy.mode("ok")
    check_together_again(fleet)
    assert alone > sets

