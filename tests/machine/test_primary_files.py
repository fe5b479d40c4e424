"""The PRIMARY's files as sources, in a closed directory of another user below /home, under systemd."""
import json

from conftest import DEMO
from daemon import wait_for
from machine import PATIENCE

KIND = "systemd"
IMAGE = "/model_references/statistics/image_generation"
FILES = "/home/horde/horde_model_reference"
# What doc/migration.md tells to do.
ENTER = """
usermod --append --groups models hydratord
mkdir -p /etc/systemd/system/hydratord.service.d
printf '[Service]\\nProtectHome=read-only\\n' >/etc/systemd/system/hydratord.service.d/override.conf
systemctl daemon-reload
systemctl restart hydratord
"""


def put(machine, text):
    """As a careful program of the owner writes it."""
    machine.write(FILES + "/new", text)
    machine.run("cd %s && chown 1000:models new && chmod 640 new && mv new stable_diffusion.json" % FILES)


def test_group_and_home(service):
    machine = service.machine
    machine.run("groupadd --gid 54321 models && install -d -o 1000 -g models -m 750 /home/horde " + FILES)
    models = json.loads((DEMO / "image_generation.json").read_text())
    put(machine, json.dumps(models))
    machine.replace(service.config, '"%s"' % service.upstream.reference("image_generation"),
                    '"file://%s/stable_diffusion.json"' % FILES)
    machine.run("systemctl daemon-reload && systemctl reset-failed && systemctl start hydratord")
    wait_for(lambda: machine.serves("/model_references/statistics/text_generation"), "the other data", PATIENCE)
    assert machine.get(IMAGE).status == 503
    machine.run("set -e" + ENTER)
    wait_for(lambda: machine.serves(IMAGE), "the data of the files", PATIENCE)
    assert machine.get(IMAGE).json()["total_models"] == len(models)
    models.popitem()
    put(machine, json.dumps(models))
    wait_for(lambda: machine.get(IMAGE).json()["total_models"] == len(models), "the change", PATIENCE)
    assert "a local source has changed" in machine.ask("journalctl --unit hydratord")
    machine.run("systemctl stop hydratord.socket hydratord")
