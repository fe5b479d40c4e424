"""The image, run as a container runtime runs it: as process 1 and a user without a name, in
namespaces of its own, without a right, on a root that cannot be written to, with docker's 64 MB
of /dev/shm. container.sh makes the image."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "system"))
from daemon import wait_for  # noqa: E402

PATIENCE = 120
USER = 65532
DOCKERFILE = (TOP / "etc/container/Dockerfile").read_text()
SHARED = pathlib.Path(os.environ.get("HYDRATORD_SHARED", TOP.parent / "shared"))
CATEGORIES = re.findall(r'^category "(\w+)"', (TOP / "etc/hydratord.conf").read_text(), re.M)

# What is mounted, and the rest of docker's defaults; then what the Dockerfile says.
RUN = """
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$2:$3,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/shm
ln -s /proc/self/fd dev/fd
mount -t tmpfs -o "mode=1777,size=$5" tmpfs dev/shm
for device in null zero random urandom; do
    touch "dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir documents
mount --bind "$4" documents
mount --bind "$6" var/lib/hydratord
mount -o remount,bind,ro "$1/root"
shift 6
# SIOCSIFFLAGS, IFF_UP of the loopback.
perl -MSocket -e '$flags = pack(q(a16sx22), q(lo), 1);
    socket(S, AF_INET, SOCK_DGRAM, 0) && ioctl(S, 0x8914, $flags) or die $!'
exec chroot . setpriv --reuid 65532 --regid 65532 --clear-groups --bounding-set -all \\
    --inh-caps -all --ambient-caps -all --no-new-privs "$@"
