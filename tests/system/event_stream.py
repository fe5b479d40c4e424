"""A client of /events, as the WHATWG's standard has it, on a socket."""
import contextlib
import json
import socket
import time

from daemon import PATIENCE


class Stream:
    """An open stream. Events are (kind, data, id); comments are counted."""

    def __init__(self, port, target="/events", last=None):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        fields = "" if last is None else "Last-Event-ID: %s\r\n" % last
        self.sock.sendall(("GET %s HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n%s\r\n" % (target, fields)).encode())
        self.comments, self.retry, self.last, self.ended = 0, None, last or "", False
        self.raw, self.rest, self.chunked = b"", b"", False
        while b"\r\n\r\n" not in self.raw:
            assert self.receive(), "no head: %r" % self.raw
        head, self.raw = self.raw.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.status = int(lines[0].split()[1])
        self.fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        self.chunked = self.fields.get("transfer-encoding") == "chunked"
        self.decode()

    def receive(self):
        """More bytes, or False at the end."""
        piece = self.sock.recv(65536)
        self.raw += piece
        self.ended = not piece
        return bool(piece)

    def decode(self):
        """A proxy may send chunks."""
        if not self.chunked:
            self.rest, self.raw = self.rest + self.raw, b""
            return
        while b"\r\n" in self.raw:
            size, data = self.raw.split(b"\r\n", 1)
            n = int(size, 16)
            if len(data) < n + 2:
                return
            self.rest, self.raw = self.rest + data[:n], data[n + 2:]

    def line(self):
        """The next line, or None at the end."""
        while b"\n" not in self.rest:
            if not self.receive():
                return None
            self.decode()
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def next(self, wanted=None):
        """The next event, of the kind that is wanted, or None at the end."""
        kind, data = "message", []
        while True:
            line = self.line()
            if line is None:
                return None
            if line == "":
                event, kind, data = (kind, data), "message", []
                if event[1] and wanted in (None, event[0]):
                    return event[0], json.loads("\n".join(event[1])), self.last
                continue
            name, _, value = line.partition(":")
            value = value[1:] if value.startswith(" ") else value
            if name == "":
                self.comments += 1
            elif name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                self.last = value
            elif name == "retry":
                self.retry = int(value)

    def has_ended(self):
        """Whether the other side has closed; what comes before is thrown away."""
        with contextlib.suppress(socket.timeout):
            while self.next() is not None:
                pass
        return self.ended

    def close(self):
        self.sock.close()


def wait_for_event(stream, wanted, accept, patience=PATIENCE):
    """The first event of a kind that is accepted."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        event = stream.next(wanted)
        assert event is not None, "the stream has ended"
        if accept(event[1]):
            return event
    raise AssertionError("no such event")
