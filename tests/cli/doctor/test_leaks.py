"""``--leaks``: what is planted is found, in whatever form; what belongs there is not told."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from urllib.parse import quote

import pytest

from aimux.cli.doctor import files, leaks
from aimux.cli.doctor.needles import forms, needles
from tests.support.patient import patient_in

KEY = "canary+/=8f3a5b9c7d1e2f4a6b8c0d2e4f6a8b0c"
PROVIDER = (
    '[providers.up]\nformat = "anthropic"\nbase_url = "http://127.0.0.1:9"\nkeys = [{keys}]\n'
)


def with_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: str = '"env:UP_KEY"') -> object:
    monkeypatch.setenv("UP_KEY", KEY)
    return patient_in(tmp_path, PROVIDER.format(keys=keys))


@pytest.mark.parametrize(
    "disguise",
    [
        KEY.encode(),
        quote(KEY, safe="").encode(),
        json.dumps({"a": KEY}).encode(),
        base64.b64encode(KEY.encode()),
        base64.b64encode(b"x" + KEY.encode() + b"tail"),
        base64.b64encode(b"user:" + KEY.encode()),
        base64.urlsafe_b64encode(b"12" + KEY.encode()),
        KEY.encode().hex().encode(),
        KEY.encode().hex().upper().encode(),
        KEY.encode("utf-16-le"),
    ],
)
@pytest.mark.parametrize("before", [0, leaks.PIECE_BYTES - 20])
def test_every_disguise_is_found(tmp_path: Path, disguise: bytes, before: int) -> None:
    """Also where it lies across the end of a piece that is read at once."""
    path = tmp_path / "file"
    path.write_bytes(b"." * before + disguise + b"." * 50)

    found = leaks.found_in(path, {"key": forms(KEY)})

    assert list(found) == ["key"]
    assert before <= found["key"] <= before + len(disguise)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    """A key that differs in one letter, and its parts."""
    path = tmp_path / "file"
    path.write_bytes(KEY.replace("8f3a", "8f3b").encode() + KEY[:20].encode())

    assert leaks.found_in(path, {"key": forms(KEY)}) == {}


@pytest.mark.parametrize(
    "name",
    ["config.toml.bak", "logs/aimux.log.1", "bodies/ax_0.body", "ledger.sqlite3-wal",
     "vault.aimux", ".routing.json.abc", "daemon.out"],
)  # fmt: skip
def test_every_file_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Whatever it is called; the mend says how it goes."""
    patient = with_key(tmp_path, monkeypatch)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"x{KEY}")

    (found,) = leaks.look(patient)  # type: ignore[arg-type]

    assert (found.state, found.what) == ("failed", f"{path} holds env:UP_KEY (at byte 1)")
    assert found.mend == f"aimux keys set up, then: aimux stop && rm {path}"


def test_shapes_are_found_where_texts_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that nobody told us of; in what is encrypted it comes about by chance."""
    patient = with_key(tmp_path, monkeypatch)
    (tmp_path / "vault.aimux").write_text("sk-test-0123456789abcdefghijklmnop")
    (tmp_path / "bodies").mkdir()
    (tmp_path / "bodies" / "a").write_text("sk-test-0123456789abcdefghijklmnop")
    assert [each.state for each in leaks.look(patient)] == ["ok"]  # type: ignore[arg-type]
    (tmp_path / "models.json").write_text("  sk-test-0123456789abcdefghijklmnop")

    (found,) = leaks.look(patient)  # type: ignore[arg-type]

    assert found.what == f"{tmp_path}/models.json holds what looks like a key (at byte 2)"


def test_a_key_in_the_configuration_is_edited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One does not delete that file."""
    monkeypatch.setenv("UP_KEY", KEY)
    patient = patient_in(tmp_path, f"# {KEY}\n" + PROVIDER.format(keys='"env:UP_KEY"'))

    (found,) = leaks.look(patient)

    assert found.mend == "aimux keys set up, then: aimux config edit"


def test_each_own_file_may_hold_its_own_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token in its file, a key in the file that a reference names; a token in another's is a leak."""
    (tmp_path / "key.txt").write_text(KEY)
    (tmp_path / "key.txt").chmod(0o600)
    patient = with_key(tmp_path, monkeypatch, '"file:key.txt"')
    token = "aimux-client-test-0123456789abcdef0123"
    (tmp_path / "client.token").write_text(token)
    (tmp_path / "vault.key").write_text("ab" * 32)
    (tmp_path / "admin.token").write_bytes(b"\xff")
    fine = list(leaks.look(patient))  # type: ignore[arg-type]
    (tmp_path / "webhook.secret").write_text(f"{token}x")
    bad = [each.what for each in leaks.look(patient)]  # type: ignore[arg-type]

    assert [each.state for each in fine] == ["ok"]
    assert "none of 3 keys" in fine[0].what
    assert f"{tmp_path}/webhook.secret holds client.token (at byte 0)" in bad


def test_keys_of_the_shell_count(tmp_path: Path) -> None:
    """Under the names that vendors give them; what is too short to be one is left out."""
    patient = patient_in(
        tmp_path, environ={"ZAI_API_KEY": KEY, "GROQ_API_KEY": "x", "OTHER_KEY": KEY}
    )

    found, lacking = needles(patient)

    assert [each.name for each in found] == ["$ZAI_API_KEY"]
    assert lacking == []
    assert KEY not in repr(found)


def test_a_key_that_cannot_be_had_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was not searched for, which one has to know."""
    patient = with_key(tmp_path, monkeypatch, '"env:NOT_SET"')

    assert [(each.state, each.mend) for each in leaks.look(patient)] == [  # type: ignore[arg-type]
        ("note", "aimux keys list"),
        ("ok", None),
    ]


def test_links_are_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What lies elsewhere is not aimux's; and a folder with all too many files ends somewhere."""
    patient = patient_in(tmp_path)
    (tmp_path / "elsewhere").symlink_to("/etc/passwd")
    for number in range(5):
        (tmp_path / f"file-{number}").touch()
    os.mkfifo(tmp_path / "pipe")
    every = list(files.own_files(patient))
    monkeypatch.setattr(files, "MOST_FILES", 3)

    assert {each.name for each in every} == {f"file-{number}" for number in range(5)}
    assert len(list(files.own_files(patient))) <= 3
