"""Vendors, keys that only go in, the free check, and the log, over the admin API."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from aimux.admin import accounts as room
from aimux.admin.accounts import Accounts, Standing, Vendors
from aimux.admin.editing import Editing
from aimux.admin.lines import Lines
from aimux.catalogue.resolve import resolve_providers
from aimux.config.keyref import KeyReference
from aimux.config.load import Loaded, load_config
from aimux.config.paths import Paths
from aimux.errors import KeyMissing, VaultError
from aimux.telemetry.redact import Redactor
from aimux.vault.access import Access
from aimux.vault.secret import Credential, Secret
from aimux.vault.sources import read_keys
from tests.support.face import Face, open_face
from tests.support.keyrings import keyring_environment
from tests.support.script import Answer
from tests.support.upstream import FakeUpstream

KEY = "sk-test-canary-of-the-page"
PATH = "/aimux/v1/providers/up/keys/default"


@dataclass
class Desk:
    """What a daemon gives the dashboard, over real files and no keyring."""

    paths: Paths
    redactor: Redactor = field(default_factory=Redactor)
    reloads: int = 0
    environ: Mapping[str, str] = field(
        default_factory=lambda: {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    )
    problem: VaultError | None = None

    def load(self) -> Loaded:
        return load_config(self.paths.config, environ={})

    async def reload(self) -> Any:
        self.reloads += 1
        return {"generation": self.reloads + 1, "changes": [], "restart_needed": []}

    def standing(self, name: str) -> Standing | None:
        provider = resolve_providers(self.load().config).get(name)
        if provider is None:
            return None
        hosts = frozenset(each.host for each in provider.endpoints.values())
        credentials = tuple(
            Credential(name, "default", each, Secret(KEY), hosts) for each in provider.keys
        )
        return Standing(provider, () if self.problem else credentials, self.problem)

    def vendors(self) -> Vendors:
        return Vendors(
            self.paths,
            self.load,
            self.reload,
            Editing(self.paths, self.load, self.reload).change,
            lambda key: self.redactor.hide([key]),
            lambda: Access(self.environ),
            self.standing,
        )


@pytest.fixture
def desk(tmp_path: Path, upstream: FakeUpstream) -> Desk:
    file = tmp_path / "config.toml"
    file.write_text(
        f'[providers.up]\nformat = "openai-chat"\nbase_url = "{upstream.url}/v1"\n'
        'keys = ["env:NOBODY"]  # mine\n\n'
        '[providers.here]\npreset = "demo"\n'
    )
    file.chmod(0o600)
    return Desk(Paths(file, tmp_path))


@pytest.fixture
async def face(desk: Desk) -> AsyncIterator[Face]:
    def more(_: Any) -> list[Any]:
        hide = desk.redactor.value
        return [Accounts(desk.vendors(), hide).register, Lines(desk.paths.log, hide).register]

    async with open_face(desk.paths.state / "web", more=more) as opened:
        await opened.log_in()
        yield opened


def stored(desk: Desk, name: str) -> object:
    reference = KeyReference("vault", name)
    return read_keys({reference: frozenset()}, desk.paths, environ=desk.environ)[reference]


async def test_a_key_goes_in_and_never_comes_out(face: Face, desk: Desk) -> None:
    """Into the vault where there is no keyring; the configuration names it, and comments stay."""
    status, told = await face.send("PUT", PATH, {"value": KEY + "\n"})

    assert status == 200
    assert told["reference"] == "vault:up/default"
    assert told["where"] == "vault"
    assert told["generation"] == 2
    assert stored(desk, "up/default") == Secret(KEY)
    text = desk.paths.config.read_text()
    assert 'keys = ["env:NOBODY", "vault:up/default"]  # mine' in text
    assert KEY not in text
    assert KEY not in json.dumps(told)
    assert desk.redactor.text(KEY) == "********"
    for path in (PATH, "/aimux/v1/providers/up/keys", "/aimux/v1/catalogue"):
        assert KEY.encode() not in (await face.full("GET", path))[2]


async def test_twice_and_under_another_label(face: Face, desk: Desk) -> None:
    """The second one replaces the first; another label is another key."""
    await face.send("PUT", PATH, {"value": KEY})
    await face.send("PUT", PATH, {"value": KEY + "-2"})
    await face.send("PUT", PATH.replace("default", "work"), {"value": KEY + "-3"})

    assert stored(desk, "up/default") == Secret(KEY + "-2")
    assert desk.paths.config.read_text().count("vault:up/default") == 1
    assert "vault:up/work" in desk.paths.config.read_text()


async def test_removed(face: Face, desk: Desk) -> None:
    """From wherever it is; twice is once too often."""
    await face.send("PUT", PATH, {"value": KEY})
    status, told = await face.send("DELETE", PATH, {})
    again = await face.send("DELETE", PATH, {})

    assert status == 200
    assert told["removed"] == ["vault:up/default"]
    assert isinstance(stored(desk, "up/default"), KeyMissing)
    assert again[0] == 404
    assert desk.reloads == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        (PATH, {}, 400, "value must be a text"),
        (PATH, {"value": 7}, 400, "value must be a text"),
        (PATH, {"value": ""}, 422, "the key is empty"),
        (PATH, {"value": "two words of a canary"}, 422, "the key"),
        (PATH, {"value": "x" * 70_000}, 413, "longer than"),
        ("/aimux/v1/providers/nobody/keys/default", {"value": KEY}, 404, "'nobody' is configured"),
        ("/aimux/v1/providers/u%20p/keys/default", {"value": KEY}, 400, "name and label"),
        ("/aimux/v1/providers/up/keys/a%2Fb", {"value": KEY}, 400, "name and label"),
    ],
)
async def test_what_is_no_key(
    face: Face, desk: Desk, *, path: str, body: Any, status: int, words: str
) -> None:
    """It is said why, it is not repeated, and nothing changes."""
    got, told = await face.send("PUT", path, body)

    assert got == status
    assert words in told["error"]["message"]
    assert "canary" not in json.dumps(told)
    assert not desk.paths.vault.exists()
    assert desk.reloads == 0


async def test_what_comes_out_is_not_what_went_in(
    face: Face, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that forgets is found out, and nothing says that the key is there."""
    monkeypatch.setattr(room, "given_out", lambda *_: Secret("other"))
    status, told = await face.send("PUT", PATH, {"value": KEY})

    assert status == 503
    assert "is not what was stored" in told["error"]["message"]
    assert "vault:" not in desk.paths.config.read_text()


