"""The loop guard: what repeats is stopped, what goes on is not, and a usual request pays next to nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aimux.errors import Looping
from aimux.model.request import WireFormat
from aimux.routing.features import Features
from aimux.routing.loops import SAME_CALLS, SAME_REQUESTS, WITHIN_S, check_calls
from aimux.wire.codec import Operation
from aimux.wire.jsontext import scan
from tests.support.gateway import provider
from tests.support.routing import Desk, features

A, C, R, G = (
    WireFormat.ANTHROPIC,
    WireFormat.OPENAI_CHAT,
    WireFormat.OPENAI_RESPONSES,
    WireFormat.GEMINI,
)
FORMATS = [A, C, R, G]
KEYS = {A: "messages", C: "messages", R: "input", G: "contents"}


def round_of(
    format_: WireFormat,
    number: int,
    *,
    command: str = "make test",
    result: str = "exit 2",
    text: str = "",
) -> list[dict[str, Any]]:
    """A call and its result; ids differ, as they do, and the model says something else each time."""
    id_ = f"call_{number}"
    words = text or f"Let me try that, attempt {number}."
    match format_:
        case WireFormat.ANTHROPIC:
            call = {"type": "tool_use", "id": id_, "name": "Bash", "input": {"command": command}}
            back = {"type": "tool_result", "tool_use_id": id_, "content": result}
            return [
                {"role": "assistant", "content": [{"type": "text", "text": words}, call]},
                {"role": "user", "content": [back]},
            ]
        case WireFormat.OPENAI_CHAT:
            inner = {"name": "Bash", "arguments": json.dumps({"command": command})}
            calls = [{"id": id_, "type": "function", "function": inner}]
            return [
                {"role": "assistant", "content": words, "tool_calls": calls},
                {"role": "tool", "tool_call_id": id_, "content": result},
            ]
        case WireFormat.OPENAI_RESPONSES:
            return [
                {"type": "reasoning", "summary": [], "encrypted_content": id_},
                {"type": "function_call", "call_id": id_, "name": "Bash", "arguments": command},
                {"type": "function_call_output", "call_id": id_, "output": result},
            ]
        case WireFormat.GEMINI:
            called = {"name": "Bash", "args": {"command": command}, "id": id_}
            said = {"name": "Bash", "response": {"output": result}, "id": id_}
            return [
                {"role": "model", "parts": [{"text": words}, {"functionCall": called}]},
                {"role": "user", "parts": [{"functionResponse": said}]},
            ]


def user(format_: WireFormat, text: str = "Make the tests pass, please.") -> dict[str, Any]:
    if format_ is G:
        return {"role": "user", "parts": [{"text": text}]}
    return {"role": "user", "content": text}


def asked(format_: WireFormat, history: list[dict[str, Any]], *, spaced: bool = False) -> Features:
    separators = (", ", ": ") if spaced else (",", ":")
    body = json.dumps({KEYS[format_]: history, "model": "m"}, separators=separators)
    return Features(scan(body.encode()), format_, "m", headers={})


def history(format_: WireFormat, rounds: int, **more: Any) -> list[dict[str, Any]]:
    return [user(format_), *(m for n in range(rounds) for m in round_of(format_, n, **more))]


def stopped(format_: WireFormat, messages: list[dict[str, Any]], *, spaced: bool = False) -> bool:
    try:
        check_calls(asked(format_, messages, spaced=spaced))
    except Looping:
        return True
    return False


@pytest.mark.parametrize("spaced", [False, True])
@pytest.mark.parametrize("format_", FORMATS)
def test_the_same_calls_with_the_same_results(format_: WireFormat, spaced: bool) -> None:
    """Eight times in a row, not seven; whatever the ids and the words beside are."""
    assert not stopped(format_, history(format_, SAME_CALLS - 1), spaced=spaced)
    with pytest.raises(Looping, match=r"called Bash .* 8 times in a row") as caught:
        check_calls(asked(format_, history(format_, SAME_CALLS), spaced=spaced))
    assert "loop_guard = false" in (caught.value.hint or "")


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("where", [0, 3, SAME_CALLS - 1])
@pytest.mark.parametrize("what", ["command", "result"])
def test_what_differs_by_a_byte_goes_on(format_: WireFormat, where: int, what: str) -> None:
    """Wherever it stands among the last eight rounds."""
    messages = [user(format_)]
    for number in range(SAME_CALLS):
        more = {what: "another"} if number == where else {}
        messages += round_of(format_, number, **more)

    assert not stopped(format_, messages)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("where", [1, SAME_CALLS - 1, SAME_CALLS])
def test_a_word_of_the_user_s_begins_anew(format_: WireFormat, where: int) -> None:
    """Also as the very last: that is how one goes on."""
    messages = [user(format_)]
    for number in range(SAME_CALLS):
        if number == where:
            messages.append(user(format_, "try another way"))
        messages += round_of(format_, number)
    if where == SAME_CALLS:
        messages.append(user(format_, "try another way"))

    assert not stopped(format_, messages)


def test_a_reminder_in_the_user_s_turn_is_nobody_s_word() -> None:
    """Claude Code writes them by itself; anything else beside a result is the user's."""
    for text, stops in (("<system-reminder>\ntodo", True), ("stop that", False)):
        messages = history(A, SAME_CALLS)
        for each in messages[2::2]:
            each["content"].append({"type": "text", "text": text})
        assert stopped(A, messages) is stops


