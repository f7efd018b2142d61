"""From a file, the environment and flags to a configuration, or to all reasons why not.

    file --tomllib--> data --environment, flags--> data --schema, rules--> Config
                                                            `--> faults --positions--> ConfigError

Nothing is half right: every fault is collected, and only when there is one is the file read a second
time to find its lines and columns.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aimux.config import rules
from aimux.config.env import read_environment, source_name
from aimux.config.faults import Fault
from aimux.config.keypath import KeyPath, dotted, parse_key_path
from aimux.config.keyscan import key_faults
from aimux.config.origin import Origin, Origins, find_origins
from aimux.config.positions import Positions
from aimux.config.schema import Config
from aimux.config.source import Source, read_source
from aimux.config.validate import validate
from aimux.errors import ConfigError, Problem

__all__ = ["Loaded", "Origin", "load_config"]

_COMMAND_LINE: Final = "command line"
_HINT: Final = "aimux config check shows each line; aimux config edit opens the file"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that holds, and where it came from."""

    config: Config
    path: Path
    exists: bool
    digest: str
    """SHA-256 of the file's bytes in hexadecimal; empty without a file."""
    origins: Mapping[str, Origin]
    """By dotted key, for every value that a flag, the environment or the file set."""
    warnings: tuple[Problem, ...]


def load_config(
    path: Path,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Loaded:
    """The configuration in a file; defaults when there is none.

    ``overrides`` are values of flags by dotted key, such as ``{"server.port": 0}``; they win over
    the environment (``os.environ`` if not given), which wins over the file.

    Raises:
        ConfigError: all problems at once, in the order of the file; those without a place come
            first.
    """
    source = read_source(path)
    return check_source(source, environ=environ, overrides=overrides)


def check_source(
    source: Source,
    *,
    environ: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
) -> Loaded:
    """The configuration that a file's content means, under the environment and flags.

    Raises:
        ConfigError: as :func:`load_config`.
    """
    layers = _Layers(source, os.environ if environ is None else environ, overrides or {})
    presets = rules.load_presets()
    config, misshapen = validate(layers.data)
    broken = rules.find_faults(layers.data, presets, rules.load_priced())
    faults = _each_once(list(key_faults(layers.data)), misshapen, broken)
    problems = [*source.problems, *layers.problems(faults)]
    if problems or config is None:
        raise ConfigError(tuple(sorted(problems, key=_in_file_order)), hint=_HINT)
    doubts = layers.problems(rules.find_warnings(layers.data, presets))
    return Loaded(
        config=config,
        path=source.path,
        exists=source.exists,
        digest=source.digest,
        origins=Origins(layers.origins),
        warnings=(
            *source.warnings,
            *layers.warnings,
            *sorted(doubts, key=_in_file_order),
        ),
    )


def _each_once(keys: list[Fault], misshapen: list[Fault], broken: list[Fault]) -> list[Fault]:
    """All faults; what looks like a key is told as that alone, what has no shape breaks no rule."""
    hidden = {fault.path for fault in keys}
    told = {(fault.path, fault.at) for fault in misshapen}
    others = [*misshapen, *(fault for fault in broken if (fault.path, fault.at) not in told)]
    return [*keys, *(fault for fault in others if fault.path not in hidden)]


def _in_file_order(problem: Problem) -> tuple[int, int, str]:
    return problem.line, problem.column, problem.file


class _Layers:
    """The file's data with the environment and the flags laid over it."""

    def __init__(
        self, source: Source, environ: Mapping[str, str], overrides: Mapping[str, object]
    ) -> None:
        self._source = source
        self._others: dict[KeyPath, Origin] = {}
        self.data: dict[str, Any] = dict(source.data)
        variables, self.warnings = read_environment(environ, source.data)
        for each in variables:
            self._lay(each.path, each.value, Origin("environment", each.name))
        for key, value in overrides.items():
            self._lay(parse_key_path(key), value, Origin("flag", key))

    def _lay(self, path: KeyPath, value: object, origin: Origin) -> None:
        """Puts a value over the file's; tables on the way are copied, the source stays as it is."""
        here = self.data
        for part in path[:-1]:
            below = here.get(str(part), {})
            if not isinstance(below, dict):
                return  # the file's own fault, told as such
            here[str(part)] = below = dict(below)
            here = below
        here[str(path[-1])] = value
        self._others[path] = origin

    def origins(self) -> dict[str, Origin]:
        return find_origins(self.data, self._source.text, self._source.path.name, self._others)

    def problems(self, faults: Iterable[Fault]) -> list[Problem]:
        """The faults with their places; the file is scanned for them only if there is one."""
        found = list(faults)
        if not found:
            return []
        positions = Positions(self._source.text)
        return [self._problem(fault, positions) for fault in found]

    def _problem(self, fault: Fault, positions: Positions) -> Problem:
        file, line, column = self._place(fault, positions)
        return Problem(
            file=file,
            line=line,
            column=column,
            key=dotted(fault.path),
            message=fault.message,
            allowed=fault.allowed,
            suggestion=fault.suggestion,
        )

    def _place(self, fault: Fault, positions: Positions) -> tuple[str, int, int]:
        for length in range(len(fault.path), 0, -1):
            if origin := self._others.get(fault.path[:length]):
                flag = origin.kind == "flag"
                return _COMMAND_LINE if flag else source_name(origin.detail), 0, 0
        find = positions.of_key if fault.at == "key" else positions.of_value
        return str(self._source.path), *find(fault.path)
