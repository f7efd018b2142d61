"""Each look of ``aimux doctor`` on real files: what it finds, and what it says to type."""

from __future__ import annotations

import dataclasses
import json
import os
import plistlib
import socket
import sqlite3
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from aimux.cli.doctor import accounts, clients, configuration, daemon, files, machine, records
from aimux.cli.doctor.examination import examined
from aimux.cli.doctor.finding import Finding
from aimux.daemon.service import unit
from aimux.errors import ConfigError, DaemonError, TimedOut
from aimux.telemetry.ledger_file import opened
from tests.support.keyrings import keyring_environment
from tests.support.patient import URL, patient_in
from tests.support.script import Answer
from tests.support.secretservice import lock_collection, secret_service
from tests.support.upstream import FakeUpstream

KEY = "sk-test-0123456789abcdefghijklmnop"
DEMO = '[providers.demo]\npreset = "demo"\n'


def told(findings: Iterable[Finding]) -> list[tuple[str, str, str, str | None]]:
    return [(each.subject, each.state, each.what, each.mend) for each in findings]


def only(findings: Iterable[Finding], word: str) -> Finding:
    """The one finding that speaks of something."""
    found = [each for each in findings if word in each.what]
    assert len(found) == 1, (word, found)
    return found[0]


# ---------------------------------------------------------------- configuration


def test_every_problem_of_the_file_is_told(tmp_path: Path) -> None:
    """All at once, each with its line."""
    found = list(configuration.look(patient_in(tmp_path, "[server]\nprot = 1\nport = 'x'\n")))

    assert [each.state for each in found] == ["failed", "failed"]
    assert "config.toml:2:1: server.prot" in found[0].what
    assert {each.mend for each in found} == {"aimux config edit"}


@pytest.mark.parametrize(
    ("config", "status", "word", "state", "mend"),
    [
        ("", None, "the defaults hold", "note", "aimux init"),
        ("", None, "no provider", "warning", "aimux init"),
        (DEMO, None, "holds", "ok", None),
        (DEMO, {"config_changed_on_disk": True}, "newest state", "warning", "aimux reload"),
        (
            '[providers.far]\nformat = "anthropic"\nbase_url = "http://x.example"\n',
            None,
            "unencrypted",
            "warning",
            "aimux config edit",
        ),
    ],
)
def test_configuration(  # noqa: PLR0917 -- one table
    tmp_path: Path, config: str, status: Any, word: str, state: str, mend: str | None
) -> None:
    """What holds, what is doubtful, what is not applied."""
    found = only(configuration.look(patient_in(tmp_path, config, status=status)), word)

    assert (found.state, found.mend) == (state, mend)


def test_a_configuration_that_others_read(tmp_path: Path) -> None:
    """There is no key in it, so it is a note; one that the group may write is a doubt of its own."""
    patient = patient_in(tmp_path, DEMO)
    patient.paths.config.chmod(0o640)

    found = only(configuration.look(patient), "may read it")

    assert (found.state, found.mend) == ("note", f"chmod 600 {patient.paths.config}")


# ---------------------------------------------------------------- daemon


