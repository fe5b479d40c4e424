"""Answers as bytes, and what tells two of them apart."""
import re
import socket
import zlib

from codings import DECODE
from daemon import PATIENCE

NUMBER, TAG = re.compile(rb"\d+"), re.compile(rb'(W/)?"[0-9a-f]+"')
DATE = re.compile(rb"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")
# Fields whose values depend on when a build was asked, or may change from build to build.
FORMS = {b"date": DATE, b"expires": DATE, b"last-modified": DATE, b"age": NUMBER, b"etag": TAG,
         b"x-accel-expires": re.compile(rb"[1-9]\d*")}  # 0 says that it is stale
# In a name or another text of JSON the quotation marks have a backslash before them.
TIMES = re.compile(rb'"(computed_at|observed_at)":\d+')
# A refresh that is due is none while it runs. Two builds may be of two versions.
CONDITION = re.compile(rb'"(age|last_success|since|failures|seconds_until_retry|now|started|retry_at|sampled)":\d[\d.]*'
                       rb'|"(next_try)":(?:\d+|null)|"(version)":"[^"]*"')
REMAINING = re.compile(rb"\bttl=(-?)\d+")
BROKEN = b"no answer: "


class Answer:
    """The status line, the fields in their order, and the body, as they came."""

    def __init__(self, line, fields=(), body=b""):
        self.line = line
        self.fields = list(fields)
        self.body = body

    def field(self, name):
        return next((value for known, value in self.fields if known.lower() == name), None)

    def closes(self):
        return self.line.startswith(BROKEN) or (self.field(b"connection") or b"").lower() == b"close"

    def decoded(self):
        """The body without its content coding; what is not in that coding stays, and says so."""
        coding = self.field(b"content-encoding")
        if coding is None or not self.body:
            return self.body
        try:
            return DECODE[coding.decode("latin-1")](self.body)
        except (AssertionError, KeyError, zlib.error) as error:
            return b"not decodable (%s): " % repr(error).encode() + self.body


def form(name, value):
    """The value, or what takes its place in a field that may differ: the kind of value it is."""
    if name == b"cache-status":
        return REMAINING.sub(rb"ttl=\g<1>0", value)
    pattern = FORMS.get(name)
    found = pattern and pattern.fullmatch(value)
    if not found:
        return value
    return b"W/tag" if pattern is TAG and found.group(1) else b"form of " + name


def without_times(text, condition=False):
    text = TIMES.sub(rb'"\1":0', text)
    return CONDITION.sub(rb'"\1\2\3":0', text) if condition else text


def excerpt(old, new):
    """Both texts around the first byte in which they differ."""
    at = next((i for i, (a, b) in enumerate(zip(old, new)) if a != b), min(len(old), len(new)))
    part = slice(max(0, at - 30), at + 50)
    return "at byte %d of %d and %d: %r, then %r" % (at, len(old), len(new), old[part], new[part])


def compare_bodies(old, new, condition, decoded):
    """Of bodies that are not the same bytes: what is wrong, or None, and why it is not, or None."""
    if old.field(b"content-encoding") != new.field(b"content-encoding"):
        return "body: in another coding", None
    old_text, new_text = old.decoded(), new.decoded()
    if old_text == new_text:
        return (None, "encoding") if decoded else ("body: encoded differently " + excerpt(old.body, new.body), None)
    old_text, new_text = without_times(old_text, condition), without_times(new_text, condition)
    return ("body: " + excerpt(old_text, new_text), None) if old_text != new_text else (None, "times")


def compare(old, new, condition=False, other_length=False, decoded=False):
    """Returns the differences, a list of lines, and, if the bodies are not the same bytes but none
    of them, in what they differ: "times" or "encoding".

    condition: the body tells of the daemon's condition, with numbers that change by themselves.
    other_length: Content-Length may differ, because the body that a HEAD leaves out does.
    decoded: encoded bodies need be the same only when decoded."""
    found, excuse = [], None
    if old.line != new.line or old.line.startswith(BROKEN):
        found.append("status: %r, then %r" % (old.line, new.line))
    if old.body != new.body:
        difference, excuse = compare_bodies(old, new, condition, decoded)
        found += [difference] if difference else []
    if [name for name, _ in old.fields] != [name for name, _ in new.fields]:
        found.append("fields: %r, then %r" % ([n for n, _ in old.fields], [n for n, _ in new.fields]))
    else:
        for (name, before), (_, after) in zip(old.fields, new.fields):
            key = name.lower()
            if key == b"content-length" and (excuse or other_length):
                continue
            if before != after and form(key, before) != form(key, after):
                found.append("%s: %r, then %r" % (name.decode("latin-1"), before, after))
    return found, excuse


def parse_head(data):
    line, *rest = bytes(data).split(b"\r\n")
    fields = []
    for text in rest:
        name, colon, value = text.partition(b": ")
        if not colon:
            raise ValueError("field %r" % text)
        fields.append((name, value))
    if not re.match(rb"HTTP/1\.1 \d{3} ", line):
        raise ValueError("status line %r" % line)
    return Answer(line, fields)


class Wire:
    """One connection that is kept open from question to question."""

    def __init__(self, port):
        self.port = port
        self.sock = None
        self.rest = bytearray()

    def close(self):
        if self.sock is not None:
            self.sock.close()
        self.sock = None
        self.rest.clear()

    def send(self, data):
        try:
            if self.sock is None:
                self.sock = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
                self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sock.sendall(data)
        except OSError:
            pass  # receive() says so

    def more(self):
        chunk = self.sock.recv(1 << 18)
        if not chunk:
            raise ConnectionError("closed after %r" % bytes(self.rest[:100]))
        return chunk

    def receive(self, has_body):
        """The next answer; whatever is wrong with it becomes its status line."""
        try:
            if self.sock is None:
                raise ConnectionError("no connection")
            while (end := self.rest.find(b"\r\n\r\n")) < 0:
                self.rest += self.more()
            answer = parse_head(self.rest[:end])
            del self.rest[:end + 4]
            if has_body and answer.line[9:12] not in (b"204", b"304"):
                answer.body = self.body(int(answer.field(b"content-length")))
        except (OSError, ValueError, TypeError) as error:
            answer = Answer(BROKEN + repr(error).encode())
        if answer.closes():
            self.close()
        return answer

    def body(self, length):
        data = bytearray(length)
        have = min(length, len(self.rest))
        data[:have] = self.rest[:have]
        del self.rest[:have]
        view = memoryview(data)
        while have < length:
            n = self.sock.recv_into(view[have:])
            if n == 0:
                raise ConnectionError("closed after %d of %d bytes of a body" % (have, length))
            have += n
        return bytes(data)


def exchange(port, data):
    """All that comes until the other side closes, with the fields that may differ in their form."""
    line, received = b"bytes", b""
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while chunk := sock.recv(1 << 18):
                received += chunk
    except OSError as error:
        line = BROKEN + repr(error).encode()

    def mask(found):
        return found.group(1) + b": " + form(found.group(1).lower(), found.group(2))

    return Answer(line, body=re.sub(rb"(?m)^([\w-]+): ([^\r\n]*)", mask, received))
