"""``aimux config`` as it is typed: what it prints, what it writes, and its exit codes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from aimux.__main__ import main
from aimux.config.edit import HEAD
from aimux.config.load import load_config

KEY = "sk-test-0123456789abcdefghijklmnop"
FILE = """\
version = 1
[server]
port = 8000   # mine
[providers.zai]
preset = "zai"
[providers.zai.models."glm-4.7"]
context = 5
[routing]
default = ["zai/a", "zai/b"]
"""


@dataclass(frozen=True)
class Said:
    """What a command left: exit code, result, words."""

    code: int
    out: str
    err: str


Aimux = Callable[..., Said]


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    for name in list(os.environ):
        if name.startswith("AIMUX_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AIMUX_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    return tmp_path


@pytest.fixture
def file(home) -> Path:
    path = home / "config.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    return path


@pytest.fixture
def aimux(home, capsys) -> Aimux:
    def run(*arguments: str) -> Said:
        code = main(["config", *arguments])
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


# ---------------------------------------------------------------- looking


def test_path_prints_one_line_that_scripts_can_use(aimux, home) -> None:
    """Whether the file exists or not."""
    assert aimux("path") == Said(0, f"{home / 'config.toml'}\n", "")
    assert json.loads(aimux("path", "--json").out) == {"config": str(home / "config.toml")}


def test_path_all_prints_every_file(aimux, home) -> None:
    """One a line, its name before it."""
    lines = dict(line.split("\t") for line in aimux("path", "--all").out.splitlines())

    assert lines["config"] == str(home / "config.toml")
    assert lines["log"] == str(home / "logs" / "aimux.log")
    assert json.loads(aimux("path", "--all", "--json").out) == lines


def test_show_prints_toml_of_what_holds(aimux, file, monkeypatch) -> None:
    """Read again, it is a configuration; references are shown, keys are not."""
    monkeypatch.setenv("AIMUX_SERVER__PORT", "9")

    said = aimux("show")

    data = tomllib.loads(said.out)
    assert data["server"]["port"] == 9
    assert data["providers"]["zai"]["keys"] == ["keyring:zai/default"]
    assert json.loads(aimux("show", "--json").out)["server"]["port"] == 9


def test_show_says_where_each_value_comes_from(aimux, file, monkeypatch) -> None:
    """In a comment, or as JSON."""
    monkeypatch.setenv("AIMUX_LOGGING__LEVEL", "debug")

    lines = {line.split(" = ")[0]: line for line in aimux("show", "--origin").out.splitlines()}
    found = json.loads(aimux("show", "--origin", "--json").out)

    assert lines["port"].endswith("# config.toml:3")
    assert lines["level"].endswith("# environment AIMUX_LOGGING__LEVEL")
    assert lines["base_url"].endswith("# preset zai")
    assert lines["host"].endswith("# default")
    assert found["server.port"] == {"value": 8000, "origin": "file", "detail": "config.toml:3"}


def test_show_tells_doubts_on_stderr(aimux, file) -> None:
    """They are not part of the result."""
    file.write_text('[server]\nauth = "none"\n')

    said = aimux("show")

    assert said.err == (
        f"warning: {file}:2:8: server.auth: every program on this machine can use your keys\n"
    )
    assert tomllib.loads(said.out)["server"]["auth"] == "none"


ROUTING = """\
[routing]
default = ["zai/a", "zai/b"]
strategy = "priority"
sticky = "session"
quota_reserve = 0.02
explore = 0.03
minute_usd = 0.5
loop_guard = true
"""


@pytest.mark.parametrize(
    ("key", "out"),
    [
        ("server.port", "8000\n"),
        ("server.dashboard", "true\n"),
        ("server.heartbeat", "10s\n"),
        ("routing.default", "zai/a\nzai/b\n"),
        ("routing.default.1", "zai/b\n"),
        ("providers.zai.models.glm-4.7.context", "5\n"),
        ('providers.zai.models."glm-4.7".context', "5\n"),
        ("routing", ROUTING),
        ("server.allowed_hosts", ""),
        ("routes", ""),
    ],
)
def test_get_prints_the_bare_value(aimux, file, key, out) -> None:
    """A list one item a line, a table as TOML."""
    assert aimux("get", key) == Said(0, out, "")


def test_get_prints_arrays_of_tables(aimux, file) -> None:
    """With their headers."""
    file.write_text(FILE + '[[routes]]\nname = "r"\ntargets = ["zai/x"]\n')

    assert tomllib.loads(aimux("get", "routes").out)["routes"][0]["name"] == "r"


def test_get_json_gives_the_value_with_its_type(aimux, file) -> None:
    """Null for what has no value."""
    assert json.loads(aimux("get", "server.port", "--json").out) == 8000
    assert json.loads(aimux("get", "providers.zai.proxy", "--json").out) is None


def test_get_of_what_has_no_value_says_so_by_its_code(aimux, file) -> None:
    """Nothing on stdout."""
    assert aimux("get", "providers.zai.proxy") == Said(
        1, "", "providers.zai.proxy is not set and has no default\n"
    )


def test_get_of_an_unknown_setting_offers_the_nearest(aimux, file) -> None:
    """Wrong usage."""
    assert aimux("get", "server.prot") == Said(
        2, "", "error: there is no setting 'server.prot'\n  hint: did you mean server.port?\n"
    )


def test_schema_is_json_schema(aimux) -> None:
    """Of the year that taplo reads."""
    schema = json.loads(aimux("schema").out)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "server" in schema["properties"]


# ---------------------------------------------------------------- checking


def test_check_of_a_good_file_is_one_line(aimux, file) -> None:
    """Doubts go to stderr."""
    file.write_text('[server]\nauth = "none"\n')

    said = aimux("check")

    assert (said.code, said.out) == (0, f"{file}: no problems\n")
    assert said.err.startswith("warning: ")


def test_check_without_a_file_is_fine(aimux, home) -> None:
    """The defaults hold."""
    assert aimux("check").out == f"{home / 'config.toml'}: does not exist; the defaults hold\n"


def test_check_shows_each_problem_with_its_line(aimux, file) -> None:
    """The caret stands where the mistake is; the exit code is that of a wrong configuration."""
    file.write_text('[server]\nprot = 1\nport = "80"\n')

    said = aimux("check")

    assert said.code == 2
    assert said.out == (
        f"{file}:2:1: server.prot: unknown key 'prot' (allowed: host, port, auth, allow_remote,"
        " allowed_hosts, max_body_mb, drain_timeout, heartbeat, dashboard);"
        " did you mean 'port'?\n"
        "    2 | prot = 1\n"
        "      | ^\n"
        f"{file}:3:8: server.port: must be a whole number from 0 to 65535, not the text '80';"
        " leave out the quotes\n"
        '    3 | port = "80"\n'
        "      |        ^\n"
    )
    assert said.err == "2 problems; no daemon starts with this file\n"


def test_check_of_what_is_no_toml_says_that_it_read_no_further(aimux, file) -> None:
    """One problem hides the others then."""
    file.write_text("port: 80\n")

    said = aimux("check")

    assert said.code == 2
    assert said.err.startswith("1 problem; no daemon starts with this file\n  hint: nothing behind")


def test_check_of_a_named_file_leaves_the_environment_out(
    aimux, file, monkeypatch, tmp_path
) -> None:
    """It is the file that is asked about."""
    other = tmp_path / "other.toml"
    other.write_text("version = 1\n")
    monkeypatch.setenv("AIMUX_SERVER__PORT", "many")

    assert aimux("check").code == 2
    assert aimux("check", str(other)) == Said(0, f"{other}: no problems\n", "")


def test_check_of_a_file_that_is_not_there(aimux, home) -> None:
    """Wrong usage; only the usual file may be missing."""
    said = aimux("check", "/nowhere/x.toml")

    assert said == Said(2, "", "error: there is no file '/nowhere/x.toml'\n")


def test_check_of_a_folder(aimux, home) -> None:
    """There are no lines to show."""
    said = aimux("check", str(home))

    assert (said.code, said.out) == (2, f"{home}: is a folder, not a file\n")


def test_check_json(aimux, file) -> None:
    """Every part of a problem by its name."""
    good = json.loads(aimux("check", "--json").out)
    file.write_text('[logging]\nlevel = "inf"\n')
    said = aimux("check", "--json")

    assert good == {"file": str(file), "ok": True, "problems": [], "warnings": []}
    assert said.code == 2
    assert json.loads(said.out)["problems"] == [
        {
            "file": str(file),
            "line": 2,
            "column": 9,
            "key": "logging.level",
            "message": "cannot be 'inf'",
            "allowed": "debug, info, warning, error",
            "suggestion": "info",
        }
    ]


def test_check_does_not_repeat_a_key(aimux, file) -> None:
    """Neither in the words nor in the line."""
    file.write_text(f'[providers.zai]\npreset = "zai"\napi_key = "{KEY}"\n')

    said = aimux("check")

    assert "aimux keys set zai" in said.out
    assert KEY not in said.out + said.err


# ---------------------------------------------------------------- changing


@pytest.mark.parametrize(
    ("words", "line", "said"),
    [
        (("server.port", "9000"), "port = 9000   # mine", "server.port = 9000"),
        (("server.drain_timeout", "90s"), 'drain_timeout = "90s"', 'server.drain_timeout = "90s"'),
        (("server.dashboard", "False"), "dashboard = false", "server.dashboard = false"),
        (
            ("routing.default", "zai/x", "zai/y"),
            'default = ["zai/x", "zai/y"]',
            'routing.default = ["zai/x", "zai/y"]',
        ),
        (
            ("routing.default", "['zai/x']"),
            'default = ["zai/x"]',
            'routing.default = ["zai/x"]',
        ),
        (
            ("routing.default.1", "zai/c"),
            'default = ["zai/a", "zai/c"]',
            'routing.default.1 = "zai/c"',
        ),
        (
            ("providers.zai.models.glm-4.7.context", "9"),
            "context = 9",
            'providers.zai.models."glm-4.7".context = 9',
        ),
        (
            ("providers.zai.limits.requests_per_minute", "5"),
            "limits = { requests_per_minute = 5 }",
            "providers.zai.limits.requests_per_minute = 5",
        ),
    ],
)
def test_set_writes_one_line(aimux, file, words, line, said) -> None:
    """Typed as the setting's type wants it; all other lines stay."""
    found = aimux("set", *words)

    assert found.code == 0
    assert found.out == ""
    assert found.err.startswith(said + "\n  hint: a running daemon takes this over with: aimux re")
    after = file.read_text().splitlines()
    assert line in after
    assert len([each for each in FILE.splitlines() if each not in after]) <= 1


