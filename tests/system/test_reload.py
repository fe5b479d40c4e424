"""HUP under load: not one request fails, whatever the file says."""
import concurrent.futures
import http.client
import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request

import pytest

from conftest import DEMO, file_categories
from ctl import PROGRAM, ctl
from daemon import PATIENCE, WRAPPER, wait_for

RISK = "/model_references/statistics/image_generation/deletion-risk"
STATISTICS = "/model_references/statistics/image_generation"
METRICS = 'http { metrics_listen = { "127.0.0.1:0" } }'


class Asker:
    """Asks the same for ever and keeps what was not answered as it should be."""

    def __init__(self, daemon, wanted, life, pause=0.0):
        self.daemon, self.wanted, self.life, self.pause = daemon, wanted, life, pause
        self.asked, self.failures = 0, []
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.end.is_set():
            connection = self.daemon.connect()
            try:
                self.use(connection)
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.failures.append(repr(error))
            connection.close()

    def use(self, connection):
        for _ in range(self.life):
            connection.request("GET", RISK)
            answer = connection.getresponse()
            body = answer.read()
            self.asked += 1
            if answer.status != 200 or json.loads(body) != self.wanted:
                self.failures.append("%d %.100r" % (answer.status, body))
            if answer.will_close or self.end.wait(self.pause):
                return

    def stop(self):
        self.end.set()
        self.thread.join()


def reloads(daemon):
    """The start counts as one."""
    return daemon.log().count(" serving image_generation")


def refusals(daemon):
    return daemon.log().count(" not reloaded")


def hup(daemon, count, what):
    """Reloads, and waits until count() has grown."""
    before = count(daemon)
    daemon.send(signal.SIGHUP)
    wait_for(lambda: count(daemon) > before, what)


def rewrite(daemon, **options):
    """Sets top-level options and those whose name is unique in the file."""
    text = daemon.config.read_text()
    for name, value in options.items():
        text, found = re.subn(r"\b%s = \S+" % name, "%s = %s" % (name, value), text)
        assert found == 1, name
    daemon.config.write_text(text)


def test_fifty_reloads_under_load_and_not_one_failed_request(make_daemon):
    daemon = make_daemon(readers=2, hydration="interval = 100 ttl = 200").start()
    wanted = daemon.json(RISK)
    # Kept open and busy; kept open and mostly idle; once each.
    askers = [Asker(daemon, wanted, 1000000), Asker(daemon, wanted, 1000000, 0.3),
              Asker(daemon, wanted, 50), Asker(daemon, wanted, 1)]
    try:
        capacities = itertools.cycle(('"8M"', '"8M"', '"6M"'))
        for number in range(5 if WRAPPER else 50):
            rewrite(daemon, readers=1 + number % 3, capacity=next(capacities))
            hup(daemon, reloads, "reload %d" % number)
    finally:
        for asker in askers:
            asker.stop()
    assert not [failure for asker in askers for failure in asker.failures]
    assert all(asker.asked for asker in askers)
    assert not refusals(daemon)
    print("%d requests during the reloads" % sum(asker.asked for asker in askers))


def test_a_damaged_snapshot_stands_in_no_reloads_way(make_daemon):
    """Its readers still have their copies; the reload goes on with what was saved."""
    daemon = make_daemon(hydration="interval = 100 ttl = 200").start()
    wanted = daemon.json(RISK)
    wait_for(lambda: "saved generation 1 of image_generation" in daemon.log(), "the saving")
    with open("/dev/shm" + daemon.segment, "r+b") as segment:
        memory = segment.read()
        at = memory.index(b'"category":"image_generation"')
        while at != -1:  # each body of each buffer
            segment.seek(at)
            segment.write(b"'")
            at = memory.find(b'"category":"image_generation"', at + 1)
    hup(daemon, reloads, "the reload")
    assert "image_generation: the snapshot in shared memory is damaged" in daemon.log()
    assert not refusals(daemon)
    answer = wait_for(lambda: (found := daemon.get(RISK)).status == 200 and found, "answers")
    assert answer.json()["models"] == wanted["models"]


def metric(daemon, name):
    port = re.findall(r"metrics on 127\.0\.0\.1:(\d+)", daemon.log())[-1]
    with urllib.request.urlopen("http://127.0.0.1:%s/metrics" % port, timeout=PATIENCE) as answer:
        found = re.search(r"^cache_hydrator_%s (\S+)$" % re.escape(name), answer.read().decode(), re.M)
    return float(found.group(1)) if found else None


def max_age(daemon):
    return re.search(r"max-age=(\d+)", daemon.get(STATISTICS).headers["Cache-Control"]).group(1)


BAD = ("nonsense = 1\n", "category {\n", "readers = 0\n", "hydration { interval = 9 ttl = 8 }\n")


