"""hydratorctl beside a daemon under test: what it says, and its exit status."""
import json
import os
import pathlib
import subprocess

import jsonschema

from daemon import BINARY, PATIENCE

# Beside the daemon that is tested, or where Debian installs it.
PROGRAM = next(path for path in (os.path.join(os.path.dirname(BINARY), "hydratorctl"),
                                 os.path.join(os.path.dirname(BINARY), "../bin/hydratorctl"),
                                 "hydratorctl") if os.path.exists(path) or path == "hydratorctl")

SCHEMA = json.loads((pathlib.Path(__file__).resolve().parents[2] / "doc" / "hydratorctl-schema.json").read_text())


def check_form(document):
    """Holds a JSON document against the form of its command (doc/hydratorctl-schema.json)."""
    command = document["schema"].split("/")[1]
    jsonschema.Draft202012Validator(dict(SCHEMA, **{"$ref": "#/$defs/" + command})).validate(document)


class Said:
    """rc: the exit status; out and err: what it printed."""

    def __init__(self, process):
        self.rc, self.out, self.err = process.returncode, process.stdout, process.stderr

    def __repr__(self):
        return "exit %d\n%s\n%s" % (self.rc, self.out, self.err)

    def json(self):
        """Of --json: a document that has its form."""
        document = json.loads(self.out)
        check_form(document)
        return document

    def values(self):
        """Of --format keyvalue."""
        return dict(line.split("=", 1) for line in self.out.splitlines())


def ctl(daemon, *arguments, env=None, text=True, starter=(), **kwargs):
    """Runs a command on a daemon, which may be dead, through its configuration. starter: a command that
    starts it by exec. env: what is added to the environment, None: what is taken out of it."""
    environment = {key: value for key, value in daemon.env.items() if key not in ("COLUMNS", "NO_COLOR")}
    for key, value in (env or {}).items():
        environment.pop(key, None)
        if value is not None:
            environment[key] = value
    return Said(subprocess.run(
        [*starter, PROGRAM, "-c", str(daemon.config), *arguments], env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=text, timeout=PATIENCE, check=False, **kwargs))
