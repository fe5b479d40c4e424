"""What a dying process, a signal or a second start does to the answers: nothing."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from conftest import DEMO
from ctl import ctl
from daemon import BINARY, PATIENCE, WRAPPER, process_alive, sleeps, wait_for

STATISTICS = "/model_references/statistics/image_generation"
RISK = STATISTICS + "/deletion-risk"
# A SEGV from outside while valgrind passes its lock on makes it fail an assertion of its own, or
# wait for ever; signals that no instruction raises it takes between instructions only.
CRASH = signal.SIGABRT if WRAPPER else signal.SIGSEGV
ROLES = ("hydrator image_generation", "hydrator text_generation", "reader 0")


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("number", (signal.SIGKILL, CRASH))
def test_a_killed_child_is_replaced_and_the_answers_stay(make_daemon, role, number):
    daemon = make_daemon(readers=2).start()
    before = daemon.json(RISK)
    pid = daemon.child(role)
    daemon.kill_child(role, number)
    assert daemon.json(RISK) == before
    obituary = [line for line in daemon.log().splitlines()
                if "supervisor" in line and str(pid) in line and "signal" in line]
    assert obituary and role in obituary[0], daemon.log()


def test_no_answer_is_lost_while_hydrators_die(make_daemon):
    daemon = make_daemon().start()
    before = daemon.json(RISK)
    connection = daemon.connect()
    for _ in range(5):
        pid = daemon.child("hydrator image_generation")
        if pid:
            os.kill(pid, signal.SIGKILL)
        for _ in range(20):
            connection.request("GET", RISK)
            assert json.loads(connection.getresponse().read()) == before
    connection.close()


def test_a_crash_loop_is_slowed_down_and_harms_nobody_else(make_daemon):
    daemon = make_daemon().start()
    for _ in range(4):
        daemon.kill_child("hydrator image_generation")
    restarts = re.findall(r"restart(?:ing)? .*?in ([0-9.]+) ?(ms|s)", daemon.log())
    assert len(restarts) >= 4, daemon.log()
    assert daemon.get(STATISTICS).status == 200
    assert daemon.child("hydrator text_generation")


def test_term_ends_everything(make_daemon):
    daemon = make_daemon().start()
    assert daemon.stop(signal.SIGTERM) == 0


def test_int_ends_everything(make_daemon):
    daemon = make_daemon().start()
    assert daemon.stop(signal.SIGINT) == 0


def test_stop_finishes_while_a_client_keeps_its_connection(make_daemon):
    daemon = make_daemon().start()
    connection = daemon.connect()
    connection.request("GET", "/heartbeat")
    connection.getresponse().read()
    started = time.monotonic()
    assert daemon.stop() == 0
    if not WRAPPER:
        assert time.monotonic() - started < 20  # of drain_timeout's 30
    connection.close()


def test_a_killed_supervisor_leaves_no_orphan_and_a_restart_works(make_daemon):
    daemon = make_daemon(readers=2).start()
    daemon.expect_dirty = True
    session = daemon.process.pid
    daemon.process.kill()
    daemon.process.wait()
    wait_for(lambda: not daemon.session_members(session), "the orphans to leave")
    daemon.log_path.rename(daemon.directory / "log.1")
    daemon.start()
    assert daemon.json(RISK)["total_count"] == 40
    daemon.expect_dirty = False
    assert daemon.stop() == 0


def test_a_start_waits_for_the_orphans_of_a_killed_supervisor(make_daemon):
    """They have its sockets until they get a processor to die."""
    daemon = make_daemon()
    address = "127.0.0.1", daemon.hold_port()
    daemon.config.write_text(daemon.config.read_text().replace("127.0.0.1:0", "%s:%d" % address))
    daemon.pidfile.write_text("4194305\n")
    with socket.socket() as orphan:
        orphan.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        orphan.bind(address)
        orphan.listen()
        daemon.spawn()
        wait_for(lambda: daemon.pidfile.read_text() == str(daemon.process.pid) and sleeps(daemon.process.pid),
                 "a start that waits")
    wait_for(daemon.find_port, "the listening port")
    wait_for(daemon.answers, "an answer")
    assert daemon.stop() == 0


def test_a_second_start_says_the_first_ones_pid_and_touches_nothing(make_daemon):
    daemon = make_daemon().start()
    segment = pathlib.Path("/dev/shm" + daemon.segment)
    inode = segment.stat().st_ino
    second = daemon.run("-f", "-c", str(daemon.config))
    assert second.returncode == 1
    assert str(daemon.process.pid) in second.stderr
    assert segment.stat().st_ino == inode
    assert daemon.get(RISK).status == 200
    assert daemon.process.poll() is None


def refreshes(daemon, category):
    return len(re.findall("hydrated %s: " % category, daemon.log()))


@pytest.mark.parametrize("enabled", ("true", "false"))
def test_usr1_runs_a_cycle_of_every_hydrator(make_daemon, enabled):
    daemon = make_daemon(hydration="enabled = %s interval = 100 ttl = 200" % enabled).start()
    wait_for(lambda: all(refreshes(daemon, name) for name in daemon.categories()), "the first cycles")
    before = {name: refreshes(daemon, name) for name in daemon.categories()}
    daemon.send(signal.SIGUSR1)
    for name, count in before.items():
        wait_for(lambda name=name, count=count: refreshes(daemon, name) > count, "a refresh of " + name)


def test_signals_meant_for_the_supervisor_do_not_hurt_children(make_daemon):
    daemon = make_daemon().start()
    pids = {role: daemon.child(role) for role in ROLES}
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        for pid in pids.values():
            os.kill(pid, number)
    assert daemon.get(RISK).status == 200
    assert {role: daemon.child(role) for role in ROLES} == pids


def test_hup_never_ends_it(make_daemon):
    daemon = make_daemon().start()
    daemon.send(signal.SIGHUP)
    assert daemon.get(RISK).status == 200
    assert daemon.process.poll() is None


def test_a_bad_file_starts_nothing(make_daemon):
    daemon = make_daemon()
    daemon.config.write_text("readers = 2\nnonsense = 1\n")
    result = daemon.run("-f", "-c", str(daemon.config))
    assert result.returncode == 78
    assert "%s:2: " % daemon.config in result.stderr
    assert not daemon.pidfile.exists()


def test_ttl_rules_are_checked(make_daemon):
    daemon = make_daemon(hydration="interval = 300 ttl = 300")
    result = daemon.run("-t", "-c", str(daemon.config))
    assert result.returncode == 78
    assert "interval" in result.stderr and "ttl" in result.stderr


def test_configuration_can_be_tested_and_dumped(make_daemon):
    daemon = make_daemon()
    assert daemon.run("-t", "-c", str(daemon.config)).returncode == 0
    dump = daemon.run("-T", "-c", str(daemon.config))
    assert dump.returncode == 0
    assert 'segment' in dump.stdout and daemon.segment in dump.stdout
    again = daemon.directory / "again.conf"
    again.write_text(dump.stdout)
    assert daemon.run("-t", "-c", str(again)).returncode == 0
    assert not pathlib.Path("/dev/shm" + daemon.segment).exists()


def test_the_environment_wins_over_the_file(make_daemon):
    daemon = make_daemon(env={"HYDRATORD_READERS": "3", "HORDE_API_URL": "unused"})
    dump = daemon.run("-T", "-c", str(daemon.config))
    assert re.search(r"^readers = 3\b", dump.stdout, re.M)


def test_variables_are_accounted_for(make_daemon):
    daemon = make_daemon(env={"HORDE_MODEL_REFERENCE_CACHE_HYDRATION_INTERVALL": "s3cret", "AI_HORDE_URL": "file:///",
                              "HORDE_MODEL_REFERENCE_REDIS__URL": "redis://:s3cret@h", "HYDRATORD_READERS": "3"})
    dump = daemon.run("-T", "-c", str(daemon.config))
    assert (dump.returncode, dump.stderr) == (0, "")
    for line in ("HYDRATORD_READERS sets readers", "AI_HORDE_URL sets horde.url",
                 "HORDE_MODEL_REFERENCE_REDIS__URL is ignored: "
                 "HORDE_MODEL_REFERENCE_REDIS__USE_REDIS is not true",
                 "warning: HORDE_MODEL_REFERENCE_CACHE_HYDRATION_INTERVALL is ignored: "
                 "hydratord knows no such setting of the reference"):
        assert dump.stdout.count("\n# %s\n" % line) == 1
    assert "s3cret" not in dump.stdout
    test = daemon.run("-t", "-c", str(daemon.config))
    assert test.returncode == 0
    assert test.stderr.splitlines() == [
        "hydratord: warning: HORDE_MODEL_REFERENCE_CACHE_HYDRATION_INTERVALL is ignored: "
        "hydratord knows no such setting of the reference"]


def test_origins_of_one_environment_file_serve_both(make_daemon):
    name = "HORDE_MODEL_REFERENCE_CORS_ALLOWED_ORIGINS"
    for text in ('["https://a.example", "https://b.example:8443"]', "https://a.example,https://b.example:8443"):
        daemon = make_daemon(env={name: text})
        dump = daemon.run("-T", "-c", str(daemon.config)).stdout
        assert 'cors = { "https://a.example", "https://b.example:8443" } # %s:' % name in dump
    daemon.start()
    for origin in ("https://a.example", "https://b.example:8443"):
        assert daemon.get("/livez", headers={"Origin": origin}).headers["access-control-allow-origin"] == origin
    for text in ('["https://a.example"', "https://a.example;b"):
        result = make_daemon(env={name: text}).run("-t", "-c", str(daemon.config))
        assert result.returncode == 78
        assert result.stderr.startswith("%s: http.cors: '%s' does not fit: write " % (name, text))


def test_an_address_in_use_is_explained(make_daemon):
    first = make_daemon().start()
    second = make_daemon()
    second.config.write_text(second.config.read_text().replace("127.0.0.1:0", "127.0.0.1:%d" % first.port))
    result = second.run("-f", "-c", str(second.config))
    assert result.returncode in (1, 75)
    assert "127.0.0.1:%d" % first.port in result.stderr
    assert not second.pidfile.exists()
    assert not pathlib.Path("/dev/shm" + second.segment).exists()


def configure(daemon, old, new):
    text = daemon.config.read_text()
    assert old in text
    daemon.config.write_text(text.replace(old, new))


def told(daemon, *arguments):
    result = daemon.run(*arguments, "-c", str(daemon.config))
    return result.returncode, result.stderr


def test_a_log_that_cannot_be_written_is_a_matter_of_configuration(make_daemon):
    daemon = make_daemon()
    log = daemon.directory / "missing" / "log"
    configure(daemon, 'target = "stderr"', 'target = "%s"' % log)
    for option in ("-t", "-f"):
        status, said = told(daemon, option)
        assert status == 78 and str(log) in said and "No such file or directory" in said
    assert not daemon.pidfile.exists()
    log.parent.mkdir()
    assert told(daemon, "-t") == (0, "")


def test_so_is_a_pid_file_that_cannot_be(make_daemon):
    daemon = make_daemon()
    configure(daemon, str(daemon.pidfile), str(daemon.directory / "missing" / "too" / "pid"))
    status, said = told(daemon, "-f")
    assert status == 78 and "see pidfile" in said


@pytest.mark.parametrize("section, option", [("upstream", "apikey_file"), ("redis", "password_file")])
def test_a_key_that_its_user_cannot_read_starts_nothing(make_daemon, section, option):
    if os.geteuid() != 0:
        pytest.skip("only root starts it for another user")
    key = make_daemon().directory / "key"
    key.write_text("0123456789")
    key.chmod(0o600)
    settings = 'user = "nobody" %s { %s = "%s" }' % (section, option, key)
    daemon = make_daemon(settings=settings)
    for order in ("-t", "-f"):
        status, said = told(daemon, order)
        assert status == 78
        assert "%s.%s: nobody cannot read %s: Permission denied" % (section, option, key) in said
    assert not daemon.pidfile.exists()
    running = make_daemon().start()
    good = running.config.read_text()
    running.config.write_text(good + '%s { %s = "%s" }' % (section, option, key))
    assert ctl(running, "reload").rc == 0, "root may read it, and nobody else has to"


def test_a_password_of_redis_is_for_one_user_and_shown_to_nobody(make_daemon):
    daemon = make_daemon(settings='redis { url = "redis://us3r:s3cret@127.0.0.1:1/2" }')
    dump = daemon.run("-T", "-c", str(daemon.config))
    assert (dump.returncode, dump.stderr) == (0, "")
    assert '\turl = "redis://***@127.0.0.1:1/2" # ' in dump.stdout
    assert "s3cret" not in dump.stdout and "us3r" not in dump.stdout
    configure(daemon, ":1/2", ":port")
    status, said = told(daemon, "-t")
    assert status == 78 and "redis.url" in said and "s3cret" not in said
    password = daemon.directory / "password"
    password.write_text("s3cret")
    password.chmod(0o640)
    configure(daemon, 'url = "redis://us3r:s3cret@127.0.0.1:port"', 'password_file = "%s"' % password)
    status, said = told(daemon, "-t")
    assert status == 78 and "%s: open to its group or others: chmod go= it" % password in said
    password.chmod(0o600)
    assert told(daemon, "-t") == (0, "")


def test_what_will_be_missed_is_said_before(make_daemon):
    daemon = make_daemon()
    daemon.state.write_text("a file")
    assert told(daemon, "-t") == (0, "hydratord: warning: state_dir: this user cannot write in %s: Permission denied: "
                                  "nothing will survive a restart\n" % daemon.state)


def test_a_port_that_takes_a_right_names_the_socket_unit(make_daemon):
    if int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 1:
        pytest.skip("every port is everybody's on this machine")
    daemon = make_daemon()
    configure(daemon, "127.0.0.1:0", "127.0.0.1:1")
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("setpriv is missing (Debian: util-linux)")
        daemon.starter = ["setpriv", "--bounding-set", "-net_bind_service"]
    status, said = told(daemon, "-f")
    assert status == 78
    assert "cannot listen on 127.0.0.1:1: Permission denied" in said and "hydratord.socket" in said


@pytest.mark.skipif(bool(WRAPPER), reason="the wrapper's own process would stay in front")
def test_it_becomes_a_daemon(make_daemon):
    daemon = make_daemon()
    text = daemon.config.read_text().replace('target = "stderr"', 'target = "%s"' % daemon.log_path)
    daemon.config.write_text(text)
    result = subprocess.run([BINARY, "-c", str(daemon.config)], env=daemon.env, timeout=PATIENCE,
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    pid = int(daemon.pidfile.read_text())
    try:
        daemon.port = int(re.search(r"listening on 127\.0\.0\.1:(\d+)", daemon.log()).group(1))
        wait_for(lambda: daemon.get(RISK).status == 200, "data")
    finally:
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not process_alive(pid), "the daemon to end")
    assert not daemon.pidfile.exists()
    assert DEMO.exists()
