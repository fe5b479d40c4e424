"""A Debian machine with the daemon installed: booted by systemd-nspawn over a root that stays
as it is, spoken to through the namespaces of its first process."""
import ctypes
import http.client
import os
import pathlib
import shlex
import subprocess
import threading

from daemon import Answer, describe, wait_for, wait_for_inotify

CLONE_NEWNET = 0x40000000
PORT, METRICS_PORT = 19820, 19821
# Machines boot while others work: how long anything may take that must happen.
PATIENCE = 120

# In a mount namespace of its own, so that nothing has to be unmounted, and in a process
# namespace of its own, which ends with its first process, this shell. systemd-nspawn wants
# a /run that it may write to and that no systemd of this machine owns; 133 is its status when
# the machine reboots. In the machine there are no consoles to log in at.
BOOT = """
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cp -a "$3/." "$1/root/"
[ ! -e "$1/root/etc/inittab" ] || sed -i /getty/d "$1/root/etc/inittab"
mount -t tmpfs tmpfs /run
again=133
while [ $again -eq 133 ]; do
    again=0
    systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe \
        --directory="$1/root" --boot || again=$?
done
"""
ENVIRONMENT = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
               "HOME=/root", "TERM=dumb", "LC_ALL=C.UTF-8"]


def cgroup_directories():
    """Where this process stands in the hierarchies in which systemd keeps its units."""
    own = {}
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, name, path = line.split(":", 2)
        own[name] = path.strip("/")
    for line in pathlib.Path("/proc/self/mounts").read_text().splitlines():
        _, place, kind, options = line.split()[:4]
        if kind == "cgroup2" and "" in own:
            yield pathlib.Path(place) / own[""]
        elif kind == "cgroup" and "name=systemd" in options.split(",") and "name=systemd" in own:
            yield pathlib.Path(place) / own["name=systemd"]


def descendants(pid):
    try:
        children = pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from descendants(child)


def is_init(pid):
    """Before it has become that, it is systemd-nspawn in a namespace."""
    try:
        status = pathlib.Path("/proc/%d/status" % pid).read_text()
        program = os.readlink("/proc/%d/exe" % pid)
    except OSError:
        return False
    inside = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
    return inside[-1] == "1" and len(inside) > 1 and program.endswith(("/systemd", "/init"))


