"""The rig of these tests: one daemon, one fake upstream, and providers for whatever is to go wrong.

A provider that failed is left alone for a while, as it should be; so that no test feels what another one
did, each case that fails has two providers of its own, the first preferred over the second.  They all lead
to the same fake, each under a path of its own, and a request picks them by the name of a model.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aimux.model.request import WireFormat
from tests.support.answers import MODEL, OPENAI_CHAT, OPENAI_RESPONSES, path
from tests.support.daemon import Home, end
from tests.support.upstream import FakeUpstream

PROVIDER_KEY: Final = "sk-test-provider-key-0001"
CASES: Final = 24
"""How many cases of each format one daemon has room for."""
SETTLED_S: Final = 0.3
"""Long enough that what was said before is a piece of its own for whoever reads."""
LIMIT_S: Final = 1
"""The cases' time limit for a first event, and for silence in the middle."""


@dataclass(frozen=True, slots=True)
class Case:
    """Two providers that no other test asks."""

    format: WireFormat
    number: int

    @property
    def first(self) -> str:
        """The name of the preferred provider."""
        return f"{self.format}-{self.number}"

    @property
    def second(self) -> str:
        """The name of the other."""
        return f"{self.format}-{self.number}-second"

    @property
    def direct(self) -> str:
        """The model name that asks the first and nobody else."""
        return f"{self.first}/{MODEL}"

    @property
    def pair(self) -> str:
        """The model name that asks the first, then the second."""
        return f"pair-{self.first}"

    @property
    def first_path(self) -> str:
        """Where the fake is asked by the first."""
        return f"/{self.first}{path(self.format)}"

    @property
    def second_path(self) -> str:
        """Where it is asked by the second."""
        return f"/{self.second}{path(self.format)}"


def _counters() -> Mapping[WireFormat, Iterator[int]]:
    return {each: iter(range(CASES)) for each in WireFormat}


@dataclass(frozen=True, slots=True)
class Rig:
    """A daemon that runs, and the upstream behind it."""

    url: str
    token: str
    upstream: FakeUpstream
    home: Home
    _numbers: Mapping[WireFormat, Iterator[int]] = field(default_factory=_counters)

    def case(self, wire_format: WireFormat) -> Case:
        """A case that was not used before."""
        return Case(wire_format, next(self._numbers[wire_format]))


def public_model(wire_format: WireFormat) -> str:
    """A name that only aimux knows; it stands for the model of the answers."""
    return f"fast-{wire_format}"


def configuration(upstream_url: str) -> str:
    """The whole config.toml."""
    tables = ["[server]\nport = 0\nmax_body_mb = 8\n"]
    for each in WireFormat:
        tables.append(_provider(each, each, upstream_url))
        tables.append(_public(public_model(each), f"{each}/{MODEL}"))
        for number in range(CASES):
            tables += _case_tables(Case(each, number), upstream_url)
    return "\n".join(tables)


def _case_tables(case: Case, upstream_url: str) -> Iterator[str]:
    limits = f'timeouts = {{ first_event = "{LIMIT_S}s", idle = "{LIMIT_S}s" }}\n'
    for name in (case.first, case.second):
        yield _provider(name, case.format, f"{upstream_url}/{name}") + limits
    yield _public(case.pair, f"{case.first}/{MODEL}", f"{case.second}/{MODEL}")


def _provider(name: str, wire_format: WireFormat, url: str) -> str:
    suffix = "/v1" if wire_format in {OPENAI_CHAT, OPENAI_RESPONSES} else ""
    return (
        f'[providers."{name}"]\nformat = "{wire_format}"\n'
        f'base_url = "{url}{suffix}"\nkeys = ["env:RIG_KEY"]\n'
    )


def _public(name: str, *targets: str) -> str:
    quoted = ", ".join(f'"{target}"' for target in targets)
    return f'[models."{name}"]\ntargets = [{quoted}]\n'


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Rig]:
    """The rig, started with ``aimux start``; the daemon ends with it."""
    home = Home(folder, extra={"RIG_KEY": PROVIDER_KEY})
    with FakeUpstream() as upstream:
        home.write(configuration(upstream.url))
        home.start()
        try:
            yield Rig(f"http://{home.presence.address}", home.token, upstream, home)
        finally:
            end(home)
