"""The real daemon under test: its own directory, port, segment; readiness by polling."""
import collections
import ctypes
import http.client
import json
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import time

BINARY = os.environ.get("HYDRATORD_BINARY", "src/hydratord")
WRAPPER = os.environ.get("HYDRATORD_TEST_WRAPPER", "")
VALGRIND = (
    "valgrind -q --leak-check=full --show-leak-kinds=definite,indirect "
    "--errors-for-leak-kinds=definite,indirect --trace-children=no --error-exitcode=99 "
    "--vgdb=no "  # a process that is killed would leave its pipes in /tmp
    "--log-file={directory}/valgrind.%p"
)
# Machines are shared and valgrind is slow: how long anything that must happen may take.
PATIENCE = 120

BAD_LOG = re.compile(
    r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:|"
    r"[Aa]ssertion|core dumped|stack smashing|double free|Invalid (read|write)|"
    r"definitely lost|indirectly lost|uninitialised"
)


def descriptors(pid):
    """What a process has open now; what it closes while we look is left out."""
    found = []
    for link in pathlib.Path("/proc/%d/fd" % pid).iterdir():
        try:
            found.append(os.readlink(link))
        except FileNotFoundError:
            pass
    return found


def sleeps(pid):
    """Whether a process waits. One that has said what it did may still be on its way to that."""
    return pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0] == "S"


def describe(pid):
    """One line on what a process does, for those who read why a test failed."""
    proc = pathlib.Path("/proc/%d" % pid)
    try:
        signals = re.findall(r"(?:Name|State|Threads|SigPnd|ShdPnd|SigBlk):.*", (proc / "status").read_text())
        return "%d %s in %s" % (pid, " ".join(signals).replace("\t", " "), (proc / "wchan").read_text())
    except OSError as error:
        return "%d %s" % (pid, error)


def wait_for(condition, what, patience=PATIENCE):
    """Polls until condition() is true and returns its value."""
    deadline = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("timed out waiting for " + what)
        time.sleep(0.02)


def wait_for_inotify():
    """Until some instances are to be had, which others want as well: a user has 128 unless told otherwise,
    each hydrator with local sources takes one, and a systemd a few. A hydrator that finds none goes on
    without; a machine ends without a word."""
    libc = ctypes.CDLL(None)

    def are_there():
        held = [libc.inotify_init1(os.O_CLOEXEC) for _ in range(8)]
        for fd in held:
            if fd >= 0:
                os.close(fd)
        return min(held) >= 0
    wait_for(are_there, "instances of inotify (fs.inotify.max_user_instances)")


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def timeless(self):
        """The body but for when it was computed."""
        return re.sub(rb'"(computed|observed)_at":\d+', rb'"\1_at":0', self.body)


def process_alive(pid):
    try:
        state = pathlib.Path("/proc/%d/stat" % pid).read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