def test_bad_and_good_files_by_turns(make_daemon):
    daemon = make_daemon(hydration="interval = 100 ttl = 200", settings=METRICS).start()
    assert max_age(daemon) == "200"
    for number, bad in enumerate(BAD):
        good = daemon.config.read_text()
        daemon.config.write_text(good + bad)
        hup(daemon, refusals, "the refusal")
        said = [line for line in daemon.log().splitlines() if "not reloaded" in line]
        assert len(said) == number + 1 and str(daemon.config) in said[-1], said
        wait_for(lambda: metric(daemon, "config_last_reload_successful") == 0, "the metric")
        assert max_age(daemon) == str(200 + number)
        daemon.config.write_text(good)
        rewrite(daemon, ttl=201 + number)
        hup(daemon, reloads, "the reload")
        wait_for(lambda: metric(daemon, "config_last_reload_successful") == 1, "the metric")
        wait_for(lambda: len(daemon.readers()) == 1, "the former reader to leave")
        assert max_age(daemon) == str(201 + number)
    assert metric(daemon, 'config_reloads_total{result="loaded"}') == len(BAD)
    assert metric(daemon, 'config_reloads_total{result="refused"}') == len(BAD)


def ask(daemon):
    """hydratorctl reload: its status, and what it says."""
    said = ctl(daemon, "reload")
    return said.rc, said.out + said.err


def test_who_asks_for_a_reload_hears_how_it_went(make_daemon):
    daemon = make_daemon(readers=1).start()
    good = daemon.config.read_text()
    for turn in range(5):
        rewrite(daemon, readers=1 + turn % 2)
        assert ask(daemon) == (0, "")
        assert reloads(daemon) == turn + 2, "it returned too early"
        with socket.create_server(("127.0.0.1", 0)) as other:
            address = "127.0.0.1:%d" % other.getsockname()[1]
            daemon.config.write_text(good.replace("127.0.0.1:0", address))
            status, said = ask(daemon)
        assert status == 1 and "cannot listen on %s: Address already in use" % address in said, said
        daemon.config.write_text(good + "nonsense = 1\n")
        status, said = ask(daemon)
        assert status == 1 and "nonsense" in said
        daemon.config.write_text(good)
    assert refusals(daemon) == 5, "a bad file went to the supervisor"


def test_what_a_reload_does_not_change_is_said_to_who_asked(make_daemon):
    daemon = make_daemon().start()
    rewrite(daemon, pidfile='"%s"' % daemon.pidfile)
    daemon.config.write_text('user = "root"\n' + daemon.config.read_text())
    if os.geteuid() != 0:
        pytest.skip("user is passed over where root does not start it")
    assert ask(daemon) == (0, "user is not changed: that takes a restart\n")


def test_many_who_ask_at_once_all_hear_of_a_reload_of_theirs(make_daemon):
    daemon = make_daemon().start()
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda _: ask(daemon), range(12))) == 12 * [(0, "")]
    assert 3 <= reloads(daemon) <= 13


def test_a_result_that_is_not_to_be_seen_is_no_success(make_daemon):
    """The name is looked up in the file, and that of the running one is another."""
    daemon = make_daemon().start()
    daemon.config.write_text(daemon.config.read_text().replace(daemon.segment, daemon.segment + "-other"))
    status, said = ask(daemon)
    assert status == 1 and "segment.name" in said
    wait_for(lambda: reloads(daemon) == 2, "the reload")
    assert "segment.name is not changed" in daemon.log()


def test_nobody_is_asked_where_nobody_runs(make_daemon):
    daemon = make_daemon()
    assert ask(daemon)[0] == 3
    daemon.start()
    pid = daemon.pidfile.read_text()
    assert daemon.stop() == 0
    # Left behind, empty, nonsense, and of a process that is none of ours.
    with subprocess.Popen(["sleep", "1000"]) as other:
        try:
            for text in (pid, "", "hydratord", "0", "-1", "%d" % other.pid):
                daemon.pidfile.write_text(text)
                status, said = ask(daemon)
                assert status == 3 and str(daemon.pidfile) in said
            assert other.poll() is None
        finally:
            other.kill()
    daemon.pidfile.unlink()


def environment_of(daemon):
    """Without what only its user may read."""
    return {key: value for key, value in daemon.env.items() if key != "HYDRATORD_TEST_CLOCK"}


