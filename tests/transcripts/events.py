"""What may happen in a transcript besides commands: a line that begins with ``*`` and one of these names."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, Final

import pytest

from aimux.cli.bench import trial
from aimux.cli.bench.figures import Comparison, Spread, Way
from aimux.cli.bench.rounds import Effort
from aimux.cli.bench.shots import kinds
from aimux.gateway.record import AttemptRecord
from aimux.model.response import UNKNOWN
from aimux.telemetry.bodies_file import path_of
from aimux.telemetry.ledger_queries import LedgerReader
from tests.support.answers import ANTHROPIC, answer, failure, models
from tests.support.command import published
from tests.support.daemon import until
from tests.support.ledger import write_ledger
from tests.support.records import ended
from tests.support.script import Answer
from tests.transcripts import screen
from tests.transcripts.stage import Stage

PATH: Final = "/v1/messages"
ASKED: Final = {
    "model": "model-1",
    "max_tokens": 9,
    "messages": [{"role": "user", "content": "hello"}],
}

_OVERLOADED: Final = (failure(ANTHROPIC, 529, "overloaded", retry_after="300"),) * 3
"""As often as it may be asked."""


# ---------------------------------------------------------------- the daemon


def _daemon_runs(stage: Stage) -> None:
    shown = screen.run(["start"], stage.environ)
    assert shown.code == 0, shown.pieces


def _daemon_runs_with_a_key(stage: Stage) -> None:
    stage.variables["MINE_KEY"] = "sk-test-0123456789abcdef"
    _daemon_runs(stage)


def _log_is_written(stage: Stage) -> None:
    """It is, but not at once."""
    until(lambda: any(each["message"] == "aimux listens" for each in stage.home.log()))


def _published(stage: Stage) -> None:
    """Nobody listens there; what only looks for the address does not ask."""
    stage.around.enter_context(published(stage.home.folder))


# ---------------------------------------------------------------- requests


def _ask(stage: Stage, *said: Answer) -> None:
    """Sends a request to the daemon and waits until it is recorded."""
    stage.upstream.script(PATH, *said)
    with stage.home.asking(ASKED, PATH) as told:
        told.read()
        stage.last_id = told.headers["x-aimux-request-id"]
    until(lambda: _is_recorded(stage) and _is_kept(stage))


def _is_recorded(stage: Stage) -> bool:
    try:
        reader = LedgerReader(stage.home.paths.ledger)
    except FileNotFoundError:
        return False
    try:
        return reader.exchange(stage.last_id) is not None
    finally:
        reader.close()


def _is_kept(stage: Stage) -> bool:
    """What was said is written after what was recorded, where it is kept at all."""
    if "[replay]" not in stage.home.paths.config.read_text("utf-8"):
        return True
    path = path_of(stage.home.paths.bodies, stage.last_id)
    return path is not None and path.exists()


def _answered(stage: Stage) -> None:
    _ask(stage, answer(ANTHROPIC))


def _refused(stage: Stage) -> None:
    _ask(stage, *[failure(ANTHROPIC, 401, "invalid x-api-key")] * 3)


def _overloaded(stage: Stage) -> None:
    _ask(stage, *_OVERLOADED)


def _will_answer(stage: Stage) -> None:
    stage.upstream.script(PATH, answer(ANTHROPIC))


def _will_be_overloaded(stage: Stage) -> None:
    stage.upstream.script(PATH, *_OVERLOADED)


def _lists(stage: Stage) -> None:
    stage.upstream.always("/v1/models", models(ANTHROPIC, "model-1", "model-2"))


def _lists_nothing(stage: Stage) -> None:
    stage.upstream.always("/v1/models", failure(ANTHROPIC, 401, "invalid x-api-key"))


# ---------------------------------------------------------------- what was before


def _days_before(stage: Stage) -> None:
    """Three requests: one is answered at once, one by the second provider, one by nobody."""
    second = ended(2, provider="b", cost_usd=None, cost_source=None)
    began = second.began
    second.attempts = [
        _attempt("a", began, 0.3, 529, "overloaded"),
        _attempt("b", began + 0.31, 1.69, 200, "ok", first_event=began + 0.9),
    ]
    third = ended(3, provider=None, model=None, mode=None, status=529, outcome="upstream_error")
    third.cost_usd, third.usage, third.error = None, UNKNOWN, "upstream-status: a is overloaded"
    third.attempts = [_attempt("a", third.began, 0.3, 529, "overloaded")]
    write_ledger(stage.home.folder, [ended(1), second, third])


def _attempt(
    provider: str, began: float, took_s: float, status: int, outcome: str, **more: Any
) -> AttemptRecord:
    return AttemptRecord(
        provider, "m", "default", began, ended=began + took_s, status=status, outcome=outcome, **more
    )  # fmt: skip


# ---------------------------------------------------------------- the machine


def _session_open(stage: Stage) -> None:
    """There is a folder of its own for it, where the system can be reached."""
    (stage.folder / "run").mkdir()
    stage.variables["XDG_RUNTIME_DIR"] = str(stage.folder / "run")


def _browser(stage: Stage) -> None:
    """Any address opens."""
    stage.variables["BROWSER"] = "browser"
    patch = stage.around.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(webbrowser, "open", lambda url: True)


def _measured(stage: Stage) -> None:
    """Figures as a machine has them; that anything is measured is another test's subject."""

    def figures(_: object, __: object, effort: Effort, say: Callable[[str], None]) -> Any:
        say(f"measuring: round 1 of {effort.rounds}")
        direct = Way(100, Spread(0.4, 0.5, 0.9), Spread(0.5, 0.6, 1.25), 2000.0, (1990.0, 2000.0))
        through = Way(90, Spread(0.9, 1.1, 2.0), Spread(1.25, 1.5, 2.75), 800.0, (790.0, 800.0))
        return [Comparison(kind.name, kind.what, direct, through) for kind in kinds()]

    patch = stage.around.enter_context(pytest.MonkeyPatch.context())
    nobody = SimpleNamespace(url="", client_token="", port=0, open=_nothing, close=_nothing)
    patch.setattr(trial, "measured", figures)
    patch.setattr(trial, "ProviderProcess", lambda: nobody)
    patch.setattr(trial, "bench_stage", lambda _: nobody)


def _nothing() -> None:
    pass


EVENTS: Final[Mapping[str, Callable[[Stage], None]]] = {
    "the daemon runs": _daemon_runs,
    "the daemon runs with a key": _daemon_runs_with_a_key,
    "its log is written": _log_is_written,
    "the address of a daemon is published": _published,
    "a request is answered": _answered,
    "the provider refuses the key of a request": _refused,
    "the provider is overloaded by a request": _overloaded,
    "the provider will answer": _will_answer,
    "the provider will be overloaded": _will_be_overloaded,
    "the provider lists its models": _lists,
    "the provider refuses the key": _lists_nothing,
    "three requests were made days ago": _days_before,
    "a session of the user is open": _session_open,
    "the machine has a browser": _browser,
    "the figures of this machine are round": _measured,
}
