"""A daemon without its socket: reloads, keys that lock and unlock, what status says."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aimux.config.paths import Paths
from aimux.config.schema import LoggingSettings
from aimux.daemon import build as build_module
from aimux.daemon import control as control_module
from aimux.daemon.build import Builder, Sources
from aimux.daemon.control import Daemon, Parts, first_snapshot
from aimux.daemon.demo import DemoProvider
from aimux.daemon.instance import Instance
from aimux.daemon.notify import Notifier
from aimux.daemon.status import changed_on_disk
from aimux.errors import ConfigError, TimedOut, VaultCorrupt, VaultLocked
from aimux.gateway.app import Gateway
from aimux.routing.budget import Hold, account_of
from aimux.telemetry.log import LogWriter
from aimux.vault.access import Access
from aimux.vault.clients import ClientToken, add_client, remove_client
from aimux.vault.secret import Secret
from aimux.vault.store import store_key
from aimux.vault.tokens import token_hash
from tests.support.keyrings import keyring_environment
from tests.support.patience import PATIENCE_S

KEY = "sk-test-canary-0123456789abcdef"
HOST = "127.0.0.1:1"
UP = f'[providers.up]\nformat = "anthropic"\nbase_url = "http://{HOST}"\n'


@dataclass
class House:
    """A home, and the daemons made in it."""

    folder: Path
    environ: dict[str, str]
    parts: Parts | None = None
    made: list[Daemon] = field(default_factory=list)

    @property
    def paths(self) -> Paths:
        return Paths(config=self.folder / "config.toml", state=self.folder)

    def write(self, text: str) -> None:
        self.paths.config.write_text("version = 1\n" + text)

    def backend(self, name: str) -> None:
        """Another keyring from now on."""
        self.environ["PYTHON_KEYRING_BACKEND"] = f"keyrings_for_tests.{name}"

    def store(self, provider: str = "up") -> None:
        """Puts the key into the keyring, else the vault."""
        access = Access(self.environ)
        store_key(provider, "default", Secret(KEY), frozenset({HOST}), self.paths, access=access)

    async def daemon(self) -> Daemon:
        """A daemon with the configuration as it is now."""
        sources = Sources(self.paths, self.environ, {})
        instance = Instance.take(self.paths)
        self.parts = Parts(
            instance=instance,
            builder=Builder(sources),
            demo=DemoProvider(),
            log=LogWriter(LoggingSettings(), None, also_stderr=False),
            notifier=Notifier({}),
            address=HOST,
            url=f"http://{HOST}",
        )
        loaded = sources.load()
        snapshot = await first_snapshot(self.parts, loaded)
        daemon = Daemon(self.parts, Gateway(snapshot, instance=instance.id), loaded)
        self.made.append(daemon)
        return daemon


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    made = House(tmp_path, keyring_environment("Kept", tmp_path))
    yield made
    for daemon in made.made:
        await daemon.gateway.close()
    if made.parts:
        await made.parts.demo.close()
        made.parts.instance.release()


def keys_of(daemon: Daemon, provider: str = "up") -> list[str]:
    found = daemon.gateway.snapshot.credentials.get(provider, ())
    return [each.secret.reveal() for each in found]


async def test_snapshot(house: House) -> None:
    """Providers, keys and tokens of the first generation."""
    house.environ["UP_KEY"] = KEY
    house.write(UP + 'keys = ["env:UP_KEY"]\n')

    daemon = await house.daemon()

    snapshot = daemon.gateway.snapshot
    assert snapshot.generation == 1
    assert keys_of(daemon) == [KEY]
    assert snapshot.credentials["up"][0].hosts == {HOST}
    assert snapshot.key_problems == {}
    admin = house.paths.admin_token.read_text().strip()
    client = house.paths.client_token.read_text().strip()
    assert snapshot.admin_token == token_hash(admin)
    assert snapshot.client_tokens == {token_hash(client): "default"}


async def test_missing_key_degrades_one_provider(house: House) -> None:
    """The daemon runs; the provider without a key says why; the other one works."""
    house.environ["UP_KEY"] = KEY
    house.write(UP + 'keys = ["env:UP_KEY"]\n' + UP.replace(".up", ".down"))

    status = (await house.daemon()).status()

    by_name = {each["name"]: each for each in status["providers"]}
    assert status["state"] == "degraded"
    assert by_name["up"]["usable"]
    assert not by_name["down"]["usable"]
    assert by_name["down"]["key"] == "missing"


async def test_keyring_that_locks_keeps_what_we_have(house: House) -> None:
    """A reload while the screen is locked takes no key away; a removed key does go."""
    house.write(UP)
    house.store()
    daemon = await house.daemon()
    house.backend("Locked")

    locked = await daemon.reload()
    held = keys_of(daemon)
    house.backend("Forgetful")
    gone = await daemon.reload()

    assert locked["changes"] == []
    assert held == [KEY]
    assert keys_of(daemon) == []
    assert [line.startswith("keys: up has no key: ") for line in gone["changes"]] == [True]


async def test_locked_at_start_is_asked_again(house: House) -> None:
    """A keyring that is locked at login opens later: its provider comes back by itself."""
    house.write(UP)
    house.store()
    house.backend("Locked")
    daemon = await house.daemon()
    before = daemon.status()
    house.backend("Kept")

    retrying = asyncio.create_task(daemon.retry_locked(every_s=0.01))
    await until(lambda: keys_of(daemon) == [KEY])
    retrying.cancel()

    assert before["state"] == "degraded"
    assert before["providers"][0]["key"] == "locked"
    assert daemon.status()["state"] == "running"
    assert daemon.gateway.snapshot.generation == 2


async def test_still_locked_changes_nothing(house: House) -> None:
    """Asking a keyring that stays locked makes no new generation each time."""
    house.write(UP)
    house.backend("Locked")
    daemon = await house.daemon()

    await daemon._read_lacking()
    generation = daemon.gateway.snapshot.generation
    await daemon._read_lacking()

    assert daemon.gateway.snapshot.generation == generation


async def test_nothing_locked_is_not_asked(house: House) -> None:
    """A key that is missing is not looked for again and again."""
    house.write(UP)
    daemon = await house.daemon()
    retrying = asyncio.create_task(daemon.retry_locked(every_s=0.001))

    house.store()
    await asyncio.sleep(0.05)
    retrying.cancel()

    assert keys_of(daemon) == []


async def test_keys_that_never_come(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading that takes too long is given up: the provider counts as locked, the daemon starts."""
    monkeypatch.setattr(build_module, "KEYS_GIVE_UP_S", 0.05)
    house.write(UP)
    house.backend("Hanging")

    daemon = await house.daemon()

    problem = daemon.gateway.snapshot.key_problems["up"]
    assert problem.code == "keyring-locked"
    assert "did not come within 0.05 s" in problem.message


