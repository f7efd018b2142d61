"""Keys that somebody else keeps: variables, files, programs."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from aimux.config.keyref import KeyReference, parse_key_reference
from aimux.errors import KeyMissing, KeyRefused, VaultError
from aimux.vault import external
from aimux.vault.external import read_command, read_file, read_variable, shown

KEY = "sk-test-canary-0123456789"
ENVIRON = {"PATH": os.environ["PATH"]}


def python(code: str) -> str:
    return shlex.join([sys.executable, "-I", "-c", code])


@pytest.mark.parametrize("value", [KEY, KEY + "\n"])
def test_a_variable_holds_a_key(value: str) -> None:
    """`export X="$(cat file)"` and its careless cousins."""
    assert read_variable("ZAI_API_KEY", {"ZAI_API_KEY": value}).reveal() == KEY


@pytest.mark.parametrize(
    ("name", "environ", "error", "text"),
    [
        ("ZAI_API_KEY", {}, KeyMissing, "'ZAI_API_KEY' is not set"),
        ("ZAI_API_KEY", {"ZAI_API_KEY": ""}, KeyMissing, "'ZAI_API_KEY' is not set"),
        ("ZAI_API_KEY", {"ZAI_API_KEY": " \n"}, KeyRefused, "is empty"),
        ("ZAI_API_KEY", {"ZAI_API_KEY": "your-api-key"}, KeyRefused, "placeholder"),
        ("ZAI_API_KEY", {"ZAI_API_KEY": f"{KEY} x"}, KeyRefused, "space"),
        ("ZAI_API_KEY", {"ZAI_API_KEY": f"{KEY}\udcff"}, KeyRefused, "not ASCII"),
        (KEY, {}, KeyRefused, "not the name of a variable"),
        ("$ZAI_API_KEY", {}, KeyRefused, "not the name of a variable"),
    ],
)
def test_a_variable_without_a_key_is_told(
    name: str, environ: dict[str, str], error: type[VaultError], text: str
) -> None:
    """A key in the place of the name is not repeated."""
    with pytest.raises(error, match=text) as caught:
        read_variable(name, environ)

    assert KEY not in f"{caught.value}{caught.value.hint}"


@pytest.mark.parametrize("content", [KEY, f"{KEY}\n", f"{KEY}\r\n", f"\ufeff{KEY}\n"])
def test_a_file_holds_a_key(tmp_path: Path, content: str) -> None:
    """With the line break and the mark that editors add; a relative name is the configuration's."""
    (tmp_path / "key").write_bytes(content.encode())
    (tmp_path / "key").chmod(0o600)

    for name in ("key", "./key", str(tmp_path / "key")):
        assert read_file(name, tmp_path).reveal() == KEY