class Daemon:
    """One hydratord -f. `settings` is configuration text that is added to the base."""

    count = 0
    held = []  # sockets of hold_port()

    def __init__(self, directory, categories, horde, settings="", env=None, readers=1, hydration="",
                 horde_settings=""):
        Daemon.count += 1
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.segment = "/hydratord-test-%d-%d" % (os.getpid(), Daemon.count)
        self.config = self.directory / "hydratord.conf"
        self.log_path = self.directory / "log"
        self.pidfile = self.directory / "hydratord.pid"
        self.state = self.directory / "state"
        self.clock = self.directory / "clock"
        self.clock.write_bytes(bytes(8))
        self.starter = []  # a command that starts the daemon by exec, with other surroundings
        self.process = None
        self.port = None
        self.logged = 0  # characters of the log when it was started
        self.answered = collections.Counter()  # by (target, status): every answer that get() had
        self.expect_dirty = False
        self.env = dict(os.environ, HYDRATORD_TEST_CLOCK=str(self.clock))
        if WRAPPER:  # valgrind knows no seccomp(2)
            self.env["HYDRATORD_SUPERVISOR_SANDBOX"] = "false"
        if os.geteuid() != 0:  # or the tests could not look into descriptors and maps
            self.env["HYDRATORD_SUPERVISOR_CORE_DUMPS"] = "true"
        # Tests send SEGV themselves: that must be a death by signal, not a report.
        self.env.setdefault("ASAN_OPTIONS", "detect_leaks=1:handle_segv=0")
        self.env.update(env or {})
        self.write_config(categories, horde, settings, readers, hydration, horde_settings)

    def write_config(self, categories, horde, settings="", readers=1, hydration="", horde_settings=""):
        text = """
listen = { "127.0.0.1:0" }
readers = %d
pidfile = "%s"
state_dir = "%s"
segment { name = "%s" capacity = "8M" }
log { target = "stderr" level = "debug" }
hydration { %s }
horde { url = "%s" %s }
%s
""" % (readers, self.pidfile, self.state, self.segment, hydration, horde, horde_settings, settings)
        for name, sources in categories.items():
            text += 'category "%s" { reference = { %s } }\n' % (
                name, ", ".join('"%s"' % s for s in sources))
        self.config.write_text(text)

    def command(self, *arguments):
        wrapper = []
        if WRAPPER == "valgrind":
            wrapper = shlex.split(VALGRIND.format(directory=self.directory))
        return self.starter + wrapper + [BINARY, *arguments]

    def run(self, *arguments, **kwargs):
        """A run that ends by itself, such as -t."""
        return subprocess.run(self.command(*arguments), env=self.env, capture_output=True,
                              text=True, timeout=PATIENCE, **kwargs)

    def spawn_with(self, output, *arguments):
        return subprocess.Popen(self.command(*arguments), env=self.env, stdin=subprocess.DEVNULL,
                                stdout=output, stderr=output, start_new_session=True)

    def spawn(self):
        self.logged = len(self.log())
        with open(self.log_path, "ab") as log:
            self.process = self.spawn_with(log, "-f", "-c", str(self.config))
        return self

    def start(self, wait=True):
        """Starts it and waits until a reader answers; wait=True also for every category, to the end of its
        first cycle: what that publishes is seen before it is logged and counted."""
        self.spawn()
        wait_for(self.find_port, "the listening port")
        wait_for(self.answers, "an answer")
        if wait:
            for name in self.categories():
                wait_for(lambda: self.get("/model_references/statistics/" + name).status != 503,
                         "data of " + name)
            wait_for(self.accounted, "the end of the first cycles")
        return self

    def accounted(self):
        return all(entry["documents"] for entry in self.get("/readyz?verbose").json()["categories"])

    def categories(self):
        return re.findall(r'^category "(\w+)"', self.config.read_text(), re.M)

    def find_port(self):
        if self.process.poll() is not None:
            raise AssertionError("hydratord ended with %d:\n%s" % (self.process.returncode, self.log()))
        found = re.search(r"listening on 127\.0\.0\.1:(\d+)", self.log()[self.logged:])
        self.port = int(found.group(1)) if found else None
        return self.port

    def answers(self):
        try:
            return self.get("/heartbeat").status == 200
        except OSError:
            return False

    def log(self):
        """Whole lines: one that is being written may end in the middle of a number."""
        text = self.log_path.read_text(errors="replace") if self.log_path.exists() else ""
        return text[:text.rfind("\n") + 1]

    @classmethod
    def hold_port(cls):
        """A port of 127.0.0.1 that only a daemon gets until the test ends: bound here, and not listened on."""
        cls.held.append(socket.socket())
        cls.held[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        cls.held[-1].bind(("127.0.0.1", 0))
        return cls.held[-1].getsockname()[1]

    # In /proc its mappings and descriptors have the name that it was made with: none.
    def is_segment(self, descriptor):
        return os.path.samefile(descriptor, "/dev/shm" + self.segment)

    def maps_segment(self, line):
        """Of /proc/PID/maps."""
        inode = os.stat("/dev/shm" + self.segment).st_ino
        return bool(re.search(r" %d +/dev/shm/" % inode, line))

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def get(self, target, method="GET", headers=None):
        connection = self.connect()
        try:
            connection.request(method, target, headers=headers or {})
            answer = Answer(connection.getresponse())
            self.answered[target, answer.status] += 1
            return answer
        finally:
            connection.close()

    def json(self, target):
        answer = self.get(target)
        assert answer.status == 200, (target, answer.status, answer.body[:300])
        return answer.json()

    def of_one_snapshot(self, framed, *targets):
        """The answer to the first, which stayed the same until the others had come, and theirs."""
        def same():
            before = self.get(framed)
            answers = [self.get(target) for target in targets]
            after = self.get(framed)
            return before.status == 200 and before.headers["etag"] == after.headers["etag"] and [after, *answers]

        return wait_for(same, "answers of one snapshot")

    def move_clock(self, seconds):
        """Adds to both clocks of the daemon."""
        offset = int.from_bytes(self.clock.read_bytes(), "little", signed=True)
        with open(self.clock, "r+b") as file:
            file.write((offset + int(seconds * 1e9)).to_bytes(8, "little", signed=True))

    def child(self, role):
        """The pid of the living child of a role ("reader 0", "hydrator blip"), or None.

        Read from the log, because under valgrind no process has a title."""
        pids = re.findall(r"Z %s\[(\d+)\]: " % re.escape(role), self.log())
        alive = [int(pid) for pid in pids if process_alive(int(pid))]
        return alive[-1] if alive else None

    def readers(self):
        """The pids of those that live."""
        return [pid for pid in {int(pid) for pid in re.findall(r"Z reader \d+\[(\d+)\]: ", self.log())}
                if process_alive(pid)]

    def kill_child(self, role, number=signal.SIGKILL):
        """Kills a child and waits until a successor of the role has logged something."""
        pid = wait_for(lambda: self.child(role), "a living " + role)
        os.kill(pid, number)
        return wait_for(lambda: self.child(role) not in (None, pid) and self.child(role),
                        "a successor of " + role)

    def send(self, number):
        self.process.send_signal(number)

    def reload(self):
        """Returns when no reader of before is left: for a moment both kinds accept."""
        former = self.readers()
        self.send(signal.SIGHUP)
        wait_for(lambda: not any(map(process_alive, former)), "the former readers to leave")

    def stop(self, number=signal.SIGTERM):
        """Ends it and checks what must hold after every run."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError("hydratord did not stop:\n" + self.log())
        session, self.process = self.process.pid, None
        wait_for(lambda: not self.session_members(session), "the children to leave")
        self.check_log()
        if not self.expect_dirty:
            assert not pathlib.Path("/dev/shm" + self.segment).exists(), "segment left behind"
            assert not self.pidfile.exists(), "pid file left behind"
        return status

    def has_sanitizer(self):
        return "libasan" in pathlib.Path("/proc/%d/maps" % self.process.pid).read_text()

    @staticmethod
    def session_members(session):
        members = []
        for task in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                stat = (task / "stat").read_text().rsplit(")", 1)[1].split()
                if int(stat[3]) == session and stat[0] != "Z":
                    members.append(int(task.name))
            except (FileNotFoundError, ProcessLookupError):
                pass
        return members

    def check_log(self):
        logs = [self.log_path, *self.directory.glob("valgrind.*")]
        for path in logs:
            text = path.read_text(errors="replace") if path.exists() else ""
            bad = BAD_LOG.search(text)
            assert not bad, "%s has %r:\n%s" % (path, bad.group(0), text[-4000:])
