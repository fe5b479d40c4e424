"""What is done to the daemon of the chaos test, and what it excuses."""
import collections
import mmap
import os
import pathlib
import re
import signal
import struct
import time

from chaos_world import shm_path

HEADER_NCATEGORIES, HEADER_SLOTS, SLOT_SIZE, SLOT_NAME, SLOT_META = 32, 56, 256, 8, 64  # doc/segment-format.md
DOWN = ("500", "404", "hang", "reset", "cut", "notjson", "shape", "empty", "drip")
# Of a good file.
SPOIL = (lambda text: text + "nonsense = 1\n", lambda text: text + "category {\n", lambda text: "",
         lambda text: text[:len(text) // 2], lambda text: re.sub("readers = .", "readers = 0", text),
         lambda text: text.replace("interval = 2", "interval = 999"),
         lambda text: text + 'category "no_such" { reference = { "file:///x" } }\n')
NO_FAULTS = ("refresh", "reload", "reload given up", "of these mid-publish")
AIM_PATIENCE, SLICE = 0.4, 30e-6  # seconds
# What the supervisor logs when a reload is done, or refused.
SETTLED = re.compile(rb"supervisor\[\d+\]: (serving|error: not reloaded)[^\n]*\n")


def process_state(pid):
    try:
        return pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def held_connections(pid, port):
    """The ports of the clients whose connections to our port a stopped process holds."""
    inodes = set()
    try:
        for fd in os.scandir("/proc/%d/fd" % pid):
            try:
                link = os.readlink(fd.path)
            except FileNotFoundError:
                continue
            if link.startswith("socket:["):
                inodes.add(link[8:-1])
    except (FileNotFoundError, ProcessLookupError):
        return None
    held = set()
    ours = ":%04X" % port
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        part = line.split(None, 10)
        if part[9] in inodes and part[1].endswith(ours):
            held.add(int(part[2].rsplit(":", 1)[1], 16))
    return held


class Faults:
    """Everything that it does is drawn from `random`."""

    def __init__(self, daemon, upstream, random):
        self.daemon, self.upstream, self.random = daemon, upstream, random
        self.counts = collections.Counter()
        self.excused = collections.defaultdict(list)  # port of a client: when its reader was killed
        self.stopped = []
        self.up_again = 0
        self.log_seen, self.awaited = 0, None
        self.good = daemon.config.read_text()
        self.wrong = []  # reloads that ended other than their file says
        self.actions = [(self.kill_child, 12), (self.kill_mid_publish, 3), (self.refresh, 3),
                        (self.upstream_down, 1), (self.reload, 2), (self.reload_bad, 1)]

    def step(self):
        """One fault, and what time has brought."""
        self.upstream.advance()
        if self.up_again and time.monotonic() > self.up_again:
            self.upstream.mode("ok")
            self.up_again = 0
        actions, weights = zip(*self.actions)
        self.random.choices(actions, weights)[0]()

    def child_of(self, role=None):
        children = [child for child in self.daemon.children() if role in (None, child[1])
                    and process_state(child[0]) not in ("T", "Z", "")]
        return self.random.choice(children) if children else (None, None)

    def open_child(self, pid, role):
        """A handle on a child: its pid may be another's by now."""
        fd = os.pidfd_open(pid)
        if (pid, role) in self.daemon.children():
            return fd
        os.close(fd)
        raise ProcessLookupError

    def kill_child(self):
        pid, role = self.child_of()
        if pid is None:
            return
        number = self.random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT))
        if self.random.random() < 0.05:
            number = signal.SIGSTOP
        try:
            self.hit(pid, role, number)
        except ProcessLookupError:
            pass

    def hit(self, pid, role, number):
        """A reader is stopped first: what it holds then is what may break."""
        fd = self.open_child(pid, role)
        try:
            if role == "reader":
                signal.pidfd_send_signal(fd, signal.SIGSTOP)
                while process_state(pid) not in ("T", "Z", ""):
                    time.sleep(0.0002)
                held = held_connections(pid, self.daemon.port)
                if held is None:
                    return  # it died by itself, or by the supervisor
                for client in held:
                    self.excused[client].append(time.monotonic_ns())
            signal.pidfd_send_signal(fd, number)
            if number == signal.SIGSTOP:
                self.stopped.append(pid)
            else:
                signal.pidfd_send_signal(fd, signal.SIGCONT)
            self.counts["%s %s" % (role, signal.Signals(number).name[3:])] += 1
        finally:
            os.close(fd)

    def kill_mid_publish(self):
        """Lets a hydrator run in slices shorter than a publish, until its latch says that
        it is writing, and kills it there; or wherever it is when patience ends."""
        pid, role = self.child_of("hydrator")
        if pid is None:
            return
        try:
            fd = self.open_child(pid, role)
        except ProcessLookupError:
            return
        try:
            title = pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().split(b"\0")[0]
            sequence = self.find_sequence(title.rsplit(b" ", 1)[-1])
            self.daemon.send(signal.SIGUSR1)
            deadline = time.monotonic() + AIM_PATIENCE
            while sequence() & 1 == 0 and time.monotonic() < deadline:
                signal.pidfd_send_signal(fd, signal.SIGCONT)
                end = time.monotonic() + self.random.random() * SLICE
                while time.monotonic() < end:
                    pass  # a sleep would be longer
                signal.pidfd_send_signal(fd, signal.SIGSTOP)
            seen = sequence()
            signal.pidfd_send_signal(fd, signal.SIGKILL)
            self.counts["%s KILL" % role] += 1
            while process_state(pid) not in ("Z", ""):
                time.sleep(0.0002)
            self.counts["of these mid-publish"] += seen & 1 and sequence() == seen
        except (FileNotFoundError, ProcessLookupError):
            pass
        finally:
            os.close(fd)

    def find_sequence(self, category):
        """What reads the sequence of a category's latch: odd while it is written."""
        with open(shm_path(self.daemon), "rb") as file:
            memory = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        count = struct.unpack_from("<I", memory, HEADER_NCATEGORIES)[0]
        slots = struct.unpack_from("<Q", memory, HEADER_SLOTS)[0]
        for slot in range(slots, slots + count * SLOT_SIZE, SLOT_SIZE):
            if memory[slot + SLOT_NAME:slot + SLOT_META].split(b"\0")[0] == category:
                return lambda: struct.unpack_from("<Q", memory, slot)[0]
        raise FileNotFoundError  # a reload has taken it out

    def refresh(self):
        for _ in range(self.random.choice((1, 1, 5))):
            self.daemon.send(signal.SIGUSR1)
        self.counts["refresh"] += 1

    def upstream_down(self):
        if self.up_again:
            return
        self.upstream.mode(self.random.choice(DOWN))
        self.up_again = time.monotonic() + self.random.random() * 2
        self.counts["upstream down"] += 1

    def reload(self):
        if not self.reload_settled():
            return
        draw = self.random.choice
        self.daemon.configure(readers=draw((1, 2, 3, 4)), ttl=draw((3, 60, 300)),
                              capacity=draw(("4M", "4M", "6M")), extra_category=draw((False, True)),
                              extra_listen=draw((False, True)))
        self.good = self.daemon.config.read_text()
        self.hup("reload")

    def reload_bad(self):
        if not self.reload_settled():
            return
        self.daemon.put_config(self.random.choice(SPOIL)(self.good))
        self.hup("bad reload")

    def hup(self, kind):
        self.awaited = kind
        self.log_seen = self.daemon.log_path.stat().st_size
        self.daemon.send(signal.SIGHUP)
        self.counts[kind] += 1

    def reload_settled(self):
        """One reload at a time, so that each is seen to end as its file says."""
        if self.awaited is None:
            return True
        with open(self.daemon.log_path, "rb") as log:
            log.seek(self.log_seen)
            found = SETTLED.search(log.read())
        if not found:
            return False
        if (found.group(1) == b"serving") != (self.awaited == "reload"):
            if b"not ready in time" in found.group(0):
                self.counts["reload given up"] += 1
            else:
                self.wrong.append("%s: %s" % (self.awaited, found.group(0).decode()))
        self.awaited = None
        return True

    def hung(self):
        return [pid for pid in self.stopped if process_state(pid) == "T"]

    def total(self):
        """Refreshes and good reloads are no faults."""
        return sum(count for kind, count in self.counts.items()
                   if kind not in NO_FAULTS)
