"""Changes to the file: exact, checked, atomic, and never somebody else's lost."""

import os
import signal
import stat
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from aimux.config import edit as edit_module
from aimux.config import meaning
from aimux.config.edit import HEAD, Edit, set_values
from aimux.config.layout import lines_for, literal
from aimux.config.meaning import ABSENT, same_meaning, value_at
from aimux.config.splice import with_value, without
from aimux.errors import ConfigConflict, ConfigError, UsageError

FILE = """\
# mine
version = 1   # first

[server]      # where
host = "127.0.0.1"  # here
port = 8000 # there

# a vendor
[providers.zai]
preset = "zai"
limits.requests_per_minute = 5   # slow
keys = [
  "env:ZAI",  # one
]

[models.fast] # quick
targets = ["zai/a", 'local/b']

[providers.local]
format = "openai-chat"
base_url = "http://127.0.0.1:11434/v1"
keys = []
timeouts = { idle = "5s", total = "9m" } # patient

[[routes]]
name = "one"
match = { model = "x*" }
targets = ["fast"]

# the second
[[routes]]
name = "two"
targets = ["local/c"]
  [routes.match]
  stream = true
"""


def lines_changed(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came; all others are equal and in order."""
    old, new = before.splitlines(), after.splitlines()
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    return old[start : len(old) - end], new[start : len(new) - end]


@pytest.mark.parametrize(
    ("path", "value", "gone", "come"),
    [
        (("server", "port"), 9, ["port = 8000 # there"], ["port = 9 # there"]),
        (("server", "auth"), "none", [], ['auth = "none"']),
        (("version",), 1, [], []),
        (("logging", "level"), "debug", [], ["", "[logging]", 'level = "debug"']),
        (
            ("providers", "zai", "limits", "tokens_per_minute"),
            7,
            [],
            ["limits.tokens_per_minute = 7"],
        ),
        (
            ("providers", "zai", "limits", "requests_per_minute"),
            7,
            ["limits.requests_per_minute = 5   # slow"],
            ["limits.requests_per_minute = 7   # slow"],
        ),
        (
            ("providers", "zai", "timeouts", "idle"),
            "1s",
            [],
            ['timeouts = { idle = "1s" }'],
        ),
        (
            ("providers", "local", "timeouts", "connect"),
            "1s",
            ['timeouts = { idle = "5s", total = "9m" } # patient'],
            ['timeouts = { idle = "5s", total = "9m", connect = "1s" } # patient'],
        ),
        (
            ("providers", "local", "models", "q:3", "context"),
            8192,
            [],
            ['[providers.local.models."q:3"]', "context = 8192", ""],
        ),
        (
            ("providers", "new"),
            {"preset": "groq", "models": {"m": {"context": 1}}, "limits": {}},
            [],
            ["[providers.new]", 'preset = "groq"', "limits = {}", "", "[providers.new.models.m]",
             "context = 1", ""],
        ),
        (("models", "slow", "targets"), ["zai/b"], [], ["[models.slow]", 'targets = ["zai/b"]', ""]),
        (
            ("models", "fast", "targets"),
            ["zai/b"],
            ["targets = [\"zai/a\", 'local/b']"],
            ['targets = ["zai/b"]'],
        ),
        (("routes", 0, "match", "stream"), False, ['match = { model = "x*" }'],
         ['match = { model = "x*", stream = false }']),
        (("routes", 1, "match", "images"), True, [], ["  images = true"]),
        (
            ("routes", 2),
            {"name": "three", "targets": ["zai/x"], "match": {"images": True}},
            [],
            ["", "[[routes]]", 'name = "three"', 'targets = ["zai/x"]', "match = { images = true }"],
        ),
        (("providers", "zai", "keys", 0), "env:B", ['  "env:ZAI",  # one'], ['  "env:B",  # one']),
        (
            ("providers", "zai", "keys", 1),
            "env:B",
            ["keys = [", '  "env:ZAI",  # one', "]"],
            ['keys = ["env:ZAI", "env:B"]'],
        ),
        (
            ("alerts",),
            [{"when": "a > 1"}, {"when": "b > 1"}],
            [],
            ["", "[[alerts]]", 'when = "a > 1"', "", "[[alerts]]", 'when = "b > 1"'],
        ),
    ],
)  # fmt: skip
def test_a_value_is_set_and_all_else_stays(path, value, gone, come) -> None:
    """Where one would have written it by hand."""
    text = with_value(FILE, path, value)

    assert lines_changed(FILE, text) == (gone, come)
    assert value_at(tomllib.loads(text), path) == value


@pytest.mark.parametrize(
    ("path", "gone", "come"),
    [
        (("server", "port"), ["port = 8000 # there"], []),
        (("providers", "zai", "limits"), ["limits.requests_per_minute = 5   # slow"], []),
        (("providers", "zai", "keys"), ["keys = [", '  "env:ZAI",  # one', "]"], []),
        (
            ("providers", "local", "timeouts", "idle"),
            ['timeouts = { idle = "5s", total = "9m" } # patient'],
            ['timeouts = { total = "9m" } # patient'],
        ),
        (
            ("providers", "local", "timeouts", "total"),
            ['timeouts = { idle = "5s", total = "9m" } # patient'],
            ['timeouts = { idle = "5s" } # patient'],
        ),
        (("routes", 0, "match", "model"), ['match = { model = "x*" }'], ["match = {}"]),
        (
            ("routes", 1),
            ["[[routes]]", 'name = "two"', 'targets = ["local/c"]', "  [routes.match]",
             "  stream = true"],
            [],
        ),
        (("models", "fast"), ["[models.fast] # quick", "targets = [\"zai/a\", 'local/b']", ""], []),
        (("models", "fast", "targets", 1), ["targets = [\"zai/a\", 'local/b']"], ['targets = ["zai/a"]']),
        (("not", "there"), [], []),
    ],
)  # fmt: skip
def test_a_value_is_taken_out_and_all_else_stays(path, gone, come) -> None:
    """With its lines; comments above stay."""
    text = without(FILE, path)

    assert lines_changed(FILE, text) == (gone, come)
    assert value_at(tomllib.loads(text), path) is ABSENT


def test_a_table_becomes_equal_to_what_is_set() -> None:
    """Key by key, so that the lines that stay keep their comments."""
    text = with_value(FILE, ("server",), {"port": 8000, "auth": "token"})

    assert '[server]      # where\nport = 8000 # there\nauth = "token"\n' in text
    assert 'host = "127.0.0.1"' not in text


def test_a_list_of_tables_is_changed_item_by_item() -> None:
    """If it keeps its length; otherwise it is written anew."""
    routes = tomllib.loads(FILE)["routes"]
    routes[1]["name"] = "zwei"

    same = with_value(FILE, ("routes",), routes)
    fewer = with_value(FILE, ("routes",), routes[:1])

    assert lines_changed(FILE, same) == (['name = "two"'], ['name = "zwei"'])
    assert tomllib.loads(fewer)["routes"] == routes[:1]


@pytest.mark.parametrize(
    ("text", "path", "value", "after"),
    [
        ("", ("server", "port"), 1, "[server]\nport = 1\n"),
        ("[a]\nx = 1", ("a", "y"), 2, "[a]\nx = 1\ny = 2\n"),
        ("[a]", ("a", "y"), 2, "[a]\ny = 2\n"),
        ("[a]\nx = 1", ("b", "y"), 2, "[a]\nx = 1\n\n[b]\ny = 2\n"),
        ("[server]\n", ("version",), 1, "version = 1\n[server]\n"),
        ("a = 1\n[server]\n", ("version",), 1, "a = 1\nversion = 1\n[server]\n"),
        ("models = {}\n", ("models", "a", "b"), 1, "models = { a = { b = 1 } }\n"),
        ("routes = [{a = 1}]\n", ("routes", 1), {"b": 2}, "routes = [{ a = 1 }, { b = 2 }]\n"),
        ("a = { b.c = 1, b.d = 2, e = 3 }\n", ("a", "b", "c"), 9, "a = { b.c = 9, b.d = 2, e = 3 }\n"),
        ("[providers.a.models.x]\nc = 1\n[server]\n", ("providers", "a", "preset"), "p",
         '[providers.a.models.x]\nc = 1\n\n[providers.a]\npreset = "p"\n\n[server]\n'),
        ("[providers.a.x.y]\nc = 1\n", ("providers", "a", "x", "z"), 1,
         "[providers.a.x.y]\nc = 1\n\n[providers.a.x]\nz = 1\n"),
        ("providers.a.preset = 'p'\nversion = 1\n[server]\n", ("providers", "b", "preset"), "q",
         "providers.a.preset = 'p'\nversion = 1\n\n[providers.b]\npreset = \"q\"\n\n[server]\n"),
        ("[server]\nport = 1\n", ("server",), 5, "server = 5\n"),
        ("a = true\n", ("a",), 1, "a = 1\n"),
        ("[a.b]\n[a]\nc = 1\n", ("a", "b"), {"d": 1}, "[a.b]\nd = 1\n[a]\nc = 1\n"),
        ("[[alerts]]\nwhen='x'\n", ("alerts",), [], "alerts = []\n"),
    ],
)  # fmt: skip
def test_unusual_places(text, path, value, after) -> None:
    """Files that were written in another way than aimux writes them."""
    assert with_value(text, path, value) == after


def test_removing_the_dotted_keys_of_an_inline_table() -> None:
    """Each pair goes with a comma."""
    text = "a = { b.c = 1, x = 5, b.d = 2 }\n"

    assert without(text, ("a", "b")) == "a = { x = 5 }\n"
    assert without("a = {b = {c = 1}}\n", ("a", "b")) == "a = {}\n"
    assert without("[a]\nb = 1", ("a", "b")) == "[a]\n"


def test_literals() -> None:
    """On one line, whatever the value is."""
    value = {"a b": [1, 2.5, True, "x\ny", {"c": []}], "d": {}}

    assert literal(value) == '{ "a b" = [1, 2.5, true, "x\\ny", { c = [] }], d = {} }'
    assert literal((1, 2)) == "[1, 2]"


# ---------------------------------------------------------------- properties

NAMES = st.sampled_from(["a", "b", "c d", "e.f"])
LEAVES = st.integers(0, 9) | st.booleans() | st.text("x\n\"'#[]{},=", max_size=4) | st.just(0.5)
INLINE = st.recursive(
    LEAVES,
    lambda inner: st.lists(LEAVES, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
TABLES = st.fixed_dictionaries(
    {},
    optional={
        "version": LEAVES,
        "server": st.dictionaries(NAMES, INLINE, max_size=3),
        "providers": st.dictionaries(NAMES, st.dictionaries(NAMES, INLINE, max_size=3), max_size=3),
        "models": st.dictionaries(NAMES, st.dictionaries(NAMES, LEAVES, max_size=2), max_size=2),
        "routes": st.lists(st.dictionaries(NAMES, INLINE, max_size=3), max_size=3),
    },
)


@st.composite
def documents(draw) -> str:
    """Texts in several ways of writing: tomlkit's, ours, dotted, with comments."""
    data = draw(TABLES)
    style = draw(st.integers(0, 2))
    if style == 0:
        text = tomlkit.dumps(data)
    elif style == 1:
        text = with_value("", (), data)
    else:
        text = "".join(
            f"{dotted_line(path)} = {literal(value)} # c\n" for path, value in dotted_pairs(data)
        )
    return "# head\n\n" + text


def dotted_pairs(data: dict[str, Any], path=()):
    for name, value in data.items():
        if isinstance(value, dict) and value and len(path) < 2:
            yield from dotted_pairs(value, (*path, name))
        else:
            yield (*path, name), value


def dotted_line(path) -> str:
    return ".".join(literal(part) for part in path)


PATHS = st.one_of(
    st.tuples(st.just("version")),
    st.tuples(st.just("server"), NAMES),
    st.tuples(st.just("server"), NAMES, NAMES),
    st.tuples(st.sampled_from(["providers", "models"]), NAMES),
    st.tuples(st.just("providers"), NAMES, NAMES),
    st.tuples(st.just("providers"), NAMES, st.just("models"), NAMES, NAMES),
    st.tuples(st.just("routes"), st.integers(0, 3)),
    st.tuples(st.just("routes"), st.integers(0, 2), NAMES),
)


@settings(max_examples=120, deadline=None)
@given(text=documents(), path=PATHS, value=INLINE)
def test_what_is_set_is_there_and_nothing_else_has_changed(text, path, value) -> None:
    """Whatever the file looked like; a path that leads nowhere is refused before anything."""
    before = tomllib.loads(text)
    try:
        meant = meaning.with_value(before, path, value)
    except UsageError:
        return

    after = with_value(text, path, value)

    assert same_meaning(tomllib.loads(after), meant)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert [line for line in after.splitlines() if line.startswith("#")] == comments


@settings(max_examples=120, deadline=None)
@given(text=documents(), path=PATHS)
def test_what_is_unset_is_gone_and_nothing_else_has_changed(text, path) -> None:
    """And what is set anew after that is there again."""
    before = tomllib.loads(text)
    if value_at(before, path) is ABSENT:
        assert without(text, path) == text
        return

    after = without(text, path)

    assert same_meaning(tomllib.loads(after), meaning.without(before, path))


# ---------------------------------------------------------------- files


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(FILE)
    path.chmod(0o600)
    return path


def test_several_changes_are_one_write(file) -> None:
    """The configuration that holds then is returned; the content before is kept beside."""
    loaded = set_values(
        file,
        {("server", "port"): 1, ("providers", "box", "preset"): "ollama"},
        remove=[("models", "fast"), ("routes",), ("not", "there")],
        environ={},
    )

    assert loaded.config.server.port == 1
    assert loaded.config.providers["box"].preset == "ollama"
    assert loaded.config.routes == ()
    assert loaded.digest == edit_module.hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.with_name("config.toml.bak").read_text() == FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_missing_file_is_made_with_a_head(tmp_path) -> None:
    """For its owner alone, and the folder as well."""
    path = tmp_path / "deep" / "config.toml"

    set_values(path, {("server", "port"): 1}, environ={})

    assert path.read_text() == HEAD + "\n[server]\nport = 1\n"
    assert sorted(each.name for each in path.parent.iterdir()) == ["config.toml"]
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_an_empty_file_is_begun_anew(file) -> None:
    """It was refused; now it holds something."""
    file.write_text("")

    set_values(file, {("server", "port"): 1}, environ={})

    assert file.read_text().startswith(HEAD)


def test_a_wrong_change_is_not_written(file) -> None:
    """Lines are counted in the file as it would be."""
    with pytest.raises(ConfigError) as caught:
        set_values(file, {("server", "port"): 99999}, environ={})

    assert [(each.file, each.line) for each in caught.value.problems] == [(f"{file} (changed)", 6)]
    assert file.read_text() == FILE
    assert not file.with_name("config.toml.bak").exists()


def test_a_variable_does_not_hide_a_wrong_change(file) -> None:
    """The file must hold by itself."""
    with pytest.raises(ConfigError):
        set_values(file, {("server", "port"): 99999}, environ={"AIMUX_SERVER__PORT": "1"})

    assert file.read_text() == FILE


def test_line_ends_of_windows_stay(file) -> None:
    """In all lines, the new ones too."""
    file.write_bytes(FILE.replace("\n", "\r\n").encode())

    set_values(file, {("server", "auth"): "token"}, environ={})

    content = file.read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") == FILE.count("\n") + 1


def test_mixed_line_ends_stay_mixed(file) -> None:
    """What is beside the change is never touched."""
    mixed = FILE.replace("\n", "\r\n", 3).encode()
    file.write_bytes(mixed)

    set_values(file, {("server", "port"): 1}, environ={})

    assert file.read_bytes() == mixed.replace(b"8000", b"1")


def test_nothing_is_written_when_nothing_changes(file) -> None:
    """Not even the copy."""
    before = file.stat()

    set_values(file, {("server", "port"): 8000}, environ={})

    assert file.stat().st_ino == before.st_ino
    assert not file.with_name("config.toml.bak").exists()


def test_a_link_stays_a_link(tmp_path, file) -> None:
    """Dotfiles are often kept elsewhere."""
    link = tmp_path / "link" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(file)

    set_values(link, {("server", "port"): 1}, environ={})

    assert link.is_symlink()
    assert "port = 1 " in file.read_text()


def test_somebody_elses_change_is_not_lost(file) -> None:
    """What was read must still be there when it is replaced."""
    edit = Edit(file, environ={})
    edit.set(("server", "port"), 1)
    file.write_text("version = 1\n")

    with pytest.raises(ConfigConflict, match="was changed by somebody else"):
        edit.save()

    assert file.read_text() == "version = 1\n"


def test_a_change_that_cannot_be_written_so_is_refused_with_the_lines(file, monkeypatch) -> None:
    """If the text does not mean what was meant, it is never written."""
    edit = Edit(file, environ={})
    monkeypatch.setattr(
        edit_module, "with_value", lambda text, path, value: text + "\n[x]\n[y]\nz=1\n"
    )

    with pytest.raises(ConfigError) as caught:
        edit.set(("providers", "new", "preset"), "zai")

    assert str(caught.value.hint).endswith('aimux config edit:\n[providers.new]\npreset = "zai"\n')
    assert edit.data == tomllib.loads(FILE)


def test_lines_for_a_plain_value_at_the_top() -> None:
    """There is no header for them."""
    assert lines_for(("version",), 1) == "version = 1\n"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (("server", "port", "x"), "server.port is no table, nothing can stand below it"),
        (("version", "x", "y"), "version is no table, nothing can stand below it"),
        (("routes", 5, "name"), "routes has 2 items, counted from 0"),
        (("routes", 5), "routes has 2 items, counted from 0"),
        (("routes", "one"), "routes is a list; its items are numbers from 0"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(file, path, message) -> None:
    """In words that name the place."""
    with pytest.raises(UsageError) as caught:
        Edit(file, environ={}).set(path, 1)

    assert str(caught.value) == message


def test_an_item_is_added_at_a_lists_end(file) -> None:
    """Also the first one of all, with a key of it alone."""
    edit = Edit(file, environ={})

    edit.set(("routes", 2, "name"), "three")
    edit.set(("alerts", 0, "when"), "requests > 1")

    assert edit.data["routes"][2] == {"name": "three"}
    assert edit.data["alerts"] == [{"when": "requests > 1"}]
    assert [each.key for each in edit.problems()] == ["routes.2.targets"]
    assert edit.problems_before() == ()


def test_a_file_with_faults_can_be_put_right(file) -> None:
    """One may look at the problems before and after."""
    file.write_text('[server]\nport = "x"\nhots = 1\n')
    edit = Edit(file, environ={})

    edit.remove(("server", "hots"))

    assert len(edit.problems_before()) == 2
    assert [each.key for each in edit.problems()] == ["server.port"]


def test_what_cannot_be_read_cannot_be_edited(tmp_path) -> None:
    """Neither a folder nor a text that is no TOML."""
    (tmp_path / "bad.toml").write_text("a =")

    with pytest.raises(ConfigError) as folder:
        Edit(tmp_path)
    with pytest.raises(ConfigError) as broken:
        Edit(tmp_path / "bad.toml")

    assert folder.value.problems[0].message == "cannot be read: Is a directory"
    assert broken.value.problems[0].line == 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path) -> None:
    """As a problem of the file, with the system's reason."""
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError) as caught:
        edit_module.replace_file(tmp_path / "file" / "config.toml", b"x", before=b"")

    assert caught.value.problems[0].message == "cannot be written: Not a directory"


