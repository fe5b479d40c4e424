"""Several daemons on one Redis: one asks the upstreams, all give the same answers, whoever dies."""
import collections
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import pytest

from ctl import ctl
from daemon import descriptors, sleeps, wait_for
from fleet import CATEGORY, NEVER, RISK, STATISTICS, generation_of, key, make_fleet, skip_under_valgrind
from redis_server import RedisServer

__all__ = ["make_fleet"]
pytestmark = skip_under_valgrind
WORKERS = STATISTICS + "/with-stats?include_workers=true"
REFERENCE = "horde:model_ref"
# How much later than it should be something may be seen on a busy machine, in seconds.
SLACK = 5


def ages(members):
    return [int(member.get().headers["Age"]) for member in members]


def test_one_machine_fetches_for_five(make_fleet):
    fleet = make_fleet(size=5, interval=NEVER).start()
    assert fleet.stub.sets() == 1, "somebody else has fetched"
    for target in (STATISTICS, RISK, WORKERS, RISK + "?limit=3&offset=2", RISK + "?preset=missing_data"):
        assert fleet.same_answers(target), target
    assert fleet.members[4].get(RISK).headers["ETag"] == fleet.members[0].get(RISK).headers["ETag"]
    ids = fleet.redis("GET", key("lease")).decode().split("/")
    assert ids[0] == fleet.leader().name and int(ids[1]) == fleet.leader().hydrator()
    assert len(fleet.leader().logged("hydrated " + CATEGORY)) == 1
    assert not any(member.logged("hydrated " + CATEGORY) for member in fleet.followers())


def test_a_followers_age_is_that_of_the_documents(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER).start()
    for member in fleet.members:
        member.daemon.move_clock(500)
    wait_for(lambda: min(ages(fleet.members)) >= 500, "both to grow old")
    assert max(ages(fleet.members)) - min(ages(fleet.members)) <= 2
    late = fleet.followers()[0]
    late.daemon.stop()
    late.daemon.log_path.rename(late.daemon.directory / "log.before")
    late.daemon.start()  # it takes the value anew, or what it saved: 500 s old either way
    assert int(late.get().headers["Age"]) >= 500


def test_every_tick_reaches_every_machine(make_fleet):
    fleet = make_fleet(size=3, interval=2).start()
    first, began = fleet.settled() or fleet.wait_settled(), time.monotonic()
    fleet.wait_settled(at_least=first + 3)
    took = time.monotonic() - began
    assert took < 3 * fleet.interval + fleet.poll + SLACK
    # Those that are under way, and nothing that another has fetched.
    assert fleet.stub.sets() - first <= took / fleet.interval + 2
    leader = fleet.leader()
    wait_for(lambda: len(leader.logged("hydrated " + CATEGORY)) >= fleet.stub.sets(), "the leader to have fetched all")


def test_a_new_machine_begins_with_what_the_fleet_has(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER)
    fleet.start(fleet.members[:1])
    fleet.start(fleet.members[1:])
    assert fleet.wait_settled() == 1 and fleet.stub.sets() == 1
    assert fleet.same_answers(RISK)


def test_a_killed_leader_has_a_successor_within_its_lease(make_fleet):
    fleet = make_fleet(size=5, interval=4, lease=2, patience=60).start()
    seed = random.randrange(1 << 32)
    draw, began, before = random.Random(seed), time.monotonic(), fleet.stub.sets()
    for _ in range(4):
        instant = time.monotonic() + draw.random() * fleet.interval
        wait_for(lambda: time.monotonic() >= instant, "a random instant")
        lease, leader = fleet.redis("GET", key("lease")), fleet.leader()
        leader.kill()
        killed = time.monotonic()
        fleet.wait_leader(lease)
        took = time.monotonic() - killed
        assert took < fleet.lease + fleet.poll + SLACK, (seed, took)
    fleet.wait_settled(at_least=fleet.stub.sets())
    intervals = (time.monotonic() - began) / fleet.interval
    # A leader that dies between its fetch and its publication costs a set.
    assert fleet.stub.sets() - before <= intervals + 2, (seed, intervals)
    for member in fleet.members:
        assert not member.logged("alone|hydrates for itself"), member


