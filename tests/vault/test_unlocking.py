"""What opens a vault, and in which order."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aimux.errors import VaultLocked
from aimux.vault.derivation import Argon2id, KeyFile, derived_key
from aimux.vault.secret import Secret
from aimux.vault.unlocking import Unlocking

SALT = bytes(16)
KEY = bytes(range(32))
OTHER = bytes(range(32, 64)) + b""


@dataclass
class Person:
    """Answers what it was told to, and remembers what it was asked."""

    answer: str | None = None
    asked: list[str] = field(default_factory=list)

    def existing(self) -> Secret | None:
        return self._answer("existing")

    def chosen(self) -> Secret | None:
        return self._answer("chosen")

    def _answer(self, question: str) -> Secret | None:
        self.asked.append(question)
        return None if self.answer is None else Secret(self.answer)


def key_file(path: Path, key: bytes, mode: int = 0o600) -> str:
    path.write_text(key.hex() + "\n")
    path.chmod(mode)
    return str(path)


def test_a_named_key_file_comes_before_the_one_beside(tmp_path: Path) -> None:
    """Both are tried; no passphrase is, and nobody is asked."""
    person = Person("x")
    named = key_file(tmp_path / "named", KEY)
    key_file(tmp_path / "vault.key", OTHER)
    environ = {"AIMUX_VAULT_KEY_FILE": named, "AIMUX_VAULT_PASSPHRASE": "variable"}

    opening = Unlocking(tmp_path / "vault.key", environ, Secret("given"), person)

    assert list(opening.materials(KeyFile(SALT))) == [KEY, OTHER]
    assert person.asked == []


def test_passphrases_come_from_variable_argument_and_person(tmp_path: Path) -> None:
    """The person is asked only when the others did not fit."""
    person = Person("asked")
    environ = {"AIMUX_VAULT_PASSPHRASE": "variable"}
    opening = Unlocking(tmp_path / "vault.key", environ, Secret("given"), person)

    materials = opening.materials(Argon2id(SALT))

    assert [next(materials), next(materials)] == [b"variable", b"given"]
    assert person.asked == []
    assert list(materials) == [b"asked"]
    assert person.asked == ["existing"]


@pytest.mark.parametrize("person", [None, Person(None), Person("")])
def test_with_nothing_at_hand_there_is_no_material(tmp_path: Path, person: Person | None) -> None:
    """Empty answers and variables count as none."""
    environ = {"AIMUX_VAULT_PASSPHRASE": "", "AIMUX_VAULT_KEY_FILE": ""}
    opening = Unlocking(tmp_path / "vault.key", environ, Secret(""), person)

    assert list(opening.materials(Argon2id(SALT))) == []
    assert list(opening.materials(KeyFile(SALT))) == []


def test_the_hint_says_what_is_needed(tmp_path: Path) -> None:
    """A passphrase or the key file, whichever the vault has."""
    opening = Unlocking(tmp_path / "vault.key", {})

    assert opening.hint(Argon2id(SALT)) == "aimux keys unlock, or set AIMUX_VAULT_PASSPHRASE"
    assert str(tmp_path / "vault.key") in opening.hint(KeyFile(SALT))


def test_a_new_vault_takes_the_named_key_file_first(tmp_path: Path) -> None:
    """Then the passphrases; nobody is asked when something was given."""
    person = Person("x")
    environ = {
        "AIMUX_VAULT_KEY_FILE": key_file(tmp_path / "named", KEY),
        "AIMUX_VAULT_PASSPHRASE": "variable",
    }
    opening = Unlocking(tmp_path / "vault.key", environ, None, person)

    derivation, key = opening.closing()

    assert isinstance(derivation, KeyFile)
    assert key == derived_key(derivation, KEY)
    assert (person.asked, (tmp_path / "vault.key").exists()) == ([], False)
    assert not opening.uses_beside()


@pytest.mark.parametrize(
    ("environ", "given", "answer", "expected"),
    [
        ({"AIMUX_VAULT_PASSPHRASE": "variable"}, "given", "asked", b"variable"),
        ({}, "given", "asked", b"given"),
        ({}, None, "asked", b"asked"),
    ],
)
def test_a_new_vault_takes_the_first_passphrase(
    tmp_path: Path, environ: dict[str, str], given: str | None, answer: str, expected: bytes
) -> None:
    """In the order in which an existing one is opened; no key file is made."""
    passphrase = Secret(given) if given else None

    derivation, key = Unlocking(
        tmp_path / "vault.key", environ, passphrase, Person(answer)
    ).closing()

    assert isinstance(derivation, Argon2id)
    assert key == derived_key(derivation, expected)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("person", [None, Person(None)])
def test_a_new_vault_without_a_passphrase_makes_a_key_file(
    tmp_path: Path, person: Person | None
) -> None:
    """0600, beside the vault, and the same at the second time; every vault has its own salt."""
    opening = Unlocking(tmp_path / "vault.key", {}, None, person)

    first, _ = opening.closing()
    made = (tmp_path / "vault.key").read_bytes()
    second, key = opening.closing()

    assert (tmp_path / "vault.key").read_bytes() == made
    assert (tmp_path / "vault.key").stat().st_mode & 0o777 == 0o600
    assert first != second
    assert key == derived_key(second, bytes.fromhex(made.decode()))
    assert opening.uses_beside()


@pytest.mark.parametrize(
    ("mode", "content", "text"),
    [
        (0o644, KEY.hex(), "read by other users"),
        (0o600, "hunter2", "holds no vault key"),
        (0o600, "", "holds no vault key"),
    ],
)
def test_an_unfit_key_file_is_an_error_wherever_it_lies(
    tmp_path: Path, mode: int, content: str, text: str
) -> None:
    """It is not passed over: the person means it to be used."""
    path = tmp_path / "vault.key"
    path.write_text(content)
    path.chmod(mode)
    for environ in ({}, {"AIMUX_VAULT_KEY_FILE": str(path)}):
        opening = Unlocking(path, environ)
        with pytest.raises(VaultLocked, match=text) as caught:
            list(opening.materials(KeyFile(SALT)))
        with pytest.raises(VaultLocked, match=text):
            opening.closing()

        assert caught.value.hint
        assert "hunter2" not in f"{caught.value!r}{caught.value.hint}"


def test_a_named_key_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """For opening and for making a vault; another key is not used silently."""
    key_file(tmp_path / "vault.key", KEY)
    opening = Unlocking(
        tmp_path / "vault.key", {"AIMUX_VAULT_KEY_FILE": str(tmp_path / "no")}, Secret("given")
    )

    with pytest.raises(VaultLocked, match="AIMUX_VAULT_KEY_FILE: there is no file"):
        list(opening.materials(KeyFile(SALT)))
    with pytest.raises(VaultLocked, match="AIMUX_VAULT_KEY_FILE: there is no file"):
        opening.closing()


def test_no_text_of_it_shows_the_environment(tmp_path: Path) -> None:
    """A repr may end in a traceback."""
    opening = Unlocking(tmp_path / "k", {"AIMUX_VAULT_PASSPHRASE": "canary"}, Secret("canary"))

    assert "canary" not in repr(opening)