class Machine:
    """One machine, while `with` lasts. `kind` is "systemd" or "sysvinit"."""

    count = 0

    def __init__(self, kind, directory):
        Machine.count += 1
        self.kind = kind
        self.directory = pathlib.Path(directory)
        self.console = self.directory / "console"
        self.nspawn = None
        self.leader = None  # its process 1, as this machine counts
        # Those that systemd-nspawn makes in ours; two machines must not share them.
        self.cgroups = [place / ("hydratord-machine-%d-%d" % (os.getpid(), Machine.count))
                        for place in cgroup_directories()]

    def __enter__(self):
        try:
            self.boot()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_):
        self.end()

    def join_cgroups(self):
        for place in self.cgroups:
            (place / "cgroup.procs").write_text("0")

    def boot(self):
        wait_for_inotify()
        for place in self.cgroups:
            for left in place.parent.glob("hydratord-machine-*"):  # by a run that was killed
                if not pathlib.Path("/proc", left.name.split("-")[2]).exists():
                    self.remove_cgroup(left)
            place.mkdir()
        with open(self.console, "wb") as console:
            self.nspawn = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
                 "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", BOOT, "sh", str(self.directory),
                 os.path.join(os.environ["HYDRATORD_MACHINE_ROOTS"], self.kind),
                 os.environ["HYDRATORD_MACHINE_INSTALLED"]],
                stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True,
                preexec_fn=self.join_cgroups)
        self.wait_for_boot()

    def wait_for_boot(self):
        self.leader = wait_for(self.find_leader, "process 1 of the machine", PATIENCE)
        wait_for(self.is_up, "the end of its boot", PATIENCE)

    def reboot(self):
        """Its file system stays, its memory, network and processes do not: no upstream of before
        is in it any more."""
        before = self.leader
        self.run("reboot", None)
        wait_for(lambda: self.find_leader() not in (None, before), "another process 1", PATIENCE)
        self.wait_for_boot()

    def find_leader(self):
        """The process below ours that is process 1 of a namespace: systemd-nspawn's child."""
        assert self.nspawn.poll() is None, "it did not boot:\n" + self.said_on_console()
        return next((pid for pid in descendants(self.nspawn.pid) if is_init(pid)), None)

    def is_up(self):
        assert self.nspawn.poll() is None, "it did not boot:\n" + self.said_on_console()
        if self.kind == "systemd":
            return self.ask("systemctl is-system-running") in ("running", "degraded")
        return self.ask("runlevel") == "N 2" and self.run("pgrep -x rc", None).returncode == 1

    def said_on_console(self):
        return self.console.read_text(errors="replace")[-3000:]

    def end(self):
        """At once: nothing of it is kept. With unshare ends its child, and with that the namespace."""
        if self.nspawn:
            self.nspawn.kill()
            self.nspawn.wait()
        self.nspawn = self.leader = None
        for place in self.cgroups:
            wait_for(lambda place=place: self.remove_cgroup(place), "the end of %s" % place, PATIENCE)

    @staticmethod
    def remove_cgroup(place):
        try:
            for directory, _, _ in os.walk(place, topdown=False):
                os.rmdir(directory)
        except OSError:
            return False
        return not place.exists()

    # What an operator does.

    def command(self, *words):
        return ["nsenter", "--target", str(self.leader), "--all", *ENVIRONMENT, *words]

    def run(self, line, status=0, **kwargs):
        """Runs a line of shell as root. status None: any will do."""
        result = subprocess.run(self.command("sh", "-c", line), stdin=subprocess.DEVNULL,
                                capture_output=True, text=True, errors="replace", timeout=PATIENCE,
                                check=False, **kwargs)
        assert status is None or result.returncode == status, "%s: %d\n%s%s" % (
            line, result.returncode, result.stdout, result.stderr)
        return result

    def ask(self, line):
        """What a line of shell prints, whatever its status."""
        return self.run(line, None).stdout.strip()

    def read(self, path):
        return self.run("cat " + shlex.quote(path)).stdout

    def write(self, path, text):
        """Puts a file there."""
        subprocess.run(self.command("sh", "-c", 'cat >"$1"', "sh", path), input=text, text=True,
                       check=True, timeout=PATIENCE)

    def replace(self, path, old, new):
        text = self.read(path)
        assert old in text, (path, old)
        self.write(path, text.replace(old, new))

    # What is of its network: its loopback is not ours.

    def in_network(self, call):
        """call() in a thread of the machine's network: what it opens is there, for ever."""
        result = []

        def enter():
            try:
                with open("/proc/%d/ns/net" % self.leader, "rb") as space:
                    if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET) != 0:
                        raise OSError(ctypes.get_errno(), "setns")
                result.append((call(), None))
            except BaseException as error:  # pylint: disable=broad-except
                result.append((None, error))

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        value, error = result[0]
        if error:
            raise error
        return value

    def connect(self, port=PORT, timeout=PATIENCE):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.in_network(connection.connect)
        return connection

    def get(self, target, port=PORT):
        connection = self.connect(port)
        try:
            connection.request("GET", target)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def serves(self, target="/heartbeat"):
        try:
            return self.get(target).status == 200
        except OSError:
            return False

    def metric(self, name):
        """The value of a line of /metrics, by all that stands before it."""
        for line in self.get("/metrics", METRICS_PORT).body.decode().splitlines():
            if line.rpartition(" ")[0] == name:
                return float(line.rpartition(" ")[2])
        return None

    def describe(self):
        """For those who read why a test failed."""
        processes = pathlib.Path("/proc/%d/root/proc" % self.leader)
        return "\n".join(describe(pid) for pid in map(int, self.ask("pgrep hydratord").split())
                         if (processes / str(pid)).exists())