def test_a_full_disk_is_told(file, monkeypatch) -> None:
    """And the file is as it was."""

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(edit_module, "write_private", full)

    with pytest.raises(ConfigError) as caught:
        set_values(file, {("server", "port"): 1}, environ={})

    assert caught.value.problems[0].message == "cannot be written: No space left on device"
    assert file.read_text() == FILE


def test_without_posix_there_is_no_lock(file, monkeypatch) -> None:
    """The comparison of contents remains."""
    monkeypatch.setattr(edit_module, "os", type("nt", (), {"name": "nt"}))

    set_values(file, {("server", "port"): 1}, environ={})

    assert "port = 1 " in file.read_text()


WRITER = """
import sys
from pathlib import Path
from aimux.config.edit import set_values
path = Path(sys.argv[1])
print("ready", flush=True)
for port in range(1, 60000):
    set_values(path, {("server", "port"): port}, environ={})
"""


def test_a_killed_writer_leaves_a_whole_file(file) -> None:
    """At any moment: the old content or the new, both of them valid."""
    for delay_s in (0.0, 0.003, 0.011):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(file)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(delay_s)  # the moment of the kill, not a wait for something
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()

        content = file.read_text()
        assert (
            content.replace(f"port = {tomllib.loads(content)['server']['port']} ", "port = 8000 ")
            == FILE
        )


def test_writers_at_once_do_not_lose_each_others_changes(file) -> None:
    """Each either finds its file unchanged or says that somebody was faster."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom aimux.config.edit import set_values\n"
        "from aimux.errors import ConfigConflict\n"
        "for n in range(5):\n"
        "    while True:\n"
        "        try:\n"
        "            set_values(Path(sys.argv[1]), {('models', f'm{sys.argv[2]}-{n}', 'targets'): "
        "['zai/x']}, environ={})\n"
        "            break\n"
        "        except ConfigConflict:\n"
        "            pass\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(file), str(number)], env={**os.environ})
        for number in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]

    models = tomllib.loads(file.read_text())["models"]
    assert len(models) == 1 + 15