def test_a_file_may_stand_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """~ is where one expects it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o600)

    assert read_file("~/key", Path("/")).reveal() == KEY


@pytest.mark.parametrize(
    ("name", "content", "error", "text"),
    [
        ("none", b"", KeyMissing, "there is no file"),
        ("~no-such-user-for-tests/key", b"", KeyMissing, "home folder"),
        ("key", b"", KeyRefused, "is empty"),
        ("key", b"\xff\xfe", KeyRefused, "does not hold text"),
        ("key", f"{KEY}\n{KEY}\n".encode(), KeyRefused, "several lines"),
    ],
)
def test_a_file_without_a_key_is_told(
    tmp_path: Path, name: str, content: bytes, error: type[VaultError], text: str
) -> None:
    """Its content is not repeated."""
    (tmp_path / "key").write_bytes(content)
    (tmp_path / "key").chmod(0o600)

    with pytest.raises(error, match=text) as caught:
        read_file(name, tmp_path)

    assert KEY not in f"{caught.value}{caught.value.hint}"


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """The key in it is not used even once."""
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o640)

    with pytest.raises(KeyRefused, match="other users"):
        read_file("key", tmp_path)


@pytest.mark.parametrize(
    "command",
    [f"echo {KEY}", f"echo '{KEY}'", f"printf %s {KEY}", python(f"print('{KEY}')")],
)
def test_a_command_prints_a_key(command: str) -> None:
    """Split as a shell would, with one line of output."""
    assert read_command(command, ENVIRON).reveal() == KEY


def test_a_command_may_stand_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is no shell to expand the ~, so we do, for the program alone."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "my-key").write_text(f"#!/bin/sh\necho {KEY}$1\n")
    (tmp_path / "my-key").chmod(0o700)

    assert read_command("~/my-key -~", ENVIRON).reveal() == f"{KEY}-~"


def test_there_is_no_shell() -> None:
    """A semicolon is an argument like any other."""
    with pytest.raises(KeyRefused, match="space"):
        read_command(f"echo {KEY}; touch /tmp/x", ENVIRON)


@pytest.mark.parametrize(
    ("command", "error", "text"),
    [
        (
            "no-such-program-for-tests x",
            KeyMissing,
            "'no-such-program-for-tests' did not start: No",
        ),
        ("/etc/passwd", KeyMissing, "did not start: Permission denied"),
        ("echo 'unclosed", KeyRefused, "quotation marks"),
        ("echo zero\0byte", KeyMissing, "did not start"),
        ("true", KeyRefused, "is empty"),
        (f"sh -c 'echo {KEY}; echo {KEY}'", KeyRefused, "several lines"),
        (r"printf '\377\376'", KeyRefused, "not text"),
        ("yes", KeyRefused, "far more than a key"),
        ("sh -c 'exit 3'", KeyMissing, "'sh' ended with status 3$"),
        ("sh -c 'kill -9 $$'", KeyMissing, "'sh' ended with status -9$"),
        ("sh -c 'echo not signed in >&2; exit 1'", KeyMissing, "status 1: not signed in$"),
        ("sh -c 'echo a >&2; echo b >&2; exit 1'", KeyMissing, "status 1: b$"),
        (f"sh -c 'echo {KEY} >&2; exit 1'", KeyMissing, r"status 1: \*\*\*$"),
        (f"sh -c 'echo key={KEY}, bad >&2; exit 1'", KeyMissing, r"status 1: key=\*\*\*, bad$"),
        ("sh -c 'echo short; echo got short >&2; exit 1'", KeyMissing, "status 1$"),
        (r"sh -c 'printf \\033[31mred >&2; exit 1'", KeyMissing, r"status 1: \[31mred$"),
        ("sh -c 'echo $0 >&2; exit 1' " + "'" + "no " * 200 + "'", KeyMissing, "(no ){53}n$"),
    ],
)
def test_a_command_that_gives_no_key_is_told(
    command: str, error: type[VaultError], text: str
) -> None:
    """The last line of its stderr helps, without any word that may be the key."""
    with pytest.raises(error, match=text) as caught:
        read_command(command, ENVIRON)

    assert KEY not in f"{caught.value!r}{caught.value.hint}"


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for a fingerprint that nobody gives."""
    monkeypatch.setattr(external, "COMMAND_LIMIT_S", 0.5)

    with pytest.raises(KeyMissing, match=r"'sleep' did not end within 0\.5 s"):
        read_command("sleep 64", ENVIRON)


def test_a_command_sees_no_keys() -> None:
    """Neither the vendors' variables, nor the vault's, nor those named by other references."""
    environ = {
        **ENVIRON,
        "ZAI_API_KEY": KEY,
        "AIMUX_VAULT_PASSPHRASE": KEY,
        "MY_SECRET": KEY,
        "KEPT": "sk-test-kept",
    }
    seen = python("import os; print(os.environ.get('KEPT', ''), *sorted(os.environ), sep=';')")

    names = read_command(seen, environ, frozenset({"MY_SECRET"})).reveal().split(";")

    assert names[0] == "sk-test-kept"
    assert not {"ZAI_API_KEY", "AIMUX_VAULT_PASSPHRASE", "MY_SECRET"} & set(names)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("command:op read op://Private/Z.AI/key", "command:op ..."),
        ("command:my-key", "command:my-key"),
        ("env:ZAI_API_KEY", "env:ZAI_API_KEY"),
        ("keyring:zai", "keyring:zai/default"),
        ("env:sk-ant-test0123456789abcdef", "env:********"),
        ("file:/run/secrets/zai", "file:/run/secrets/zai"),
    ],
)
def test_a_reference_is_shown_without_what_may_be_a_key(reference: str, text: str) -> None:
    """People write keys into the strangest places."""
    assert shown(parse_key_reference(reference)) == text


def test_a_reference_is_shown_as_it_is_written() -> None:
    """Nothing is added to the ordinary ones."""
    assert shown(KeyReference("vault", "zai/spare")) == "vault:zai/spare"
