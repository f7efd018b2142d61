"""An answer with the client's own names, with ids it has not seen, with whole characters."""

from __future__ import annotations

import re

import pytest

from aimux.model.events import BlockStart, BlockStop, Delta, Event, Finish, Start
from aimux.model.parts import CallKind, Opaque, OpaqueKind, Text, ToolCall
from aimux.model.request import WireFormat
from aimux.model.response import FinishReason
from aimux.wire.freeform import wrapped
from aimux.wire.names import Known, Names, names_of
from aimux.wire.restore import Restore
from aimux.wire.rules import Rules
from tests.support.answers import ANTHROPIC, GEMINI, OPENAI_CHAT, OPENAI_RESPONSES

END = Finish(FinishReason.TOOL_USE)


def restored(
    *events: Event,
    client: WireFormat = ANTHROPIC,
    names: Names | None = None,
    taken: tuple[str, ...] = (),
) -> list[Event]:
    """What the client sees."""
    return Restore(client, names or Names(), taken, "seed").feed(events)


def called(*events: Event, **more: object) -> list[ToolCall]:
    """The calls that the client sees."""
    return [
        event.part
        for event in restored(*events, **more)  # type: ignore[arg-type]  # passed on as given
        if isinstance(event, BlockStart) and isinstance(event.part, ToolCall)
    ]


@pytest.mark.parametrize(
    ("client", "pattern"),
    [
        (ANTHROPIC, r"msg_\w{24}"),
        (OPENAI_CHAT, r"chatcmpl-\w{24}"),
        (OPENAI_RESPONSES, r"resp_\w{24}"),
        (GEMINI, r"\w{24}"),
    ],
)
def test_the_answer_has_an_id_of_the_clients_form(client: WireFormat, pattern: str) -> None:
    """Edge 334: never the provider's, which may be the same every time."""
    start, *_ = restored(Start("chatcmpl-1", "m"), client=client)

    assert isinstance(start, Start)
    assert re.fullmatch(pattern, start.id)
    assert start.model == "m"


@pytest.mark.parametrize(
    ("id_", "taken", "kept"),
    [
        ("call_abcdef12", (), True),
        ("call_abcdef12", ("call_abcdef12",), False),  # edge 229
        ("call_0", (), False),
        ("", (), False),  # edge 58
        ("functions.Bash:0", (), False),  # edge 230
        ("x" * 65, (), False),
    ],
)
def test_a_call_has_an_id_of_its_own(id_: str, taken: tuple[str, ...], kept: bool) -> None:
    """Valid for the client and new in its conversation."""
    (call,) = called(BlockStart(0, ToolCall(id_, "f")), taken=taken)

    assert (call.id == id_) == kept
    assert kept or re.fullmatch(r"toolu_\w{24}", call.id)


def test_two_calls_of_one_answer_have_two_ids() -> None:
    """Claude Code drops the second of two with the same."""
    calls = called(
        BlockStart(0, ToolCall("call_abcdef12", "f")),
        BlockStop(0),
        BlockStart(1, ToolCall("call_abcdef12", "f")),
    )

    assert calls[0].id != calls[1].id


def test_names_come_back_with_namespace_and_kind() -> None:
    """Edges 123 and 124; the state of a call stays with it."""
    names = names_of([Known("spawn", "agents"), Known("patch", kind=CallKind.CUSTOM)], Rules())
    state = Opaque(OpaqueKind.GEMINI_SIGNATURE, "s")

    calls = called(
        BlockStart(0, ToolCall("", "agents__spawn", state=state)),
        BlockStop(0),
        BlockStart(1, ToolCall("", "patch")),
        names=names,
    )

    assert [(c.name, c.namespace, c.kind, c.state) for c in calls] == [
        ("spawn", "agents", CallKind.FUNCTION, state),
        ("patch", "", CallKind.CUSTOM, None),
    ]


@pytest.mark.parametrize("whole", [True, False])
def test_free_form_input_is_raw_text(whole: bool) -> None:
    """In pieces or in the call itself; arguments that are not as declared come at the end."""
    names = names_of([Known("patch", kind=CallKind.CUSTOM)], Rules())
    for arguments, raw in ((wrapped("a\n\u4f60"), "a\n\u4f60"), ('{"text":"x"}', "x")):
        call = ToolCall("", "patch", arguments if whole else "")
        deltas = [] if whole else [Delta(0, c) for c in arguments]

        events = restored(BlockStart(0, call), *deltas, BlockStop(0), END, names=names)

        begun = events[0].part.arguments  # type: ignore[union-attr]  # it is the call
        assert begun + "".join(e.text for e in events if isinstance(e, Delta)) == raw


def test_a_call_that_is_custom_already_is_not_unwrapped() -> None:
    """Where the provider knows free-form tools."""
    names = names_of([Known("patch", kind=CallKind.CUSTOM)], Rules(custom_tools=True))
    call = ToolCall("", "patch", kind=CallKind.CUSTOM)

    events = restored(BlockStart(0, call), Delta(0, '{"input":"x"}'), BlockStop(0), names=names)

    assert events[1:] == [Delta(0, '{"input":"x"}'), BlockStop(0)]


@pytest.mark.parametrize(
    ("pieces", "out"),
    [
        (["a\ud83d", "\ude00b"], ["a", "\U0001f600b"]),  # edge 4
        (["\ud83d", "x"], ["\ufffdx"]),
        (["a\ud83d"], ["a", "\ufffd"]),
        (["\ude00"], ["\ufffd"]),
        (["\u4f60", "b"], ["\u4f60", "b"]),
    ],
)
def test_halves_of_a_character_become_one(pieces: list[str], out: list[str]) -> None:
    """Or U+FFFD where the other half never comes."""
    deltas = [Delta(0, piece) for piece in pieces]

    events = restored(BlockStart(0, Text("")), *deltas, BlockStop(0), END)

    assert [e.text for e in events if isinstance(e, Delta)] == out
    assert events[-2:] == [BlockStop(0), END]