def test_set_says_what_the_change_needs(aimux, file, monkeypatch) -> None:
    """A restart for what is bound at the start; and a variable may be in the way."""
    monkeypatch.setenv("AIMUX_SERVER__PORT", "7")

    port = aimux("set", "server.port", "9000")
    level = aimux("set", "logging.level", "debug")

    assert "AIMUX_SERVER__PORT is set in the environment and wins over the file" in port.err
    assert "aimux restart" in port.err
    assert "aimux reload" in level.err


def test_set_makes_a_missing_file(aimux, home) -> None:
    """With a head that says where to look further."""
    aimux("set", "server.port", "9000")

    assert (home / "config.toml").read_text() == HEAD + "\n[server]\nport = 9000\n"


def test_set_refuses_a_wrong_value_and_writes_nothing(aimux, file) -> None:
    """The line is counted in the file as it would be; a dash begins no option here."""
    said = aimux("set", "server.port", "-5")

    assert said == Said(
        2,
        "",
        "error: the configuration has 1 problem\n"
        f"  {file} (changed):3:8: server.port: must be a whole number from 0 to 65535, not -5\n"
        "  hint: nothing was written\n",
    )
    assert file.read_text() == FILE


@pytest.mark.parametrize(
    "words",
    [
        ("providers.zai.keys", KEY),
        ("server.host", f"x {KEY}"),
        (f"providers.{KEY}.preset", "zai"),
        (KEY, "x"),
        ("server.port", "--key", KEY),
    ],
)
def test_set_never_repeats_a_key(aimux, file, words) -> None:
    """It says where keys are put instead."""
    said = aimux("set", *words)

    assert said.code == 2
    assert "aimux keys set" in said.err
    assert KEY not in said.err
    assert file.read_text() == FILE


