"""Errors to JSON and back."""

from __future__ import annotations

import pytest

from aimux.admin.problems import error_from, error_shape
from aimux.errors import (
    AimuxError,
    ConfigConflict,
    ConfigError,
    DaemonError,
    ErrorKind,
    InternalError,
    KeyringLocked,
    NoCandidate,
    NoNetwork,
    NotRunning,
    PortInUse,
    Problem,
    UnknownPath,
    UpstreamStatus,
    UsageError,
    UserError,
    VaultError,
    VaultLocked,
)


@pytest.mark.parametrize(
    "problem",
    [
        DaemonError("a", hint="b"),
        NotRunning("a"),
        PortInUse("a", hint="b"),
        UserError("a"),
        UsageError("a"),
        ConfigConflict("a"),
        VaultError("a"),
        VaultLocked("a"),
        KeyringLocked("a"),
        UnknownPath("a", hint="b"),
        NoCandidate("a", hint="b"),
        NoNetwork("a"),
    ],
    ids=lambda problem: problem.code,
)
def test_there_and_back(problem: AimuxError) -> None:
    """An error comes back as its own kind, with its words."""
    back = error_from(error_shape(problem))

    assert type(back) is type(problem)
    assert (back.message, back.hint) == (problem.message, problem.hint)


def test_config_error_keeps_its_problems() -> None:
    """Every problem comes back with the text that a person sees."""
    problems = (
        Problem("/a/config.toml", 3, 5, "server.port", "must be a number", "0 to 65535", "80"),
        Problem("AIMUX_SERVER__PORT", 0, 0, "", "is empty"),
    )

    back = error_from(error_shape(ConfigError(problems, hint="edit it")))

    assert isinstance(back, ConfigError)
    assert [str(each) for each in back.problems] == [str(each) for each in problems]
    assert back.message == "the configuration has 2 problems"
    assert back.hint == "edit it"


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"error": {"code": "config-invalid", "message": "bad"}}, "config.toml: bad"),
        ({"error": {"code": "config-invalid", "problems": ["odd"]}}, "config.toml: odd"),
    ],
)
def test_config_error_of_another_version(shape: object, message: str) -> None:
    """Problems that are missing or look unlike ours are still told."""
    back = error_from(shape)

    assert isinstance(back, ConfigError)
    assert [str(each) for each in back.problems] == [message]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (None, "no error of aimux"),
        ([], "no error of aimux"),
        ({"error": "text"}, "no error of aimux"),
        ({"error": {}}, "did not say why"),
        ({"error": {"code": "of-next-year", "message": "new"}}, "new"),
    ],
)
def test_strange_errors(shape: object, message: str) -> None:
    """Whatever came, something can be said."""
    back = error_from(shape)

    assert type(back) is DaemonError
    assert message in back.message


def test_errors_of_providers_and_bugs_become_plain() -> None:
    """An error that needs more than words to be made again is told as the daemon's."""
    upstream = UpstreamStatus("x", status=500, kind=ErrorKind.UPSTREAM)

    assert type(error_from(error_shape(upstream))) is DaemonError
    assert type(error_from(error_shape(InternalError("x")))) is DaemonError
