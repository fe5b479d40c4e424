"""What a fleet looks like from each of its machines: metrics, /readyz?verbose, STATUS, in each role."""
import os
import re
import signal
import time

import pytest

from conftest import DEMO, file_categories
from daemon import wait_for
from prometheus import Prometheus, metrics_port, needs_prometheus
from redis_server import RedisServer
from test_metrics import METRICS, samples
from test_systemd import Manager, no_wrapper, status_of

CATEGORY = "image_generation"
LABELS = '{category="%s"}' % CATEGORY
# A lease of 4 s: the shortest that a busy machine does not lose by itself.
FLEET = METRICS + ' upstream { cycle_timeout = 2 } redis { url = "%s" name = "%s" lease = 4 poll = 1 patience = 2 %s }'
HYDRATION = "interval = 30 ttl = 60 stale_ttl = 600 stale_if_error = 6000"


@pytest.fixture
def redis(tmp_path):
    with RedisServer(tmp_path / "redis", password="s3cret") as server:
        yield server


@pytest.fixture
def machine(make_daemon, redis):
    def start(name, more="", clock=0, **kwargs):
        daemon = make_daemon(file_categories(DEMO, [CATEGORY]), settings=FLEET % (redis.url(), name, more),
                             hydration=HYDRATION, **kwargs)
        daemon.move_clock(clock)
        return daemon.start()
    return start


def fleet(daemon):
    """What is told of it; {} of none."""
    return daemon.get("/readyz?verbose").json()["categories"][0].get("fleet", {})


def figure(daemon, name):
    return samples(daemon).get(name + LABELS)


def becomes(daemon, **wanted):
    seen = {}

    def is_so():
        seen.update(fleet(daemon))
        return wanted.items() <= seen.items()
    try:
        wait_for(is_so, str(wanted))
    finally:
        print(seen)
    return seen


def shows(daemon, name, value):
    wait_for(lambda: figure(daemon, name) == value, "%s %s, not %s" % (name, value, figure(daemon, name)))


def test_a_leader_and_a_follower(machine, redis):
    leader = machine("node-1")
    first = becomes(leader, role="leader", leader="node-1", up=True, error=None)
    follower = machine("node-2")
    second = becomes(follower, role="follower", leader="node-1", up=True, error=None)
    wait_for(lambda: fleet(follower)["generation"] == fleet(leader)["generation"] > 0, "the leader's snapshot")
    second = fleet(follower)
    for seen in first, second:
        assert abs(seen["since"] - time.time()) < 60 and abs(seen["seen"] - time.time()) < 60
        assert abs(seen["skew"]) < 2 and seen["refused"] == 0
    assert fleet(leader)["lag"] == 0 <= second["lag"] < 30
    for daemon, leads in (leader, 1), (follower, 0):
        shows(daemon, "fleet_leader", leads)
        values = samples(daemon)
        assert (values["redis_poll_seconds"], values["redis_lease_seconds"]) == (1, 4)
        assert values["redis_up" + LABELS] == 1
        assert values["fleet_alone" + LABELS] == 0
        assert values["fleet_refused_total" + LABELS] == 0
        assert values["redis_look_age_seconds" + LABELS] < 30
        assert abs(values["redis_clock_skew_seconds" + LABELS]) < 2
        assert values["fleet_generation" + LABELS] == fleet(daemon)["generation"]
        before = values["redis_commands_total" + LABELS]
        assert before > 0 and values["redis_errors_total" + LABELS] == 0
        wait_for(lambda: figure(daemon, "redis_commands_total") > before, "the next look")
    size = redis("STRLEN", "hydratord:{%s}:snapshot" % CATEGORY)
    assert figure(leader, "redis_sent_bytes_total") > size
    assert figure(follower, "redis_received_bytes_total") > size > figure(follower, "redis_sent_bytes_total")
    assert figure(leader, "fleet_lag_seconds") == 0 <= figure(follower, "fleet_lag_seconds") < 30


