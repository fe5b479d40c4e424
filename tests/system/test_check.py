"""hydratord --check: ready, or why not, for who looks after a container or a service."""
import os
import signal
import socket

from conftest import DEMO, file_categories
from daemon import wait_for

SOURCES = file_categories(DEMO)


def check(daemon, address):
    daemon.env["HYDRATORD_LISTEN"] = '["%s"]' % address
    return daemon.run("--check", "-c", str(daemon.config))


def test_ready_and_not_running(make_daemon):
    daemon = make_daemon(SOURCES).start()
    for host in ("127.0.0.1", "localhost", "*", "0.0.0.0"):
        answer = check(daemon, "%s:%d" % (host, daemon.port))
        assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", ""), host
    daemon.stop()
    port = daemon.hold_port()
    answer = check(daemon, "127.0.0.1:%d" % port)
    assert answer.returncode == 3
    assert "not running: nobody listens: 127.0.0.1:%d: Connection refused" % port in answer.stderr


def test_what_is_missing(make_daemon):
    sources = dict(SOURCES, image_generation=["file:///nonexistent/image.json"])
    daemon = make_daemon(sources).start(wait=False)
    wait_for(lambda: "image_generation not refreshed" in daemon.log(), "the failure")
    wait_for(lambda: daemon.get("/model_references/statistics/text_generation").status == 200, "the rest")
    answer = check(daemon, "127.0.0.1:%d" % daemon.port)
    assert answer.returncode == 1
    assert answer.stderr.startswith("hydratord: not ready: image_generation is empty"), answer.stderr
    assert "No such file or directory" in answer.stderr and "text_generation" not in answer.stderr


def test_who_does_not_answer(make_daemon):
    daemon = make_daemon(SOURCES).start()
    reader = daemon.child("reader 0")
    os.kill(reader, signal.SIGSTOP)
    try:
        answer = check(daemon, "127.0.0.1:%d" % daemon.port)
    finally:
        os.kill(reader, signal.SIGCONT)
    assert answer.returncode == 1 and answer.stderr == "hydratord: not ready: no answer within 5 s\n"


def test_the_port_is_a_strangers(make_daemon):
    daemon = make_daemon(SOURCES)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        stranger.settimeout(30)
        daemon.env["HYDRATORD_LISTEN"] = '["127.0.0.1:%d"]' % stranger.getsockname()[1]
        pid = os.fork()
        if pid == 0:
            connection, _ = stranger.accept()
            connection.recv(100)
            connection.sendall(b"\x1b]0;x\x07 go away\r\n")
            os._exit(0)
        answer = daemon.run("--check", "-c", str(daemon.config))
        os.waitpid(pid, 0)
    assert answer.returncode == 1 and answer.stderr == "hydratord: not ready: it answered: ?]0;x? go away??\n"


def test_nobody_knows_the_port(make_daemon):
    answer = check(make_daemon(SOURCES), "127.0.0.1:0")
    assert answer.returncode == 78 and "no address with a port" in answer.stderr