@pytest.mark.parametrize(
    ("status", "word", "subject", "state", "mend"),
    [
        ({}, "runs and answers", "daemon", "ok", None),
        ({"state": "degraded"}, "it is degraded", "daemon", "warning", "aimux status"),
        ({"version": "0.0.1"}, "version 0.0.1", "daemon", "warning", "aimux restart"),
        ({"address": "0.0.0.0:24689"}, "other machines", "port", "warning",
         "aimux config set server.host 127.0.0.1"),
        ({"address": "127.0.0.1:9"}, "config.toml says 24689", "port", "warning", "aimux restart"),
        ({}, "listens on 127.0.0.1:24689", "port", "ok", None),
        ({"most_files": 256}, "no more than 256", "open files", "warning",
         "ulimit -n 8192 && aimux restart"),
        ({"open_files": 8000}, "8000 of 8192", "open files", "warning", "aimux restart"),
        ({"notices": ["waiting: server.port; apply with: aimux restart"]}, "waiting: server.port",
         "daemon", "warning", "aimux restart"),
        ({"notices": ["budget spent; requests are refused"]}, "requests are refused",
         "daemon", "warning", "aimux status"),
    ],
)  # fmt: skip
def test_daemon(  # noqa: PLR0917 -- one table
    tmp_path: Path, status: dict[str, Any], word: str, subject: str, state: str, mend: str | None
) -> None:
    """Its state, its version, its address, its limits and what it says itself."""
    found = only(daemon.look(patient_in(tmp_path, DEMO, status=status)), word)

    assert (found.subject, found.state, found.mend) == (subject, state, mend)


def test_what_the_daemon_repeats_is_told_once(tmp_path: Path) -> None:
    """Doubts about the file, and that there is no provider, are the configuration's."""
    far = '[providers.far]\nformat = "anthropic"\nbase_url = "http://x.example"\n'
    loaded = patient_in(tmp_path, far).loaded
    assert not isinstance(loaded, ConfigError)
    repeated = [
        *map(str, loaded.warnings),
        "no provider is configured; add one: aimux providers add X",
    ]

    found = list(daemon.look(patient_in(tmp_path, far, status={"notices": repeated})))

    assert len(repeated) > 1
    assert [each for each in found if each.is_trouble] == []