def test_a_leader_that_was_stopped_over_its_lease_is_a_follower(make_fleet):
    fleet = make_fleet(size=2, interval=3, lease=4, patience=60).start()
    lease, leader = fleet.redis("GET", key("lease")), fleet.leader()
    pid = leader.kill(signal.SIGSTOP)
    heir = fleet.wait_leader(lease)
    assert heir is not leader
    newest = fleet.wait_settled([heir], at_least=fleet.stub.sets())
    value = fleet.redis("GET", key("generation"))
    os.kill(pid, signal.SIGCONT)
    fleet.wait_settled(at_least=newest)
    assert leader.hydrator() == pid, "it has died"
    # It follows, and writes nothing under its old token.
    assert fleet.redis("GET", key("generation")) >= value
    assert fleet.leader() is heir


def test_a_write_that_was_under_way_too_long_is_refused(make_fleet):
    """The leader's network holds its publication back until there is another leader: only the token is in its way."""
    fleet = make_fleet(size=2, interval=NEVER, lease=2, patience=600).start()
    lease, leader, before = fleet.redis("GET", key("lease")), fleet.leader(), fleet.settled()
    leader.proxy.mode("hold:HYDRATORD-FLT")
    leader.daemon.send(signal.SIGUSR1)
    wait_for(lambda: leader.generation() > before, "the leader to publish on its own machine")
    wait_for(lambda: leader.proxy.holds(b"HYDRATORD-FLT"), "its write to be under way")
    # The heir knows that a cycle has begun and nothing came of it, so it has one at once.
    heir = fleet.wait_leader(lease)
    wait_for(lambda: fleet.redis("GET", key("token")) in fleet.redis("GET", key("generation")), "the heir's value")
    newer = heir.generation()
    token, generation, value = (fleet.redis("GET", key(name)) for name in ("token", "generation", "snapshot"))
    leader.proxy.mode("ok")  # what was held arrives now
    wait_for(lambda: not leader.proxy.holds(b""), "the old write to arrive")
    fleet.wait_settled(at_least=newer)
    assert fleet.redis("GET", key("generation")) == generation and fleet.redis("GET", key("snapshot")) == value
    assert fleet.redis("GET", key("token")) == token
    assert fleet.same_answers(RISK)


def at_least(member, generation):
    found = member.generation()
    assert found >= generation, "its answers went back in time"
    return found


def test_a_leader_that_dies_before_its_write_has_not_gone_back(make_fleet):
    """Its machine has served what no other has: the fleet's older snapshot does not replace it."""
    fleet = make_fleet(size=2, interval=NEVER, lease=4, patience=600).start()
    leader = fleet.leader()
    leader.proxy.mode("hold:HYDRATORD-FLT")
    leader.daemon.send(signal.SIGUSR1)
    wait_for(lambda: leader.generation() == 2 and leader.proxy.holds(b"HYDRATORD-FLT"), "its write to be under way")
    leader.kill()
    leader.proxy.mode("refuse")  # what was under way is lost
    leader.proxy.mode("ok")
    wait_for(lambda: at_least(leader, 2) and fleet.settled(at_least=3), "a snapshot that is newer than both")


def test_a_leader_that_dies_in_the_middle_of_its_fetch_has_an_heir_who_fetches(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, lease=2, patience=600).start()
    lease, leader = fleet.redis("GET", key("lease")), fleet.leader()
    fleet.stub.mode("/" + leader.name, "hang")
    leader.daemon.send(signal.SIGUSR1)
    wait_for(lambda: fleet.stub.sets() == 2, "it to ask")
    leader.kill(signal.SIGSTOP)  # it is dead to all others
    assert fleet.wait_leader(lease) is not leader
    wait_for(lambda: fleet.leader().generation() == 3, "the set that was broken off")
    fleet.stub.mode("/" + leader.name, "ok")


def test_a_refresh_that_a_follower_is_asked_for_is_the_leaders(make_fleet):
    fleet = make_fleet(size=3, interval=NEVER).start()
    leader, follower = fleet.leader(), fleet.followers()[0]
    follower.daemon.send(signal.SIGUSR1)
    fleet.wait_settled(at_least=2)
    assert fleet.stub.sets() == 2
    assert len(leader.logged("hydrated " + CATEGORY)) == 2


def test_a_stop_gives_the_lease_up_at_once(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, lease=600, patience=NEVER).start()
    lease, leader = fleet.redis("GET", key("lease")), fleet.leader()
    assert leader.daemon.stop() == 0
    fleet.wait_leader(lease)
    assert fleet.stub.sets() == 1


