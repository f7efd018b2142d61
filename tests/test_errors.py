"""The tree of errors: complete, told apart by code, and drawn as it is."""

from __future__ import annotations

import inspect
import re
from collections import Counter

import pytest

from aimux import errors
from aimux.errors import AimuxError, ConfigError, ErrorKind, InvalidRequest, Problem

_NODE = re.compile(r"^ {4}(?P<branch>(?:[| ] {3}|[|`]-- )*)(?P<name>[A-Z]\w+)(?P<note>.*)$")


def classes() -> list[type[AimuxError]]:
    """Every exception of the module."""
    found = [each for each in vars(errors).values() if inspect.isclass(each)]
    return [each for each in found if issubclass(each, AimuxError)]


def concrete() -> list[type[AimuxError]]:
    """Those that nothing is derived from: what is raised."""
    return [each for each in classes() if not each.__subclasses__()]


def drawn() -> dict[str, tuple[str | None, str]]:
    """Name -> name of the parent, and the words beside it, as the module's docstring draws them."""
    tree: dict[str, tuple[str | None, str]] = {}
    ancestors: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if node := _NODE.match(line):
            depth = len(node["branch"]) // 4
            ancestors[depth:] = [node["name"]]
            tree[node["name"]] = (ancestors[depth - 1] if depth else None, node["note"])
    return tree


def made(kind: type[AimuxError]) -> AimuxError:
    """One of a kind, with the arguments it insists on."""
    match kind:
        case errors.ConfigError:
            return ConfigError(())
        case errors.UpstreamTimeout:
            return errors.UpstreamTimeout("m", phase="idle")
        case errors.UpstreamStatus:
            return errors.UpstreamStatus("m", status=418, kind=ErrorKind.BILLING)
        case _:
            return kind("m")


def test_the_drawn_tree_is_the_tree() -> None:
    """Every class is in the docstring, under the class it is derived from, and none besides."""
    tree = {name: parent for name, (parent, _) in drawn().items()}
    real = {each.__name__: each.__bases__[0].__name__ for each in classes()}

    assert tree == {**real, "AimuxError": None}


def test_the_numbers_beside_the_tree_are_true() -> None:
    """A status or an exit code that is drawn is the class's own."""
    checked = 0
    for name, (_, note) in drawn().items():
        kind = getattr(errors, name)
        if status := re.search(r"(?:^\s+|HTTP )(\d{3})\b", note):
            assert kind.http_status == int(status[1]), name
            checked += 1
        if code := re.search(r"\bexit (\d)", note):
            assert kind.exit_code == int(code[1]), name
            checked += 1

    assert checked > 20


def test_each_code_belongs_to_one_error() -> None:
    """A code is enough to know what was raised."""
    shared = [
        code for code, count in Counter(each.code for each in concrete()).items() if count > 1
    ]

    assert shared == []


@pytest.mark.parametrize("kind", classes(), ids=lambda kind: kind.__name__)
def test_every_error_can_be_told(kind: type[AimuxError]) -> None:
    """Code, status, exit code and kind are there and make sense, on the class and on the instance."""
    error = made(kind)

    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.code)
    assert 1 <= error.exit_code <= 5
    assert 400 <= error.http_status < 600
    assert isinstance(error.kind, ErrorKind)
    assert str(error) == error.message
    assert error.hint is None


@pytest.mark.parametrize(
    ("parent", "exit_code", "statuses"),
    [
        (errors.UserError, 2, range(400, 500)),
        (errors.VaultError, 4, range(503, 504)),
        (errors.ClientError, 2, (*range(400, 500), 501)),
        (errors.UpstreamError, 5, range(500, 600)),
    ],
)
def test_whose_fault_it_is_decides(
    parent: type[AimuxError], exit_code: int, statuses: range | tuple[int, ...]
) -> None:
    """All errors of one side share an exit code and a class of status."""
    children = [each for each in classes() if issubclass(each, parent)]

    assert {each.exit_code for each in children} == {exit_code}
    assert all(each.http_status in statuses for each in children)


def test_an_upstream_s_status_is_its_own() -> None:
    """What the instance carries does not leak into the class."""
    error = errors.UpstreamStatus(
        "slow down", status=429, kind=ErrorKind.RATE_LIMIT, provider="a", retry_after_s=3.0
    )

    assert (error.http_status, error.kind) == (429, ErrorKind.RATE_LIMIT)
    assert (error.provider, error.retry_after_s) == ("a", 3.0)
    assert errors.UpstreamStatus.http_status == 502


def test_an_invalid_request_names_its_parameter() -> None:
    """Where there is one."""
    assert InvalidRequest("m", param="model", hint="h").param == "model"
    assert InvalidRequest("m").param is None


def test_a_timeout_names_its_phase() -> None:
    """The verdict table needs it."""
    error = errors.UpstreamTimeout("m", phase="idle", provider="a")

    assert (error.phase, error.provider, error.retry_after_s) == ("idle", "a", None)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (Problem("c.toml", 3, 7, "server.port", "no number"), "c.toml:3:7: server.port: no number"),
        (Problem("c.toml", 3, 7, "", "not TOML"), "c.toml:3:7: not TOML"),
        (Problem("AIMUX_SERVER__PORT", 0, 0, "server.port", "bad"), "AIMUX_SERVER__PORT: server.port: bad"),
        (Problem("c.toml", 1, 1, "k", "bad", allowed="a, b"), "c.toml:1:1: k: bad (allowed: a, b)"),
        (
            Problem("c.toml", 1, 1, "k", "bad", allowed="a, b", suggestion="a"),
            "c.toml:1:1: k: bad (allowed: a, b); did you mean 'a'?",
        ),
        (Problem("c.toml", 1, 1, "k", "bad", suggestion="a"), "c.toml:1:1: k: bad; did you mean 'a'?"),
    ],
)  # fmt: skip
def test_a_problem_is_one_line(problem: Problem, text: str) -> None:
    """Place, key, reason, what is allowed, what was meant; each where it is known."""
    assert str(problem) == text


@pytest.mark.parametrize(
    ("count", "noun"), [(0, "0 problems"), (1, "1 problem"), (12, "12 problems")]
)
def test_a_config_error_counts_its_problems(count: int, noun: str) -> None:
    """And holds all of them in order."""
    problems = tuple(Problem("c.toml", line, 1, "k", "bad") for line in range(count))

    error = ConfigError(problems, hint="aimux config check")

    assert str(error) == f"the configuration has {noun}"
    assert error.problems == problems
    assert error.hint == "aimux config check"