def test_who_joins_late_is_not_behind(machine):
    leader = machine("node-1")
    wait_for(lambda: fleet(leader)["generation"] > 0, "its snapshot")
    published = time.monotonic()
    wait_for(lambda: time.monotonic() > published + 2, "its age")
    follower = machine("node-2")
    becomes(follower, role="follower", generation=fleet(leader)["generation"])
    ago = re.search(r"as node-1 published it (\d+) ms ago", follower.log())
    assert 2000 <= int(ago.group(1)) and fleet(follower)["lag"] * 1000 <= int(ago.group(1)) - 1900


def test_who_cannot_reach_redis_is_alone_and_ready(machine, redis, tmp_path):
    daemon = machine("node-1")
    before = becomes(daemon, role="leader", up=True)
    redis.stop()
    seen = becomes(daemon, role="alone", up=False)
    assert seen["error"] and "s3cret" not in seen["error"]
    assert before["since"] <= seen["since"] <= time.time() and seen["seen"] is not None
    shows(daemon, "redis_up", 0)
    shows(daemon, "fleet_leader", 0)
    shows(daemon, "fleet_alone", 1)
    wait_for(lambda: figure(daemon, "redis_look_age_seconds") > 2, "the age of the last look to grow")
    assert figure(daemon, "redis_errors_total") > 0
    assert daemon.get("/readyz").status == 200
    redis.start()
    becomes(daemon, role="leader", up=True, error=None)
    shows(daemon, "redis_up", 1)
    shows(daemon, "fleet_alone", 0)


def test_who_never_met_redis_says_why(make_daemon, tmp_path):
    url = "unix://%s" % (tmp_path / "nobody")
    daemon = make_daemon(file_categories(DEMO, [CATEGORY]), settings=FLEET % (url, "node-1", ""), hydration=HYDRATION)
    daemon.start()
    seen = becomes(daemon, role="alone", up=False, leader=None, seen=None, generation=0, lag=0)
    assert seen["error"] and abs(seen["since"] - time.time()) < 60
    values = samples(daemon)
    assert values["redis_up" + LABELS] == values["fleet_leader" + LABELS] == 0
    assert "redis_look_age_seconds" + LABELS not in values
    assert daemon.get("/readyz").status == 200


def test_a_reload_joins_a_fleet_and_leaves_it(make_daemon, redis):
    daemon = make_daemon(file_categories(DEMO, [CATEGORY]), settings=METRICS, hydration=HYDRATION)
    alone = daemon.config.read_text()
    daemon.start()
    assert not fleet(daemon)
    daemon.config.write_text(alone + ' redis { url = "%s" name = "node-1" poll = 1 }' % redis.url())
    daemon.reload()
    becomes(daemon, role="leader", leader="node-1", up=True)
    daemon.config.write_text(alone)
    daemon.reload()
    wait_for(lambda: not fleet(daemon), "no word of it any more")
    assert not any(name.startswith("fleet_") for name in samples(daemon))
    wait_for(lambda: redis.clients() == [], "the end of its connection")
    assert redis("EXISTS", "hydratord:{%s}:lease" % CATEGORY) == 0, "it has left"


def test_a_snapshot_that_is_refused_is_counted(machine, redis):
    leader = machine("node-1")
    wait_for(lambda: fleet(leader)["generation"] > 0, "its snapshot")
    redis("SETRANGE", "hydratord:{%s}:snapshot" % CATEGORY, 1000, "spoiled")
    follower = machine("node-2")
    wait_for(lambda: figure(follower, "fleet_refused_total") > 0, "the refusal to be counted")
    assert fleet(follower)["refused"] == figure(follower, "fleet_refused_total")
    seen = becomes(follower, role="alone", up=True, generation=0, leader="node-1")
    shows(follower, "redis_up", 1)
    shows(follower, "fleet_alone", 1)
    leader.send(signal.SIGUSR1)  # what it publishes now can be taken
    assert becomes(follower, role="follower")["refused"] >= seen["refused"]
    shows(follower, "fleet_alone", 0)