async def test_the_catalogue(face: Face) -> None:
    """Every vendor, what it speaks, and whether it is there already."""
    _, told = await face.get("/aimux/v1/catalogue")
    by_name = {each["name"]: each for each in told["presets"]}

    assert by_name["anthropic"]["needs_key"] is True
    assert by_name["anthropic"]["key_env"] == "ANTHROPIC_API_KEY"
    assert by_name["anthropic"]["formats"]["anthropic"].startswith("https://")
    assert by_name["anthropic"]["models"] > 0
    assert by_name["anthropic"]["added"] is False
    assert by_name["demo"]["added"] is True


async def test_the_free_check(face: Face, upstream: FakeUpstream) -> None:
    """One question, for the list of models, with the key."""
    listing = {"object": "list", "data": [{"id": "m"}, {"id": "n"}]}
    upstream.script("/v1/models", Answer(pieces=(json.dumps(listing).encode(),)))
    status, told = await face.send("POST", "/aimux/v1/providers/up/test", {})

    assert status == 200
    assert told["ok"] is True
    assert told["models"] == 2
    assert told["words"].startswith("it answers, after ")
    assert told["words"].endswith(" ms, with 2 models")
    assert told["checks"][0]["call"] == "models list"
    received = upstream.wait()
    assert (received.method, received.path) == ("GET", "/v1/models")