async def test_disabled_provider_reads_no_key(house: House) -> None:
    """A provider that is switched off neither asks for keys nor degrades anything."""
    house.write(UP + "enabled = false\n")

    daemon = await house.daemon()

    assert daemon.status()["state"] == "running"
    assert daemon.gateway.snapshot.key_problems == {}


async def test_unlock(house: House) -> None:
    """The right passphrase opens the vault, now and at every reload; a wrong one changes nothing."""
    house.write(UP + 'keys = ["vault:up"]\n')
    house.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    house.environ["AIMUX_VAULT_PASSPHRASE"] = "correct horse"
    house.store()
    del house.environ["AIMUX_VAULT_PASSPHRASE"]
    daemon = await house.daemon()
    locked = daemon.status()["providers"][0]["key"]

    with pytest.raises(VaultLocked):
        await daemon.unlock(Secret("wrong horse"))
    after_wrong = keys_of(daemon)
    await daemon.unlock(Secret("correct horse"))
    opened = keys_of(daemon)
    await daemon.unlock(Secret("not asked for any more"))
    await daemon.reload()

    assert locked == "locked"
    assert after_wrong == []
    assert opened == [KEY]
    assert keys_of(daemon) == [KEY]


async def test_demo(house: House) -> None:
    """The built-in provider is put where it really listens, with its own key, once."""
    house.write("")
    daemon = await house.daemon()
    house.write('[providers.demo]\npreset = "demo"\n[providers.up]\npreset = "anthropic"\n')

    await daemon.reload()
    first = daemon.gateway.snapshot
    await daemon.reload()
    second = daemon.gateway.snapshot
    house.write('[providers.demo]\npreset = "demo"\nenabled = false\n')
    await daemon.reload()

    endpoint = next(iter(first.providers["demo"].endpoints.values()))
    [credential] = first.credentials["demo"]
    assert endpoint.base_url == f"http://{endpoint.host}"
    assert endpoint.host.startswith("127.0.0.1:")
    assert credential.hosts == {endpoint.host}
    assert first.providers["demo"] == second.providers["demo"]
    assert first.providers["up"].endpoints.keys() == second.providers["up"].endpoints.keys()
    assert "demo" not in daemon.gateway.snapshot.credentials


