"""What the chaos test breaks: documents by generation, configurations, the daemon."""
import json
import os
import pathlib
import subprocess
import sys
import urllib.parse
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
SYSTEM = HERE.parent / "system"
sys.path.insert(0, str(SYSTEM))
from daemon import Daemon, wait_for  # noqa: E402

IMAGES = ["Chaos Image %02d" % number for number in range(40)]
# Families of four sizes each, so that grouped usage is the same for all, too.
TEXTS = ["chaos-labs/Family%s-%dB" % (letter, size) for letter in "ABCDEF" for size in (3, 7, 13, 70)]
EXTRA = "blip"
# Stands for the generation's number in the templates.
MARK = 987654321
SIZE = 10000000  # bytes of a model, for each generation
# Those of images are a closed set: they take turns.
BASELINES = ("stable_diffusion_1", "stable_diffusion_xl", "stable_cascade", "flux_1", "flux_schnell")


def record(category, name):
    """Its baseline, its description and its size say which generation it is of."""
    made = {"record_type": category, "name": name, "version": "1", "nsfw": False, "style": "generalist",
            "description": "Generation %d." % MARK, "baseline": "a baseline",
            "size_on_disk_bytes": MARK * SIZE, "tags": ["generation_%d" % MARK],
            "config": {"download": [{"file_name": "x", "file_url": "https://huggingface.co/a/%d/%s" % (
                MARK, urllib.parse.quote(name))}]}}
    if category == "text_generation":
        made.update(description="", baseline="generation_%d" % MARK, parameters=7000000000)
    return made


def templates():
    documents = {}
    for category, names in (("image_generation", IMAGES), ("text_generation", TEXTS), (EXTRA, IMAGES[:5])):
        documents[category] = {name: record(category, name) for name in names}
    for kind, names in (("image", IMAGES), ("text", TEXTS)):
        documents["stats_" + kind] = {
            "day": {name: MARK for name in names}, "month": {name: MARK for name in names},
            "total": {name: MARK for name in names}}
        documents["status_" + kind] = [
            {"name": name, "type": kind, "count": MARK, "jobs": 0, "queued": 0, "eta": 0, "performance": 1.0}
            for name in names]
    documents["workers"] = []
    return {name: json.dumps(document) for name, document in documents.items()}


class Upstream:
    """The scripted upstream as a program, and the documents that it serves."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        self.templates = templates()
        self.generation = 0
        self.advance()
        self.process = subprocess.Popen(
            [sys.executable, SYSTEM / "stub_upstream.py", str(self.directory)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = "http://127.0.0.1:%d" % int(self.process.stdout.readline().split()[1])

    def advance(self):
        """From now on every document is of the next generation."""
        self.generation += 1
        for name, text in self.templates.items():
            new = self.directory / (name + ".new")
            text = text.replace(str(MARK), str(self.generation))
            new.write_text(text.replace("a baseline", BASELINES[self.generation % len(BASELINES)]))
            new.rename(self.directory / (name + ".json"))

    def mode(self, mode):
        query = urllib.parse.urlencode({"name": "*", "mode": mode})
        urllib.request.urlopen("%s/_control/mode?%s" % (self.url, query), timeout=30).close()

    def reference(self, category):
        return "%s/api/model_references/v2/%s" % (self.url, category)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class ChaosDaemon(Daemon):
    """The daemon, with configurations that differ in what a reload may change."""

    def __init__(self, directory, upstream):
        super().__init__(directory, {}, upstream.url + "/api")
        self.upstream = upstream
        self.configure()

    def configure(self, readers=3, ttl=300, capacity="4M", extra_category=False, extra_listen=False):
        """Replaces the file in one step, as an editor does."""
        categories = ["image_generation", "text_generation"] + [EXTRA] * extra_category
        text = """
listen = { "127.0.0.1:0"%s }
readers = %d
pidfile = "%s"
state_dir = "%s"
segment { name = "%s" capacity = "%s" }
log { target = "stderr" level = "info" }
hydration { interval = 2 ttl = %d }
horde { url = "%s/api" timeout = 5 }
upstream { timeout = 5 }
supervisor { drain_timeout = 5 start_timeout = 20 hang_timeout = 4 }
""" % (', "127.0.0.2:0"' * extra_listen, readers, self.pidfile, self.directory, self.segment, capacity,
            ttl, self.upstream.url)
        for name in categories:
            text += 'category "%s" { reference = { "%s" } }\n' % (name, self.upstream.reference(name))
        self.put_config(text)

    def put_config(self, text):
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.rename(self.config)

    def children(self):
        """Pid and role of every child that lives now, of old configurations as well."""
        found = []
        try:
            pid = self.process.pid
            listed = pathlib.Path("/proc/%d/task/%d/children" % (pid, pid)).read_text()
        except (FileNotFoundError, ProcessLookupError):
            return found
        for pid in map(int, listed.split()):
            try:
                title = pathlib.Path("/proc/%d/cmdline" % pid).read_bytes()
            except (FileNotFoundError, ProcessLookupError):
                continue
            for role in ("hydrator", "reader"):
                if b": %s " % role.encode() in title:
                    found.append((pid, role))
        return found


def shm_path(daemon):
    return pathlib.Path("/dev/shm" + daemon.segment)


def be_small():
    """No cores of children that are killed on purpose."""
    import resource
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
