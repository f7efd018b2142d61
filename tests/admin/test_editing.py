"""The configuration over the admin API: seen, tried out, changed, in conflict, taken back."""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from aimux.admin.editing import Editing
from aimux.admin.shapes import ReloadShape
from aimux.config import edit
from aimux.config.draft import etag_of
from aimux.config.load import Loaded, load_config
from aimux.config.paths import Paths
from aimux.errors import ConfigError, Problem, TimedOut
from tests.support.face import Face, open_face
from tests.support.patience import PATIENCE_S

FILE = """\
version = 1

[providers.a]
preset = "anthropic"  # mine
headers = { "x-team" = "blue-secret" }

[routing]
default = ["a/*"]
"""
OFF: Any = [{"key": "providers.a.enabled", "value": False}]


class Daemon:
    """What reads the file and applies it; a test makes it refuse."""

    def __init__(self, paths: Paths) -> None:
        self.paths = paths
        self.generation = 1
        self.refuses: Exception | None = None
        self.slow: asyncio.Event | None = None

    def load(self) -> Loaded:
        return load_config(self.paths.config, environ={})

    async def reload(self) -> ReloadShape:
        if self.slow is not None:
            await self.slow.wait()
        self.load()
        if self.refuses:
            raise self.refuses
        self.generation += 1
        return {"generation": self.generation, "changes": ["providers: ~a"], "restart_needed": []}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    file = tmp_path / "config.toml"
    file.write_text(FILE)
    file.chmod(0o600)
    return Paths(file, tmp_path)


@pytest.fixture
def daemon(paths: Paths) -> Daemon:
    return Daemon(paths)


@pytest.fixture
def editing(paths: Paths, daemon: Daemon) -> Editing:
    return Editing(paths, daemon.load, daemon.reload)


@pytest.fixture
async def face(paths: Paths, editing: Editing) -> AsyncIterator[Face]:
    def more(_: Any) -> list[Any]:
        return [editing.register]

    async with open_face(paths.state / "web", more=more) as opened:
        await opened.log_in()
        yield opened


async def etag(face: Face) -> str:
    return str((await face.get("/aimux/v1/config"))[1]["etag"])


async def change(face: Face, edits: Any, what: str = "apply", of: str | None = None) -> Any:
    body = {"etag": await etag(face) if of is None else of, "edits": edits}
    return await face.send("POST", f"/aimux/v1/config/{what}", body)


async def test_what_is_shown(face: Face, paths: Paths) -> None:
    """The text, the values that hold with who set them, and no secret."""
    status, told = await face.get("/aimux/v1/config")

    assert status == 200
    assert told["path"] == str(paths.config)
    assert told["etag"] == etag_of(FILE.encode())
    assert told["text"] == FILE.replace("blue-secret", "********")
    assert told["masked"] is True
    assert told["values"]["providers"]["a"]["headers"] == {"x-team": "********"}
    assert told["values"]["server"]["port"] == 24689
    assert told["origins"]["providers.a.preset"] == {"origin": "file", "detail": "config.toml:4"}
    assert told["origins"]["server.port"]["origin"] == "default"
    assert told["problems"] == []
    assert told["undo"] == []
    assert "blue-secret" not in str(told)


async def test_a_file_with_problems(face: Face, paths: Paths) -> None:
    """They are told with their places; nothing else is made up."""
    paths.config.write_text('[providers.a]\npreset = "none"\n')
    _, told = await face.get("/aimux/v1/config")

    assert told["values"] == {}
    (problem,) = told["problems"]
    assert (problem["key"], problem["line"], problem["column"]) == ("providers.a.preset", 2, 10)
    assert problem["what"]
    paths.config.write_text("x = ")
    _, told = await face.get("/aimux/v1/config")
    assert told["text"] is None
    assert told["masked"] is True


async def test_the_schema(face: Face) -> None:
    """As the command prints it."""
    _, told = await face.get("/aimux/v1/config/schema")

    assert "providers" in told["properties"]


