"""Budgets: amounts of money that are not to be passed.

    reserve     before a candidate is asked: what the request will cost there, as far as one can know
    settle      after its answer: what it has cost indeed
    release     after a failure that cost nothing

What is spent and what is reserved are two sums in the :class:`State`, in whole billionths of a dollar, so
that nothing is lost or invented by rounding.  A request may go where spent, reserved and its own estimate
together stay within the limit.  So budgets are passed by no more than what the estimates of requests under
way were too low by.  A candidate that is known to cost nothing may always be asked; one whose price is
unknown reserves nothing, and may be asked as long as something is left.

Each window of a budget has sums of its own, under the label of its day, week or month, or under the
session.  Reservations do not outlive the process that made them (``State`` does not write them down).

A budget of a provider leaves that provider out; any other one leaves out whatever does not fit, and where
nothing is left the request is refused, or goes by the budget's own targets (``degrade``).
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple

from aimux.config.schema import Config
from aimux.errors import BudgetSpent
from aimux.routing.calendar import Calendar, calendar_at
from aimux.routing.cost import usd
from aimux.routing.features import Features
from aimux.routing.plan import Candidate, Moment
from aimux.routing.state import HELD, Key, State

SPENT: Final = "budget"
SPENT_IN_SESSION: Final = "budget-session"
"""Apart from the others: many sessions must not drive the sum of a day out of the state."""
TOLD: Final = "budget-told"

WARN_AT: Final = 0.8
"""Share of a limit from which it is told of, once in a window."""

NEAR_S: Final = 60.0
"""A window that ends later than this is not waited for."""

_NANO: Final = 1_000_000_000
_AFTER_S: Final = 3 * 86_400.0
"""How long a window's sums are kept after its end: a machine may go into another time zone."""
_SESSION_S: Final = 30 * 86_400.0

Kind = Literal["all", "client", "token", "project", "provider"]
Window = Literal["day", "week", "month", "session"]


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget.  ``who`` is the name or path that its kind is about.  ``targets`` are where requests go
    when it is spent; none: they are refused.
    """

    name: str
    kind: Kind
    who: str
    limit_usd: float
    window: Window = "day"
    targets: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        """As the configuration writes it."""
        return f"{self.kind}:{self.who}" if self.who else self.kind

    @property
    def limit(self) -> int:
        """The limit in billionths of a dollar."""
        return round(self.limit_usd * _NANO)

    def counts(self, features: Features) -> bool:
        """Whether a request is one of those that it is about, whoever answers it."""
        match self.kind:
            case "client":
                return self.who in features.clients
            case "token":
                return self.who == features.token
            case "project":
                return _is_in(features.project, self.who)
            case _:
                return True


def compile_budgets(config: Config, home: str = "") -> tuple[Budget, ...]:
    """The budgets of a configuration; ``home`` is the folder that ``~`` stands for."""
    found: list[Budget] = []
    for name, settings in config.budgets.items():
        kind, _, who = settings.scope.partition(":")
        if kind == "project" and home and (who == "~" or who.startswith("~/")):
            who = home.rstrip("/") + who[1:]
        targets = settings.targets if settings.at_limit == "degrade" else ()
        found.append(Budget(name, kind, who, settings.limit_usd, settings.window, targets))  # type: ignore[arg-type]  # the schema's pattern
    return tuple(found)


def _is_in(project: str | None, path: str) -> bool:
    """Whether a project is this folder or lies in it, or fits a glob."""
    if project is None:
        return False
    project, path = project.rstrip("/"), path.rstrip("/")
    if project == path or project.startswith(path + "/"):
        return True
    return re.fullmatch(fnmatch.translate(path), project) is not None


class Account(NamedTuple):
    """One window of a budget, or one session of it."""

    budget: Budget
    window: str
    """The label of its window; the session where that is the window."""
    end_s: float | None
    """When the window ends; None for a session's."""
    until_s: float
    """How long its sums are kept."""

    @property
    def spent(self) -> Key:
        """Where its spent sum lies."""
        room = SPENT_IN_SESSION if self.budget.window == "session" else SPENT
        return (room, self.budget.name, self.window)

    @property
    def held(self) -> Key:
        """Where its reserved sum lies."""
        return (HELD, self.budget.name, self.window)


class Hold(NamedTuple):
    """What was reserved: so much in each of these accounts; ``amount`` None is a price that is unknown."""

    accounts: tuple[Account, ...]
    amount: int | None


