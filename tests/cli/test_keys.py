"""``aimux keys`` as a person uses it, in scripts and on a terminal."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aimux.__main__ import main
from aimux.config.keyref import parse_key_reference
from aimux.config.paths import Paths
from aimux.vault.access import Access
from aimux.vault.own import BODIES, ensure_own_key
from aimux.vault.record import StoredKey
from aimux.vault.secret import Secret
from aimux.vault.sources import read_keys
from aimux.vault.store import put
from tests.support.keyrings import keyring_environment
from tests.support.terminal import on_terminal

KEY = "sk-test-canary-0123456789"
HOST = frozenset({"local.example:443"})
NO_KEYRING = "keyring.backends.fail.Keyring"
CONFIG = """\
version = 1

[providers.local]
format = "openai-chat"
base_url = "https://local.example/v1"

[providers.listed]
format = "openai-chat"
base_url = "https://local.example/v1"
keys = ["env:LISTED_KEY"]   # mine
"""


class Home:
    """A home of aimux with its environment, in which commands are run."""

    def __init__(self, folder: Path, backend: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.paths = Paths(folder / "config.toml", folder)
        self.environ = keyring_environment(backend, folder, AIMUX_HOME=str(folder))
        self._capsys = capsys
        self._monkeypatch = pytest.MonkeyPatch()

    def write_config(self, text: str) -> None:
        self.paths.config.write_text(text)
        self.paths.config.chmod(0o600)

    def run(self, *arguments: str, stdin: str | bytes = b"") -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        content = stdin.encode() if isinstance(stdin, str) else stdin
        with self._monkeypatch.context() as patch:
            for name, value in self.environ.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
            code = main(["keys", *arguments])
        out, err = self._capsys.readouterr()
        return code, out, err

    def read(self, reference: str, hosts: frozenset[str] = HOST) -> object:
        parsed = parse_key_reference(reference)
        found = read_keys({parsed: hosts}, self.paths, limit_s=30.0, environ=self.environ)
        return found[parsed]

    def put(self, reference: str, key: str, hosts: frozenset[str] | None = HOST) -> None:
        stored = StoredKey(Secret(key), hosts)
        put(parse_key_reference(reference), stored, self.paths, access=self.access())

    def access(self) -> Access:
        return Access(self.environ, 30.0)


MakeHome = Callable[..., Home]


@pytest.fixture
def make_home(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> MakeHome:
    def make(backend: str = "Kept", config: str = CONFIG) -> Home:
        home = Home(tmp_path, backend, capsys)
        home.write_config(config)
        return home

    return make


# ---------------------------------------------------------------- set


def test_a_key_from_stdin_goes_into_the_keyring(make_home: MakeHome) -> None:
    """Words on stderr, nothing on stdout; the default reference needs no line in the file."""
    home = make_home()

    code, out, err = home.run("set", "local", "--stdin", stdin=KEY + "\n")

    assert (code, out) == (0, "")
    assert "stored as keyring:local/default, for local.example:443 only" in err
    assert home.read("keyring:local") == Secret(KEY)
    assert home.paths.config.read_text() == CONFIG
    assert KEY not in err


def test_without_a_keyring_it_is_said_and_named_in_the_configuration(make_home: MakeHome) -> None:
    """Never silently weaker; and what a key file beside the vault is worth."""
    home = make_home(NO_KEYRING)

    code, _, err = home.run("set", "local", "--stdin", stdin=KEY)

    assert code == 0
    assert "stored as vault:local/default" in err
    assert "there is no keyring here that keeps secrets" in err
    assert "not against programs of the same user" in err
    assert 'providers.local.keys = ["vault:local/default"]' in err
    assert home.read("vault:local") == Secret(KEY)
    assert 'keys = ["vault:local/default"]' in home.paths.config.read_text()


def test_the_vault_can_be_asked_for(make_home: MakeHome) -> None:
    """With a passphrase of the environment, the daemon has to be told it."""
    home = make_home("Locked")
    home.environ["AIMUX_VAULT_PASSPHRASE"] = "open sesame"

    code, _, err = home.run("set", "local/spare", "--vault", "--stdin", stdin=KEY)

    assert code == 0
    assert "aimux keys unlock" in err
    assert "there is no keyring" not in err
    assert home.read("vault:local/spare") == Secret(KEY)


def test_a_vault_with_its_key_elsewhere_needs_no_warning(make_home: MakeHome) -> None:
    """Nothing lies beside it."""
    home = make_home(NO_KEYRING)
    (home.folder / "my.key").write_text("ab" * 32)
    (home.folder / "my.key").chmod(0o600)
    home.environ["AIMUX_VAULT_KEY_FILE"] = str(home.folder / "my.key")

    code, _, err = home.run("set", "local", "--stdin", stdin=KEY)

    assert code == 0
    assert "beside" not in err
    assert "unlock" not in err
    assert home.read("vault:local") == Secret(KEY)


def test_a_key_is_added_to_an_explicit_list(make_home: MakeHome) -> None:
    """At its end, with the comment kept, and said."""
    home = make_home()

    code, _, err = home.run("set", "listed", "--stdin", stdin=KEY)

    assert code == 0
    assert 'providers.listed.keys = ["env:LISTED_KEY", "keyring:listed/default"]' in err
    text = home.paths.config.read_text()
    assert 'keys = ["env:LISTED_KEY", "keyring:listed/default"]' in text
    assert "# mine" in text


def test_a_preset_that_is_not_configured_has_a_host(make_home: MakeHome) -> None:
    """The key can be stored first; what is next is told."""
    home = make_home()

    code, _, err = home.run("set", "zai", "--stdin", stdin=KEY)

    assert code == 0
    assert "api.z.ai:443" in err
    assert "aimux providers add zai" in err
    assert home.read("keyring:zai", frozenset({"api.z.ai:443"})) == Secret(KEY)
    assert home.paths.config.read_text() == CONFIG


@pytest.mark.parametrize(
    ("arguments", "stdin", "code", "text"),
    [
        (["set", "locl", "--stdin"], KEY, 2, "did you mean 'local'?"),
        (["set", "nobody-knows", "--stdin"], KEY, 2, "no provider of that name"),
        (["set", "local"], KEY, 2, "no terminal to ask on"),
        (["set", "local", "--stdin"], "", 4, "the key is empty"),
        (["set", "local", "--stdin"], f"{KEY} {KEY}", 4, "a space or tab"),
        (["set", "local", "--stdin"], b"\xff\xfe", 4, "not text"),
        (["set", "local", "--stdin"], "x" * 70_000, 4, "too long"),
        (["set", "local/", "--stdin"], KEY, 2, "must be PROVIDER or PROVIDER/LABEL"),
        (["set", "/x", "--stdin"], KEY, 2, "must be PROVIDER or PROVIDER/LABEL"),
        (["set", "a/b/c", "--stdin"], KEY, 2, "must be PROVIDER or PROVIDER/LABEL"),
        (["set", "lo cal", "--stdin"], KEY, 2, "must be PROVIDER or PROVIDER/LABEL"),
        (["set", "local", "extra", "--stdin"], KEY, 2, "more on the command line"),
        (["set", "local", "--stdn"], KEY, 2, "more on the command line"),
        (["set", "local", KEY], "", 2, "a key must not stand on the command line"),
        (["set", "local", "--key", KEY], "", 2, "a key must not stand on the command line"),
        (["set", "local", f"--key={KEY}"], "", 2, "a key must not stand on the command line"),
        (["set", "local", "sk-test"], "", 2, "a key must not stand on the command line"),
        (["set", KEY], "", 2, "a key must not stand on the command line"),
        (["set"], "", 2, "missing argument"),
        (["remove", "local", KEY], "", 2, "a key must not stand on the command line"),
        (["remove", KEY], "", 2, "a key must not stand on the command line"),
        (["remove", "local/none"], "", 4, "neither keyring nor vault has a key"),
        (["unlock", KEY], "", 2, "a key must not stand on the command line"),
        (["unlock"], "", 3, "not running"),
        (["migrate", "--to", "cloud"], "", 2, "takes keyring or vault"),
    ],
)
def test_a_slip_is_told_with_its_exit_code_and_without_the_key(
    make_home: MakeHome, arguments: list[str], stdin: str | bytes, code: int, text: str
) -> None:
    """What a tired person types; nothing is stored."""
    home = make_home()

    ended, out, err = home.run(*arguments, stdin=stdin)

    assert (ended, out) == (code, "")
    assert text in err
    assert "sk-test" not in err
    assert not (home.folder / "keyring.json").exists()


def test_a_broken_configuration_stores_nothing(make_home: MakeHome) -> None:
    """The hosts are not known then."""
    home = make_home(config="version = 1\nprovidrs = 1\n")

    code, _, err = home.run("set", "local", "--stdin", stdin=KEY)

    assert code == 2
    assert "config.toml:2:1" in err
    assert not (home.folder / "keyring.json").exists()


def test_a_locked_keyring_is_exit_code_4(make_home: MakeHome) -> None:
    """With both ways out."""
    code, _, err = make_home("Locked").run("set", "local", "--stdin", stdin=KEY)

    assert code == 4
    assert "the keyring is locked" in err
    assert "aimux keys set local/default --vault" in err


# ---------------------------------------------------------------- list


def test_the_list_tells_the_key_of_what_is_kept_from_one_that_nobody_uses(
    make_home: MakeHome,
) -> None:
    """Whoever removes it loses what is kept; it is for no host."""
    home = make_home(NO_KEYRING)
    ensure_own_key(BODIES, home.paths, home.access())

    _, out, _ = home.run("list")

    assert ["(aimux: its own, for replay)", "bodies", "vault", "ready", "none"] in [
        line.split("\t") for line in out.splitlines()
    ]


def test_the_list_shows_where_and_how_each_key_is(make_home: MakeHome) -> None:
    """Tab-separated in a pipe; what is wrong, with its cure, on stderr; never a part of a key."""
    home = make_home(config=CONFIG.replace('KEY"', 'KEY", "command:false"'))
    home.put("keyring:local", KEY)
    home.put("vault:old/spare", KEY)

    code, out, err = home.run("list")

    assert code == 0
    assert [line.split("\t") for line in out.splitlines()] == [
        ["local", "default", "keyring", "ready", "local.example:443"],
        ["listed", "-", "env:LISTED_KEY", "missing", "-"],
        ["listed", "-", "command:false", "missing", "-"],
        ["(old: not used)", "spare", "vault", "ready", "local.example:443"],
    ]
    assert "'LISTED_KEY' is not set" in err
    assert "aimux restart" in err
    assert "0123456789" not in out + err


def test_the_list_as_json_has_every_field(make_home: MakeHome) -> None:
    """For scripts; an unbound key and one of another host are told apart."""
    home = make_home()
    home.put("keyring:local", KEY, None)
    home.put("vault:local/moved", KEY, frozenset({"old.example:443"}))
    home.write_config(CONFIG.replace('"env:LISTED_KEY"', '"vault:local/moved", "command:echo a b"'))

    code, out, _ = home.run("list", "--json")

    rows = json.loads(out)
    assert code == 0
    assert [(row["provider"], row["reference"], row["state"]) for row in rows] == [
        ("local", "keyring:local/default", "unbound"),
        ("listed", "vault:local/moved", "other host"),
        ("listed", "command:echo ...", "refused"),
    ]
    assert [row["hosts"] for row in rows] == [None, ["old.example:443"], None]
    assert rows[1]["label"] == "moved"
    assert "old.example:443" in rows[1]["problem"]
    assert rows[1]["hint"].endswith("aimux keys set local/moved --vault")


def test_a_list_of_nothing_says_so(make_home: MakeHome) -> None:
    """On stderr; JSON is an empty list."""
    home = make_home(config="version = 1\n")

    assert home.run("list", "--json")[:2] == (0, "[]\n")
    code, out, err = home.run("list")

    assert (code, out) == (0, "")
    assert "aimux providers catalog" in err


# ---------------------------------------------------------------- remove, migrate, unlock


def test_a_key_is_removed_from_both_places(make_home: MakeHome) -> None:
    """Each is told."""
    home = make_home()
    home.put("keyring:local", KEY)
    home.put("vault:local", KEY)

    code, _, err = home.run("remove", "local")

    assert code == 0
    assert "removed vault:local/default" in err
    assert "removed keyring:local/default" in err
    assert home.run("remove", "local")[0] == 4


@pytest.mark.parametrize("broken", [False, True])
def test_a_key_that_is_removed_and_still_asked_for(make_home: MakeHome, broken: bool) -> None:
    """It is said who asks for it; a configuration that cannot be read keeps nobody from removing."""
    home = make_home()
    home.put("keyring:local", KEY)
    if broken:
        home.paths.config.write_text("[server\n")

    code, _, err = home.run("remove", "local")

    assert code == 0
    assert "removed keyring:local/default" in err
    asks = "the provider 'local' still asks for keyring:local/default"
    assert (asks in err) is not broken
    assert ("give it another with: aimux keys set local; or remove it" in err) is not broken


@pytest.mark.parametrize(
    ("backend", "text"), [("Locked", "whether it has this key too"), (NO_KEYRING, "")]
)
def test_a_key_is_removed_from_the_vault_whatever_the_keyring_does(
    make_home: MakeHome, backend: str, text: str
) -> None:
    """A locked keyring may have it too, which is told; a missing one cannot."""
    home = make_home(backend)
    home.put("vault:local", KEY)

    code, _, err = home.run("remove", "local")

    assert code == 0
    assert "removed vault:local/default" in err
    assert text in err


def test_a_locked_keyring_that_may_have_the_key_is_an_error(make_home: MakeHome) -> None:
    """Nothing was removed."""
    assert make_home("Locked").run("remove", "local")[0] == 4


def test_migrate_moves_and_says_what_remains_to_do(make_home: MakeHome) -> None:
    """The variable has to be taken out by hand."""
    home = make_home()
    home.environ["LISTED_KEY"] = KEY
    home.write_config(CONFIG.replace('"env:LISTED_KEY"', '"vault:listed/spare", "env:LISTED_KEY"'))
    home.put("vault:listed/spare", KEY + "x")

    code, _, err = home.run("migrate")

    assert code == 0
    assert "moved vault:listed/spare to keyring:listed/spare" in err
    assert "copied env:LISTED_KEY to keyring:listed/default" in err
    assert "take LISTED_KEY out" in err
    assert home.read("keyring:listed") == Secret(KEY)
    assert KEY not in err


def test_migrate_without_anything_to_move_says_so(make_home: MakeHome) -> None:
    """Not an error."""
    home = make_home(config=CONFIG.replace("env:LISTED_KEY", "file:key"))

    code, _, err = home.run("migrate")

    assert code == 0
    assert "nothing to move" in err


def test_migrate_tells_what_stays(make_home: MakeHome) -> None:
    """Exit code 4, with the reason and its cure."""
    code, _, err = make_home().run("migrate")

    assert code == 4
    assert "env:LISTED_KEY stays where it is" in err
    assert "'LISTED_KEY' is not set" in err


def daemon(home: Home, *arguments: str) -> str:
    """What ``aimux`` says on stdout."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "aimux", *arguments],
        env=home.environ,
        cwd=home.folder,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def key_state(home: Home) -> str:
    status = json.loads(daemon(home, "status", "--json"))
    return next(each["key"] for each in status["providers"] if each["name"] == "local")


