"""Ways to a Redis and rights in it: sockets, passwords, users, TLS; what doc/fleet.md says of them holds."""
import re
import signal

import pytest

from conftest import SOURCE
from daemon import wait_for
from fleet import NEVER, key, make_fleet, skip_under_valgrind
from stub_tls import OPENSSL, Authority

__all__ = ["make_fleet"]
pytestmark = skip_under_valgrind
PASSWORD = "corr%3Aect"  # in a URL; the server's has a colon
DECODED = PASSWORD.replace("%3A", ":")


def documented_rights():
    """The one line of doc/fleet.md that gives a user its rights, as words behind its name."""
    lines = re.findall(r"^ +ACL SETUSER (.*)$", (SOURCE / "doc" / "fleet.md").read_text(), re.M)
    assert len(lines) == 1
    return lines[0].split()


def works(fleet):
    """One machine leads, the other has its answers, and the value is in Redis."""
    fleet.start()
    assert fleet.stub.sets() == 1
    wait_for(lambda: fleet.redis("EXISTS", key("snapshot")), "the value")
    fleet.followers()[0].daemon.send(signal.SIGUSR1)  # so that each script has run
    fleet.wait_settled(at_least=2)


def told_nowhere(fleet, secret):
    for member in fleet.members:
        assert secret not in member.daemon.log()
        for pid in [member.daemon.process.pid, member.hydrator()]:
            assert secret.encode() not in open("/proc/%d/cmdline" % pid, "rb").read()
        shown = member.daemon.run("-T", "-c", str(member.daemon.config))
        assert shown.returncode == 0 and secret not in shown.stdout + shown.stderr


def test_a_unix_socket(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, kind="unix")
    works(fleet)
    assert all(client["addr"].startswith(str(fleet.redis.socket)) for client in fleet.redis.clients())


def test_a_password_in_the_url(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER, password=DECODED)
    for member in fleet.members:
        member.daemon.config.write_text(member.daemon.config.read_text().replace(DECODED, PASSWORD))
    works(fleet)
    told_nowhere(fleet, DECODED)
    told_nowhere(fleet, PASSWORD)


def test_a_password_in_a_file(make_fleet, tmp_path):
    file = tmp_path / "password"
    file.write_text("secret-of-a-file\n")
    file.chmod(0o600)
    fleet = make_fleet(size=2, interval=NEVER, kind="unix", password="secret-of-a-file",
                       options='password_file = "%s"' % file)
    works(fleet)
    told_nowhere(fleet, "secret-of-a-file")


def test_the_rights_that_are_documented(make_fleet):
    """They are enough, and none is too many."""
    name, *rights = documented_rights()
    rights = ["on" if word == "on" else word.replace(">PASSWORD", ">secret") for word in rights]
    fleet = make_fleet(size=2, interval=NEVER, users=["%s %s" % (name, " ".join(rights))])
    for member in fleet.members:
        text = member.daemon.config.read_text()
        member.daemon.config.write_text(text.replace("redis://127", "redis://%s:secret@127" % name))
    fleet.redis("CONFIG", "RESETSTAT")
    works(fleet)
    for member in fleet.members:
        assert member.daemon.stop() == 0
    assert fleet.redis("ACL", "LOG") == []
    used = {name.removeprefix("cmdstat_") for name in fleet.redis.info("commandstats") if name.startswith("cmdstat_")}
    allowed = {word[1:] for word in rights if word.startswith("+")}
    assert allowed <= used, "granted, and not needed: %s" % (allowed - used)


@pytest.mark.skipif(OPENSSL is None, reason="openssl is missing (Debian: openssl)")
def test_tls(make_fleet, tmp_path):
    authority = Authority(tmp_path / "authority")
    fleet = make_fleet(size=2, interval=NEVER, kind="rediss", password="secret", tls=authority)
    for member in fleet.members:
        text = member.daemon.config.read_text()
        member.daemon.config.write_text(text.replace("upstream { ", 'upstream { ca_file = "%s" ' % authority.ca_file))
    works(fleet)
    assert {client["laddr"].rpartition(":")[2] for client in fleet.redis.clients()} == {str(fleet.redis.tls_port)}


@pytest.mark.skipif(OPENSSL is None, reason="openssl is missing (Debian: openssl)")
def test_tls_of_an_authority_that_nobody_trusts(make_fleet, tmp_path):
    fleet = make_fleet(size=1, interval=NEVER, kind="rediss", patience=1, tls=Authority(tmp_path / "authority"))
    member = fleet.start(wait=False).members[0]
    wait_for(lambda: member.logged("Redis.*certificate"), "a line that says why")
    wait_for(lambda: member.generation(), "it to hydrate for itself")
    assert fleet.redis.keys() == []


def test_fleets_with_other_prefixes_do_not_meet(make_fleet):
    fleet = make_fleet(size=2, interval=NEVER)
    other = fleet.members[1].daemon
    other.config.write_text(other.config.read_text().replace("redis { ", 'redis { prefix = "another" '))
    fleet.start(wait=False)
    for member in fleet.members:
        wait_for(lambda: member.generation(), "both to have answers")
    assert fleet.stub.sets() == 2
    # Readers have a snapshot before Redis has it.
    wait_for(lambda: {name.partition(":")[0] for name in fleet.redis.keys()} == {"hydratord", "another", "horde"},
             "the keys of both")
