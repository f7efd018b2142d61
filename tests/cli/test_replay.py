"""``aimux replay`` and ``diff`` without a daemon, over files that the real writers have written."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from aimux.cli.replay import _would
from aimux.config.paths import Paths
from aimux.config.schema import LedgerSettings
from aimux.gateway.record import Record
from aimux.model.request import WireFormat
from aimux.telemetry.bodies_file import Said, write_said
from aimux.telemetry.ledger import Ledger
from aimux.vault.access import Access
from aimux.vault.own import BODIES, ensure_own_key, own_material
from tests.support import answers
from tests.support.answers import ANTHROPIC
from tests.support.command import Command
from tests.support.records import ended

KEEP = "[replay]\nkeep = true\n"
PROVIDER = """
[providers.a]
format = "anthropic"
base_url = "http://127.0.0.1:1"
keys = []

[providers.a.models.m]
price = { input = 2, output = 10 }

[routing]
default = ["a/*"]
"""
REQUEST = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    made = Command(tmp_path, monkeypatch, capsys)
    configure(made, KEEP)
    return made


def configure(command: Command, more: str = "") -> None:
    path = command.home / "config.toml"
    path.write_text(PROVIDER + more)
    path.chmod(0o600)


def record(command: Command, *numbers: int, age_s: float = 0.0, **more: Any) -> list[str]:
    """Exchanges in the ledger; their ids."""
    ledger = Ledger(
        command.home / "ledger.sqlite3", LedgerSettings(keep="36500d"), "0123456789abcdef"
    )
    ledger.start()
    made: list[Record] = [ended(number, **more) for number in numbers]
    for each in made:
        each.started_at = time.time() - age_s
        ledger.begin()
        ledger.observe(each)
    ledger.stop()
    return [each.id for each in made]


def keep(
    command: Command,
    identity: str,
    *,
    request: bytes | None = json.dumps(REQUEST).encode(),
    answer: bytes = b"",
    age_s: float = 0.0,
) -> None:
    """What was said in an exchange, as the daemon writes it."""
    paths = Paths(command.home / "config.toml", command.home)
    way = Access({"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", "PATH": ""})
    said = Said(
        identity, time.time() - age_s, WireFormat.ANTHROPIC, "m", stream=False, array=False, query="",
        headers={}, request=request, status=200, kind="application/json",
    )  # fmt: skip
    said.add(answer or answers.answer(ANTHROPIC).body)
    write_said(paths.bodies, said, own_material(ensure_own_key(BODIES, paths, way)))


# ---------------------------------------------------------------- what cannot be had


def test_nothing_recorded(command: Command) -> None:
    """An id that nobody knows, and one that is none."""
    for identity in ("ax_" + "0" * 20, "../config.toml"):
        done = command("replay", identity)
        assert (done.code, done.out) == (1, "")
        assert f"no request {identity!r} is recorded" in done.err


@pytest.mark.parametrize(
    ("settings", "age_s", "words", "hint"),
    [
        ("", 0, "is not kept", "aimux config set replay.keep true"),
        ("", 90_000, "is not kept", "aimux config set replay.keep true"),
        (KEEP, 0, "is not kept", "replay.match may leave it out"),
        (KEEP, 90_000, "is older than 1d", "aimux config set replay.lifetime 7d"),
    ],
    ids=["off", "off-and-old", "left-out", "expired"],
)
def test_not_kept(command: Command, settings: str, age_s: float, words: str, hint: str) -> None:
    """What it is, and what to type next."""
    configure(command, settings)
    [identity] = record(command, 1, age_s=age_s)
    done = command("replay", identity)
    assert done.code == 1
    assert words in done.err
    assert hint in done.err


def test_expired_and_not_deleted_yet(command: Command) -> None:
    """A daemon that does not run deletes nothing; what is over is over all the same."""
    [identity] = record(command, 1, age_s=90_000)
    keep(command, identity, age_s=90_000)
    done = command("replay", identity)
    assert (done.code, done.out) == (1, "")
    assert "is older than 1d" in done.err


def test_without_its_key(command: Command) -> None:
    """Gone with the vault, exit 4; another one made since, exit 4: and neither is mixed up with a change."""
    [identity] = record(command, 1)
    keep(command, identity)
    (command.home / "vault.aimux").unlink()
    done = command("replay", identity)
    assert done.code == 4
    assert "the key of what was kept is not there" in done.err
    keep(command, "ax_" + "f" * 20)  # makes another key
    done = command("replay", identity)
    assert done.code == 4
    assert "it was encrypted with another key" in done.err
    assert "its key is aimux/bodies" in done.err


def test_too_large_to_be_kept(command: Command) -> None:
    """The exchange is there, its request is not."""
    [identity] = record(command, 1)
    keep(command, identity, request=None)
    done = command("replay", identity)
    assert done.code == 1
    assert "was larger than 16 MiB" in done.err


# ---------------------------------------------------------------- what is shown


def test_what_it_was_and_would_be(command: Command) -> None:
    """Time, model, target, tokens and cost; where it would go without a daemon; nothing is sent."""
    [identity] = record(command, 1, cost_usd=0.0123)
    keep(command, identity)
    done = command("replay", identity)
    assert done.code == 0, done.err
    was, spent, would, *_ = done.out.splitlines()
    assert was.startswith("was       asked at ")
    assert ", answered by a/m, took " in was
    assert spent.endswith("; cost $0.0123")
    assert would.startswith("would go  to a/m: relay; about $")
    assert "nothing was sent; send it with --yes" in done.err
    assert command("replay", identity, "--yes").code == 3
    told = json.loads(command("replay", identity, "--json").out)
    assert (told["sent"], told["now"], told["was"]["id"]) == (False, None, identity)
    assert set(told) == {"was", "plan", "sent", "id", "status", "now"}  # as when it is sent


def test_a_target_that_is_none(command: Command) -> None:
    """As its client would be told, in words and as JSON."""
    [identity] = record(command, 1)
    keep(command, identity)
    done = command("replay", identity, "--target", "nobody/m")
    assert done.code == 2
    assert "the client would get status" in done.err
    done = command("replay", identity, "--target", "nobody/m", "--json")
    assert done.code == 2
    assert json.loads(done.out)["error"]["code"]


def test_what_would_be_lost_is_shown() -> None:
    """Targets that cannot be told the request, and what would not cross."""
    target = {
        "target": "a/m", "mode": "translate", "cost_usd": None, "cached_tokens": 0,
        "refusal": "it takes no images", "dropped": ["seed.dropped"],
    }  # fmt: skip
    told: Any = {"targets": [target, {**target, "target": "b/m"}], "summary": "the gist"}
    lines = list(_would(told))
    assert lines[:3] == [
        "would go  to a/m: translate; price unknown",
        "             passed by: it takes no images",
        "             would not cross: seed.dropped",
    ]
    assert lines[3] == "          then to b/m: translate; price unknown"
    assert lines[-1].strip() == "the gist"


def test_facts_can_be_compared_where_nothing_is_kept(command: Command) -> None:
    """Of one, of both; why is said for each; an id alone that is unknown is an error."""
    first, second = record(command, 1, 2, cost_usd=None)
    keep(command, first)
    done = command("diff", first, second)
    assert done.code == 0
    assert f"id\t{first}\t{second}" in done.out
    assert "cost\tunknown\tunknown" in done.out
    assert f"what was said in {second} cannot be compared" in done.err
    assert f"said in {first} cannot" not in done.err
    told = json.loads(command("diff", first, second, "--json").out)
    assert (list(told["not_kept"]), told["request"]) == ([second], None)
    assert command("diff", first, "ax_1").code == 1
    configure(command, "[nonsense]\n")
    assert "cannot be compared" in command("diff", first, second).err


def test_what_cannot_be_read_is_told(command: Command) -> None:
    """A request that was too large beside one that is no request; an answer that is none."""
    first, second = record(command, 1, 2)
    keep(command, first, request=None)
    keep(command, second, request=b"{}", answer=b"no json")
    done = command.on_terminal("diff", first, second)
    assert done.code == 0, done.err
    assert "FIRST" in done.out
    assert "The first request cannot be compared: it was too large to be kept" in done.out
    assert "The second answer cannot be compared: it cannot be read" in done.out
