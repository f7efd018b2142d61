"""What a reload changed, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimux.config.load import load_config
from aimux.config.schema import Config
from aimux.daemon.changes import (
    changes,
    key_changes,
    restart_keys,
    waiting_for_restart,
    with_started,
)
from aimux.errors import KeyMissing
from aimux.gateway.snapshot import Snapshot
from tests.support.gateway import credentials_of, provider

UP = '[providers.up]\nformat = "anthropic"\nbase_url = "http://127.0.0.1:1"\n'
ROUTE = '[[routes]]\nname = "long"\nmatch = { min_input_tokens = 9 }\ntargets = ["up/a"]\n'
OTHER = "[[routes]]\nname = 'short'\nmatch = { stream = true }\ntargets = ['up/a']\n"


@pytest.fixture
def load(tmp_path: Path) -> Any:
    def loaded(text: str) -> Config:
        path = tmp_path / "config.toml"
        path.write_text("version = 1\n" + text)
        return load_config(path, environ={}).config

    return loaded


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("", "", []),
        ("", "[server]\nheartbeat = '20s'", ["server.heartbeat 10s -> 20s"]),
        ("[server]\ndashboard = false", "", ["server.dashboard false -> true"]),
        (
            "[server]\nallowed_hosts = ['a', 'b']",
            "[server]\nallowed_hosts = []",
            ["server.allowed_hosts a, b -> unset"],
        ),
        ("", UP, ["providers: +up"]),
        (UP, "", ["providers: -up"]),
        (
            UP,
            UP + "timeouts = { idle = '90s' }\nweight = 3\nenabled = false\n",
            ["providers: ~up (enabled true -> false, weight 1 -> 3, timeouts.idle 2m -> 90s)"],
        ),
        (
            UP,
            UP + 'proxy = "http://127.0.0.1:3128"\nheaders = { x-team = "blue" }\n',
            ["providers: ~up (headers changed, proxy changed)"],
        ),
        (
            UP,
            UP.replace("127.0.0.1:1", "127.0.0.1:1/" + "x" * 60),
            [
                "providers: ~up (base_url http://127.0.0.1:1 -> "
                "http://127.0.0.1:1/xxxxxxxxxxxxxxxxxx...)"
            ],
        ),
        (UP, UP + ROUTE, ["routes: +long"]),
        (
            UP + ROUTE,
            UP + ROUTE.replace("up/a", "up/b"),
            ["routes: ~long (targets up/a -> up/b)"],
        ),
        (
            UP + ROUTE + OTHER,
            UP + OTHER + ROUTE,
            ["routes: another order"],
        ),
        (
            UP,
            UP + "[routing]\ndefault = ['up/*']\nsticky = 'none'\n",
            ["routing.default unset -> up/*", "routing.sticky session -> none"],
        ),
        (
            "",
            "[[alerts]]\nwhen = 'error_rate > 0.2 for 5m'\n",
            ["alerts: changed"],
        ),
    ],
)
def test_changes(load: Any, before: str, after: str, told: list[str]) -> None:
    """One line a section, in the order of the file; values that may be private are not shown."""
    assert changes(load(before), load(after)) == told


def snapshot(*names: str, reason: KeyMissing | None = None) -> Snapshot:
    """Provider ``up`` with keys of these labels."""
    up = provider("up", "http://127.0.0.1:1")
    return Snapshot(
        1,
        Config(),
        {"up": up},
        {"up": credentials_of(up, *names)} if names else {},
        {"up": reason} if reason else {},
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (snapshot("a"), snapshot("a"), []),
        (snapshot(), snapshot("a"), ["keys: up has a key"]),
        (snapshot("a"), snapshot("a", "b"), ["keys: up has 2 keys"]),
        (snapshot("a"), snapshot(), ["keys: up has no key"]),
        (
            snapshot("a"),
            snapshot(reason=KeyMissing("the keyring has no key")),
            ["keys: up has no key: the keyring has no key"],
        ),
        (snapshot("a"), Snapshot(1, Config(), {}), []),
    ],
    ids=["same", "first", "second", "gone", "gone with a reason", "provider gone"],
)
def test_key_changes(before: Snapshot, after: Snapshot, told: list[str]) -> None:
    """Keys that came or went, with the reason where there is one."""
    assert key_changes(before, after) == told


def test_restart_keys() -> None:
    """The settings that only a restart applies are those that the schema marks."""
    assert set(restart_keys()) == {
        "server.host",
        "server.port",
        "server.allow_remote",
        "ledger.enabled",
    }


def test_what_waits_keeps_its_old_value(load: Any) -> None:
    """A new port waits for a restart; the daemon goes on with the one it has; the rest is applied."""
    started = load("[server]\nport = 1111\n")
    new = load("[server]\nport = 2222\nheartbeat = '20s'\n")

    running = with_started(started, new)

    assert waiting_for_restart(started, new) == ["server.port"]
    assert (running.server.port, running.server.heartbeat) == (1111, 20.0)
    assert waiting_for_restart(started, running) == []
    assert with_started(started, started) is started
