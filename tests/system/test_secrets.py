"""Where keys must not be: a canary goes through the daemon, and every byte it left is searched."""

from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

from tests.support.answers import ANTHROPIC, answer, failure, path
from tests.support.daemon import Home
from tests.support.upstream import FakeUpstream

CANARY = "canary+/=8f3a5b9c7d1e2f4a6b8c0d2e4f6a8b0c"
"""Of no vendor's shape: only by its value can it be found."""

STRANGER = "sk-test-stranger-key-of-a-client-0123456789"
WHOLE = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hi"}]}


def traces(folder: Path, needle: bytes) -> list[str]:
    """The files that hold the needle, the token files left out."""
    kept = {"admin.token", "client.token"}
    return [
        str(file)
        for file in folder.rglob("*")
        if file.is_file() and file.name not in kept and needle in file.read_bytes()
    ]


def test_canary_leaves_no_trace(home: Home, upstream: FakeUpstream) -> None:
    """Requests that succeed, that fail with the key in the error text, crashes, reloads: no file under
    AIMUX_HOME holds the key, in any of its disguises; nor does any command print it.
    """
    home.extra["TEST_KEY"] = CANARY
    home.configure(upstream.url, more='[logging]\nlevel = "debug"\n')
    home.start()
    upstream.script(
        path(ANTHROPIC),
        answer(ANTHROPIC),
        failure(ANTHROPIC, 401, f"invalid x-api-key: {CANARY}"),
        failure(ANTHROPIC, 400, f"see https://example.org/?key={quote(CANARY, safe='')}"),
    )

    for _ in range(3):
        with home.asking(WHOLE) as response:
            response.read()
    with home.asking(WHOLE, f"/v1/nothing?key={STRANGER}") as response:
        response.read()
    said = [
        home.aimux(*command)
        for command in (
            ("status",),
            ("status", "--json"),
            ("logs", "-n", "1000"),
            ("logs", "--json"),
            ("reload",),
        )
    ]
    arguments = Path(f"/proc/{home.presence.pid}/cmdline").read_bytes()
    home.stop()

    assert upstream.requests[0].header("x-api-key") == CANARY
    for needle in (
        CANARY.encode(),
        quote(CANARY, safe="").encode(),
        base64.b64encode(CANARY.encode()),
        STRANGER.encode(),
    ):
        assert traces(home.folder, needle) == []
        assert needle not in arguments
        for each in said:
            assert needle.decode() not in each.stdout + each.stderr
    assert len(home.log()) > 4


def test_own_tokens_leave_no_trace(home: Home) -> None:
    """The admin and client tokens stand in their own files only."""
    home.start()
    home.aimux("status")
    client, admin = home.token, home.paths.admin_token.read_text().strip()
    home.stop()

    assert traces(home.folder, client.encode()) == []
    assert traces(home.folder, admin.encode()) == []


def test_search_finds_what_is_there(home: Home) -> None:
    """The search itself works: a planted key is found (else the tests above could not fail)."""
    (home.folder / "logs").mkdir()
    (home.folder / "logs" / "x.log").write_text(f"key {CANARY}")

    found = traces(home.folder, CANARY.encode())

    assert found == [str(home.folder / "logs" / "x.log")]


def test_nothing_runs_below_the_daemon(home: Home) -> None:
    """No child is left that could have inherited the ready pipe or a key."""
    import psutil

    home.start()

    assert psutil.Process(home.presence.pid).children() == []