@pytest.mark.system
def test_a_running_daemon_is_told_the_passphrase(make_home: MakeHome) -> None:
    """A wrong one is exit code 4; after the right one the provider has its key."""
    home = make_home(config=CONFIG.replace('v1"', 'v1"\nkeys = ["vault:local"]', 1))
    sealing = Access({**home.environ, "AIMUX_VAULT_PASSPHRASE": "open sesame"})
    stored = StoredKey(Secret(KEY), HOST)
    put(parse_key_reference("vault:local"), stored, home.paths, access=sealing)
    daemon(home, "start", "--port", "0", "--wait", "50s")
    try:
        assert key_state(home) == "locked"
        wrong = home.run("unlock", "--stdin", stdin="open seasme\n")
        assert (wrong[0], key_state(home)) == (4, "locked")
        right = home.run("unlock", "--stdin", stdin="open sesame\n")
        assert (right[0], key_state(home)) == (0, "ready")
        assert "sesame" not in wrong[2] + right[2] + home.paths.log.read_text()
        assert "aimux reload" in home.run("set", "local", "--stdin", stdin=KEY)[2]
    finally:
        daemon(home, "stop")


@pytest.mark.system
def test_a_daemon_without_a_locked_vault_has_nothing_to_unlock(make_home: MakeHome) -> None:
    """It is said, and nobody is asked for a passphrase that there is not."""
    home = make_home()
    daemon(home, "start", "--port", "0", "--wait", "50s")
    try:
        code, _, err = home.run("unlock")
    finally:
        daemon(home, "stop")

    assert code == 0
    assert "nothing to unlock" in err


