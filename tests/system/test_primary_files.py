"""On the host of the PRIMARY its own files are sources: what doc/migration.md says of their directory."""
import json
import os
import shutil
import subprocess

import pytest

from conftest import DEMO
from daemon import PATIENCE, WRAPPER, wait_for
from test_sandbox import USER, common, needs_root  # noqa: F401 (a fixture)

STATISTICS = "/model_references/statistics/image_generation"
OWNER, GROUP = 1000, 54321
# Its user is in the group as long as it sees this /etc/group.
JOIN = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/group && exec "$@"']


def may_mount():
    command = [*JOIN, "/etc/group", "true"]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False).returncode == 0


@pytest.fixture
def files(common):
    """Those that the PRIMARY keeps: nobody but its user and its group may enter."""
    directory = common / "models" / "horde_model_reference"
    directory.mkdir(parents=True)
    shutil.copy(DEMO / "image_generation.json", directory / "stable_diffusion.json")
    for path, mode in ((directory.parent, 0o755), (directory, 0o750), (directory / "stable_diffusion.json", 0o640)):
        os.chown(path, OWNER, GROUP)
        path.chmod(mode)
    return directory


def start(make_daemon, common, files):
    daemon = make_daemon({"image_generation": ["file://%s/stable_diffusion.json" % files]},
                         "file://%s" % (common / "documents"), hydration="interval = 1000 ttl = 2000")
    text = daemon.config.read_text().replace('target = "stderr"', 'target = "%s"' % (common / "log"))
    daemon.config.write_text('user = "%s"\n%s' % (USER, text))
    daemon.log_path = common / "log"
    return daemon


@needs_root
@pytest.mark.skipif(bool(WRAPPER), reason="not under a wrapper")
def test_the_group_lets_hydrators_in(make_daemon, common, files):
    if not may_mount():
        pytest.skip("no mount namespace here")
    members = common / "group"
    members.write_text("root:x:0:\nmodels:x:%d:%s\n" % (GROUP, USER))
    daemon = start(make_daemon, common, files)
    daemon.starter = [*JOIN, str(members)]
    daemon.start()
    models = json.loads((files / "stable_diffusion.json").read_text())
    assert daemon.json(STATISTICS)["total_models"] == len(models)
    # The PRIMARY writes them anew; one look at the directory is enough to see that.
    name = next(iter(models))
    new = files / "new"
    new.write_text(json.dumps({name: models[name]}))
    os.chown(new, OWNER, GROUP)
    new.rename(files / "stable_diffusion.json")
    wait_for(lambda: "a local source has changed" in daemon.log(), "the change")
    assert daemon.stop() == 0


@needs_root
@pytest.mark.skipif(bool(WRAPPER), reason="not under a wrapper")
def test_who_is_not_in_the_group_is_told(make_daemon, common, files):
    daemon = start(make_daemon, common, files).start(wait=False)
    wait_for(lambda: "not refreshed" in daemon.log(), "the complaint")
    assert "Permission denied" in daemon.log()
    assert daemon.get(STATISTICS).status == 503
    assert daemon.stop() == 0
