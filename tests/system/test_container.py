"""What a container is that a machine is not: rights taken away, no pid file, a small /dev/shm."""
import os
import subprocess

import pytest

from conftest import DEMO, file_categories
from ctl import ctl
from daemon import PATIENCE, WRAPPER

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root to give it up")


def without_pidfile(make_daemon, **kwargs):
    daemon = make_daemon(file_categories(DEMO), **kwargs)
    daemon.config.write_text(daemon.config.read_text().replace('"%s"' % daemon.pidfile, '""'))
    return daemon


def test_in_front_it_needs_no_pidfile(make_daemon):
    daemon = without_pidfile(make_daemon).start()
    second = daemon.run("-f", "-c", str(daemon.config))
    assert second.returncode == 75 and "is that of the hydratord with pid %d" % daemon.process.pid in second.stderr
    assert daemon.get("/readyz").status == 200
    assert ctl(daemon, "reload").rc == 0, "the segment leads to it"


def test_in_the_background_it_does(make_daemon):
    daemon = without_pidfile(make_daemon)
    refused = daemon.run("-c", str(daemon.config))
    assert refused.returncode == 78 and "pidfile is empty in the configuration: that is for -f only" in refused.stderr


@ROOT
@pytest.mark.skipif(bool(WRAPPER), reason="is about the daemon's own rights")
@pytest.mark.parametrize("left_out", ["chown", "setgid", "setuid", "all"])
def test_a_root_without_rights_is_told_which(make_daemon, left_out):
    daemon = make_daemon(file_categories(DEMO), settings='user = "nobody"\n')
    refused = subprocess.run(["setpriv", "--inh-caps", "-all", "--bounding-set", "-" + left_out,
                              *daemon.command("-f", "-c", str(daemon.config))],
                             env=daemon.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    name = "CAP_" + ("chown" if left_out == "all" else left_out).upper()
    assert refused.returncode == 78
    assert "root without %s cannot become user \"nobody\"" % name in refused.stderr