def test_set_does_not_repeat_what_has_not_the_shape_of_a_key(aimux, file) -> None:
    """Where references stand, every value may be one."""
    said = aimux("set", "providers.zai.keys", "hunter2")

    assert said.code == 2
    assert "hunter2" not in said.err


def test_set_of_an_unknown_setting(aimux, file) -> None:
    """Nothing is written."""
    said = aimux("set", "server.prot", "9000")

    assert (said.code, "did you mean server.port?" in said.err) == (2, True)
    assert file.read_text() == FILE


def test_set_may_put_a_faulty_file_right_step_by_step(aimux, file) -> None:
    """A change that leaves fewer problems is written, one that does not is not."""
    file.write_text('[server]\nport = "x"\n[logging]\nlevel = "y"\n')

    other = aimux("set", "server.dashboard", "true")
    worse = aimux("set", "server.max_body_mb", "0")
    better = aimux("set", "server.port", "9000")
    best = aimux("set", "logging.level", "info")

    assert (other.code, worse.code, better.code, best.code) == (2, 2, 0, 0)
    assert "has these problems already" in other.err
    assert "has 2 problems" in other.err
    assert "has 1 problem\n" in worse.err
    assert "max_body_mb" in worse.err
    assert "warning: still wrong: " in better.err
    assert "logging.level" in better.err
    assert "warning" not in best.err
    assert load_config(file, environ={}).config.server.port == 9000


