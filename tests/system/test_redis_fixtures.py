"""The server and the proxy of the fleet's tests do what they say, to a client that is not ours."""
import signal
import socket
import subprocess
import threading

import pytest

from daemon import wait_for
from proxy import tool
from redis_proxy import RedisProxy
from redis_server import RedisClient, RedisError, RedisServer
from stub_tls import OPENSSL, Authority

IMPATIENT = 0.3  # seconds: what does not come in these does not come


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    with RedisServer(tmp_path_factory.mktemp("redis"), password="pass word",
                     users=["guest on >guess ~seen:* +get"]) as server:
        yield server


@pytest.fixture
def proxy(redis):
    redis("SET", "key", "value")
    with RedisProxy(redis.port) as between:
        yield between


def client(port, timeout=10):
    made = RedisClient(socket.create_connection(("127.0.0.1", port)))
    made.socket.settimeout(timeout)
    return made


def logged_in(port):
    made = client(port)
    assert made("AUTH", "pass word") == b"OK"
    return made


def test_replies(redis):
    assert redis("SET", "key", b"\r\n\0") == b"OK" and redis("GET", "key") == b"\r\n\0"
    assert redis("GET", "nothing") is None and redis("STRLEN", "key") == 3
    assert redis("MGET", "key", "nothing") == [b"\r\n\0", None]
    with pytest.raises(RedisError, match="WRONGTYPE|ERR"):
        redis("INCR", "key")
    redis("DEL", "key")
    assert redis.keys() == [] and redis.clients() == [] and redis.info("memory")["maxmemory"] == 0


def test_passwords_and_users(redis):
    with pytest.raises(RedisError, match="NOAUTH"):
        client(redis.port)("GET", "key")
    guest = client(redis.port)
    assert guest("AUTH", "guest", "guess") == b"OK" and guest("GET", "seen:x") is None
    with pytest.raises(RedisError, match="NOPERM"):
        guest("GET", "unseen")
    assert len(redis.clients()) == 1
    guest.close()
    assert redis.url() == "redis://:pass word@127.0.0.1:%d" % redis.port


@pytest.mark.skipif(OPENSSL is None, reason="openssl is missing (Debian: openssl)")
def test_tls(tmp_path):
    with RedisServer(tmp_path / "redis", tls=Authority(tmp_path / "authority")) as redis:
        answer = subprocess.run([tool("redis-cli", "redis-tools"), "-p", str(redis.tls_port), "--tls", "--cacert",
                                 redis.tls.ca_file, "PING"], capture_output=True, check=True)
        assert answer.stdout == b"PONG\n"


def test_a_server_comes_back_with_nothing_where_it_was(tmp_path):
    with RedisServer(tmp_path / "redis") as redis:
        port, pid = redis.port, redis.process.pid
        redis("SET", "key", "value")
        redis.stop()
        with pytest.raises(OSError):
            client(port)
        redis.start()
        assert redis("GET", "key") is None and redis.port == port and redis.process.pid != pid
        redis.signal(signal.SIGSTOP)
        hung = client(redis.port, IMPATIENT)
        with pytest.raises(TimeoutError):
            hung("PING")
        redis.signal(signal.SIGCONT)


def test_a_good_way_and_a_cut_one(redis, proxy):
    connection = logged_in(proxy.port)
    assert connection("GET", "key") == b"value" and proxy.accepted == 1 and proxy.down > 5 and proxy.up > 5
    proxy.cut()
    with pytest.raises((OSError, EOFError)):
        connection("GET", "key")
    another = logged_in(proxy.port)
    assert another("GET", "key") == b"value"
    wait_for(lambda: len(redis.clients()) == 1, "the server to have lost the first")


def test_a_way_that_is_refused(proxy):
    connection = logged_in(proxy.port)
    proxy.mode("refuse")
    with pytest.raises((OSError, EOFError)):
        connection("GET", "key")
    with pytest.raises(ConnectionRefusedError):
        client(proxy.port)
    proxy.mode("ok")
    assert logged_in(proxy.port)("GET", "key") == b"value"


@pytest.mark.parametrize("mode", ["hole", "swallow", "hold:", "late:30"])
def test_a_way_on_which_nothing_comes_back(proxy, mode):
    connection = logged_in(proxy.port)
    connection.socket.settimeout(IMPATIENT)
    proxy.mode(mode)
    with pytest.raises(TimeoutError):
        connection("GET", "key")
    fresh = client(proxy.port, IMPATIENT)
    with pytest.raises(TimeoutError):
        fresh("AUTH", "pass word")


def test_what_is_swallowed_has_happened_and_what_is_held_happens_later(redis, proxy):
    connection = logged_in(proxy.port)
    connection.socket.settimeout(IMPATIENT)
    proxy.mode("swallow")
    with pytest.raises(TimeoutError):
        connection("SET", "key", "swallowed")
    assert redis("GET", "key") == b"swallowed"
    proxy.mode("hold:marked")
    other = logged_in(proxy.port)
    thread = threading.Thread(target=other, args=("SET", "key", "marked"))
    thread.start()
    wait_for(lambda: proxy.holds(b"marked"), "it to be held")
    assert logged_in(proxy.port)("GET", "key") == b"swallowed"  # others pass
    proxy.mode("ok")
    wait_for(lambda: redis("GET", "key") == b"marked", "it to arrive")
    thread.join()


def test_ways_that_spoil_what_comes_back(redis, proxy):
    redis("SET", "key", "x" * 100)
    connection = logged_in(proxy.port)
    proxy.mode("drip")
    assert connection("GET", "key") == b"x" * 100
    proxy.mode("cut:50")
    with pytest.raises((OSError, EOFError)):
        connection("GET", "key")
    proxy.mode("garbage")
    with pytest.raises(AssertionError):
        client(proxy.port)("PING")


def test_a_failover(redis, proxy, tmp_path):
    with RedisServer(tmp_path / "other", password="pass word") as other:
        proxy.target = other.port
        proxy.cut()
        assert logged_in(proxy.port)("GET", "key") is None
