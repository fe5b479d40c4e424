"""A fleet on one machine: daemons with their own ports, segments and state that share a Redis.

    fleet = Fleet(tmp_path, make_daemon, size=3, interval=3)
    fleet.start()
    fleet.wait_settled()                  # all serve the same generation
    leader = fleet.leader()               # a Member; fleet.followers() are the others

Each set of documents that the upstream gives out is another generation: it counts the requests
for a document, and puts that number into it. So an answer tells of which set it is
(generation_of()), and stub.count("image_generation") is how many sets were fetched.
Each member reaches Redis by a proxy of its own (redis_proxy.py), and the upstream by a path of its own.
"""
import json
import os
import pathlib
import re
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "stress"))
from chaos_world import MARK, templates  # noqa: E402
from daemon import WRAPPER, process_alive, wait_for  # noqa: E402
from redis_proxy import RedisProxy  # noqa: E402
from redis_server import RedisServer  # noqa: E402
from stub_upstream import StubUpstream  # noqa: E402
from test_metrics import METRICS, samples  # noqa: E402

CATEGORY = "image_generation"
STATISTICS = "/model_references/statistics/" + CATEGORY
RISK = STATISTICS + "/deletion-risk"
# Of an answer's head what must be the same on every machine.
VALIDATORS = ("ETag", "Last-Modified")
PREFIX = "hydratord"
NEVER = 86400  # seconds: an interval of which a test sees no second tick
HYDRATION = "interval = %d ttl = %d stale_ttl = %d stale_if_error = %d jitter = 0.0"
# Under valgrind the daemon is slower than a lease.
skip_under_valgrind = pytest.mark.skipif(bool(WRAPPER), reason="several daemons against the clock")


def key(name, category=CATEGORY):
    return "%s:{%s}:%s" % (PREFIX, category, name)


def generation_of(answer):
    """Which set of documents a statistics answer is of."""
    tags = {tag["tag"] for tag in answer.json()["top_tags"]}
    assert len(tags) == 1, tags
    return int(tags.pop().removeprefix("generation_"))


class Documents(StubUpstream):
    """The upstream of a fleet."""

    def __init__(self, directory):
        directory.mkdir(parents=True)
        for name, text in templates().items():
            (directory / (name + ".json")).write_text(text)
        super().__init__(directory)
        self.rewrite = self.mark

    def mark(self, name, text):
        text = text.replace(str(MARK).encode(), str(self.count(name)).encode())
        return text.replace(b'"a baseline"', b'"stable_diffusion_xl"')

    def sets(self):
        """How many sets were fetched; one that was broken off counts."""
        return max(self.count(name) for name in (CATEGORY, "status_image", "stats_image", "workers"))


class Member:
    """One machine."""

    def __init__(self, name, daemon, proxy):
        self.name, self.daemon, self.proxy = name, daemon, proxy

    def __repr__(self):
        return self.name

    def hydrator(self):
        return self.daemon.child("hydrator " + CATEGORY)

    def get(self, target=STATISTICS):
        return self.daemon.get(target)

    def generation(self):
        """Of what it serves, or 0."""
        answer = self.get()
        return generation_of(answer) if answer.status == 200 else 0

    def metric(self, name):
        return samples(self.daemon)[name + '{category="%s"}' % CATEGORY]

    def ready(self):
        """What /readyz?verbose says of the fleet."""
        categories = json.loads(self.get("/readyz?verbose").body)["categories"]
        return next(each for each in categories if each["category"] == CATEGORY)["fleet"]

    def kill(self, number=signal.SIGKILL):
        """Its hydrator. One that is killed is dead then: else it may still take the lease."""
        pid = wait_for(self.hydrator, "a hydrator of " + self.name)
        os.kill(pid, number)
        if number == signal.SIGKILL:
            wait_for(lambda: not process_alive(pid), "its death")
        return pid

    def logged(self, pattern):
        return re.findall(pattern, self.daemon.log())


class Fleet:
    def __init__(self, directory, make_daemon, size=3, interval=3, lease=3, poll=1, patience=5, kind="redis",
                 options="", settings="", documents=Documents, categories=(CATEGORY,), **server):
        directory = pathlib.Path(directory)
        self.interval, self.lease, self.poll, self.patience = interval, lease, poll, patience
        self.redis = RedisServer(directory / "redis", **server)
        self.stub = documents(directory / "documents")
        self.members = []
        for number in range(size):
            name = "m%d" % number
            proxy = RedisProxy(self.redis.port)
            url = self.redis.url(kind)
            if kind == "redis":
                url = url.replace(":%d" % self.redis.port, ":%d" % proxy.port)
            text = 'redis { url = "%s" name = "%s" lease = %d poll = %d patience = %d %s }\n' % (
                url, name, lease, poll, patience, options)
            text += METRICS + " upstream { timeout = 1 cycle_timeout = %d }\n" % (lease - 1)
            # A hydrator that a test stops is not to be killed for it.
            text += "supervisor { hang_timeout = 600 } %s\n" % settings
            # So a test can fail the upstream of one machine alone: stub.mode("/m0", "500").
            reference = {category: [self.stub.reference(category, "/" + name)] for category in categories}
            daemon = make_daemon(reference, self.stub.url + "/" + name, settings=text,
                                 hydration=HYDRATION % (interval, 2 * NEVER, 2 * NEVER, 2 * NEVER))
            self.members.append(Member(name, daemon, proxy))

    def close(self):
        """After the daemons."""
        for member in self.members:
            member.proxy.close()
        self.stub.stop()
        self.redis.close()

    def start(self, members=None, wait=True):
        for member in members or self.members:
            member.daemon.start(wait=False)
        if wait:
            self.wait_settled(members)
        return self

    def holder(self):
        """Who has the lease: a name, "" for nobody."""
        return (self.redis("GET", key("lease")) or b"").decode().partition("/")[0]

    def leader(self):
        name = wait_for(self.holder, "a leader")
        return next(member for member in self.members if member.name == name)

    def followers(self):
        leader = self.leader()
        return [member for member in self.members if member is not leader]

    def wait_leader(self, other_than):
        """A leader with another id than that one, which is what the lease was."""
        return wait_for(lambda: self.redis("GET", key("lease")) not in (None, other_than) and self.leader(),
                        "another leader")

    def generations(self, members=None):
        return [member.generation() for member in members or self.members]

    def settled(self, members=None, at_least=1):
        """The one generation that all serve, or 0."""
        found = set(self.generations(members))
        return found.pop() if len(found) == 1 and min(found) >= at_least else 0

    def wait_settled(self, members=None, at_least=1):
        return wait_for(lambda: self.settled(members, at_least), "one generation everywhere, %d or later" % at_least)

    def same_answers(self, target, members=None):
        """Whether every machine gives the same bytes and validators, of one moment."""
        answers = [member.get(target) for member in members or self.members]
        return {answer.status for answer in answers} == {200} and len({
            (answer.body, *(answer.headers[name] for name in VALIDATORS)) for answer in answers}) == 1


@pytest.fixture
def make_fleet(make_daemon, tmp_path):
    """Fleets that are ended with the test: daemons first, each checked, then what they speak to."""
    fleets = []

    def make(**kwargs):
        fleets.append(Fleet(tmp_path / ("fleet%d" % len(fleets)), make_daemon, **kwargs))
        return fleets[-1]

    yield make
    for fleet in fleets:
        for member in fleet.members:
            member.proxy.mode("ok")
            pid = member.hydrator() if member.daemon.process else None
            if pid and process_alive(pid):
                os.kill(pid, signal.SIGCONT)
            member.daemon.stop()
        fleet.close()