def test_a_daemon_that_is_silent(tmp_path: Path) -> None:
    """The reason is the client's, and so is the hint."""
    silent = TimedOut("it does not answer", hint="aimux stop --now")
    lost = DaemonError("its token is gone")

    assert told(daemon.look(patient_in(tmp_path, daemon=silent))) == [
        ("daemon", "failed", "it does not answer", "aimux stop --now")
    ]
    assert told(daemon.look(patient_in(tmp_path, daemon=lost)))[0][3] == "aimux restart"


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """By whom, where that can be seen; a free one is told as such."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = list(daemon.look(patient_in(tmp_path, f"[server]\nport = {port}\n")))
    free = list(daemon.look(patient_in(tmp_path, "[server]\nport = 0\n")))

    assert [(each.subject, each.state) for each in found] == [
        ("daemon", "warning"),
        ("port", "failed"),
    ]
    assert f"pid {os.getpid()}" in found[1].what
    assert "aimux config set server.port" in str(found[1].mend)
    assert free[1].state == "ok"


def test_no_port_without_a_configuration(tmp_path: Path) -> None:
    """A bad file does not say which port is meant."""
    found = list(daemon.look(patient_in(tmp_path, "[server]\nport = 'x'\n")))

    assert [each.subject for each in found] == ["daemon"]


# ---------------------------------------------------------------- files


def test_files_that_are_private(tmp_path: Path) -> None:
    """One line says so."""
    patient = patient_in(tmp_path, DEMO)
    (tmp_path / "admin.token").touch(0o600)

    found = list(files.look(patient))

    assert [(each.subject, each.state) for each in found] == [("files", "ok"), ("disk", "ok")]


@pytest.mark.parametrize(
    ("folder", "file", "words"),
    [
        (0o700, 0o640, ["others may read or write"]),
        (0o755, 0o600, ["others may look into"]),
        (0o777, 0o644, ["others may write into", "others may read or write"]),
    ],
)
def test_files_that_others_reach(tmp_path: Path, folder: int, file: int, words: list[str]) -> None:
    """Each with its own chmod; typed, it mends it."""
    patient = patient_in(tmp_path, DEMO)
    secret = tmp_path / "admin.token"
    secret.touch()
    secret.chmod(file)
    tmp_path.chmod(folder)

    found = [each for each in files.look(patient) if each.subject == "files"]
    for each in found:
        assert os.system(str(each.mend)) == 0  # noqa: S605 -- that it can be typed is the point

    assert [any(word in each.what for each in found) for word in words] == [True] * len(words)
    assert len(found) == len(words)
    assert [each.state for each in files.look(patient)] == ["ok", "ok"]


def test_a_state_that_is_not_there_yet(tmp_path: Path) -> None:
    """It is made at the first start, where the disk has room."""
    patient = patient_in(tmp_path)
    moved = type(patient.paths)(config=tmp_path / "config.toml", state=tmp_path / "a" / "b")
    found = list(
        files.look(type(patient)(moved, {}, tmp_path, tmp_path, patient.loaded, patient.daemon))
    )

    assert [(each.subject, each.state) for each in found] == [("files", "note"), ("disk", "ok")]


def test_a_state_that_is_a_file(tmp_path: Path) -> None:
    """Nothing can be kept there."""
    patient = patient_in(tmp_path)
    (tmp_path / "state").touch()
    moved = type(patient.paths)(config=tmp_path / "config.toml", state=tmp_path / "state")
    found = list(
        files.look(type(patient)(moved, {}, tmp_path, tmp_path, patient.loaded, patient.daemon))
    )

    assert (found[0].state, "is no folder" in found[0].what) == ("failed", True)


@pytest.mark.parametrize(("limit", "state"), [("FULL_BYTES", "failed"), ("LOW_BYTES", "warning")])
def test_a_disk_without_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, state: str
) -> None:
    """The limits are moved rather than the disk filled."""
    monkeypatch.setattr(files, limit, 2**62)

    assert [each.state for each in files.room(tmp_path)] == [state]


# ---------------------------------------------------------------- keys and providers


def provider(url: str, keys: str = '["env:UP_KEY"]') -> str:
    return f'[providers.up]\nformat = "openai-chat"\nbase_url = "{url}/v1"\nkeys = {keys}\n'


def dated(offset_s: float) -> tuple[tuple[str, str], ...]:
    from email.utils import formatdate

    return (("date", formatdate(time.time() - offset_s, usegmt=True)),)


LIST = b'{"data": [{"id": "m1"}, {"id": "m2"}]}'


@pytest.mark.parametrize(
    ("answer", "state", "words", "mend"),
    [
        (Answer(pieces=(LIST,)), "ok", "up takes env:UP_KEY (2 models)", None),
        (Answer(404), "ok", "up answers; it has no list", None),
        (Answer(401), "failed", "up says: the key is refused (401)", "put in another one"),
        (Answer(429), "warning", "up too many requests (429)", "try again later"),
        (Answer(500), "warning", "the provider is in trouble", "aimux providers test up"),
        (Answer(302, (("location", "https://x.example"),)), "failed", "redirects", "base_url"),
    ],
)
def test_providers(  # noqa: PLR0917 -- one table
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    upstream: FakeUpstream,
    answer: Answer,
    state: str,
    words: str,
    mend: str | None,
) -> None:
    """One free question, and what its answer means."""
    monkeypatch.setenv("UP_KEY", KEY)
    upstream.always("*", answer)

    found = only(accounts.look(patient_in(tmp_path, provider(upstream.url))), "up ")

    assert (found.subject, found.state) == ("providers", state)
    assert words in found.what
    assert found.mend is None if mend is None else mend in str(found.mend)
    assert [each.path for each in upstream.requests] == ["/v1/models"]


@pytest.mark.parametrize(
    ("offset_s", "state", "words"),
    [(0, "ok", "agrees"), (600, "warning", "ahead of"), (-600, "warning", "behind")],
)
def test_the_clock(  # noqa: PLR0917 -- one table
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    upstream: FakeUpstream,
    offset_s: float,
    state: str,
    words: str,
) -> None:
    """The dates of the answers are compared with ours."""
    monkeypatch.setenv("UP_KEY", KEY)
    upstream.always("*", Answer(200, dated(offset_s), pieces=(LIST,)))

    found = [
        each
        for each in accounts.look(patient_in(tmp_path, provider(upstream.url)))
        if each.subject == "clock"
    ]

    assert [(each.state, words in each.what) for each in found] == [(state, True)]


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    """Nobody is asked without it."""
    found = only(accounts.look(patient_in(tmp_path, provider("http://127.0.0.1:9"))), "UP_KEY")

    assert (found.subject, found.state) == ("keys", "failed")
    assert "export UP_KEY" in str(found.mend)


def test_a_key_that_only_this_shell_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, upstream: FakeUpstream
) -> None:
    """The daemon was started elsewhere; a reload does not give it another environment."""
    monkeypatch.setenv("UP_KEY", KEY)
    upstream.always("*", Answer(pieces=(LIST,)))
    theirs = {"name": "up", "enabled": True, "key_problem": "the variable is not set"}
    off = {**theirs, "name": "other", "enabled": False}

    patient = patient_in(tmp_path, provider(upstream.url), status={"providers": [theirs, off]})
    found = only(accounts.look(patient), "the daemon has not got it")

    assert (found.state, found.mend) == ("failed", "aimux restart")


@pytest.mark.parametrize(
    ("backend", "keys", "state", "words"),
    [
        ("Kept", '["keyring:up"]', "ok", "keyrings_for_tests.Kept keeps what it is given"),
        ("Kept", '["env:UP_KEY"]', "ok", "keyrings_for_tests.Kept answers"),
        ("Forgetful", '["keyring:up"]', "failed", "did not keep what it was given"),
        ("Closing", '["keyring:up"]', "failed", "the keyring is locked"),
        ("keyring.backends.fail.Keyring", '["keyring:up"]', "failed", "no keyring that answers"),
        ("keyring.backends.fail.Keyring", '["env:UP_KEY"]', "note", "no keyring that answers"),
        ("keyring.backends.null.Keyring", '["keyring:up"]', "failed", "in the clear or not at all"),
        ("nowhere.Keyring", '["keyring:up"]', "failed", "cannot be loaded"),
    ],
)
def test_the_keyring(  # noqa: PLR0917 -- one table
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str, keys: str, state: str, words: str
) -> None:
    """It matters only to a key that is kept in it."""
    monkeypatch.setattr(accounts, "KEYRING_S", 30.0)
    patient = patient_in(
        tmp_path,
        provider("http://127.0.0.1:9", keys),
        environ=keyring_environment(backend, tmp_path),
    )

    found = [each for each in accounts.look(patient) if each.subject == "keyring"]

    assert [(each.state, words in each.what) for each in found] == [(state, True)]
    left = tmp_path / "keyring.json"
    assert backend != "Kept" or not left.exists() or accounts.PROBE not in left.read_text()


@pytest.mark.secretservice
def test_a_real_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Secret Service: open it keeps what it is given, locked it says so."""
    monkeypatch.setattr(accounts, "KEYRING_S", 30.0)
    with secret_service(tmp_path, unlocked=True) as environ:
        patient = patient_in(tmp_path, provider("http://127.0.0.1:9", '["keyring:up"]'))
        patient = dataclasses.replace(patient, environ=environ)
        opened_keyring = [each for each in accounts.look(patient) if each.subject == "keyring"]
        lock_collection(environ)
        locked = [each for each in accounts.look(patient) if each.subject == "keyring"]

    assert told(opened_keyring) == [
        ("keyring", "ok", "keyring.backends.SecretService.Keyring keeps what it is given", None)
    ]
    assert [(each.state, each.what) for each in locked] == [("failed", "the keyring is locked")]


