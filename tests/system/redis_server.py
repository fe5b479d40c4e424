"""A redis-server of a test: its own directory, sockets and ports, nothing on a disk, ended by its pid.

    with RedisServer(directory, password="secret") as redis:
        daemon = make_daemon(settings='redis { url = "%s" }' % redis.url())
        assert redis("GET", "key") == b"value"

It listens on a unix socket, on TCP, and with an Authority of stub_tls.py on TLS.
"""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from daemon import PATIENCE, wait_for
from proxy import free_ports, tool

# What a server that has crashed, or was built to find its own faults, leaves in its log.
BAD = re.compile(r"REDIS BUG REPORT|ASSERTION FAILED|Sanitizer")


class RedisError(Exception):
    """The server refused a command; the text begins with a word such as OOM or READONLY."""


class RedisClient:
    """One connection, RESP2. Replies: bytes, int, None, list; a status is bytes."""

    def __init__(self, sock):
        self.socket = sock
        self.socket.settimeout(PATIENCE)
        self.file = sock.makefile("rb")

    def __call__(self, *words):
        words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise EOFError("the server has closed")
        kind, text = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(text.decode())
        if kind == b"+":
            return text
        if kind == b":":
            return int(text)
        if kind == b"*":
            return None if text == b"-1" else [self.reply() for _ in range(int(text))]
        assert kind == b"$", line
        return None if text == b"-1" else self.file.read(int(text) + 2)[:-2]

    def close(self):
        self.file.close()
        self.socket.close()


class RedisServer:
    """users: lines of an ACL, such as "fleet on >secret ~hydratord:* +get"; settings: lines of redis.conf."""

    def __init__(self, directory, password="", users=(), tls=None, settings=""):
        self.binary = tool("redis-server", "redis-server")
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        # A socket's path has 107 bytes at most, and pytest's are long.
        self.short = pathlib.Path(tempfile.mkdtemp(prefix="hydratord-redis-"))
        self.short.chmod(0o755)
        self.socket = self.short / "s"
        self.log_path = self.directory / "redis.log"
        self.password, self.users, self.tls, self.settings = password, list(users), tls, settings
        self.process = None
        for _ in range(5):  # another process may take a port first
            self.port, self.tls_port = free_ports(2)
            if self.spawn():
                return
        self.process = None
        shutil.rmtree(self.short)
        raise AssertionError(self.log())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def conf(self):
        lines = ["bind 127.0.0.1", "protected-mode no", "port %d" % self.port, "unixsocket %s" % self.socket,
                 "unixsocketperm 777", 'save ""', "appendonly no", "dir %s" % self.directory, "daemonize no",
                 "logfile %s" % self.log_path, "repl-diskless-sync yes", "repl-diskless-sync-delay 0",
                 "repl-diskless-load swapdb"]
        if self.password:
            lines += ['requirepass "%s"' % self.password, 'masterauth "%s"' % self.password]
        if self.tls:
            certificate, key = self.tls.issue("good")
            lines += ["tls-port %d" % self.tls_port, "tls-cert-file %s" % certificate, "tls-key-file %s" % key,
                      "tls-ca-cert-file %s" % self.tls.ca_file, "tls-auth-clients no"]
        return "\n".join([*lines, *("user " + user for user in self.users), self.settings, ""])

    def spawn(self):
        conf = self.directory / "redis.conf"
        conf.write_text(self.conf())
        with open(self.log_path, "ab") as log:  # what is wrong with its configuration
            self.process = subprocess.Popen([self.binary, str(conf)], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self.process.poll() is not None or self.answers(), "redis-server to answer")
        return self.process.poll() is None

    def answers(self):
        try:
            return self("PING") == b"PONG"
        except (OSError, EOFError, RedisError):
            return False

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def url(self, kind="redis", user="", password=None, database=""):
        """kind: "unix", "redis" or "rediss"; with the password that the server has, unless told otherwise."""
        password = self.password if password is None else password
        credentials = "%s:%s@" % (user, password) if password else ""
        if kind == "unix":
            return "unix://%s" % self.socket
        port = self.tls_port if kind == "rediss" else self.port
        return "%s://%s127.0.0.1:%d%s" % (kind, credentials, port, database)

    def connect(self):
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(str(self.socket))
        client = RedisClient(sock)
        if self.password:
            client("AUTH", self.password)
        return client

    def __call__(self, *words):
        """One command on a connection of its own, as redis-cli would."""
        client = self.connect()
        try:
            return client(*words)
        finally:
            client.close()

    def keys(self):
        return sorted(key.decode() for key in self("KEYS", "*"))

    def info(self, section="all"):
        """The figures of INFO, those that are numbers as such."""
        pairs = re.findall(r"^(\w+):(.*?)\r?$", self("INFO", section).decode(), re.M)
        return {name: float(value) if re.fullmatch(r"[0-9.]+", value) and value.count(".") < 2 else value
                for name, value in pairs}

    def clients(self):
        """The connections that are not this one, as dictionaries."""
        client = self.connect()
        try:
            own = b"id=%d " % client("CLIENT", "ID")
            lines = client("CLIENT", "LIST").splitlines()
        finally:
            client.close()
        return [dict(pair.split("=", 1) for pair in line.decode().split() if "=" in pair)
                for line in lines if not line.startswith(own)]

    def signal(self, number):
        """STOP and CONT: a server that hangs. Its kernel goes on accepting."""
        self.process.send_signal(number)

    def stop(self):
        """Ends it; start() then begins with nothing, on the same addresses."""
        if self.process is None:
            return
        process, self.process = self.process, None
        if process.poll() is None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            status = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        assert status == 0, self.log()

    def start(self):
        wait_for(self.spawn, "redis-server to start again")

    def close(self):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.short, ignore_errors=True)
        assert not BAD.search(self.log()), self.log()[-4000:]
        assert not any(name.endswith((".rdb", ".aof")) for name in os.listdir(self.directory))