async def test_refused_reload(house: House) -> None:
    """A bad file is refused whole; status says so until a good one is loaded."""
    house.write("")
    daemon = await house.daemon()
    house.write("[server]\nprot = 1\n")

    with pytest.raises(ConfigError):
        await daemon.reload()
    refused = daemon.status()
    house.write("[server]\nheartbeat = '20s'\n")
    told = await daemon.reload()
    loaded = daemon.status()

    assert refused["config_generation"] == 1
    assert refused["config_changed_on_disk"]
    assert any("the last reload was refused" in notice for notice in refused["notices"])
    assert told["changes"] == ["server.heartbeat 10s -> 20s"]
    assert not loaded["config_changed_on_disk"]
    assert not any("refused" in notice for notice in loaded["notices"])


def make_token(house: House, name: str) -> bytes:
    return add_client(house.paths.tokens, ClientToken(name, b"", 0.0, limit_usd=5))[0].digest


async def test_client_tokens_are_read_anew_and_nothing_else(house: House) -> None:
    """Also while the configuration on the disk is no good, or is being edited."""
    house.write("")
    daemon = await house.daemon()
    (own,) = daemon.gateway.snapshot.client_tokens
    house.write("nonsense = 1\n")

    digest = make_token(house, "ci")
    assert await daemon.reload_tokens() == 1
    snapshot = daemon.gateway.snapshot
    assert snapshot.client_tokens == {own: "default", digest: "ci"}
    assert [each.name for each in snapshot.routes.budgets] == ["token:ci"]
    assert snapshot.generation == 2

    remove_client(house.paths.tokens, "ci")
    assert await daemon.reload_tokens() == 0
    assert daemon.gateway.snapshot.client_tokens == {own: "default"}


async def test_client_tokens_come_with_a_reload_too(house: House) -> None:
    """Said among the changes."""
    house.write("")
    make_token(house, "old")
    daemon = await house.daemon()
    assert set(daemon.gateway.snapshot.tokens) == {"old"}
    remove_client(house.paths.tokens, "old")
    make_token(house, "new")

    told = await daemon.reload()

    assert told["changes"] == ["tokens: +new, -old"]
    remove_client(house.paths.tokens, "new")
    make_token(house, "new")
    assert (await daemon.reload())["changes"] == ["tokens: ~new"]


async def test_a_broken_list_of_tokens_changes_nothing(house: House) -> None:
    """Those that hold stay, and it is said until it is mended."""
    house.write("")
    digest = make_token(house, "ci")
    daemon = await house.daemon()
    good = house.paths.tokens.read_text()
    house.paths.tokens.write_text("{")

    with pytest.raises(VaultCorrupt, match="holds no client tokens"):
        await daemon.reload_tokens()
    await daemon.reload()

    assert digest in daemon.gateway.snapshot.client_tokens
    assert len(daemon.gateway.snapshot.client_tokens) == 2
    assert any("client tokens stay as they were" in each for each in daemon.status()["notices"])
    house.paths.tokens.write_text(good)
    assert await daemon.reload_tokens() == 1
    assert not any("client tokens" in each for each in daemon.status()["notices"])


@pytest.mark.parametrize(
    ("usd", "at_limit", "words"),
    [
        (7.9, "stop", ""),
        (8.5, "stop", "budget 'daily' is nearly spent: $8.50 of $10.00 a day"),
        (10, "stop", "budget 'daily' is spent: $10.00 of $10.00 a day; requests are refused"),
        (10, "degrade", "is spent: $10.00 of $10.00 a day; its own targets are asked"),
    ],
)
async def test_notices_of_budgets(house: House, usd: float, at_limit: str, words: str) -> None:
    """From 80 % on, with what follows."""
    text = f'[budgets.daily]\nscope = "all"\nlimit_usd = 10\nat_limit = "{at_limit}"\n'
    if at_limit == "degrade":
        text += 'targets = ["up/m"]\n'
    house.write(UP + text)
    daemon = await house.daemon()
    fleet = daemon.gateway.fleet
    (budget,) = daemon.gateway.snapshot.routes.budgets
    account = account_of(budget, "", fleet.moment())
    assert account is not None
    fleet.router.budgets.settle(Hold((account,), None), usd, fleet.now_s())
    status = daemon.status()

    assert status["budgets"][0]["spent_usd"] == usd
    found = [each for each in status["notices"] if "budget" in each]
    assert len(found) == (1 if words else 0)
    assert not words or words in found[0]