async def test_trying_out_writes_nothing(face: Face, paths: Paths, daemon: Daemon) -> None:
    """The diff and the problems."""
    status, told = await change(face, OFF, "preview")
    _, wrong = await change(face, [{"key": "providers.a.enabled", "value": 7}], "preview")

    assert status == 200
    assert told["problems"] == []
    assert "+enabled = false\n" in told["diff"]
    assert "blue-secret" not in told["diff"]
    assert [each["key"] for each in wrong["problems"]] == ["providers.a.enabled"]
    assert paths.config.read_text() == FILE
    assert daemon.generation == 1


async def test_applied_and_taken_back(face: Face, paths: Paths) -> None:
    """Comments stay; twice changed is twice taken back, exactly."""
    _, first = await change(face, OFF)
    middle = paths.config.read_text()
    _, second = await change(face, [{"key": "providers.a.weight", "value": 3}])

    assert first["generation"] == 2
    assert first["etag"] == etag_of(middle.encode())
    assert "+enabled = false\n" in first["diff"]
    assert second["generation"] == 3
    assert "# mine" in middle
    assert len((await face.get("/aimux/v1/config"))[1]["undo"]) == 2
    status, back = await face.send("POST", "/aimux/v1/config/undo", {})
    assert status == 200
    assert back["generation"] == 4
    assert "-weight = 3\n" in back["diff"]
    assert paths.config.read_text() == middle
    await face.send("POST", "/aimux/v1/config/undo", {})
    assert paths.config.read_text() == FILE
    status, told = await face.send("POST", "/aimux/v1/config/undo", {})
    assert status == 404
    assert "no change to take back" in told["error"]["message"]
    assert paths.earlier_configs.stat().st_mode & 0o777 == 0o600


async def test_a_change_by_hand_is_never_overwritten(face: Face, paths: Paths) -> None:
    """What was changed is shown; with the new etag the change can be made again."""
    seen = await etag(face)
    by_hand = FILE.replace("# mine", "# still mine")
    paths.config.write_text(by_hand)

    for what in ("preview", "apply"):
        status, told = await change(face, OFF, what, of=seen)
        assert status == 409
        assert told["error"]["code"] == "config-conflict"
        assert '+preset = "anthropic"  # still mine\n' in told["diff"]
        assert told["etag"] == etag_of(by_hand.encode())
    assert paths.config.read_text() == by_hand
    assert (await change(face, OFF, of=told["etag"]))[0] == 200
    assert (await change(face, OFF, of="0" * 64))[1]["diff"] == ""


async def test_a_change_by_hand_is_never_taken_back(face: Face, paths: Paths) -> None:
    """What taking back would change now is shown."""
    await change(face, OFF)
    by_hand = paths.config.read_text().replace("# mine", "# still mine")
    paths.config.write_text(by_hand)

    status, told = await face.send("POST", "/aimux/v1/config/undo", {})

    assert status == 409
    assert "-enabled = false\n" in told["diff"]
    assert paths.config.read_text() == by_hand


async def test_problems_are_told_and_nothing_is_written(face: Face, paths: Paths) -> None:
    """Each at its key."""
    status, told = await change(face, [{"key": "routing.default", "value": ["nobody/x"]}])

    assert status == 422
    assert told["error"]["code"] == "config-invalid"
    (problem,) = told["problems"]
    assert problem["key"] == "routing.default.0"
    assert problem["line"] > 0
    assert paths.config.read_text() == FILE


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (ConfigError((Problem("AIMUX_X", 0, 0, "server.port", "is odd"),)), 422),
        (TimedOut("the disk is gone"), 500),
    ],
)
async def test_a_reload_that_refuses_leaves_nothing(
    face: Face, paths: Paths, daemon: Daemon, refusal: Exception, status: int
) -> None:
    """The file is put back as it was, and there is nothing to take back."""
    daemon.refuses = refusal
    got, told = await change(face, OFF)

    assert got == status
    assert paths.config.read_text() == FILE
    assert (await face.get("/aimux/v1/config"))[1]["undo"] == []
    if status == 422:
        assert told["problems"][0]["what"] == "is odd"