def test_who_may_not_signal_it_is_told_so(make_daemon):
    if os.geteuid() != 0:
        pytest.skip("another user is needed")
    daemon = make_daemon()
    with tempfile.TemporaryDirectory() as open_to_all:
        os.chmod(open_to_all, 0o755)
        daemon.config.write_text(daemon.config.read_text().replace(
            str(daemon.pidfile), "%s/hydratord.pid" % open_to_all))
        daemon.start()
        shutil.copy(PROGRAM, open_to_all)
        shutil.copy(daemon.config, open_to_all)
        result = subprocess.run(["./hydratorctl", "-c", "hydratord.conf", "reload"], cwd=open_to_all,
                                env=environment_of(daemon), user="nobody", check=False, capture_output=True,
                                text=True, timeout=PATIENCE)
        assert daemon.stop() == 0
    assert result.returncode == 4 and "only its user and root may" in result.stderr
    assert reloads(daemon) == 1


def test_a_stop_ends_the_wait(make_daemon):
    daemon = make_daemon(readers=1).start()
    asked = subprocess.Popen([PROGRAM, "-c", str(daemon.config), "reload"], env=daemon.env,
                             stderr=subprocess.PIPE, text=True)
    daemon.process.send_signal(signal.SIGTERM)
    assert daemon.stop() == 0
    said = asked.communicate(timeout=PATIENCE)[1]
    # Either came first.
    assert asked.returncode in (0, 3) and (asked.returncode == 0 or said), said


def test_a_missing_file_changes_nothing(make_daemon):
    daemon = make_daemon().start()
    away = daemon.config.with_suffix(".away")
    daemon.config.rename(away)
    hup(daemon, refusals, "the refusal")
    assert daemon.get(RISK).status == 200
    away.rename(daemon.config)
    hup(daemon, reloads, "the reload")


def test_categories_and_addresses_come_and_go(make_daemon):
    both = file_categories(DEMO)
    image = {"image_generation": both["image_generation"]}
    daemon = make_daemon(categories=image).start()
    text = "/model_references/statistics/text_generation"
    before = daemon.json(RISK)
    assert daemon.get(text).status == 404
    daemon.write_config(both, "file://%s" % DEMO)
    daemon.config.write_text(daemon.config.read_text().replace(
        '{ "127.0.0.1:0" }', '{ "127.0.0.1:0", "127.0.0.2:0" }'))
    hup(daemon, reloads, "the reload")
    assert daemon.json(RISK) == before
    wait_for(lambda: daemon.get(text).status == 200, "the new category")
    port = wait_for(lambda: re.search(r"listening on 127\.0\.0\.2:(\d+)", daemon.log()), "the new address").group(1)
    second = http.client.HTTPConnection("127.0.0.2", int(port), timeout=PATIENCE)
    second.request("GET", RISK)
    assert json.loads(second.getresponse().read()) == before
    daemon.write_config(image, "file://%s" % DEMO)
    hup(daemon, reloads, "the second reload")
    wait_for(lambda: daemon.get(text).status == 404, "the category to leave")
    second.request("GET", RISK)  # whoever is connected is answered once more
    assert json.loads(second.getresponse().read()) == before
    second.close()
    wait_for(lambda: refused("127.0.0.2", int(port)), "the address to be closed")
    assert daemon.json(RISK) == before


def refused(host, port):
    connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
    try:
        connection.request("GET", "/livez")
        connection.getresponse().read()
    except ConnectionRefusedError:
        return True
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()
    return False


def test_an_address_that_is_taken_keeps_the_old_configuration(make_daemon):
    other = make_daemon().start()
    daemon = make_daemon().start()
    good = daemon.config.read_text()
    daemon.config.write_text(good.replace(
        '{ "127.0.0.1:0" }', '{ "127.0.0.1:0", "127.0.0.1:%d" }' % other.port))
    hup(daemon, refusals, "the refusal")
    assert "127.0.0.1:%d" % other.port in daemon.log().split("not reloaded")[1]
    assert daemon.get(RISK).status == 200
    daemon.config.write_text(good)
    hup(daemon, reloads, "the reload")
    assert other.get(RISK).status == 200


@pytest.mark.skipif(bool(WRAPPER), reason="the wrapper is slow enough to look hung")
@pytest.mark.parametrize("role", ("reader 0", "hydrator image_generation"))
def test_who_hangs_is_replaced_while_others_serve(make_daemon, role):
    daemon = make_daemon(readers=2, settings="supervisor { hang_timeout = 3 }").start()
    before = daemon.json(RISK)
    pid = daemon.child(role)
    os.kill(pid, signal.SIGSTOP)
    started = time.monotonic()

    def replaced():
        assert daemon.json(RISK) == before
        return daemon.child(role) not in (None, pid)

    wait_for(replaced, "a successor of " + role)
    print("%s replaced after %.1f s" % (role, time.monotonic() - started))
    said = [line for line in daemon.log().splitlines() if "%s (pid %d)" % (role, pid) in line]
    assert "is hung: aborting it" in said[-2], said
    assert "killed by signal 6" in said[-1] and "(hung)" in said[-1], said
