"""``aimux tokens``: named client tokens, each with its own budget, models and end."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aimux.cli import output
from aimux.cli.group import group
from aimux.errors import AimuxError, NotRunning, UsageError

if TYPE_CHECKING:
    from aimux.config.paths import Paths
    from aimux.vault.clients import ClientToken, Window

FLAG_OFF = False
_BUDGET: Final = re.compile(r"\$?(\d+(?:\.\d+)?)/(day|week|month|session)", re.ASCII)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The token's name.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this module."""
    tokens = group("tokens", "Client tokens: who may ask, for which models, for how much.")
    tokens.command("create")(create)
    tokens.command("list")(list_tokens)
    tokens.command("revoke")(revoke)
    app.add_typer(tokens)


def create(
    name: Name,
    *,
    budget: Annotated[
        str | None,
        typer.Option("--budget", help="US dollars and a window: 5/day, 0.5/session, 100/month."),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option("--models", help="Glob over the models it may ask for; again for another."),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", help="How long it holds: 12h, 30d.")
    ] = None,
    as_json: AsJson = FLAG_OFF,
) -> None:
    """Make a client token and print it: it is shown this once and kept nowhere."""
    import time

    from aimux.config.paths import find_paths
    from aimux.vault.clients import ClientToken, add_client

    _check_name(name)
    limit_usd, window = _budget(budget)
    now_s = time.time()
    wanted = ClientToken(
        name,
        b"",
        round(now_s, 3),
        None if expires is None else round(now_s + _seconds(expires), 3),
        limit_usd,
        window,
        tuple(models or ()),
    )
    paths = find_paths()
    made, secret = add_client(paths.tokens, wanted)
    if as_json:
        output.data_json({"token": secret.reveal(), **_json(made, now_s)})
    else:
        output.data(secret.reveal())
        output.words(f"client token {name!r}: {_words(made, now_s)}; it is not shown again")
    _tell_daemon(paths, "it does not know the token yet")


def list_tokens(*, as_json: AsJson = FLAG_OFF) -> None:
    """List the client tokens; the tokens themselves are kept nowhere."""
    import time

    from aimux.config.paths import find_paths
    from aimux.vault.clients import read_clients

    now_s = time.time()
    tokens = read_clients(find_paths().tokens)
    if as_json:
        output.data_json([_json(each, now_s) for each in tokens])
        return
    if not tokens:
        output.words("there are no client tokens but that of this machine, which aimux env prints")
        output.hint("make one: aimux tokens create NAME --budget 5/day")
        return
    headings = ("NAME", "BUDGET", "MODELS", "EXPIRES", "MADE")
    output.table(
        headings,
        [
            (
                each.name,
                _money(each) or "none",
                " ".join(each.models) or "all",
                _end(each, now_s),
                _date(each.created_s),
            )
            for each in tokens
        ],
    )


def revoke(name: Name) -> None:
    """Revoke a client token: whoever has it is refused from now on."""
    from aimux.cli.configured import meant, shown
    from aimux.config.paths import find_paths
    from aimux.vault.clients import read_clients, remove_client

    paths = find_paths()
    if not remove_client(paths.tokens, name):
        known = [each.name for each in read_clients(paths.tokens)]
        raise UsageError(
            f"there is no client token {shown(name)}",
            hint=meant(name, known) or "see which there are: aimux tokens list",
        )
    output.words(f"revoked client token {name!r}")
    _tell_daemon(paths, "it still takes the token")


# ---------------------------------------------------------------- what is asked


def _check_name(name: str) -> None:
    from aimux.cli.configured import refuse_key
    from aimux.config.schema import NAME_FORM, NAME_PATTERN

    refuse_key(
        name,
        hint="give the token a name, such as ci-runner: aimux makes the token itself; "
        "replace the key at its vendor if this machine is shared",
    )
    if not re.fullmatch(NAME_PATTERN.removeprefix("^").removesuffix("$"), name):
        raise UsageError(
            f"a token's name must be {NAME_FORM}", hint="aimux tokens create ci-runner"
        )


def _budget(text: str | None) -> tuple[float | None, Window]:
    if text is None:
        return None, "day"
    match = _BUDGET.fullmatch(text.strip())
    if match is None or float(match[1]) <= 0:
        raise UsageError(
            f"--budget must be US dollars and a window, such as 5/day, not {text!r}",
            hint="windows are day, week, month and session",
        )
    return float(match[1]), match[2]  # type: ignore[return-value]  # one of the pattern's words


def _seconds(text: str) -> float:
    from aimux.config.schema import duration_s

    try:
        seconds = duration_s(text)
    except ValueError as problem:
        raise UsageError(
            f"--expires must be a duration such as 12h or 30d, not {text!r}"
        ) from problem
    if seconds <= 0:
        raise UsageError("--expires must be longer than nothing")
    return seconds


# ---------------------------------------------------------------- what is shown


def _money(token: ClientToken) -> str:
    return "" if token.limit_usd is None else f"${token.limit_usd:g}/{token.window}"


def _date(at_s: float) -> str:
    import datetime as dt

    return f"{dt.datetime.fromtimestamp(at_s).astimezone():%Y-%m-%d %H:%M}"


def _end(token: ClientToken, now_s: float) -> str:
    if token.expires_s is None:
        return "never"
    return "expired" if token.has_expired(now_s) else _date(token.expires_s)


def _words(token: ClientToken, now_s: float) -> str:
    parts = [
        f"may spend {_money(token)}" if token.limit_usd else "no budget",
        f"models {', '.join(token.models)}" if token.models else "all models",
        "never expires" if token.expires_s is None else f"expires {_end(token, now_s)}",
    ]
    return ", ".join(parts)


def _json(token: ClientToken, now_s: float) -> dict[str, Any]:
    return {
        "name": token.name,
        "budget_usd": token.limit_usd,
        "window": None if token.limit_usd is None else token.window,
        "models": list(token.models),
        "created_at": _iso(token.created_s),
        "expires_at": None if token.expires_s is None else _iso(token.expires_s),
        "expired": token.has_expired(now_s),
    }


def _iso(at_s: float) -> str:
    import datetime as dt

    when = dt.datetime.fromtimestamp(at_s, dt.UTC)
    return when.isoformat(timespec="seconds").replace("+00:00", "Z")


def _tell_daemon(paths: Paths, otherwise: str) -> None:
    """A running daemon reads the tokens anew, and nothing else.

    Raises:
        AimuxError: it runs and did not; the file has changed all the same.
    """
    from aimux.admin.client import AdminClient

    try:
        AdminClient.connect(paths).reload_tokens()
    except NotRunning:
        return
    except AimuxError:
        output.warning(f"the running daemon could not be told: {otherwise}; aimux restart")
        raise