async def test_the_first_file(face: Face, paths: Paths, daemon: Daemon) -> None:
    """It is made, and goes where a reload refuses it; taken back, an empty one is left."""
    paths.config.unlink()
    daemon.refuses = TimedOut("no")
    await change(face, [{"key": "providers.zai", "value": {"preset": "zai"}}], of="")
    assert not paths.config.exists()

    daemon.refuses = None
    status, _ = await change(face, [{"key": "providers.zai", "value": {"preset": "zai"}}], of="")
    assert status == 200
    assert "[providers.zai]" in paths.config.read_text()
    await face.send("POST", "/aimux/v1/config/undo", {})
    assert "[providers.zai]" not in paths.config.read_text()
    assert "version = 1" in paths.config.read_text()


async def test_one_who_leaves_in_the_middle(face: Face, paths: Paths, daemon: Daemon) -> None:
    """The change is made to its end: written, applied, and there to be taken back."""
    daemon.slow = asyncio.Event()
    going = asyncio.ensure_future(change(face, OFF))
    async with asyncio.timeout(PATIENCE_S):
        while paths.config.read_text() == FILE:
            await asyncio.sleep(0.01)
    going.cancel()
    await asyncio.gather(going, return_exceptions=True)
    daemon.slow.set()
    daemon.slow = None
    async with asyncio.timeout(PATIENCE_S):
        while not (await face.get("/aimux/v1/config"))[1]["undo"]:
            await asyncio.sleep(0.01)

    assert daemon.generation == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "etag must be"),
        ({"etag": 7, "edits": []}, "etag must be"),
        ({"etag": "x"}, "edits must be a list"),
        ({"etag": "x", "edits": [1]}, "edits must be a list"),
        ({"etag": "ETAG", "edits": [{"key": "server.port"}]}, "an edit needs"),
    ],
)
async def test_what_is_no_change(face: Face, body: dict[str, Any], words: str) -> None:
    """It is the page's mistake, and said."""
    if body.get("etag") == "ETAG":
        body = {**body, "etag": await etag(face)}
    status, told = await face.send("POST", "/aimux/v1/config/apply", body)

    assert status == 400
    assert words in told["error"]["message"]


async def test_a_file_that_cannot_be_read(face: Face, paths: Paths) -> None:
    """Is told as a problem, and is not touched."""
    paths.config.write_text("x = ")
    status, told = await change(face, OFF, of=etag_of(b"x = "))

    assert status == 422
    assert told["problems"][0]["line"] == 1
    assert paths.config.read_text() == "x = "


async def test_one_who_was_faster(face: Face, paths: Paths, daemon: Daemon) -> None:
    """Between the look at the file and its writing: nothing of theirs is lost."""
    by_hand = FILE.replace("# mine", "# theirs")
    folder = os.open(paths.config.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)  # as another command that is just writing
        going = asyncio.ensure_future(change(face, OFF))
        await asyncio.sleep(0.3)
        paths.config.write_text(by_hand)
    finally:
        os.close(folder)
    status, told = await going

    assert status == 409
    assert "# theirs" in told["diff"]
    assert paths.config.read_text() == by_hand
    assert daemon.generation == 1


async def test_a_disk_that_takes_nothing(
    face: Face, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as a problem; the file is as it was."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edit, "write_private", full)
    status, told = await change(face, OFF)

    assert status == 422
    assert "No space left" in told["problems"][0]["what"]
    assert paths.config.read_text() == FILE


async def test_a_change_of_another_room(face: Face, paths: Paths, editing: Editing) -> None:
    """It is made to the file as it is, and can be taken back; what is wrong is raised as what it is."""
    told = await editing.change([{"key": "providers.a.weight", "value": 2}])

    assert told["generation"] == 2
    assert "weight = 2" in paths.config.read_text()
    with pytest.raises(ConfigError, match="1 problem"):
        await editing.change([{"key": "providers.a.weight", "value": -2}])
    assert (await face.send("POST", "/aimux/v1/config/undo", {}))[0] == 200
    assert paths.config.read_text() == FILE