def test_a_reload_keeps_the_fleet_in_step(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, lease=600, patience=NEVER).start()
    for member in fleet.members:
        member.daemon.reload()
    wait_for(fleet.holder, "a leader")
    fleet.wait_settled()
    assert fleet.same_answers(RISK)


def test_a_retry_after_binds_the_next_leader(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, lease=2, patience=NEVER).start()
    fleet.stub.mode("*", "503:3000")
    lease, leader = fleet.redis("GET", key("lease")), fleet.leader()
    leader.daemon.send(signal.SIGUSR1)
    wait_for(lambda: leader.logged("HTTP status 503"), "the upstream to be asked")
    wait_for(lambda: fleet.redis("EXISTS", key("hosts")), "the floors to be told")
    asked = sum(fleet.stub.counts().values())
    leader.kill(signal.SIGSTOP)
    heir = fleet.wait_leader(lease)
    heir.daemon.send(signal.SIGUSR1)
    wait_for(lambda: heir.logged("asked for|Retry-After|not before"), "the heir to say why it does not ask")
    assert sum(fleet.stub.counts().values()) == asked


def test_a_leader_that_cannot_fetch_lets_another_lead(make_fleet):
    """Its way to the upstream alone is broken."""
    fleet = make_fleet(size=2, interval=2, patience=NEVER, lease=20).start()
    leader, newest = fleet.leader(), fleet.settled() or fleet.wait_settled()
    fleet.stub.mode("/" + leader.name, "404")  # no breaker opens: each tick is tried
    wait_for(lambda: leader.logged("cycles in a row have failed"), "it to give the lead up")
    wait_for(lambda: fleet.holder() not in ("", leader.name), "another leader")
    fleet.wait_settled(at_least=newest + 2)
    fleet.stub.mode("/" + leader.name, "ok")


def test_a_stop_does_not_wait_for_redis(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, patience=NEVER).start()
    fleet.redis.signal(signal.SIGSTOP)
    for member in fleet.members:
        began = time.monotonic()
        assert member.daemon.stop() == 0
        assert time.monotonic() - began < 3, "it has waited: a command has 5 s, a connection 2"
    fleet.redis.signal(signal.SIGCONT)


def test_an_order_to_accept_is_for_the_leader(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER).start()
    daemon = fleet.followers()[0].daemon
    said = ctl(daemon, "refresh", "--accept-smaller", "--yes", CATEGORY)
    assert said.rc == 1 and "%s leads %s: accept it there" % (fleet.leader(), CATEGORY) in said.err


# Not longer ago than a machine that was just booted is up: its clocks count from there.
@pytest.mark.parametrize("wrong", [-60, 60])
def test_a_wrong_clock_is_told_and_ages_stay_true(make_fleet, wrong):
    fleet = make_fleet(size=2, interval=NEVER)
    fleet.start(fleet.members[:1])
    follower = fleet.members[1]
    follower.daemon.move_clock(wrong)
    fleet.start([follower])
    wait_for(lambda: follower.logged("the clock of Redis is .* that of this machine"), "a warning")
    assert not fleet.leader().logged("the clock of Redis is")
    assert abs(follower.metric("redis_clock_skew_seconds") + wrong) < 10
    assert max(ages(fleet.members)) < 30
    # Where the clock is behind, Last-Modified may not be later than Date (RFC 9110, section 8.8.2.1).
    assert len({(answer.body, answer.headers["ETag"]) for answer in (each.get(RISK) for each in fleet.members)}) == 1


def reference_keys(redis):
    return [name for name in redis.keys() if name.startswith(REFERENCE)]


def ask_redis_cli(redis, *words):
    """By the real program where there is one: what an operator would see."""
    if shutil.which("redis-cli") is None:
        pytest.skip("redis-cli is missing (Debian: redis-tools)")
    return subprocess.run(["redis-cli", "-s", redis.socket, "--raw", *words], check=True, capture_output=True).stdout[:-1]


TEXT = "/model_references/statistics/text_generation"
GROUPED, VARIATIONS = "?group_text_models=true", "?include_backend_variations=true"
SERVED = {
    "deletion_risk:image_generation:grouped=false": RISK,
    "deletion_risk:image_generation:grouped=true": RISK + GROUPED,
    "deletion_risk:image_generation:grouped=false:variations=true": RISK + VARIATIONS,
    "stats:image_generation:grouped=false": STATISTICS,
    "stats:image_generation:grouped=true": STATISTICS + GROUPED,
    "deletion_risk:text_generation:grouped=false": TEXT + "/deletion-risk",
    "deletion_risk:text_generation:grouped=true": TEXT + "/deletion-risk" + GROUPED,
    "deletion_risk:text_generation:grouped=false:variations=true": TEXT + "/deletion-risk" + VARIATIONS,
    "stats:text_generation:grouped=false": TEXT,
    "stats:text_generation:grouped=true": TEXT + GROUPED,
}