def test_the_vault(tmp_path: Path) -> None:
    """It opens, or says what is wrong with it."""
    from aimux.vault.access import Access
    from aimux.vault.secret import Secret

    patient = patient_in(tmp_path, DEMO)
    Access({}).vault(patient.paths).write("up/default", Secret(KEY))
    good = [each.what for each in accounts.look(patient) if each.subject == "vault"]
    patient.paths.vault.write_text("no vault")
    bad = [each.state for each in accounts.look(patient) if each.subject == "vault"]

    assert good == ["it opens and holds 1 key"]
    assert bad == ["failed"]


# ---------------------------------------------------------------- ledger and log


def test_nothing_is_written_yet(tmp_path: Path) -> None:
    """That is no fault."""
    assert [each.state for each in records.look(patient_in(tmp_path))] == ["note", "note"]


def test_a_ledger_that_can_be_read(tmp_path: Path) -> None:
    """And what was set aside beside it."""
    patient = patient_in(tmp_path)
    opened(patient.paths.ledger).close()
    for end in ("", "-wal"):
        (tmp_path / f"ledger.sqlite3.broken-20260101T000000Z{end}").touch()

    found = [each for each in records.look(patient) if each.subject == "ledger"]

    assert [each.state for each in found] == ["ok", "note"]
    assert found[1].mend == f"rm {tmp_path}/ledger.sqlite3.broken-20260101T000000Z*"