# ---------------------------------------------------------------- on a terminal


def aimux(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "aimux", "keys", *arguments]


@pytest.fixture
def terminal_home(make_home: MakeHome) -> MakeHome:
    def make(backend: str = "Kept") -> Home:
        home = make_home(backend)
        home.environ.pop("CI", None)
        return home

    return make


@pytest.mark.parametrize("flags", [[], ["--stdin"]])
def test_on_a_terminal_the_key_is_asked_for_and_not_shown(
    terminal_home: MakeHome, flags: list[str]
) -> None:
    """Also with --stdin, where typing would echo."""
    home = terminal_home()
    with on_terminal(aimux("set", "local", *flags), home.environ, home.folder) as terminal:
        terminal.expect("key of local (hidden): ")
        terminal.type(KEY)

        assert terminal.end() == 0

    assert "stored as keyring:local/default" in terminal.shown
    assert KEY not in terminal.shown
    assert home.read("keyring:local") == Secret(KEY)


def test_a_new_vault_asks_for_a_passphrase_twice(terminal_home: MakeHome) -> None:
    """And again when the two differ; afterwards the vault opens with it alone."""
    home = terminal_home(NO_KEYRING)
    with on_terminal(aimux("set", "local"), home.environ, home.folder) as terminal:
        terminal.expect("key of local")
        terminal.type(KEY)
        terminal.expect("new passphrase (hidden): ")
        terminal.type("open sesame")
        terminal.expect("the same again: ")
        terminal.type("open seasme")
        terminal.expect("these were not the same\nnew passphrase (hidden): ")
        terminal.type("open sesame")
        terminal.expect("the same again: ", times=2)
        terminal.type("open sesame")

        assert terminal.end() == 0

    assert "sesame" not in terminal.shown
    assert not (home.folder / "vault.key").exists()
    home.environ["AIMUX_VAULT_PASSPHRASE"] = "open sesame"
    assert home.read("vault:local") == Secret(KEY)