async def test_a_check_that_fails(face: Face, upstream: FakeUpstream, desk: Desk) -> None:
    """It is said how; a vendor that repeats the key is not repeated."""
    said = {"error": {"message": f"<b>bad key</b> {KEY}"}}
    desk.redactor.hide([Secret(KEY)])
    upstream.script("/v1/models", Answer(status=401, pieces=(json.dumps(said).encode(),)))
    status, told = await face.send("POST", "/aimux/v1/providers/up/test", {})

    assert status == 200
    assert told["ok"] is False
    assert told["checks"][0]["outcome"] == "unauthorized"
    assert KEY not in json.dumps(told)
    desk.problem = KeyMissing("there is none", hint="set it")
    _, told = await face.send("POST", "/aimux/v1/providers/up/test", {})
    assert told["words"] == "there is none; set it"
    assert told["ok"] is False


async def test_other_providers(face: Face) -> None:
    """The built-in one always answers; one that is none is not asked."""
    _, told = await face.send("POST", "/aimux/v1/providers/here/test", {})

    assert told["ok"] is True
    assert told["words"].startswith("built in, with ")
    assert (await face.send("POST", "/aimux/v1/providers/nobody/test", {}))[0] == 404


async def test_the_log(face: Face, desk: Desk) -> None:
    """The last lines without keys, also of those that were not known when they were written."""
    log = desk.paths.log
    log.parent.mkdir()
    entries = [
        {"level": "info", "message": "<script>"},
        {"level": "error", "message": f"no {KEY}", "request_id": "ax_1"},
    ]
    log.write_text("".join(json.dumps(each) + "\n" for each in entries))
    desk.redactor.hide([Secret(KEY)])

    _, told = await face.get("/aimux/v1/logs")
    _, one = await face.get("/aimux/v1/logs?limit=1&level=error&request=ax_1&q=NO")

    assert told["lines"][0] == entries[0]
    assert told["lines"][1]["message"] == "no ********"
    assert one["lines"] == told["lines"][1:]
    assert (await face.get("/aimux/v1/logs?limit=0"))[1] == {"lines": []}
    assert (await face.get("/aimux/v1/logs?level=loud"))[0] == 400


async def test_a_log_that_cannot_be_read(face: Face, desk: Desk) -> None:
    """It is said."""
    desk.paths.log.mkdir(parents=True)
    status, told = await face.get("/aimux/v1/logs")

    assert status == 500
    assert "cannot be read now" in told["error"]["message"]


@pytest.mark.parametrize(
    ("backend", "set_", "removed", "where"),
    [
        ("Kept", 200, 200, "keyring:up/default"),
        ("Locked", 503, 503, None),
        ("Forgetful", 200, 200, "vault:up/default"),
    ],
)
async def test_the_keyring(
    face: Face, desk: Desk, *, backend: str, set_: int, removed: int, where: str | None
) -> None:
    """One that works is used; one that is locked is told, and is no reason for another place; one that
    keeps nothing is none.
    """
    desk.environ = keyring_environment(backend, desk.paths.state)
    done = await face.send("PUT", PATH, {"value": KEY})
    gone = await face.send("DELETE", PATH, {})

    assert done[0] == set_, done
    assert gone[0] == removed, gone
    assert done[1].get("reference") == where
    assert desk.paths.vault.exists() is (backend == "Forgetful")
    assert KEY not in json.dumps([done, gone])
    if where:
        assert gone[1]["removed"] == [where]


async def test_a_locked_keyring_beside_the_vault(face: Face, desk: Desk) -> None:
    """What can be removed is; whether the keyring has it too cannot be seen."""
    await face.send("PUT", PATH, {"value": KEY})
    desk.environ = keyring_environment("Locked", desk.paths.state)

    assert (await face.send("DELETE", PATH, {}))[1]["removed"] == ["vault:up/default"]
