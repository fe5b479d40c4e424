"""Machines of one fleet that are not alike."""
import re

from conftest import file_categories
from daemon import wait_for
from fleet import CATEGORY, STATISTICS, key
from redis_server import RedisServer
from test_growth import METRICS, metric, set_segment, write_documents

REDIS = 'redis { url = "%s" name = "%s" lease = 6 poll = 1 patience = 20 %s }\n'


def lines(daemon, pattern):
    return [line for line in daemon.log().splitlines() if re.search(pattern, line)]


def make_machine(make_daemon, documents, redis, name, segment="", settings="", options="", interval=300):
    text = METRICS + REDIS % (redis.url("unix"), name, options)
    daemon = make_daemon({CATEGORY: file_categories(documents)[CATEGORY]}, "file://%s" % documents,
                         settings=text + "upstream { cycle_timeout = 5 timeout = 5 } " + settings,
                         hydration="interval = %d ttl = 600 jitter = 0.0" % interval)
    if segment:
        set_segment(daemon, segment)
    return daemon


def served(daemon):
    answer = daemon.get(STATISTICS)
    return (answer.body, answer.headers["ETag"]) if answer.status == 200 else None


def test_a_follower_grows_for_what_the_leader_has(make_daemon, tmp_path):
    documents = write_documents(tmp_path / "documents", 800)
    with RedisServer(tmp_path / "redis") as redis:
        leader = make_machine(make_daemon, documents, redis, "large").start()
        wait_for(lambda: redis("EXISTS", key("snapshot")), "the snapshot")
        grows = make_machine(make_daemon, documents, redis, "grows", 'capacity = "512K" max = "64M"').start(wait=False)
        small = make_machine(make_daemon, documents, redis, "small", 'capacity = "512K" max = "512K"').start(wait=False)
        wait_for(lambda: lines(grows, "the segment has grown"), "the growth")
        wait_for(lambda: served(grows) == served(leader), "the same answers")
        wait_for(lambda: lines(small, "what the fleet has is not taken"), "the refusal")
        assert not lines(grows, "error") and len(lines(grows, "the segment has grown")) == 1
        for daemon in (leader, grows, small):
            assert daemon.stop() == 0


def test_a_machine_without_room_does_not_lead_for_ever(make_daemon, tmp_path):
    documents = write_documents(tmp_path / "documents", 800)
    with RedisServer(tmp_path / "redis") as redis:
        small = make_machine(make_daemon, documents, redis, "small", 'capacity = "512K" max = "512K"', interval=2)
        small.start(wait=False)
        wait_for(lambda: (redis("GET", key("lease")) or b"").startswith(b"small/"), "the lease")
        large = make_machine(make_daemon, documents, redis, "large", interval=2).start()
        wait_for(lambda: redis("EXISTS", key("snapshot")), "another leader")
        assert served(large)
        assert lines(small, "3 cycles in a row have failed: others may lead")
        for daemon in (large, small):
            assert daemon.stop() == 0


def test_another_section_analysis_is_told_once(make_daemon, tmp_path):
    documents = write_documents(tmp_path / "documents", 40)
    with RedisServer(tmp_path / "redis") as redis:
        first = make_machine(make_daemon, documents, redis, "first").start()
        other = make_machine(make_daemon, documents, redis, "other",
                             settings='analysis { low_usage_percent = 0.5 preferred_hosts = { "example.org" } }').start()
        like = make_machine(make_daemon, documents, redis, "like").start()
        pattern = "warning.* section analysis of first, who leads, is another one"
        wait_for(lambda: lines(other, pattern), "the warning")
        assert served(other) == served(first)
        commands = metric(other, "redis_commands_total", CATEGORY)
        wait_for(lambda: metric(other, "redis_commands_total", CATEGORY) > commands + 2, "more looks")
        assert len(lines(other, pattern)) == 1 and not lines(like, "is another one")
        like.stop()
        other.stop()
        first.stop()


def test_which_redis_fails_is_told(make_daemon, tmp_path):
    documents = write_documents(tmp_path / "documents", 40)
    with RedisServer(tmp_path / "redis") as redis:
        daemon = make_machine(make_daemon, documents, redis, "one").start()
        redis.stop()
        wait_for(lambda: lines(daemon, r"warning: %s: Redis fails: .* \(unix://%s\)$" % (CATEGORY, redis.socket)),
                 "the warning")
        wait_for(lambda: lines(daemon, "this machine leads no more"), "the end of the lease")
        wait_for(lambda: metric(daemon, "fleet_leader", CATEGORY) == 0, "the metric")
        assert not lines(daemon, "one leads")
        daemon.stop()
