"""What the benches have in common: cores, the machine, the daemon and its peers, wrk."""
import contextlib
import http.client
import os
import pathlib
import platform
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CATEGORY = "image_generation"
TWO = (CATEGORY, "text_generation")
HORDE = ("stats_image", "stats_text", "status_image", "status_text", "workers")
STATISTICS = "/model_references/statistics/" + CATEGORY
RISK = STATISTICS + "/deletion-risk"


def skip(why):
    print("bench: " + why, file=sys.stderr)
    sys.exit(77)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(program + " is missing")


def two_cores():
    """One core for the server, one for whoever asks it."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        skip("two processors are needed")
    return cores[0], cores[1]


def describe_machine():
    model = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text())
    print("machine: %d cores, %s, Linux %s, load %.1f" % (
        os.cpu_count(), model.group(1) if model else platform.machine(),
        platform.release(), os.getloadavg()[0]))


def median(values):
    return statistics.median(values)


def raise_files(wanted):
    """For this process and those it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(hard, wanted)))
    except (ValueError, PermissionError):
        skip("%d open files are not allowed (ulimit -n)" % wanted)


def spawn(command, core=None, **kwargs):
    """A process that dies with us at the latest; on one core, if that is given."""
    if core is not None:
        command = ["taskset", "-c", str(core)] + command
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, **kwargs)


def end(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def get(port, target, headers=None):
    """Status, fields and body of one answer; None while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", target, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    except OSError:
        return None
    finally:
        connection.close()


def wait_for(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("bench: timed out waiting for " + what)
        time.sleep(0.05)


def children(pid):
    return [int(c) for c in pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]


def process_title(pid):
    return pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().rstrip(b"\0 ").decode()


def memory_of(pid):
    """smaps_rollup, in bytes."""
    rows = re.findall(r"^(\w+):\s+(\d+) kB", pathlib.Path("/proc/%d/smaps_rollup" % pid).read_text(), re.M)
    return {name: int(value) * 1024 for name, value in rows}


def cpu_seconds(pid):
    """Of a process and its children, all threads, in user and kernel mode."""
    total = 0
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
            total += sum(cpu_seconds(int(child)) for child in (task / "children").read_text().split())
    return total


class Documents:
    """A directory with the documents, or one with them in reference/ and horde/."""

    def __init__(self, directory):
        top = pathlib.Path(directory).resolve()
        self.reference = top / "reference" if (top / "reference").is_dir() else top
        self.horde = top / "horde" if (top / "horde").is_dir() else top

    def categories(self):
        """All that have a document, the two large ones first."""
        names = sorted(path.stem for path in self.reference.glob("*.json"))
        return [*TWO, *(name for name in names if name not in (*TWO, *HORDE))]


class Daemon:
    """hydratord -f with one reader, two categories, answers fresh for the whole run."""

    number = 0

    def __init__(self, binary, work, documents, horde=None, reference=None, settings="", core=None,
                 capacity="16M", categories=TWO, starter=()):
        Daemon.number += 1
        self.work = pathlib.Path(work)
        self.port = 20000 + os.getpid() % 5000 * 2 + Daemon.number % 2
        self.log = self.work / ("daemon%d.log" % Daemon.number)
        config = self.work / ("hydratord%d.conf" % Daemon.number)
        text = """
listen = { "127.0.0.1:%d" }
pidfile = "%s/hydratord%d.pid"
state_dir = "%s"
segment { name = "/hydratord-bench-%d-%d" capacity = "%s" }
log { target = "stderr" level = "info" }
hydration { enabled = false ttl = 7200 stale_ttl = 7200 }
horde { url = "%s" }
%s
""" % (self.port, work, Daemon.number, work, os.getpid(), Daemon.number, capacity,
            horde or "file://%s" % documents.horde, settings)
        if "readers" not in settings:
            text = "readers = 1\n" + text
        for category in categories:
            url = reference(category) if reference else "file://%s/%s.json" % (documents.reference, category)
            text += 'category "%s" { reference = { "%s" } }\n' % (category, url)
        config.write_text(text)
        self.process = spawn([*starter, binary, "-f", "-c", str(config)], core, stderr=self.log.open("wb"))
        try:
            wait_for(self.ready, "the daemon:\n" + self.log.read_text())
        except SystemExit:
            end(self.process)
            raise

    def ready(self):
        answer = get(self.port, STATISTICS)
        return answer is not None and answer[0] == 200

    def child(self, role):
        """The pid of the first child whose title has role in it."""
        for pid in children(self.process.pid):
            if role in process_title(pid):
                return pid
        raise SystemExit("bench: the daemon has no " + role)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        end(self.process)


@contextlib.contextmanager
def work_directory():
    """Removed at the end. SIGTERM ends us as an exception does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="hydratord-bench-") as work:
        os.chmod(work, 0o755)  # Varnish reads its file there as a user of its own
        yield pathlib.Path(work)


def free_ports(count):
    """Free when asked; all held open until the last is known, so that no two are one."""
    held = []
    for _ in range(count):
        held.append(socket.socket())
        held[-1].bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def wrk(core, port, target, seconds, headers=(), connections=64, codes=(200,)):
    """Requests/s, the 50th and 99th percentile in ms, requests. A broken connection spoils it."""
    command = ["taskset", "-c", str(core), "wrk", "-t1", "-c%d" % connections, "-d%ds" % seconds, "--latency"]
    for header in headers:
        command += ["-H", header]
    out = subprocess.run(command + ["http://127.0.0.1:%d%s" % (port, target)],
                         check=True, capture_output=True, text=True).stdout
    if "Socket errors" in out or ("Non-2xx" in out and max(codes) < 400):
        raise SystemExit("bench: %s:\n%s" % (target, out))
    percentiles = {p: float(value) * MILLISECONDS[unit] for p, value, unit in
                   re.findall(r"^\s+(\d+)%\s+([0-9.]+)(us|ms|s)$", out, re.M)}
    return (float(re.search(r"Requests/sec:\s+([0-9.]+)", out).group(1)), percentiles["50"], percentiles["99"],
            int(re.search(r"(\d+) requests in", out).group(1)))