class Notice(NamedTuple):
    """A budget has come near to its limit (``warning``) or to it (``spent``), for the first time in its
    window.
    """

    budget: Budget
    level: Literal["warning", "spent"]
    spent_usd: float
    end_s: float | None

    def __str__(self) -> str:
        share = self.spent_usd / self.budget.limit_usd
        whole = usd(self.budget.limit_usd)
        words = f"budget {self.budget.name!r}: {usd(self.spent_usd)} of {whole} spent ({share:.0%})"
        return words if self.end_s is None else f"{words}, until {clock(self.end_s)}"


class Purse(NamedTuple):
    """The accounts that a request is paid from.

    ``general`` are those whoever answers, ``of_provider`` those of one provider; what ``degraded`` names
    is passed already and counts without limiting.  ``estimate`` gives what the request will cost at a
    candidate, None where that is unknown.
    """

    general: tuple[Account, ...]
    of_provider: tuple[Account, ...]
    estimate: Callable[[Candidate], float | None]
    degraded: frozenset[str] = frozenset()

    def accounts(self, candidate: Candidate) -> tuple[Account, ...]:
        """Those that pay for a candidate."""
        if not self.of_provider:
            return self.general
        name = candidate.provider.name
        return (*self.general, *(each for each in self.of_provider if each.budget.who == name))


class Budgets:
    """All accounts."""

    __slots__ = ("_state",)

    def __init__(self, state: State) -> None:
        self._state = state

    # ------------------------------------------------------------ before

    def purse(
        self,
        budgets: Sequence[Budget],
        features: Features,
        session: str,
        moment: Moment,
        estimate: Callable[[Candidate], float | None],
    ) -> Purse | None:
        """The accounts that a request is paid from; None where no budget is about it."""
        found = [
            account
            for budget in budgets
            if budget.counts(features)
            and (account := account_of(budget, session, moment)) is not None
        ]
        if not found:
            return None
        return Purse(
            tuple(each for each in found if each.budget.kind != "provider"),
            tuple(each for each in found if each.budget.kind == "provider"),
            estimate,
        )

    def hindrance(self, purse: Purse, candidate: Candidate, now_s: float) -> Account | None:
        """The account that cannot pay for a candidate; None where all can."""
        amount = nano(purse.estimate(candidate))
        for account in purse.accounts(candidate):
            if account.budget.name in purse.degraded:
                continue
            if not _fits(account, self._taken(account, now_s), amount):
                return account
        return None

    def is_spent(self, account: Account, now_s: float) -> bool:
        """Whether nothing is left of it."""
        return self._taken(account, now_s) >= account.budget.limit

    def reserve(self, purse: Purse, candidate: Candidate, now_s: float) -> Hold:
        """Takes what a candidate will cost out of all its accounts, or out of none.

        Raises:
            BudgetSpent: one of them has not got as much.
        """
        amount = nano(purse.estimate(candidate))
        accounts = purse.accounts(candidate)
        held: list[Account] = []
        for account in accounts:
            if amount:
                self._add(account.held, amount, account, now_s)
                held.append(account)
            taken = self._taken(account, now_s) - (amount or 0)
            if account.budget.name not in purse.degraded and not _fits(account, taken, amount):
                self.release(Hold(tuple(held), amount), now_s)
                raise self.refusal([account], purse.estimate(candidate), now_s)
        return Hold(accounts, amount)

    # ------------------------------------------------------------ afterwards

    def settle(self, hold: Hold, cost_usd: float | None, now_s: float) -> list[Notice]:
        """Pays: the true cost instead of what was reserved; what was reserved where the true cost is not
        known.  Tells which budgets have come near to their limit by that.
        """
        self.release(hold, now_s)
        amount = hold.amount if cost_usd is None else nano(cost_usd)
        if not amount:
            return []
        for account in hold.accounts:
            self._add(account.spent, amount, account, now_s)
        notices = (self._notice(account, now_s) for account in hold.accounts)
        return [each for each in notices if each is not None]

    def release(self, hold: Hold, now_s: float) -> None:
        """Gives back what was reserved."""
        if hold.amount:
            for account in hold.accounts:
                self._add(account.held, -hold.amount, account, now_s)

    def _notice(self, account: Account, now_s: float) -> Notice | None:
        limit = account.budget.limit
        spent = self._sum(account.spent, now_s)
        if spent < WARN_AT * limit:
            return None
        level: Literal["warning", "spent"] = "spent" if spent >= limit else "warning"
        key = (TOLD, account.budget.name, account.window, level)
        if not self._state.swap(key, None, (now_s,), account.until_s, now_s):
            return None
        return Notice(account.budget, level, spent / _NANO, account.end_s)

    # ------------------------------------------------------------ for people

    def spent_usd(self, account: Account, now_s: float) -> float:
        """US dollars spent of an account."""
        return self._sum(account.spent, now_s) / _NANO

    def reserved_usd(self, account: Account, now_s: float) -> float:
        """US dollars reserved by requests under way."""
        return max(0, self._sum(account.held, now_s)) / _NANO

    def dearest_session_usd(self, budget: Budget, now_s: float) -> float:
        """Of a budget of sessions, what the one that has spent most has spent."""
        room = self._state.room(SPENT_IN_SESSION, now_s)
        spent = (_number(value) for key, value in room.items() if key[1:2] == (budget.name,))
        return max(spent, default=0) / _NANO

    def refusal(
        self, accounts: Sequence[Account], estimate_usd: float | None, now_s: float
    ) -> BudgetSpent:
        """The error for a request that these accounts cannot pay for."""
        sentences = [self.words(each, estimate_usd, now_s) for each in accounts]
        ends = [each.end_s for each in accounts if each.end_s is not None]
        wait_s = max(ends) - now_s if len(ends) == len(accounts) and ends else None
        names = ", ".join(each.budget.name for each in accounts)
        return BudgetSpent(
            "; ".join(sentences),
            retry_after_s=wait_s if wait_s is not None and 0 < wait_s <= NEAR_S else None,
            hint=f"raise the limit of {names} in config.toml and aimux reload, or wait; see aimux status"
            if any(each.budget.kind != "token" for each in accounts)
            else "whoever made this token can make one with another budget: aimux tokens",
        )

    def words(self, account: Account, estimate_usd: float | None, now_s: float) -> str:
        """Why an account cannot pay: which budget, spent of limit, when its window ends."""
        budget = account.budget
        spent = self._sum(account.spent, now_s)
        text = f"budget {budget.name!r} ({budget.scope}) "
        whole = f"{usd(spent / _NANO)} of {usd(budget.limit_usd)} a {budget.window}"
        if spent >= budget.limit:
            text += f"is spent: {whole}"
        else:
            cost = (
                "this request"
                if estimate_usd is None
                else f"this request, about {usd(estimate_usd)}"
            )
            text += f"does not reach for {cost}: {whole} spent"
            held = self._sum(account.held, now_s)
            if held > 0:
                text += f", {usd(held / _NANO)} reserved"
        return text if account.end_s is None else f"{text}; it begins anew {clock(account.end_s)}"

    # ------------------------------------------------------------ sums

    def _taken(self, account: Account, now_s: float) -> int:
        spent, held = self._state.read((account.spent, account.held), now_s)
        return _number(spent) + max(0, _number(held))

    def _sum(self, key: Key, now_s: float) -> int:
        return _number(self._state.get(key, now_s))

    def _add(self, key: Key, amount: int, account: Account, now_s: float) -> None:
        self._state.add(key, amount, account.until_s, now_s)


