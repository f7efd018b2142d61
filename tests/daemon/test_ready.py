"""The ready pipe's writing end."""

from __future__ import annotations

import json
import os

import pytest

from aimux.daemon.ready import READY_FD, ReadyPipe
from aimux.errors import PortInUse


def test_ready_then_silent() -> None:
    """One line, then the end; what comes later is said to nobody."""
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    environ = {READY_FD: str(writing)}

    pipe = ReadyPipe.inherited(environ)
    inherited = os.get_inheritable(writing)
    was_open = pipe.is_open
    pipe.ready({"pid": 3})
    pipe.failed(PortInUse("too late"))
    with os.fdopen(reading) as end:
        said = end.read()

    assert json.loads(said) == {"ready": True, "pid": 3}
    assert said.count("\n") == 1
    assert (was_open, pipe.is_open, inherited) == (True, False, False)
    assert environ == {}


def test_failed() -> None:
    """The reason as the admin API would give it."""
    reading, writing = os.pipe()

    ReadyPipe(writing).failed(PortInUse("port 1 is taken", hint="another"))
    with os.fdopen(reading) as end:
        said = json.load(end)

    assert said == {
        "ready": False,
        "error": {"code": "port-in-use", "message": "port 1 is taken", "hint": "another"},
    }


@pytest.mark.parametrize("named", [None, "", "x", "-1", "987654"])
def test_no_pipe(named: str | None) -> None:
    """Without a pipe, or with a name that leads nowhere, nobody waits."""
    pipe = ReadyPipe.inherited({} if named is None else {READY_FD: named})

    pipe.ready({})

    assert not pipe.is_open


def test_parent_has_gone() -> None:
    """A parent that stopped waiting does not stop the daemon."""
    reading, writing = os.pipe()
    os.close(reading)

    ReadyPipe(writing).ready({})

    with pytest.raises(OSError, match="Bad file"):
        os.fstat(writing)
