"""What the options and arguments of the tree take.

``ask`` names a kind of ``completion.asked``; ``words`` are the values there are; ``files``: any path.
What is not in the tables is free text, and nothing is offered for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from pydantic import BaseModel

from aimux.cli.completion.place import SHELLS
from aimux.cli.environment import FORMS
from aimux.cli.logs import LEVELS
from aimux.cli.route_request import LEVELS as THINKING
from aimux.config.schema import Config, Strategy
from aimux.model.request import WireFormat
from aimux.routing.agents import AGENTS
from aimux.simulator.scenarios import SCENARIOS


@dataclass(frozen=True, slots=True)
class Values:
    """What may stand at a place; nothing of the three: anything."""

    words: tuple[str, ...] = ()
    ask: str = ""
    files: bool = False


FREE: Final = Values()
FILES: Final = Values(files=True)


def _settings(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key whose name is fixed: ``server.port``, ``routing.default`` ..."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _settings(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


CLIENTS: Final = Values(words=tuple(sorted(AGENTS)), ask="clients")

EVERYWHERE: Final[Mapping[str, Values]] = {
    "--provider": Values(ask="providers"),
    "PROVIDER": Values(ask="providers"),
    "--preset": Values(ask="presets"),
    "--model": Values(ask="models"),
    "--target": Values(ask="targets"),
    "--session": Values(ask="sessions"),
    "--request": Values(ask="requests"),
    "ID": Values(ask="requests"),
    "ID1": Values(ask="requests"),
    "ID2": Values(ask="requests"),
    "--client": CLIENTS,
    "CLIENT": Values(words=tuple(sorted(AGENTS))),
    "PROVIDER/LABEL": Values(ask="keys"),
    "KEY": Values(words=tuple(_settings(Config)), ask="settings"),
    "--format": Values(words=tuple(each.value for each in WireFormat)),
    "--strategy": Values(words=get_args(Strategy)),
    "--level": Values(words=LEVELS[:4]),
    "--thinking": Values(words=THINKING),
    "--scenario": Values(words=tuple(SCENARIOS)),
    "--by": Values(words=("provider", "model", "client", "project", "session", "day")),
    "SHELL": Values(words=tuple(SHELLS)),
    "--file": FILES,
    "FILE": FILES,
    "TRACE": FILES,
    "--config": FILES,
    "--project": FILES,
}
"""By the long name of an option or by the name that an argument has in the help."""

HERE: Final[Mapping[str, Values]] = {
    "aimux env --shell": Values(words=tuple(FORMS)),
    "aimux env --client": Values(words=tuple(sorted(AGENTS))),
    "aimux keys migrate --to": Values(words=("keyring", "vault")),
    "aimux config import SOURCE": Values(words=("ccr", "litellm", "cliproxyapi", "env")),
    "aimux providers add NAME": Values(ask="presets"),
    "aimux service print --for": Values(words=("systemd", "launchd")),
    "aimux run ARGS": FILES,
    "aimux tokens create NAME": FREE,
    "aimux alerts test N": Values(ask="alerts"),
}
"""Where a place has its own meaning."""

NAMES: Final[Mapping[str, str]] = {
    "providers": "providers",
    "tokens": "tokens",
    "budgets": "budgets",
}
"""What NAME is in a group."""


def values_of(path: str, place: str, name: str) -> Values:
    """What an option (its long name) or an argument (its name in the help) of a command takes."""
    place = place.replace("[", "").replace("]", "")
    for found in (f"{path} {place}", f"{path} {name.upper()}"):
        if found in HERE:
            return HERE[found]
    group = path.split()[1]
    if place == "NAME" and group in NAMES:
        return Values(ask=NAMES[group])
    return EVERYWHERE.get(place) or EVERYWHERE.get(name.upper()) or FREE


def assigned(values: Values, words: str) -> str:
    """The assignments of a shell of Bourne's kind; ``words`` is how it writes those of the values."""
    told = f"offered={words} " if values.words else ""
    if values.ask:
        told += f"ask={values.ask} "
    if values.files:
        told += "files=1 "
    return told
