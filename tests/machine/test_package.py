"""The Debian package from its installation to its purge. tests/package/package.sh makes the
packages, and puts them into the machine."""
import os
import pathlib

import pytest

from conftest import service_in
from daemon import wait_for
from machine import PATIENCE, Machine

PACKAGES = "/root/packages"
STATE, LOGS, CONFIG = "/var/lib/hydratord", "/var/log/hydratord", "/etc/hydratord.conf"
# Asks nobody: what would be asked is an error here.
INSTALL = "DEBIAN_FRONTEND=noninteractive dpkg --install %s " + PACKAGES + "/%s.deb"

pytestmark = pytest.mark.skipif(
    not pathlib.Path(os.environ.get("HYDRATORD_MACHINE_INSTALLED", "/nonexistent") + PACKAGES).is_dir(),
    reason="tests/package/package.sh makes the packages")


@pytest.fixture(params=["systemd", "sysvinit"])
def bare(request, tmp_path):
    """A machine in which nothing of the daemon is yet."""
    with Machine(request.param, tmp_path) as machine, service_in(machine) as service:
        yield service


class Package:
    """What an operator does with it, and looks at."""

    def __init__(self, service):
        self.service = service
        self.machine = service.machine

    def install(self, name, how=""):
        return self.machine.run(INSTALL % (how, name))

    def is_up(self):
        return self.machine.run("service hydratord status", None).returncode == 0

    def is_enabled(self):
        if self.machine.kind == "systemd":
            return self.machine.ask("systemctl is-enabled hydratord") == "enabled"
        return self.machine.ask("ls /etc/rc2.d /etc/rc0.d").count("hydratord") == 2

    def pid(self):
        return self.machine.ask("cat /run/hydratord/hydratord.pid")

    def answers(self):
        wait_for(self.machine.serves, "an answer", PATIENCE)


def look_installed(package):
    machine = package.machine
    assert package.is_up() and package.is_enabled()
    package.answers()
    assert machine.ask("getent passwd hydratord").endswith(":%s:/usr/sbin/nologin" % STATE)
    assert machine.ask("ps -o user= -C hydratord | sort -u").split()[0] == "hydratord"
    assert machine.ask("stat -c %%U %s" % STATE) == "hydratord"
    assert machine.ask("hydratord -t").startswith(CONFIG + ": configuration OK")
    if machine.kind == "systemd":
        assert machine.ask("systemctl is-active hydratord.socket") == "inactive"


def test_from_installation_to_purge(bare):
    package, machine = Package(bare), bare.machine
    package.install("first")
    look_installed(package)

    # An operator's configuration survives, and the successor runs with it.
    bare.configure()
    machine.run("service hydratord restart")
    wait_for(bare.has_data, "data", PATIENCE)
    ours, before = machine.read(CONFIG), package.pid()
    package.install("1000")
    package.answers()
    assert package.pid() not in ("", before) and machine.read(CONFIG) == ours
    assert bare.has_data(), "it was not warm"
    package.install("1001", "--force-confdef --force-confold")
    package.answers()
    assert machine.read(CONFIG) == ours
    assert "a word of the successor" in machine.read(CONFIG + ".dpkg-dist")

    # The sample data, by what autopkgtest runs, beside the service and not as root.
    machine.run("cp %s/demo /tmp/demo && setpriv --reuid 65534 --clear-groups /tmp/demo" % PACKAGES)

    # Down stays down.
    machine.run("service hydratord stop")
    machine.run("dpkg --remove hydratord")
    assert not machine.serves()
    assert machine.ask("pgrep hydratord; ls /dev/shm") == ""
    assert machine.read(CONFIG) == ours and machine.ask("ls " + STATE) != ""
    silent = machine.run("mkdir -p %s && date >%s/access.log && logrotate --force /etc/logrotate.d/hydratord"
                         % (LOGS, LOGS))
    assert silent.stdout + silent.stderr == ""

    # Back again, with what it had.
    package.install("1001", "--force-confdef --force-confold")
    package.answers()
    assert bare.has_data() and machine.read(CONFIG) == ours

    machine.run("DEBIAN_FRONTEND=noninteractive dpkg --purge hydratord")
    assert not machine.serves()
    assert machine.ask("pgrep hydratord") == ""
    left = machine.ask("find / -xdev -name '*hydratord*' ! -path '/proc/*' ! -path '%s*' "
                       "! -path '/tmp/*' ! -path '/var/log/journal/*'" % PACKAGES)
    assert left == ""
