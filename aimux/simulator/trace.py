"""A trace: a world of targets, and the requests that are made in it.

As JSON lines the first line is the header and each further one a request; as one JSON document the
requests are the header's ``rows``.  All times are in seconds, counted from the trace's beginning.

    {"aimux_trace": 1, "name": "tuesday", "targets": {"north/*": {"first_event_s": 0.8,
     "outages": [{"from_s": 600, "until_s": 900, "kind": "overloaded", "share": 0.6}]}}}
    {"at_s": 0, "session": "a", "model": "claude-sonnet-4-5", "input_tokens": 14000}
    {"think_s": 4, "session": "a", "model": "claude-sonnet-4-5", "input_tokens": 15200}

The classes below are the format: each of their fields is a key, what has a default may be left out.

A conversation is a session with one agent in it, or one helper call.  Its next request is made when the
one before has ended and ``think_s`` have passed, and not before ``at_s``.  A prompt begins with the one
before it; where it is shorter, the conversation was shortened and nothing of it is cached anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BeforeValidator, Strict, ValidationError

from aimux.config.schema import Client, Format, Price, Section, setting
from aimux.errors import UsageError
from aimux.model.request import WireFormat
from aimux.wire import jsontext

MONDAY_S: Final = 1_767_600_000.0
"""Monday, 2026-01-05, 08:00 UTC: when a trace begins that does not say when."""

Kind = Literal["refuse", "error", "overloaded", "hang", "slow", "rate-limit", "drop", "cut"]


class Outage(Section):
    """A time in which a target is not well."""

    from_s: float = setting(..., "When it begins.")
    until_s: float = setting(..., "When it is over.")
    kind: Kind = setting(
        ...,
        "refuse: no connection; error: 502; overloaded: 529; hang: silence; slow: all takes longer; "
        "rate-limit: 429; drop: it closes before the first event; cut: it closes in the middle.",
    )
    share: float = setting(1.0, "Of the requests that meet it.", gt=0, le=1)
    factor: float = setting(3.0, "How much longer all takes where it is slow.", ge=1)
    retry_after_s: float | None = setting(None, "What it tells those it turns away.", ge=0)


class VendorLimits(Section):
    """What the vendor lets through by the minute, and at the same time; 429 beyond that."""

    requests_per_minute: int | None = setting(None, "Requests.", ge=1)
    tokens_per_minute: int | None = setting(None, "Tokens of prompts.", ge=1)
    concurrent: int | None = setting(None, "Requests at the same time.", ge=1)


class PlanWindows(Section):
    """A subscription: so many tokens in a window that begins with the first request after the last one.

    Fresh input and output count whole, what is read from the cache a tenth.
    """

    tokens_5h: int | None = setting(None, "Tokens in five hours.", ge=1)
    tokens_week: int | None = setting(None, "Tokens in seven days.", ge=1)
    says: Literal["anthropic", "codex", "nothing"] = setting(
        "anthropic", "In whose headers the vendor tells what is left."
    )


class TargetWorld(Section):
    """How a target behaves; ``provider/*`` stands for its models that have no entry of their own.

    Limits and plans are counted by entry and key: under ``provider/*`` its models share them.
    """

    first_event_s: float = setting(1.0, "Wait for the first event, without a prompt.", ge=0)
    per_ktoken_s: float = setting(0.05, "Further wait for each 1,000 uncached tokens.", ge=0)
    tokens_per_s: float = setting(60.0, "Tokens of an answer a second.", gt=0)
    noise: float = setting(0.2, "Spread of the logarithm of both.", ge=0, le=2)
    price: Price | None = setting(
        None, "Dollars per million tokens; the configuration's if not said."
    )
    cache_lifetime_s: float | None = setting(
        None, "How long a prefix is kept after its last use; the configuration's if not said.", ge=0
    )
    outages: Annotated[tuple[Outage, ...], Strict(strict=False)] = setting(
        (), "When it is not well."
    )
    limits: VendorLimits = setting(VendorLimits(), "What it lets through.")
    plan: PlanWindows | None = setting(None, "The subscription behind it.")


class Row(Section):
    """One request."""

    session: str = setting(..., "The conversation's id.", min_length=1, max_length=64)
    model: str = setting(..., "The model as the client names it.", min_length=1)
    input_tokens: int = setting(..., "Of the whole prompt.", ge=1, le=4_000_000)
    output_tokens: int = setting(300, "Of the answer.", ge=0, le=1_000_000)
    at_s: float | None = setting(
        None, "Not before this; the conversation's first request needs it.", ge=0
    )
    think_s: float = setting(0.0, "Pause since the answer before it.", ge=0)
    agent: str = setting("", "The subagent's id, where one asks.", max_length=64)
    helper: bool = setting(False, "Whether it is a small call beside the conversation.")
    client: Client = setting("claude-code", "Who asks.")
    format: Format | None = setting(None, "Wire format; the client's own if not said.")
    project: str = setting("", "The project's path.")
    thinking: bool = setting(False, "Whether it asks for thinking.")
    tools: bool = setting(True, "Whether it has tools; a helper's call has none.")
    images: bool = setting(False, "Whether its last turn holds an image.")

    @property
    def lane(self) -> tuple[str, str, bool]:
        """Those whose requests come one after the other."""
        return self.session, self.agent, self.helper

    @property
    def wire_format(self) -> WireFormat:
        """The format in which it is written."""
        return self.format or _SPOKEN[self.client]


_SPOKEN: Final = {
    "claude-code": WireFormat.ANTHROPIC,
    "codex": WireFormat.OPENAI_RESPONSES,
    "gemini-cli": WireFormat.GEMINI,
    "opencode": WireFormat.OPENAI_CHAT,
}


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


class Trace(Section):
    """A world and the requests in it."""

    aimux_trace: Literal[1] = setting(1, "Version of the format.")
    name: str = setting("trace", "What it is called in reports.")
    begins_s: float = setting(
        MONDAY_S, "Unix seconds of its beginning; the local time is UTC.", ge=0
    )
    patience_s: float = setting(600.0, "How long a client waits for the first event.", gt=0)
    targets: dict[str, TargetWorld] = setting(..., "The world by provider/model.", min_length=1)
    rows: Annotated[tuple[Row, ...], BeforeValidator(_tuple)] = setting((), "The requests.")


class Errand(NamedTuple):
    """A request in its conversation; ``number`` counts from 0.

    ``prefix`` is how many of its tokens the conversation's requests before it have sent already.
    """

    number: int
    row: Row
    conversation: str
    prefix: int


def errands(rows: Iterable[Row]) -> list[Errand]:
    """The requests with what of their prompts may be cached."""
    known: dict[tuple[str, str, bool], tuple[int, int]] = {}
    found: list[Errand] = []
    for number, row in enumerate(rows):
        epoch, before = known.get(row.lane, (0, 0))
        if row.helper or row.input_tokens < before:
            epoch, before = epoch + 1, 0
        known[row.lane] = epoch, row.input_tokens
        name = f"{row.session}/{row.agent}/{'helper' if row.helper else ''}/{epoch}"
        found.append(Errand(number, row, name, before))
    return found


# ---------------------------------------------------------------- read and written


def parse_trace(text: str, source: str = "the trace") -> Trace:
    """A trace from its text, as JSON lines or as one document.

    Raises:
        UsageError: it is none; says in which line and why.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise UsageError(f"{source} is empty", hint=_HINT)
    first = _decoded(lines[0][1])
    if first is None:
        data = _decoded(text)
        if data is None:
            raise UsageError(f"{source} is no JSON", hint=_HINT)
    else:
        rows = [*first.get("rows", ()), *(_row(line, number, source) for number, line in lines[1:])]
        data = {**first, "rows": rows}
    if "aimux_trace" not in data:
        raise UsageError(f"{source} is no trace: its header has no aimux_trace", hint=_HINT)
    try:
        trace = Trace.model_validate(data)
    except ValidationError as problem:
        raise UsageError(f"{source}: {_first(problem)}", hint=_HINT) from problem
    _check(trace, source)
    return trace


_HINT: Final = "the format: aimux routes simulate --format"


def _decoded(text: str) -> dict[str, Any] | None:
    try:
        value = jsontext.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _row(line: str, number: int, source: str) -> Row:
    data = _decoded(line)
    if data is None:
        raise UsageError(f"{source}, line {number}: no JSON object", hint=_HINT)
    try:
        return Row.model_validate(data)
    except ValidationError as problem:
        raise UsageError(f"{source}, line {number}: {_first(problem)}", hint=_HINT) from problem


def _first(problem: ValidationError) -> str:
    error = problem.errors(include_url=False)[0]
    where = ".".join(map(str, error["loc"]))
    return f"{where}: {error['msg']}" if where else error["msg"]


def _check(trace: Trace, source: str) -> None:
    """What no type says.

    Raises:
        UsageError: there is no request, or one that does not say when it is made.
    """
    if not trace.rows:
        raise UsageError(f"{source} holds no requests", hint=_HINT)
    for name in trace.targets:
        provider, slash, model = name.partition("/")
        if not (provider and slash and model):
            raise UsageError(f"{source}: {name!r} is no provider/model", hint=_HINT)
    begun: set[tuple[str, str, bool]] = set()
    for index, row in enumerate(trace.rows):
        if row.lane not in begun and row.at_s is None:
            raise UsageError(
                f"{source}: request {index + 1} is the first of session {row.session!r} and has no at_s",
                hint=_HINT,
            )
        begun.add(row.lane)


def lines_of(trace: Trace) -> list[str]:
    """A trace as JSON lines."""
    header = trace.model_dump(mode="json", exclude={"rows"}, exclude_defaults=True)
    rows = (row.model_dump(mode="json", exclude_defaults=True) for row in trace.rows)
    return [jsontext.text_of(each) for each in ({"aimux_trace": 1, **header}, *rows)]


def format_words() -> list[str]:
    """The format for a person, read off the classes."""
    kinds: Sequence[tuple[str, type[Section]]] = (
        ("the header", Trace),
        ("a target: targets.<provider/model>", TargetWorld),
        ("an outage: targets.<...>.outages[]", Outage),
        ("limits: targets.<...>.limits", VendorLimits),
        ("a plan: targets.<...>.plan", PlanWindows),
        ("a request", Row),
    )
    words = ["JSON lines: the header first, then a request a line; or one JSON document with rows."]
    for title, kind in kinds:
        words += ["", title, *(_words(name, field) for name, field in kind.model_fields.items())]
    return words


def _words(name: str, field: Any) -> str:
    default = "needed" if field.is_required() else _default(field.default)
    return f"  {name:<20} {field.description} ({default})"


def _default(value: object) -> str:
    if value is None or value == () or isinstance(value, Section | Mapping):
        return "may be left out"
    text: str = jsontext.text_of(value)
    return text