class Stuck(dict[str, str]):
    """An environment that does not answer until it may; stands for a disk that hangs."""

    def __init__(self, may: threading.Event) -> None:
        super().__init__()
        self.may = may

    def __iter__(self) -> Iterator[str]:
        self.may.wait(PATIENCE_S)
        return super().__iter__()


async def test_disk_that_hangs(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration that cannot be read stops nobody but the reload."""
    monkeypatch.setattr(control_module, "LOAD_LIMIT_S", 0.05)
    house.write("")
    daemon = await house.daemon()
    may = threading.Event()
    assert house.parts
    house.parts.builder.sources = Sources(house.paths, Stuck(may), {})

    with pytest.raises(TimedOut, match=r"could not be read within 0\.05 s"):
        await daemon.reload()
    may.set()

    assert daemon.status()["config_generation"] == 1


async def test_shutdown(house: House) -> None:
    """The first word decides how long open exchanges may go on; zero always wins."""
    house.write("[server]\ndrain_timeout = '7s'\n")
    first, second, third = [await house.daemon()] * 3

    assert first.shutdown(None) == 7
    assert second.shutdown(99) == 7
    assert not first.forced.is_set()
    assert third.shutdown(0) == 0
    assert first.forced.is_set()
    assert first.ending.is_set()
    assert first.status()["state"] == "draining"


async def test_shutdown_with_a_limit(house: House) -> None:
    """A limit given with the request stands above the configured one."""
    house.write("")
    daemon = await house.daemon()

    assert daemon.shutdown(3) == 3


@pytest.mark.parametrize(
    ("text", "notice"),
    [
        ("", "no provider is configured"),
        ("[server]\nauth = 'none'\n", 'server.auth is "none"'),
    ],
)
async def test_notices(house: House, text: str, notice: str) -> None:
    """What a person should know, each with what to do."""
    house.write(text)

    status = (await house.daemon()).status()

    assert any(notice in each for each in status["notices"])


async def test_notices_of_what_waits_and_of_lost_lines(house: House) -> None:
    """A port that waits for a restart, and log lines that a full disk has cost."""
    house.write("")
    daemon = await house.daemon()
    house.write("[server]\nport = 4444\n")
    told = await daemon.reload()
    assert house.parts
    house.parts.log.lost = 3

    notices = daemon.status()["notices"]

    assert told == {"generation": 2, "changes": [], "restart_needed": ["server.port"]}
    assert any("waiting for a restart: server.port" in each for each in notices)
    assert any("3 log lines could not be written" in each for each in notices)


async def test_file_that_comes_and_goes(house: House) -> None:
    """A file that is made, or cannot be read any more, is one that has changed."""
    daemon = await house.daemon()
    without = daemon.status()["config_changed_on_disk"]
    house.write("")
    made = daemon.status()["config_changed_on_disk"]
    house.paths.config.unlink()
    house.paths.config.mkdir()
    folder = daemon.status()["config_changed_on_disk"]
    house.paths.config.rmdir()
    os.mkfifo(house.paths.config)
    pipe = daemon.status()["config_changed_on_disk"]

    assert (without, made, folder, pipe) == (False, True, True, True)


async def test_file_out_of_reach(house: House) -> None:
    """A file that cannot even be looked for counts as changed."""
    house.write("")
    daemon = await house.daemon()
    (house.folder / "file").write_text("")
    loaded = dataclasses.replace(daemon._loaded, path=house.folder / "file" / "config.toml")

    assert changed_on_disk(loaded)


async def test_ping(house: House) -> None:
    """Who answers."""
    daemon = await house.daemon()

    assert daemon.ping()["instance"] == daemon.gateway.instance


async def until(condition: Callable[[], bool], limit_s: float = PATIENCE_S) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)
