"""A key is planted everywhere, and looked for everywhere it must not be."""

import traceback
from pathlib import Path

import pytest

from aimux.config.keyref import parse_key_reference
from aimux.config.paths import Paths
from aimux.errors import VaultError
from aimux.vault.access import Access
from aimux.vault.record import StoredKey
from aimux.vault.secret import Secret
from aimux.vault.sources import find_keys, read_keys
from aimux.vault.store import list_keys, put, store_key
from tests.support.keyrings import keyring_environment

CANARY = "sk-test-canary-4711-0815"
HOST = frozenset({"api.z.ai:443"})
ELSEWHERE = frozenset({"evil.example:443"})


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths(tmp_path / "config.toml", tmp_path)


def planted(backend: str, home: Path) -> dict[str, str]:
    """An environment with the canary in every variable that may hold a key."""
    return keyring_environment(
        backend,
        home,
        ZAI_API_KEY=CANARY,
        ODD=f"{CANARY} {CANARY}",
        LONG=CANARY * 1000,
        AIMUX_VAULT_PASSPHRASE=f"passphrase-{CANARY}",
    )


REFERENCES = [
    "keyring:zai",
    "keyring:none",
    "vault:zai",
    "vault:none",
    "env:ZAI_API_KEY",
    "env:ODD",
    "env:LONG",
    f"env:{CANARY}!",
    "file:good",
    "file:open",
    "file:lines",
    f"command:echo {CANARY}",
    f"command:sh -c 'echo {CANARY}; echo {CANARY} >&2; exit 1'",
    f"command:sh -c 'echo {CANARY} {CANARY}'",
    f"command:sh -c 'echo {CANARY} >&2; exit 1'",
    "command:env",
]


@pytest.mark.parametrize("backend", ["Nosy", "Telltale", "Locked", "PlaintextKeyring"])
def test_the_canary_is_in_no_text(
    paths: Paths, tmp_path: Path, backend: str, caplog: pytest.LogCaptureFixture, capfd
) -> None:
    """Results, errors, hints, causes, tracebacks, logs, both outputs."""
    caplog.set_level(0)
    environ = planted(backend, tmp_path)
    access = Access(environ, 30.0)
    for name, content, mode in (
        ("good", CANARY, 0o600),
        ("open", CANARY, 0o644),
        ("lines", f"{CANARY}\n{CANARY}\n", 0o600),
    ):
        (tmp_path / name).write_text(content)
        (tmp_path / name).chmod(mode)
    put(parse_key_reference("vault:zai"), StoredKey(Secret(CANARY), HOST), paths, access=access)
    references = [parse_key_reference(each) for each in REFERENCES]
    texts = []
    try:
        store_key("zai", "default", Secret(CANARY), HOST, paths, access=access)
    except VaultError as problem:
        texts += told(problem)

    found = [find_keys(references, paths, access)]
    for hosts in (HOST, ELSEWHERE):
        wanted = dict.fromkeys(references, hosts)
        found.append(read_keys(wanted, paths, limit_s=30.0, environ=environ))
        texts.append(repr(list_keys(wanted, paths, access=access)).replace(repr(wanted), ""))

    for result in (each for results in found for each in results.values()):
        texts += told(result) if isinstance(result, VaultError) else [repr(result)]
    written = capfd.readouterr()
    texts += [caplog.text, written.out, written.err, repr(access), repr(access.vault(paths))]
    own = [str(reference) for reference in references] + [repr(each) for each in references]
    assert [text for text in texts if CANARY in without(text, own)] == []


def told(problem: VaultError) -> list[str]:
    """All that may be shown of an error."""
    shown = [f"{problem!r} {problem} {problem.hint} {vars(problem)}"]
    # the source lines of a traceback hold no values; its messages do
    chain: BaseException | None = problem
    while chain is not None:
        shown += [*traceback.format_exception_only(chain), repr(chain.args)]
        chain = chain.__cause__
    return shown


def without(text: str, own: list[str]) -> str:
    """The text without the references, which hold the canary because the test put it there."""
    for each in own:
        text = text.replace(each, "")
    return text


def test_the_keyrings_process_shows_no_key_to_others(paths: Paths, tmp_path: Path) -> None:
    """Its arguments and its environment, which `ps e` and /proc show; keys come through stdin."""
    environ = planted("Nosy", tmp_path)
    del environ["ODD"], environ["LONG"]  # a name that says nothing; the vendors' names do
    access = Access(environ, 30.0)

    store_key("zai", "default", Secret(CANARY), HOST, paths, access=access)
    found = access.keyring().read(["zai/default"])

    seen = (tmp_path / "seen").read_text()
    assert isinstance(found["zai/default"], Secret)
    assert "aimux.vault.keyring_process" in seen
    assert CANARY not in seen


def test_the_disk_holds_the_canary_nowhere_but_in_the_keyring(paths: Paths, tmp_path: Path) -> None:
    """The vault, its lock and its key file, and nothing else, are written."""
    access = Access(planted("keyring.backends.fail.Keyring", tmp_path), 30.0)

    store_key("zai", "default", Secret(CANARY), HOST, paths, access=access)

    content = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert content.keys() == {"vault.aimux", "vault.aimux.lock"}
    assert not any(b"canary" in each for each in content.values())