def test_a_ledger_that_lacks_exchanges(tmp_path: Path) -> None:
    """A daemon that was killed had begun more than it has written."""
    patient = patient_in(tmp_path)
    connection = opened(patient.paths.ledger)
    now_ms = int(time.time() * 1000)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(runs)")]
    values: dict[str, Any] = dict.fromkeys(columns, 0)
    values |= {"instance": "x", "begun": 5, "recorded": 2, "last_ms": now_ms, "ended": "stopped"}
    marks = ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO runs VALUES ({marks})", [values[name] for name in columns])  # noqa: S608
    connection.close()

    found = only(records.look(patient), "exchanges")

    assert found.state == "warning"
    assert "3 exchanges" in found.what


@pytest.mark.parametrize("content", [b"no database at all" * 100, None])
def test_a_ledger_that_is_damaged(tmp_path: Path, content: bytes | None) -> None:
    """No database, or one whose pages do not fit together."""
    patient = patient_in(tmp_path)
    connection = opened(patient.paths.ledger)
    connection.executescript("CREATE TABLE big (x); PRAGMA wal_checkpoint(TRUNCATE)")
    with connection:
        connection.executemany("INSERT INTO big VALUES (?)", [("x" * 500,)] * 500)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = patient.paths.ledger.read_bytes()
    spoilt = whole[:-40960] + b"\xff" * 40960
    patient.paths.ledger.write_bytes(content or spoilt)

    found = [each for each in records.look(patient) if each.subject == "ledger"]

    assert [(each.state, each.mend) for each in found] == [("failed", "aimux restart")]


def test_a_ledger_of_a_later_aimux(tmp_path: Path) -> None:
    """It is left alone, and said."""
    patient = patient_in(tmp_path)
    opened(patient.paths.ledger).close()
    connection = sqlite3.connect(patient.paths.ledger)
    connection.execute("PRAGMA user_version = 999")
    connection.close()

    found = [each for each in records.look(patient) if each.subject == "ledger"]

    assert [each.state for each in found] == ["failed"]


def test_errors_in_the_log(tmp_path: Path) -> None:
    """Those of the last day, wherever the file's end begins; older ones are over."""
    patient = patient_in(tmp_path)
    patient.paths.logs.mkdir()
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    entries = [
        {"ts": "2020-01-01T00:00:00Z", "level": "error", "message": "old"},
        {"ts": now, "level": "info", "message": "fine"},
    ]
    filler = "x" * 2**18
    calm = "\n".join([filler, *map(json.dumps, entries), "no json", ""])
    patient.paths.log.write_text(calm)
    quiet = [each for each in records.look(patient) if each.subject == "log"]
    worse = {"ts": now, "level": "error", "message": "the disk is full"}
    patient.paths.log.write_text(f"{calm}{json.dumps(worse)}\n")
    loud = [each for each in records.look(patient) if each.subject == "log"]

    assert [each.state for each in quiet] == ["ok"]
    assert told(loud) == [
        ("log", "warning", "1 error within a day, the newest: the disk is full",
         "aimux logs --level error")
    ]  # fmt: skip


