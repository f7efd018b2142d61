"""``aimux tokens`` as a person uses it, and a running daemon that hears of it at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimux.config.paths import Paths
from aimux.vault.clients import read_clients
from aimux.vault.tokens import token_hash
from tests.support.command import Command


@pytest.fixture
def aimux(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """The command in an empty home."""
    return Command(tmp_path, monkeypatch, capsys)


def kept(aimux: Command) -> Path:
    return Paths(aimux.home / "config.toml", aimux.home).tokens


def test_create(aimux: Command) -> None:
    """The token alone goes to stdout, words to stderr."""
    made = aimux(
        "tokens", "create", "ci", "--budget", "5/day", "--models", "claude-*", "--models", "fast",
        "--expires", "30d",
    )  # fmt: skip
    (row,) = read_clients(kept(aimux))

    assert made.code == 0
    assert made.out.startswith("aimux-client-")
    assert row.digest == token_hash(made.out.strip())
    assert (row.limit_usd, row.window, row.models) == (5, "day", ("claude-*", "fast"))
    assert row.expires_s is not None
    assert row.expires_s - row.created_s == pytest.approx(30 * 86_400)
    assert "may spend $5/day, models claude-*, fast, expires " in made.err
    assert "it is not shown again" in made.err


def test_create_as_json(aimux: Command) -> None:
    """One object with the token in it; without limits it has none."""
    made = json.loads(aimux("tokens", "create", "ci", "--json").out)

    assert made["token"].startswith("aimux-client-")
    assert {key: made[key] for key in ("name", "budget_usd", "window", "models", "expires_at")} == {
        "name": "ci", "budget_usd": None, "window": None, "models": [], "expires_at": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a b"], "a token's name must be"),
        (
            ["sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"],
            "does not belong on the command line",
        ),
        (["default"], "there is a client token named 'default' already"),
        (["x", "--budget", "5"], "--budget must be US dollars and a window"),
        (["x", "--budget", "0/day"], "--budget must be"),
        (["x", "--budget", "5/year"], "--budget must be"),
        (["x", "--expires", "soon"], "--expires must be a duration"),
        (["x", "--expires", "0s"], "--expires must be longer than nothing"),
    ],
)
def test_what_is_refused(aimux: Command, arguments: list[str], words: str) -> None:
    """With the reason, and without a token."""
    got = aimux("tokens", "create", *arguments)

    assert (got.code, got.out) == (2, "")
    assert words in got.err
    assert read_clients(kept(aimux)) == ()


@pytest.mark.parametrize("budget", ["0.5/session", "$100/month", "7/week"])
def test_budgets(aimux: Command, budget: str) -> None:
    """Each window."""
    assert aimux("tokens", "create", "x", "--budget", budget).code == 0
    assert read_clients(kept(aimux))[0].window == budget.partition("/")[2]


def test_list(aimux: Command) -> None:
    """What each permits; never a token."""
    assert "there are no client tokens" in aimux("tokens", "list").err
    token = aimux("tokens", "create", "ci", "--budget", "2.5/week").out.strip()
    aimux("tokens", "create", "short", "--expires", "1ms", "--models", "fast")

    shown = aimux("tokens", "list")
    rows = json.loads(aimux("tokens", "list", "--json").out)

    assert "ci" in shown.out
    assert "$2.5/week" in shown.out
    assert "expired" in shown.out
    assert token not in shown.out + json.dumps(rows)
    assert [(row["name"], row["budget_usd"], row["expired"]) for row in rows] == [
        ("ci", 2.5, False),
        ("short", None, True),
    ]


def test_revoke(aimux: Command) -> None:
    """Gone; a wrong name says which was meant."""
    aimux("tokens", "create", "runner")
    wrong = aimux("tokens", "revoke", "runer")
    assert wrong.code == 2
    assert "did you mean 'runner'?" in wrong.err

    assert aimux("tokens", "revoke", "runner").code == 0
    assert read_clients(kept(aimux)) == ()
    none = aimux("tokens", "revoke", "runner")
    assert "aimux tokens list" in none.err


def test_a_broken_file(aimux: Command) -> None:
    """It is not overwritten: it may be mended."""
    kept(aimux).write_text("{")
    kept(aimux).chmod(0o600)

    for arguments in (["create", "x"], ["list"], ["revoke", "x"]):
        got = aimux("tokens", *arguments)
        assert got.code == 4
        assert "holds no client tokens" in got.err
    assert kept(aimux).read_text() == "{"
