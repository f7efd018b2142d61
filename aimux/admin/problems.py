"""Errors as JSON and back: what the daemon refuses, the command line raises again as its own kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aimux.admin.shapes import ErrorShape
from aimux.errors import (
    AimuxError,
    ClientError,
    ConfigError,
    DaemonError,
    NoCandidate,
    Problem,
    UserError,
    VaultError,
)


def error_shape(problem: AimuxError) -> ErrorShape:
    """The error as the admin API, the ready pipe and ``--json`` give it."""
    body: dict[str, Any] = {"code": problem.code, "message": problem.message, "hint": problem.hint}
    if isinstance(problem, ConfigError):
        body["problems"] = [str(each) for each in problem.problems]
    return {"error": body}


def error_from(shape: object) -> AimuxError:
    """The error that an ``ErrorShape`` tells of; a DaemonError when it tells of none we know."""
    body = shape.get("error") if isinstance(shape, Mapping) else None
    if not isinstance(body, Mapping):
        return DaemonError("the daemon answered with something that is no error of aimux")
    message = str(body.get("message", "the daemon did not say why"))
    hint = str(body["hint"]) if body.get("hint") else None
    if body.get("code") == ConfigError.code:
        return ConfigError(_problems(body.get("problems"), message), hint=hint)
    return _kinds().get(str(body.get("code")), DaemonError)(message, hint=hint)


def _problems(texts: object, message: str) -> tuple[Problem, ...]:
    found = texts if isinstance(texts, list) and texts else [message]
    return tuple(_problem(str(text)) for text in found)


def _problem(text: str) -> Problem:
    """A problem whose text is the one given: its place is already part of it."""
    place, colon, rest = text.partition(": ")
    return Problem(place if colon else "config.toml", 0, 0, "", rest if colon else text)


def _kinds() -> dict[str, type[AimuxError]]:
    """The errors that are made of a message and a hint alone, by code."""
    roots: tuple[type[AimuxError], ...] = (
        DaemonError,
        VaultError,
        UserError,
        ClientError,
        NoCandidate,
    )
    found = {kind.code: kind for root in roots for kind in _tree(root) if kind is not ConfigError}
    return {**found, **{root.code: root for root in roots}}


def _tree(root: type[AimuxError]) -> Iterator[type[AimuxError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _tree(kind)
