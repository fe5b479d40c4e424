"""Other people's servers and tools: found, started in the foreground, ended by their pid."""
import http.client
import os
import shutil
import socket
import subprocess

import pytest

from daemon import Answer, PATIENCE, wait_for


def tool(name, package):
    """The path of a program; the test is skipped where it is not installed."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("%s is missing (Debian: %s)" % (name, package))
    return found


def free_ports(count):
    socks = [socket.socket() for _ in range(count)]
    try:
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in socks]
    finally:
        for sock in socks:
            sock.close()


def get(port, target, headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", target, headers=headers or {})
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Proxy:
    """A server in front of the daemon. Another process may take its ports first: then others are tried."""

    def __init__(self, directory, count, command):
        self.log = directory / "output"
        for _ in range(5):
            self.ports = free_ports(count)
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(command(self.ports), stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, cwd=directory)
            wait_for(lambda: self.process.poll() is not None or self.listening(), "a proxy to listen")
            if self.process.poll() is None:
                return
        raise AssertionError(self.log.read_text(errors="replace"))

    def listening(self):
        for port in self.ports:
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) != 0:
                    return False
        return True

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