def test_unset_takes_a_line_out(aimux, file) -> None:
    """Or a whole table."""
    assert aimux("unset", "server.port").err == (
        "server.port is no longer set\n  hint: a running daemon takes this over with: aimux restart\n"
    )
    aimux("unset", "providers.zai.models.glm-4.7")

    assert file.read_text() == (
        '[server]\n[providers.zai]\npreset = "zai"\n[routing]\ndefault = ["zai/a", "zai/b"]\n'
    ).join(["version = 1\n", ""])


def test_unset_of_what_is_not_set(aimux, file) -> None:
    """No fault; nothing is written."""
    before = file.stat().st_ino

    said = aimux("unset", "server.host")

    assert said == Said(0, "", "server.host is not set in the file; nothing was changed\n")
    assert file.stat().st_ino == before


def test_unset_of_what_others_need_is_refused(aimux, file) -> None:
    """routing.default names the provider."""
    said = aimux("unset", "providers.zai")

    assert said.code == 2
    assert "no provider is named 'zai'" in said.err
    assert file.read_text() == FILE


# ---------------------------------------------------------------- the editor


def editor(home: Path, script: str) -> str:
    """An editor that does what the script says to the file $1."""
    path = home / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)
    return f"{path} -w"


def left_over(home: Path) -> list[str]:
    return sorted(each.name for each in home.iterdir() if each.name.startswith(".config"))


def test_edit_replaces_the_file_by_what_was_saved(aimux, file, home, monkeypatch) -> None:
    """The editor works on a private copy beside it, and may have arguments."""
    script = (
        'test "$1" = -w || exit 9; ls -l "$2" | cut -c1-10 > "$2.mode"; sed -i s/8000/9000/ "$2"'
    )
    monkeypatch.setenv("VISUAL", editor(home, script + f'; mv "$2.mode" {home}/mode'))
    monkeypatch.setenv("EDITOR", "false")

    said = aimux("edit")

    assert said.code == 0, said.err
    assert said.err == (
        f"{file} is changed\n  hint: a running daemon takes this over with: aimux restart\n"
    )
    assert file.read_text() == FILE.replace("8000", "9000")
    assert (home / "mode").read_text().strip() == "-rw-------"
    assert (home / "config.toml.bak").read_text() == FILE
    assert left_over(home) == []


def test_edit_tells_doubts_and_needs_no_reload_for_comments(aimux, file, home, monkeypatch) -> None:
    """Nothing that a daemon would do otherwise has changed."""
    monkeypatch.setenv("EDITOR", editor(home, 'echo "# more" >> "$2"'))
    assert aimux("edit").err == f"{file} is changed\n"

    monkeypatch.setenv("EDITOR", editor(home, 'sed -i "s/^port.*/auth = \\"none\\"/" "$2"'))
    assert aimux("edit").err.startswith("warning: ")


def test_edit_begins_a_missing_file_with_a_head(aimux, home, monkeypatch) -> None:
    """Leaving the editor without a change makes the head the file."""
    monkeypatch.setenv("EDITOR", editor(home, 'echo "[server]" >> "$2"'))

    assert aimux("edit").code == 0
    assert (home / "config.toml").read_text() == HEAD + "[server]\n"


def test_edit_without_a_change_writes_nothing(aimux, file, home, monkeypatch) -> None:
    """Not even the same again."""
    monkeypatch.setenv("EDITOR", editor(home, "true"))
    before = file.stat().st_ino

    assert aimux("edit") == Said(0, "", "nothing was changed\n")
    assert file.stat().st_ino == before


def test_edit_never_writes_a_broken_file(aimux, file, home, monkeypatch) -> None:
    """Without a terminal nobody can be asked: what was typed is discarded."""
    monkeypatch.setenv("EDITOR", editor(home, 'echo "[new" >> "$2"'))

    said = aimux("edit")

    assert said.code == 2
    assert f"{file}:10:5: a name in a header" in said.err
    assert "what was typed is discarded" in said.err
    assert file.read_text() == FILE
    assert left_over(home) == []