# ---------------------------------------------------------------- the machine


@pytest.mark.parametrize(
    ("environ", "config", "words", "state", "mend"),
    [
        ({"SSL_CERT_FILE": "/nowhere.pem"}, "", "$SSL_CERT_FILE names", "failed", "unset SSL_CERT_FILE"),
        ({"https_proxy": "http://p.example"}, "", "NO_PROXY does not spare", "warning",
         "export NO_PROXY=127.0.0.1,localhost"),
        ({"HTTP_PROXY": "http://p.example", "NO_PROXY": "localhost"}, '[providers.zai]\npreset = "zai"\n',
         "aimux does not use $HTTP_PROXY", "note", "aimux config set providers.zai.proxy URL"),
    ],
)  # fmt: skip
def test_the_network_s_variables(  # noqa: PLR0917 -- one table
    tmp_path: Path, environ: dict[str, str], config: str, words: str, state: str, mend: str
) -> None:
    """Those that break TLS, lead agents past this machine, or are not heeded."""
    found = only(machine.look(patient_in(tmp_path, config, environ=environ)), words)

    assert (found.subject, found.state, found.mend) == ("network", state, mend)


def test_which_aimux_the_shell_has(tmp_path: Path) -> None:
    """None, this one by its interpreter, or another."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for folder, interpreter in ((ours, sys.executable), (theirs, "/opt/other/bin/python")):
        folder.mkdir()
        (folder / "aimux").write_text(f"#!{interpreter}\n")
        (folder / "aimux").chmod(0o700)
    states = {
        name: [
            each.state
            for each in machine.look(patient_in(tmp_path, environ={"PATH": str(tmp_path / name)}))
            if each.subject == "version"
        ]
        for name in ("none", "ours", "theirs")
    }

    assert states == {"none": ["ok", "note"], "ours": ["ok"], "theirs": ["ok", "warning"]}


@pytest.mark.parametrize(
    ("program", "ours", "linked", "state", "words"),
    [
        ("%h/bin/aimux start", True, True, "ok", "systemd starts it at login"),
        ("%h/bin/aimux start", True, False, "warning", "does not start at login"),
        ("%h/bin/aimux start", False, True, "note", "another home"),
        ("/gone/aimux start", True, True, "failed", "starts /gone/aimux, which is not there"),
        ("", True, True, "failed", "starts nothing"),
    ],
)
def test_the_unit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    program: str,
    ours: bool,
    linked: bool,
    state: str,
    words: str,
) -> None:
    """Its program is there, it is for this home, and it is enabled."""
    monkeypatch.setenv("HOME", str(tmp_path))
    patient = patient_in(tmp_path)
    units = tmp_path / ".config" / "systemd" / "user"
    wanted = units / "default.target.wants"
    wanted.mkdir(parents=True)
    home = patient.paths if ours else dataclasses.replace(patient.paths, state=tmp_path / "other")
    leads = unit.assignments(home)
    text = f"[Service]\nType=notify\nExecStart={program}\nEnvironment={leads}\n"
    (units / "aimux.service").write_text(text)
    if linked:
        (wanted / "aimux.service").symlink_to(units / "aimux.service")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "aimux").touch()

    found = [each for each in machine.look(patient) if each.subject == "service"]

    assert [(each.state, words in each.what) for each in found] == [(state, True)], found


@pytest.mark.parametrize(
    ("plist", "state"),
    [
        (None, "note"),
        ({"ProgramArguments": ["/bin/sh"]}, "note"),
        ({"ProgramArguments": ["/gone"]}, "failed"),
        ({"ProgramArguments": []}, "failed"),
        ([], "failed"),
        (b"no plist", "failed"),
    ],
)
def test_the_agent_of_launchd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plist: object, state: str
) -> None:
    """The same on macOS."""
    monkeypatch.setattr(sys, "platform", "darwin")
    agents = tmp_path / "Library" / "LaunchAgents"
    agents.mkdir(parents=True)
    if plist is not None:
        content = plist if isinstance(plist, bytes) else plistlib.dumps(plist)
        (agents / "io.aimux.daemon.plist").write_bytes(content)

    found = [each for each in machine.look(patient_in(tmp_path)) if each.subject == "service"]

    assert [each.state for each in found] == [state]


# ---------------------------------------------------------------- clients

ELSEWHERE = "https://user:secret@x.example/path"


@pytest.mark.parametrize(
    ("environ", "words", "state", "mend"),
    [
        ({"ANTHROPIC_BASE_URL": ELSEWHERE}, "leads to x.example", "note", clients.ENV),
        ({"ANTHROPIC_BASE_URL": ELSEWHERE, "AIMUX_URL": URL}, "leads to x.example", "warning", clients.ENV),
        ({"OPENAI_BASE_URL": URL}, "$OPENAI_BASE_URL leads to 127.0.0.1", "note", clients.ENV),
        ({"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "x"}, "both set", "warning",
         "unset ANTHROPIC_API_KEY"),
        ({"ANTHROPIC_BASE_URL": URL}, "no token of it", "warning", clients.ENV),
        ({"CLAUDE_CODE_USE_VERTEX": "1"}, "past aimux", "warning", "unset CLAUDE_CODE_USE_VERTEX"),
        ({"CLAUDE_CODE_USE_VERTEX": "0"}, "nothing overrides", "ok", None),
        ({"ANTHROPIC_BASE_URL": "http://[", "AIMUX_URL": URL}, "no address", "warning", clients.ENV),
        ({"ANTHROPIC_BASE_URL": URL, "ANTHROPIC_AUTH_TOKEN": "x", "OPENAI_BASE_URL": f"{URL}/v1"},
         "nothing overrides", "ok", None),
    ],
)  # fmt: skip
def test_variables_of_the_shell(
    tmp_path: Path, environ: dict[str, str], words: str, state: str, mend: str | None
) -> None:
    """A shell that was led to aimux must not lead past it; nothing of an address but its host is told."""
    findings = list(clients.look(patient_in(tmp_path, environ=environ)))
    found = only(findings, words)

    assert (found.state, found.mend) == (state, mend)
    assert not any("secret" in each.what or KEY in each.what for each in findings)


CODEX = 'model_provider = "x"\n[model_providers.x]\nbase_url = "https://x.example/v1"\n'


@pytest.mark.parametrize(
    ("name", "content", "words", "state"),
    [
        (".claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}}, "wins over", "warning"),
        ("project/.claude/settings.local.json", {"env": {"ANTHROPIC_BASE_URL": ELSEWHERE}},
         "settings.local.json sets ANTHROPIC_BASE_URL to x.example", "warning"),
        (".claude/settings.json", {"env": {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_AUTH_TOKEN": "x"}},
         "both a key and a token", "warning"),
        (".claude/settings.json", {"env": {"CLAUDE_CODE_USE_BEDROCK": 1}}, "past aimux", "warning"),
        (".claude/settings.json", {"env": {"ANTHROPIC_BASE_URL": URL}}, "nothing overrides", "ok"),
        (".claude/settings.json", {"env": [], "model": "x"}, "nothing overrides", "ok"),
        (".claude/settings.json", "no json", "no JSON object", "warning"),
        (".codex/config.toml", CODEX, "codex asks x.example", "note"),
        (".codex/config.toml", 'model = "x"', "nothing overrides", "ok"),
        (".codex/config.toml", "no toml [", "nothing overrides", "ok"),
        (".gemini/.env", "# x\nexport GOOGLE_GEMINI_BASE_URL='https://x.example'\n", "gemini-cli", "note"),
        (".gemini/.env", f"GOOGLE_GEMINI_BASE_URL={URL}\n", "nothing overrides", "ok"),
        (".config/opencode/opencode.json", {"provider": {"a": {"options": {"baseURL": ELSEWHERE}}, "b": 1}},
         "opencode asks x.example", "note"),
        (".config/opencode/opencode.json", b"\xff\xfe", "nothing overrides", "ok"),
        (".config/opencode/opencode.json", "{ no", "nothing overrides", "ok"),
        (".config/opencode/opencode.jsonc",
         '{ // mine\n"provider": {"a": {"options": {"baseURL": "' + ELSEWHERE + '"},},},}',
         "opencode asks x.example", "note"),
    ],
)  # fmt: skip
def test_settings_of_agents(
    tmp_path: Path, name: str, content: Any, words: str, state: str
) -> None:
    """Claude Code's win over the shell, wherever they stand; others are told and are no fault."""
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    findings = list(clients.look(patient_in(tmp_path)))

    assert only(findings, words).state == state
    assert not any("secret" in each.what or KEY in each.what for each in findings)


