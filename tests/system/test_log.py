"""What is said, where, how often, and of what level."""
import json
import os
import re
import signal

import pytest

from daemon import PATIENCE, wait_for

no_log_daemon = pytest.mark.skipif(os.path.exists("/dev/log"), reason="this machine has a log daemon")


def run_in_a_journal(daemon, *arguments):
    """What a run that ends by itself writes to a standard error that it takes for the journal."""
    with open(daemon.directory / "journal", "w+") as journal:
        status = os.fstat(journal.fileno())
        daemon.env["JOURNAL_STREAM"] = "%d:%d" % (status.st_dev, status.st_ino)
        process = daemon.spawn_with(journal, *arguments)
        process.wait(PATIENCE)
        journal.seek(0)
        return journal.read().splitlines()


def cannot_start(daemon, target):
    """Its pid file is in a directory that is none."""
    text = daemon.config.read_text().replace('target = "stderr"', 'target = "%s"' % target)
    daemon.config.write_text(re.sub('pidfile = .*', 'pidfile = "%s/x.pid"' % daemon.config, text))


def test_the_journal_is_told_that_mistakes_are_errors(make_daemon):
    daemon = make_daemon()
    with open(daemon.config, "a") as config:
        config.write("readers = 0\nlog { level = loud }\n")
    lines = run_in_a_journal(daemon, "-t", "-c", str(daemon.config))
    assert len(lines) > 1 and all(line.startswith("<3>%s:" % daemon.config) for line in lines), lines
    assert not re.search("^<", daemon.run("-t", "-c", str(daemon.config)).stderr, re.M)


@pytest.mark.parametrize("target", ("stderr", "syslog"))
def test_why_there_is_no_start_stands_in_the_journal_once(make_daemon, target):
    daemon = make_daemon()
    cannot_start(daemon, target)
    lines = run_in_a_journal(daemon, "-f", "-c", str(daemon.config))
    (line,) = [line for line in lines if "cannot take the lock" in line]
    assert line.startswith("<3>hydratord: ")


def test_why_there_is_no_start_stands_in_the_file_and_before_who_waits(make_daemon):
    daemon = make_daemon()
    log = daemon.directory / "file"
    cannot_start(daemon, log)
    said = daemon.run("-f", "-c", str(daemon.config)).stderr
    assert said.startswith("hydratord: cannot take the lock") and said.count("\n") == 1
    assert re.search(r"^\S+Z supervisor\[\d+\]: error: not started: cannot take the lock", log.read_text())


def test_every_line_is_an_object_where_that_is_asked_for(make_daemon):
    """Also those of children, and of an upstream's making."""
    daemon = make_daemon(horde=r'file:///nonexistent/\"},{\"', env={"HYDRATORD_LOG_FORMAT": "json"})
    daemon.start(wait=False)
    wait_for(lambda: "not refreshed" in daemon.log() or "is absent" in daemon.log(), "a failed cycle")
    assert daemon.stop() == 0
    lines = [json.loads(line) for line in daemon.log().splitlines()]
    assert {"supervisor", "reader 0"} <= {line["process"] for line in lines}
    assert {"warning", "info"} <= {line["level"] for line in lines}
    assert all(sorted(line) == ["level", "message", "pid", "process", "time"] for line in lines)


def test_a_reload_changes_the_form(make_daemon):
    daemon = make_daemon()
    daemon.start()
    daemon.config.write_text(daemon.config.read_text().replace("log { ", 'log { format = "json" '))
    daemon.send(signal.SIGHUP)
    wait_for(lambda: '"process":"reader 0"' in daemon.log(), "a reader that writes objects")
    assert daemon.stop() == 0
    assert json.loads(daemon.log().splitlines()[-1])["message"] == "stopped"


@no_log_daemon
def test_without_a_log_daemon_lines_are_on_standard_error(make_daemon):
    daemon = make_daemon()
    daemon.config.write_text(daemon.config.read_text().replace('target = "stderr"', ""))
    daemon.start(wait=False)
    assert "nobody listens" not in daemon.log()


@no_log_daemon
def test_a_start_says_that_nobody_listens(make_daemon):
    daemon = make_daemon()
    daemon.config.write_text(daemon.config.read_text().replace('target = "stderr"', 'target = "syslog"'))
    daemon.spawn()
    wait_for(lambda: "warning: nobody listens at /dev/log" in daemon.log(), "the warning")
    assert daemon.log().count("\n") == 1
    wait_for(daemon.pidfile.exists, "the pid file")