def test_the_python_service_finds_its_keys(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, options="reference_ttl = 1234",
                       categories=("image_generation", "text_generation")).start()
    names = sorted("%s:%s" % (REFERENCE, name) for name in SERVED)
    wait_for(lambda: set(reference_keys(fleet.redis)) >= set(names), "the keys")
    assert reference_keys(fleet.redis) == names, "others than these"
    for name, target in SERVED.items():
        wait_for(lambda: fleet.same_answers(target), "both machines to have it")
        body = ask_redis_cli(fleet.redis, "GET", "%s:%s" % (REFERENCE, name))
        assert body == fleet.members[1].get(target).body and json.loads(body), name
        assert 1100 < int(ask_redis_cli(fleet.redis, "TTL", "%s:%s" % (REFERENCE, name))) <= 1234


def test_each_category_has_a_leader_of_its_own(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, lease=2, patience=NEVER,
                       categories=("image_generation", "text_generation")).start()
    wait_for(lambda: fleet.redis("EXISTS", key("lease", "text_generation")), "a leader of text")
    leader, text = fleet.leader(), fleet.redis("GET", key("lease", "text_generation"))
    lease = fleet.redis("GET", key("lease"))
    leader.kill(signal.SIGSTOP)  # the hydrator of images
    assert fleet.wait_leader(lease) is not leader
    assert fleet.redis("GET", key("lease", "text_generation")) == text
    assert fleet.same_answers(TEXT)


def test_the_python_services_keys_are_off_by_an_option(make_fleet):
    fleet = make_fleet(size=1, interval=NEVER, options='reference_prefix = ""').start()
    wait_for(lambda: fleet.redis("EXISTS", key("snapshot")), "the value")
    fleet.members[0].daemon.send(signal.SIGUSR1)
    fleet.wait_settled(at_least=2)
    wait_for(lambda: fleet.redis("GET", key("generation")).endswith(b":2"), "the next value")
    assert all(name.startswith("hydratord:{%s}:" % CATEGORY) for name in fleet.redis.keys())


def machinery(daemon):
    """What a hydrator has beside memory: threads, and descriptors by kind; TCP sockets by their state."""
    pid = wait_for(lambda: daemon.child("hydrator " + CATEGORY), "a hydrator")
    wait_for(lambda: sleeps(pid), "it to have nothing to do")
    open_now = descriptors(pid)
    tcp = {line.split()[9] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]}
    kinds = collections.Counter("tcp" if name.startswith("socket:[") and name[8:-1] in tcp else
                                re.sub("[0-9]+", "", name) for name in open_now)
    return len(os.listdir("/proc/%d/task" % pid)), kinds


def test_without_the_option_nothing_of_it_exists(make_daemon, tmp_path):
    """Neither a connection, nor a thread, nor a descriptor."""
    with RedisServer(tmp_path / "redis") as redis:
        settings = 'redis { %s prefix = "p" name = "n" lease = 300 poll = 1 patience = 5 }'
        without, named, fleet = (make_daemon(settings=text).start() for text in (
            "", settings % "", settings % ('url = "%s"' % redis.url())))
        connections = redis.info("stats")["total_connections_received"]
        assert {client["laddr"] for client in redis.clients()} == {"127.0.0.1:%d" % redis.port}
        assert fleet.stop() == 0
        assert redis.clients() == []
        threads, kinds = machinery(without)
        assert threads == 1 and kinds["tcp"] == 0 and not any("eventfd" in kind for kind in kinds), kinds
        assert machinery(named) == (threads, kinds)
        # Only this test has connected since.
        assert redis.info("stats")["total_connections_received"] - connections <= 4


def test_generations_are_told_apart(make_fleet):
    """What the other tests rely on."""
    fleet = make_fleet(size=1, interval=NEVER).start()
    answer = fleet.members[0].get()
    assert generation_of(answer) == 1 and fleet.members[0].get(RISK).json()["models"]