@pytest.fixture
def manager(tmp_path):
    manager = Manager(tmp_path)
    yield manager
    manager.close()


@no_wrapper
def test_the_service_manager_is_told(machine, redis, manager):
    daemon = machine("node-1", env=manager.environment)
    becomes(daemon, role="leader", up=True)
    redis.stop()
    wait_for(lambda: re.fullmatch(r"1 categories served; Redis: .+ since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ for 1 of 1 "
                                  r"categories", status_of(manager) or ""), "STATUS")
    assert "s3cret" not in status_of(manager)
    redis.start()
    wait_for(lambda: status_of(manager) == "1 categories served", "STATUS without it")


@pytest.fixture
def watched(machine, tmp_path):
    """Starts machines and who watches them; returns a function that waits for an alert of one, or of all."""
    watchers = []

    def start(*daemons):
        watcher = Prometheus(tmp_path / "prometheus", *daemons).__enter__()
        watchers.append(watcher)
        wait_for(lambda: len(watcher.query("cache_hydrator_redis_up")) == len(daemons), "a scrape of each")
        wait_for(watcher.evaluated, "the rules")

        def fires(name, daemon=None):
            wanted = {"category": CATEGORY}
            if daemon:
                wanted["instance"] = "127.0.0.1:%d" % metrics_port(daemon)
            wait_for(lambda: [alert for alert in watcher.firing().get(name, []) if wanted.items() <= alert.items()], name)
        return watcher, fires

    yield start
    for watcher in watchers:
        watcher.__exit__()


@needs_prometheus
def test_alerts_of_a_machine(machine, redis, watched):
    first, second = machine("node-1"), machine("node-2")
    becomes(first, role="leader")
    becomes(second, role="follower")
    watcher, fires = watched(first, second)
    wait_for(lambda: watcher.firing() == {}, "silence")
    hydrator = second.child("hydrator " + CATEGORY)
    known = fleet(first)["generation"]
    os.kill(hydrator, signal.SIGSTOP)
    try:
        first.send(signal.SIGUSR1)
        wait_for(lambda: fleet(first)["generation"] > known, "a snapshot that the other does not take")
        published = time.monotonic()
        wait_for(lambda: time.monotonic() > published + 5.2, "five looks of the other")
    finally:
        os.kill(hydrator, signal.SIGCONT)
    fires("HydratordFleetLag", second)
    redis("SETRANGE", "hydratord:{%s}:snapshot" % CATEGORY, 1000, "spoiled")
    second.kill_child("hydrator " + CATEGORY)  # its successor looks what there is
    fires("HydratordFleetRefused", second)
    redis.stop()
    fires("HydratordRedisDown", first)
    fires("HydratordRedisDown", second)


@needs_prometheus
def test_alerts_of_a_fleet(machine, redis, watched):
    """The second machine has a fleet of its own, and a clock of its own."""
    first = machine("node-1")
    second = machine("node-2", 'prefix = "other"', clock=100)
    becomes(first, role="leader")
    becomes(second, role="leader")
    watcher, fires = watched(first, second)
    fires("HydratordFleetTwoLeaders")
    fires("HydratordRedisClock", second)
    assert set(watcher.firing()) == {"HydratordFleetTwoLeaders", "HydratordRedisClock"}
    stopped = [daemon.child("hydrator " + CATEGORY) for daemon in (first, second)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        fires("HydratordFleetWithoutLeader")
        wait_for(lambda: "HydratordFleetTwoLeaders" not in watcher.firing(), "the end of the other")
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def test_without_redis_nothing_of_it_is_shown(make_daemon):
    daemon = make_daemon(settings=METRICS).start()
    assert all("fleet" not in entry for entry in daemon.get("/readyz?verbose").json()["categories"])
    shown = {re.sub("{.*", "", name) for name in samples(daemon)}
    assert {name for name in shown if re.match("redis_|fleet_", name)} == {"redis_poll_seconds", "redis_lease_seconds"}