"""


def words(instruction):
    """Of an instruction of the Dockerfile in its JSON form."""
    return json.loads(re.search(r"^\s*%s (\[.*\])$" % instruction, DOCKERFILE, re.M).group(1))


class Container:
    """While `with` lasts."""

    def __init__(self, directory, state, shm="64m", documents=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.state = state
        self.shm = shm
        # The recorded day where it is present.
        self.documents = documents or SHARED / "current" / "real-1"
        self.horde = self.reference = "/documents"
        if (self.documents / "horde").is_dir():
            self.horde, self.reference = "/documents/horde", "/documents/reference"
        else:
            self.documents = TOP / "etc" / "demo"
        self.log_path = self.directory / "log"
        self.runner = self.pid = None

    def environment(self):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HORDE_URL": "file://" + self.horde}
        for name in CATEGORIES:
            env["HYDRATORD_CATEGORY_%s_REFERENCE" % name.upper()] = '["file://%s/%s.json"]' % (
                self.reference, name)
        return ["%s=%s" % each for each in env.items()]

    def __enter__(self):
        mounts = self.directory / "mounts"
        mounts.mkdir()
        with open(self.log_path, "wb") as log:
            self.runner = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--net", "--ipc", "--uts",
                 "--fork", "--kill-child", "--propagation", "private", "sh", "-euc", RUN, "sh", str(mounts),
                 os.environ["HYDRATORD_CONTAINER_IMAGE"], os.environ["HYDRATORD_CONTAINER_ROOT"],
                 str(self.documents), self.shm, str(self.state),
                 "env", "-i", *self.environment(), *words("ENTRYPOINT")],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self.pid = wait_for(self.find, "process 1", PATIENCE)
        return self

    def __exit__(self, *_):
        if self.runner.poll() is None:
            # Process 1, with which the others end: it has changed its user, so the runner's end is
            # not told to it any more (prctl(2), PR_SET_PDEATHSIG).
            for child in self.children():
                os.kill(int(child), signal.SIGKILL)
            self.runner.kill()
        self.runner.wait()

    def children(self):
        pid = self.runner.pid
        return pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text().split()

    def find(self):
        assert self.runner.poll() is None, self.log()
        for child in self.children():
            # Only then nsenter finds the root and the user that it is to have.
            if pathlib.Path("/proc/%s/comm" % child).read_text().strip() == "hydratord":
                return int(child)
        return None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def exec(self, *command):
        """docker exec."""
        return subprocess.run(
            ["nsenter", "--target", str(self.pid), "--mount", "--pid", "--net", "--ipc", "--uts", "--root",
             "--wd=/", "setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups",
             "env", "-i", *self.environment(), *command],
            capture_output=True, text=True, timeout=PATIENCE, check=False)

    def get(self, target):
        """By a client that is not in the image."""
        answer = subprocess.run(["nsenter", "--target", str(self.pid), "--net", "curl", "-s", "-m", "30",
                                 "http://127.0.0.1:19820" + target],
                                capture_output=True, text=True, timeout=PATIENCE, check=True)
        return json.loads(answer.stdout)

    def states(self):
        return {entry["category"]: entry for entry in self.get("/readyz?verbose")["categories"]}

    def health(self):
        return self.exec(*words("CMD"))

    def signal(self, name):
        subprocess.run(["kill", "-" + name, str(self.pid)], check=True)

    def stop(self):
        """docker stop: what it returns, and in what time."""
        begin = time.monotonic()
        self.signal(re.search(r"^STOPSIGNAL SIG(\w+)$", DOCKERFILE, re.M).group(1))
        return self.runner.wait(PATIENCE), time.monotonic() - begin


@pytest.fixture
def state(tmp_path):
    volume = tmp_path / "state"
    volume.mkdir()
    os.chown(volume, USER, USER)
    return volume


def lines_of(container, *patterns):
    return [line for line in container.log().splitlines() if any(p in line for p in patterns)]


def test_a_day_in_64_megabytes(tmp_path, state):
    with Container(tmp_path / "first", state) as container:
        wait_for(lambda: container.health().returncode == 0, "its health", PATIENCE)
        assert len(CATEGORIES) == 15
        wait_for(lambda: all(entry["state"] == "fresh" for entry in container.states().values()),
                 "every category", PATIENCE)
        status = pathlib.Path("/proc/%d/status" % container.pid).read_text()
        assert re.search(r"^Uid:\s+%d" % USER, status, re.M) and re.search(r"^CapBnd:\s+0+$", status, re.M)

        # Each refresh and each reload has both segments, or both buffers, for a moment.
        for count in range(1, 4):
            container.signal("USR1")
            wait_for(lambda count=count: all(entry["generation"] > count
                                             for entry in container.states().values()), "a refresh", PATIENCE)
            served = container.log().count("readers\n")
            container.signal("HUP")
            wait_for(lambda served=served: container.log().count("readers\n") > served, "the reload", PATIENCE)
        assert container.health().returncode == 0
        said = container.exec("hydratorctl", "status", "--json")
        assert said.returncode in (0, 1) and len(json.loads(said.stdout)["categories"]) == 15, said
        # A snapshot that is larger than segment.capacity is what the segment grows for.
        trouble = [line for line in lines_of(container, "not published", "No space", "not reloaded", "warning:")
                   if "does not fit: the segment has room for" not in line]
        assert not trouble
        code, seconds = container.stop()
        assert code == 0 and seconds < 10, container.log()
    assert len(list(state.glob("*.snapshot"))) == len(CATEGORIES)

    # The next one begins with what the volume has.
    with Container(tmp_path / "second", state) as container:
        wait_for(lambda: container.health().returncode == 0, "its health", PATIENCE)
        assert lines_of(container, "restored text_generation")


def test_what_does_not_fit_is_said(tmp_path, state):
    if not (SHARED / "current" / "real-1").is_dir():
        pytest.skip("the sample data fit into anything")
    with Container(tmp_path / "small", state, shm="5m") as container:
        wait_for(lambda: lines_of(container, "make /dev/shm larger"), "the refusal", PATIENCE)
        assert lines_of(container, "segment.capacity: up to 60.0 MiB are more than /dev/shm has (5.0 MiB")

        def told():
            """By /readyz, which the health check prints."""
            health = container.health()
            return health.returncode == 1 and re.search(
                r"text_generation is empty: .* bytes does not fit: .*/dev/shm", health.stderr)

        wait_for(told, "the cause", PATIENCE)
        assert container.stop()[0] == 0


def test_the_files_are_of_one_mind():
    yaml = pytest.importorskip("yaml")
    compose = yaml.safe_load((TOP / "etc/container/compose.yaml").read_text())["services"]["hydratord"]
    assert compose["read_only"] and compose["cap_drop"] == ["ALL"]
    deployment, service = yaml.safe_load_all((TOP / "etc/container/kubernetes.yaml").read_text())
    pod = deployment["spec"]["template"]["spec"]
    assert "USER %d:%d" % (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) in DOCKERFILE
    ports = [port["containerPort"] for port in pod["containers"][0]["ports"]]
    assert "EXPOSE %d %d" % tuple(ports) in DOCKERFILE
    assert service["spec"]["selector"] == deployment["spec"]["selector"]["matchLabels"]
