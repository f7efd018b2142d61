"""Before the first event somebody else may answer, and the SDK does not learn that anything happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import anthropic
import openai
import pytest

from aimux.model.request import WireFormat
from tests.sdk.clients import STREAMING, Client, expected, named, raised
from tests.sdk.rig import Rig
from tests.support.answers import (
    ANTHROPIC,
    OPENAI_CHAT,
    TEXT,
    answer,
    cut,
    failing_event,
    failure,
)
from tests.support.upstream import RESET, SILENCE, Answer


def _page(_: WireFormat) -> Answer:
    return Answer(headers=(("content-type", "text/html"),), pieces=(b"<html>login</html>",))


FIRST_FAILS: Final[dict[str, Callable[[WireFormat], Answer]]] = {
    "status-500": lambda wire_format: failure(wire_format, 500),
    "status-429": lambda wire_format: failure(wire_format, 429, retry_after="30"),
    "status-401": lambda wire_format: failure(wire_format, 401),
    "error-event": lambda wire_format: replace(
        answer(wire_format, stream=True), pieces=(failing_event(wire_format, 500),)
    ),
    "cut-at-once": lambda wire_format: cut(answer(wire_format, stream=True), after=0),
    "reset": lambda _: Answer(before=(RESET,)),
    "silence": lambda _: SILENCE,
    "html": _page,
}


@pytest.mark.parametrize("problem", FIRST_FAILS)
@pytest.mark.parametrize(
    "client", [each for each in STREAMING if "async" not in each.name], ids=str
)
def test_the_second_provider_answers_where_the_first_fails(
    rig: Rig, client: Client, problem: str
) -> None:
    """Before the first event the client does not learn that anything happened."""
    case = rig.case(client.format)
    rig.upstream.always(case.first_path, FIRST_FAILS[problem](client.format))
    rig.upstream.script(case.second_path, answer(client.format, TEXT, stream=True))

    heard = client.ask(rig.url, rig.token, case.pair)

    assert heard == expected(TEXT, client)
    asked = [received.path.split("/")[1] for received in rig.upstream.requests]
    assert asked[0] == case.first
    assert asked[-1] == case.second
    assert asked.count(case.second) == 1


def test_the_caller_s_own_mistake_is_not_tried_elsewhere(rig: Rig) -> None:
    """A 400 is the request's fault; another provider would be asked in vain."""
    case = rig.case(ANTHROPIC)
    rig.upstream.always(case.first_path, failure(ANTHROPIC, 400, "not so"))
    rig.upstream.always(case.second_path, answer(ANTHROPIC))
    client = named("anthropic")

    error = raised(client, rig.url, rig.token, case.pair)

    assert isinstance(error, anthropic.BadRequestError)
    assert len(rig.upstream.requests) == 1


def test_both_fail_and_the_preferred_one_s_words_are_told(rig: Rig) -> None:
    """The client hears of the provider it would have had."""
    case = rig.case(OPENAI_CHAT)
    rig.upstream.always(case.first_path, failure(OPENAI_CHAT, 429, "first words"))
    rig.upstream.always(case.second_path, failure(OPENAI_CHAT, 500, "second words"))
    client = named("openai-chat")

    error = raised(client, rig.url, rig.token, case.pair)

    assert isinstance(error, openai.RateLimitError)
    assert "first words" in str(error)