def test_enter_in_place_of_a_passphrase_makes_a_key_file(terminal_home: MakeHome) -> None:
    """And says what that is worth."""
    home = terminal_home(NO_KEYRING)
    with on_terminal(aimux("set", "local"), home.environ, home.folder) as terminal:
        terminal.expect("key of local")
        terminal.type(KEY)
        terminal.expect("new passphrase")
        terminal.type("")

        assert terminal.end() == 0

    assert "not against programs of the same user" in terminal.shown
    assert home.read("vault:local") == Secret(KEY)


def test_a_passphrase_that_is_never_repeated_stores_nothing(terminal_home: MakeHome) -> None:
    """After three tries."""
    home = terminal_home(NO_KEYRING)
    with on_terminal(aimux("set", "local"), home.environ, home.folder) as terminal:
        terminal.expect("key of local")
        terminal.type(KEY)
        for count in range(1, 4):
            for again in ("new passphrase", "the same again"):
                terminal.expect(again, times=count)
                terminal.type(f"{again} {count}")

        assert terminal.end() == 2

    assert "no passphrase was chosen" in terminal.shown
    assert not home.paths.vault.exists()


def test_a_vault_with_a_passphrase_asks_for_it(terminal_home: MakeHome) -> None:
    """A wrong one is exit code 4 and changes nothing."""
    home = terminal_home(NO_KEYRING)
    sealing = Access({**home.environ, "AIMUX_VAULT_PASSPHRASE": "open sesame"})
    put(
        parse_key_reference("vault:old"), StoredKey(Secret("sk-test-1")), home.paths, access=sealing
    )
    for passphrase, code in (("wrong", 4), ("open sesame", 0)):
        with on_terminal(aimux("set", "local"), home.environ, home.folder) as terminal:
            terminal.expect("key of local")
            terminal.type(KEY)
            terminal.expect("passphrase of the vault (hidden): ")
            terminal.type(passphrase)

            assert terminal.end() == code