def account_of(budget: Budget, session: str, moment: Moment) -> Account | None:
    """The account of a budget at a moment; None where a budget of sessions meets a request of none."""
    if budget.window == "session":
        until_s = moment.now_s + _SESSION_S
        return Account(budget, session, None, until_s) if session else None
    calendar: Calendar = moment.calendar or calendar_at(moment.now_s)
    label, _, end_s = getattr(calendar, budget.window)
    return Account(budget, label, end_s, end_s + _AFTER_S)


def nano(amount_usd: float | None) -> int | None:
    """An amount in billionths of a dollar."""
    return None if amount_usd is None else round(amount_usd * _NANO)


def _fits(account: Account, taken: int, amount: int | None) -> bool:
    if amount == 0:
        return True
    if amount is None:
        return taken < account.budget.limit
    return taken + amount <= account.budget.limit


def _number(value: Iterable[object] | None) -> int:
    """A sum; 0 for none, and for what somebody edited."""
    match value:
        case [int() | float() as number]:
            return int(number)
        case _:
            return 0


def clock(at_s: float) -> str:
    """A time as the local clock shows it: ``Tue 1 Dec 00:00``."""
    local = datetime.fromtimestamp(at_s)  # noqa: DTZ006 -- the clock on the wall is meant
    return f"{local:%a} {local.day} {local:%b %H:%M}"