def connected(tmp_path: Path, url: str) -> None:
    """Claude Code, led to an address by the command itself."""
    from aimux.clients.client import Lead, Surroundings
    from aimux.clients.connection import connect
    from aimux.clients.known import CLIENTS

    patient = patient_in(tmp_path)
    lead = Lead(url, "aimux-client-test-0123456789abcdef0123")
    around = Surroundings(patient.environ, patient.home, patient.folder)
    connect(patient.paths, "claude-code", url, CLIENTS["claude-code"].files(lead, around))


def test_a_client_that_is_connected(tmp_path: Path) -> None:
    """As it was left; led elsewhere; changed since; past its settings by those of the machine's shell."""
    connected(tmp_path, URL)
    fine = list(clients.look(patient_in(tmp_path)))
    moved = list(clients.look(patient_in(tmp_path, status={"url": "http://127.0.0.1:9"})))
    socket_ = patient_in(tmp_path, environ={"ANTHROPIC_UNIX_SOCKET": "/x"})
    beaten = list(clients.look(socket_))
    twice = list(clients.look(patient_in(tmp_path, environ={"CLAUDE_CODE_USE_VERTEX": "1"})))
    (tmp_path / ".claude" / "settings.json").write_text("{}")
    changed = list(clients.look(patient_in(tmp_path)))
    (tmp_path / "connections.json").write_text("no journal")
    broken = list(clients.look(patient_in(tmp_path)))

    assert [each.state for each in fine] == ["ok"]
    assert only(moved, "where aimux is not").mend == "aimux connect claude-code"
    assert only(beaten, "ANTHROPIC_UNIX_SOCKET").mend == "unset ANTHROPIC_UNIX_SOCKET"
    assert len([each for each in twice if "CLAUDE_CODE_USE_VERTEX" in each.what]) == 1
    assert only(changed, "not as aimux connect left them").mend == "aimux connect claude-code"
    assert broken[0].state == "failed"


# ---------------------------------------------------------------- together


def test_a_look_that_breaks_is_told_and_hides_nothing(tmp_path: Path) -> None:
    """A bug of one look, and a file that the system refuses."""

    def broken(patient: Any) -> Any:
        yield Finding("x", "ok", "before")
        raise RuntimeError("a secret may stand in here")

    def refused(patient: Any) -> Any:
        raise PermissionError(13, "Permission denied", "/secret")
        yield

    found = examined(patient_in(tmp_path), [broken, refused])

    assert [(each.state, each.what) for each in found] == [
        ("ok", "before"),
        ("failed", "this look itself failed: RuntimeError"),
        ("failed", "the system refuses /secret: Permission denied"),
    ]
