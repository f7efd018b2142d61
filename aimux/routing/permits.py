"""What each client token permits: for which models it may ask, and its own budget."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aimux.errors import ModelForbidden
from aimux.routing.budget import Budget, Window
from aimux.routing.features import Features


class Token(Protocol):
    """A client token, as far as routing needs it."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def models(self) -> Sequence[str]:
        """Globs over the names that it may ask for; none: all."""

    @property
    def limit_usd(self) -> float | None:
        """Its budget in US dollars, if it has one."""

    @property
    def window(self) -> Window:
        """When its budget begins anew."""


@dataclass(frozen=True, slots=True)
class Permits:
    """Those of all tokens that are limited in something."""

    budgets: tuple[Budget, ...] = ()
    models: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """By the token's name, what a model's name has to match."""

    @classmethod
    def of(cls, tokens: Iterable[Token]) -> Permits:
        """The permits of these tokens."""
        budgets: list[Budget] = []
        models: dict[str, re.Pattern[str]] = {}
        for each in tokens:
            if each.limit_usd is not None:
                name = f"token:{each.name}"
                budgets.append(Budget(name, "token", each.name, each.limit_usd, each.window))
            if each.models:
                globs = (fnmatch.translate(glob.lower()) for glob in each.models)
                models[each.name] = re.compile("|".join(globs))
        return cls(tuple(budgets), models)

    def allows(self, token: str, model: str) -> bool:
        """Whether a token may ask for a name."""
        pattern = self.models.get(token)
        return pattern is None or pattern.match(model.lower()) is not None

    def check(self, features: Features) -> None:
        """Looks whether a request's token permits what it asks for.  Where the request names its target,
        that is what it asks for; the name as its client writes it and without Claude Code's mark are one.

        Raises:
            ModelForbidden: it does not.
        """
        if features.token not in self.models:
            return
        model = features.target or features.model
        if not self.allows(features.token, model):
            raise ModelForbidden(
                f"the client token {features.token!r} does not permit the model {model[:200]!r}",
                hint="GET /v1/models lists those that it permits",
            )
