"""A way to a server that a test makes good or bad: between a daemon and its Redis.

    with RedisProxy(redis.port) as proxy:
        proxy.mode("swallow")     # from now on, also for connections that are open
        proxy.cut()               # resets what is open now

Modes. "ok" passes everything on. Others:

    refuse          nobody listens, and what is open is reset
    hole            connections stay, or are made, and nothing passes: half-open
    hold:TEXT       what is sent on a connection from the piece with TEXT on does not reach the
                    server until another mode comes; then it does, whether its sender waits or not,
                    but for "refuse", by which it is lost
    swallow         the server gets everything, and nothing of what it says arrives
    late:SECONDS    each piece of an answer comes so much later
    drip            answers come a few bytes at a time
    cut:BYTES       the connection is reset behind so many bytes of answers
    garbage         answers are replaced by bytes that are no protocol

proxy.target may be set to another port: a failover. Counted are proxy.accepted, and the bytes
proxy.up (to the server) and proxy.down.
"""
import contextlib
import socket
import struct
import threading

MODES = ("ok", "refuse", "hole", "hold", "swallow", "late", "drip", "cut", "garbage")
DRIP_BYTES = 13
DRIP_PAUSE = 0.0001  # seconds: a value still comes within a command's time


def reset(sock):
    """Ends a connection by RST, at both of its ends."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
    with contextlib.suppress(OSError):
        sock.close()


class RedisProxy:
    def __init__(self, target):
        self.target = target
        self.accepted = self.up = self.down = 0
        self.lock, self.closing = threading.Lock(), threading.Event()
        self.pairs, self.threads, self.held = [], [], []
        self.mode_now = "ok"
        self.holder = self.bind()  # keeps the port while nobody listens
        self.port = self.holder.getsockname()[1]
        self.listener = None
        self.listen()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def bind(self, port=0):
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", port))
        return sock

    def listen(self):
        self.listener = self.bind(self.port)
        self.listener.listen(64)
        self.start(self.accept, self.listener)

    def start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        self.threads = [each for each in self.threads if each.is_alive()] + [thread]
        thread.start()

    def accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.accepted += 1
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
                server.settimeout(None)
            except OSError:
                reset(client)
                continue
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.pairs.append((client, server))
            self.start(self.pump, client, server, False)
            self.start(self.pump, server, client, True)

    def pump(self, source, sink, answers):
        passed, holding = 0, False
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                kind, _, text = self.mode_now.partition(":")
                holding = kind == "hold" and not answers and (holding or text.encode() in data)
                if holding:
                    with self.lock:
                        self.held.append((sink, data))
                elif kind != "hole" and not (kind == "swallow" and answers):
                    self.pass_on(data, sink, answers, passed)
                passed += len(data)
        # Of what does not pass the end does not arrive either.
        if not holding and self.mode_now != "hole":
            self.drop(source, sink)

    def pass_on(self, data, sink, answers, passed):
        if not answers:
            self.up += len(data)
            return sink.sendall(data)
        self.down += len(data)
        kind, _, argument = self.mode_now.partition(":")
        if kind == "late":
            self.closing.wait(float(argument))
        elif kind == "garbage":
            data = b"\x15\x03\x01\r\n" * len(data)
        elif kind == "drip":
            for start in range(0, len(data), DRIP_BYTES):
                sink.sendall(data[start:start + DRIP_BYTES])
                self.closing.wait(DRIP_PAUSE)
            return None
        elif kind == "cut" and passed + len(data) > int(argument):
            sink.sendall(data[:max(0, int(argument) - passed)])
            raise OSError("cut")
        return sink.sendall(data)

    def holds(self, text):
        """Whether that is in what was not let through."""
        with self.lock:
            return bool(self.held) and text in b"".join(data for _, data in self.held)

    def let_go(self):
        with self.lock:
            for sink, data in self.held:
                with contextlib.suppress(OSError):
                    sink.sendall(data)
            self.held.clear()

    def drop(self, *pair):
        with self.lock:
            self.pairs = [each for each in self.pairs if each[0] not in pair]
        for sock in pair:
            reset(sock)

    def mode(self, mode):
        assert mode.partition(":")[0] in MODES, mode
        before, self.mode_now = self.mode_now.partition(":")[0], mode
        if mode == "refuse" and before != "refuse":
            with contextlib.suppress(OSError):
                self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
            self.listener.close()
            with self.lock:
                self.held.clear()
            self.cut()
        elif before == "refuse" and mode != "refuse":
            self.listen()
        elif before == "hold":
            self.let_go()
        elif before == "hole":
            self.cut()  # what was lost in between is missing

    def cut(self):
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            self.drop(*pair)

    def close(self):
        self.closing.set()
        self.mode("refuse")
        self.holder.close()
        for thread in self.threads:
            thread.join(10)
            assert not thread.is_alive(), "the proxy hangs"