@pytest.mark.parametrize("format_", [A, C, G])
def test_two_calls_at_once(format_: WireFormat) -> None:
    """A round is all its calls with all their results."""

    def both(number: int, last: str) -> list[dict[str, Any]]:
        one = round_of(format_, number, command="a", result="1")
        two = round_of(format_, number, command="b", result=last)
        if format_ is C:
            calls = one[0]["tool_calls"] + two[0]["tool_calls"]
            return [{**one[0], "tool_calls": calls}, one[1], two[1]]
        key = "parts" if format_ is G else "content"
        return [{**a, key: a[key] + b[key]} for a, b in zip(one, two, strict=True)]

    same = [m for n in range(SAME_CALLS) for m in both(n, "2")]
    assert stopped(format_, [user(format_), *same])
    moving = [m for n in range(SAME_CALLS) for m in both(n, str(n))]
    assert not stopped(format_, [user(format_), *moving])


@pytest.mark.parametrize(
    ("format_", "tail"),
    [
        (A, [{"role": "assistant", "content": "I am done."}]),
        (A, [{"role": "assistant", "content": [{"type": "tool_use", "name": "x", "input": {}}]}]),
        (A, [{"role": "user", "content": "next"}]),
        (A, [{"role": "user", "content": []}]),
        (C, [{"role": "assistant", "content": "I am done."}, {"role": "system", "content": "x"}]),
        (R, [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]),
        (R, [{"role": "user", "content": "next"}]),
        (R, [{"type": "item_reference", "id": "x"}, {"role": "user", "content": "next"}]),
        (G, [{"parts": [{"text": "next"}]}]),
        (A, [7]),
    ],
)
def test_other_ends_are_no_loop(format_: WireFormat, tail: list[Any]) -> None:
    """Words of the user's, calls that wait for their result, what is no message at all."""
    assert not stopped(format_, [*history(format_, 3), *tail])


@pytest.mark.parametrize("format_", FORMATS)
def test_no_history_and_no_user(format_: WireFormat) -> None:
    """Nothing to repeat; a history that begins with a round."""
    assert not stopped(format_, [])
    assert stopped(format_, history(format_, SAME_CALLS)[1:])
    assert not stopped(format_, history(format_, SAME_CALLS - 1)[1:])
    assert not stopped(format_, [user(format_, "long " * 200)])