@pytest.mark.parametrize(("control", "code"), [("C", 130), ("D", 2)])
def test_the_prompt_can_be_left(terminal_home: MakeHome, control: str, code: int) -> None:
    """Ctrl-C interrupts, Ctrl-D gives nothing; both without a traceback."""
    home = terminal_home()
    with on_terminal(aimux("set", "local"), home.environ, home.folder) as terminal:
        terminal.expect("key of local")
        terminal.press(control)

        assert terminal.end() == code

    assert "Traceback" not in terminal.shown
    assert "bug" not in terminal.shown


def test_a_keyring_dialog_is_announced_and_can_be_given_up(terminal_home: MakeHome) -> None:
    """A person has a minute, and is told what is waited for."""
    home = terminal_home("Hanging")
    with on_terminal(aimux("set", "local"), home.environ, home.folder) as terminal:
        terminal.expect("key of local")
        terminal.type(KEY)
        terminal.expect("waiting for the keyring dialog (Ctrl-C to give up)")
        terminal.press("C")

        assert terminal.end() == 130

    assert "Traceback" not in terminal.shown


def test_the_list_is_a_table_on_a_terminal(terminal_home: MakeHome) -> None:
    """With headings."""
    home = terminal_home()
    with on_terminal(aimux("list"), home.environ, home.folder) as terminal:
        assert terminal.end() == 0

    assert "PROVIDER" in terminal.shown
    assert "HOSTS" in terminal.shown
