"""A name server that never answers: a stop does not wait for it, nor do the readers."""
import os
import select
import socket
import subprocess
import time

import pytest

from daemon import PATIENCE, WRAPPER

# Of what `unshare -m` gets: the file that /etc/resolv.conf shall be, then the command.
BIND = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


def in_namespace(resolv_conf, command):
    return ["unshare", "-m", "sh", "-c", BIND, str(resolv_conf), *command]


@pytest.fixture
def name_server(tmp_path):
    """Its socket, and the resolv.conf that names nobody else."""
    if os.geteuid() != 0:
        pytest.skip("needs root")
    number = os.getpid() & 0xffff
    address = "127.99.%d.%d" % (number >> 8, number & 0xff)
    resolv_conf = tmp_path / "resolv.conf"
    resolv_conf.write_text("nameserver %s\noptions timeout:30 attempts:3\n" % address)
    if subprocess.run(in_namespace(resolv_conf, ["true"]), stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("no mount namespaces here")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, 53))
        yield server, resolv_conf


def test_a_stop_does_not_wait_for_a_name_server(make_daemon, name_server):
    server, resolv_conf = name_server
    daemon = make_daemon({"image_generation": ["https://upstream.example/x"]}, "https://horde.example",
                         settings="upstream { connect_timeout = 60 timeout = 60 }")
    plain = daemon.command
    daemon.command = lambda *arguments: in_namespace(resolv_conf, plain(*arguments))
    daemon.start(wait=False)
    assert select.select([server], [], [], PATIENCE)[0], "nobody asked the name server"
    assert daemon.get("/heartbeat").status == 200
    started = time.monotonic()
    assert daemon.stop() == 0
    if not WRAPPER:
        assert time.monotonic() - started < 20  # a second is wanted; machines are busy