def test_what_looks_like_the_beginning_of_a_message() -> None:
    """Arguments that hold messages: the end is read as a whole then."""
    messages = history(A, SAME_CALLS)
    for each in messages[1::2]:
        each["content"][1]["input"] = {"messages": [{"role": "user"}, {"role": "x"}]}
    assert stopped(A, messages)
    messages[-2]["content"][1]["input"] = {"messages": [{"role": "user"}]}
    assert not stopped(A, messages)


def test_a_usual_request_has_only_its_end_looked_at() -> None:
    """A history of two hundred rounds is not taken apart."""
    messages = [user(A)]
    for number in range(200):
        messages += round_of(A, number, command=f"step {number}")
    request = asked(A, messages)
    check_calls(request)

    assert request.history._messages is None


# ---------------------------------------------------------------- equal requests

BODY = {"messages": [{"role": "user", "content": "go on"}], "tools": [{"name": "f"}]}


def desk(**routing: Any) -> Desk:
    both = [provider(name, "http://127.0.0.1:1", keys=()) for name in "ab"]
    return Desk(both, {"routing": routing})


def answer(at: Desk, request: Features, times: int) -> None:
    from aimux.model.response import Usage
    from aimux.routing.router import Spent

    for _ in range(times):
        plan = at.plan(request)
        at.router.answered(plan.steps[0], plan, request, Spent(Usage(10, 10), 0.1, 1.0), at.now_s)


def test_the_same_request_again_and_again() -> None:
    """Thirty answers within five minutes; then the next is refused, until they are over."""
    at, request = desk(), features(body=BODY, session="s")
    answer(at, request, SAME_REQUESTS)

    with pytest.raises(Looping, match="the same request 30 times in the last 5 minutes"):
        at.plan(request)
    at.plan(features(body=BODY, session="other"))
    at.plan(features(body={**BODY, "max_tokens": 5}, session="s"))
    at.now_s += WITHIN_S
    at.plan(request)


def test_requests_that_failed_do_not_count() -> None:
    """A client may send them again as often as it likes."""
    at, request = desk(), features(body=BODY, session="s")
    answer(at, request, SAME_REQUESTS - 1)
    for _ in range(100):
        at.plan(request)
    answer(at, request, 1)
    with pytest.raises(Looping):
        at.plan(request)


def test_requests_without_tools_do_not_count() -> None:
    """Whoever draws samples of one prompt is no agent that has lost its way."""
    at, request = desk(), features(body={"messages": BODY["messages"]}, session="s")
    answer(at, request, SAME_REQUESTS + 5)
    assert at.plan(request).mark is None


def test_a_program_that_names_no_session_may_ask_the_same_as_often_as_it_likes() -> None:
    """Evaluations and benchmarks do."""
    at, request = desk(), features(body=BODY, clients=("tester", "tester"))
    answer(at, request, SAME_REQUESTS + 5)
    at.plan(request)


def test_one_provider_alone_is_guarded_too() -> None:
    """Where there is nothing to choose."""
    at = Desk([provider("a", "http://127.0.0.1:1", keys=())])
    request = features(body=BODY, session="s")
    answer(at, request, SAME_REQUESTS)

    with pytest.raises(Looping):
        at.plan(request)


def test_it_can_be_switched_off() -> None:
    """For whoever means it."""
    at, request = desk(loop_guard=False), features(body=BODY, session="s")
    answer(at, request, SAME_REQUESTS + 5)
    at.plan(asked(A, history(A, 20)))

    with pytest.raises(Looping):
        desk().plan(asked(A, history(A, 20)))


def test_only_what_generates_is_guarded() -> None:
    """A count of the same history is no call of a model."""
    request = asked(A, history(A, 20))
    request.operation = Operation.COUNT_TOKENS
    desk().plan(request)


def test_it_is_not_written_down() -> None:
    """Five minutes are not worth the disk."""
    at, request = desk(), features(body=BODY, session="s")
    answer(at, request, 3)

    assert all(key[0] != "loop" for key, _, _ in at.state.dump(at.now_s))