def test_edit_keeps_what_was_typed_when_the_file_changed_meanwhile(
    aimux, file, home, monkeypatch
) -> None:
    """Neither of the two changes is lost."""
    monkeypatch.setenv("EDITOR", editor(home, f'sed -i s/8000/1/ "$2"; sed -i s/8000/2/ {file}'))

    said = aimux("edit")

    assert said.code == 2
    assert "port = 2 " in file.read_text()
    (copy,) = left_over(home)
    assert f"what you typed is kept in {home / copy}" in said.err
    assert "port = 1 " in (home / copy).read_text()


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        ("false", 1, "the editor ended with 1; nothing was changed\n"),
        ("no-such-editor-here", 2, "error: the editor 'no-such-editor-here' is not installed\n"),
        ("'", 2, 'error: the editor "\'" cannot be read as a command: No closing quotation\n'),
        (" ", 2, "error: no editor is known\n"),
    ],
)
def test_edit_with_an_editor_that_does_not_work(aimux, file, command, code, message) -> None:
    """The file stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDITOR", command)
        said = aimux("edit")

    assert (said.code, said.err.startswith(message)) == (code, True), said.err
    assert file.read_text() == FILE


def test_edit_with_an_editor_that_does_not_start(aimux, file, home, monkeypatch) -> None:
    """A script for an interpreter that is not there."""
    path = home / "editor"
    path.write_text("#!/nowhere/sh\n")
    path.chmod(0o700)
    monkeypatch.setenv("EDITOR", str(path))

    said = aimux("edit")

    assert said.code == 2
    assert "does not start: No such file or directory" in said.err


def test_edit_looks_for_a_usual_editor(aimux, file, home, monkeypatch) -> None:
    """When neither variable is set; without any it says what to set."""
    folder = home / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/nowhere")
    assert "no editor is known" in aimux("edit").err

    nano = folder / "nano"
    nano.write_text("#!/bin/sh\nexit 7\n")
    nano.chmod(0o700)
    assert aimux("edit").err == "the editor ended with 7; nothing was changed\n"


# ---------------------------------------------------------------- real processes


def at_terminal(home: Path, answers: str, *arguments: str) -> Said:
    """A run whose stdin and stderr are a terminal, with answers typed ahead."""
    master, slave = pty.openpty()
    environ = {key: value for key, value in os.environ.items() if key != "CI"}
    environ |= {"AIMUX_HOME": str(home), "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "aimux", "config", *arguments],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        env=environ,
        text=True,
    )
    os.close(slave)
    os.write(master, answers.encode())
    seen = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # the terminal's other side is closed
            break
        if not piece:
            break
        seen += piece
    out, _ = process.communicate(timeout=60)
    os.close(master)
    return Said(process.returncode, out, seen.decode().replace("\r\n", "\n"))


def test_edit_offers_another_try(file, home, monkeypatch) -> None:
    """The problems are shown with their lines; the second try is saved."""
    script = 'if grep -q WRONG "$2"; then sed -i "s/\\"WRONG\\"/9/" "$2"; '
    script += 'else sed -i "s/8000/\\"WRONG\\"/" "$2"; fi'
    monkeypatch.setenv("EDITOR", editor(home, script))

    said = at_terminal(home, "y\n", "edit")

    assert said.code == 0, said.err
    assert "edit again? (no discards what you typed) [Y/n]" in said.err
    assert '    3 | port = "WRONG"   # mine\n      |        ^\n' in said.err
    assert "port = 9   # mine" in file.read_text()


def test_edit_discards_what_the_person_gives_up(file, home, monkeypatch) -> None:
    """The file stays as it was."""
    monkeypatch.setenv("EDITOR", editor(home, 'sed -i "s/8000/x/" "$2"'))

    said = at_terminal(home, "n\n", "edit")

    assert said.code == 2
    assert "what was typed is discarded" in said.err
    assert file.read_text() == FILE
    assert left_over(home) == []


def test_the_real_command_sets_and_gets(home) -> None:
    """As a script would use it."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "aimux", "config", *arguments],
            env={**os.environ, "AIMUX_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert run("set", "server.port", "9001").returncode == 0
    assert run("get", "server.port").stdout == "9001\n"
    assert run("check").returncode == 0
    assert run("get", "server.prot").returncode == 2


@pytest.mark.parametrize(
    "command",
    [(), ("path",), ("show",), ("check",), ("get",), ("set",), ("unset",), ("edit",), ("schema",)],
)
def test_help_is_there_for_every_command(aimux, command) -> None:
    """Also by its short option."""
    said = aimux(*command, "-h")

    assert said.code == 0
    assert said.out.startswith("Usage: aimux config")
    assert "None" not in said.out
