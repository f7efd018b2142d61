"""A whole answer for a client: it has the parts of a stream's."""

from __future__ import annotations

from typing import assert_never

from aimux.model.events import Finish
from aimux.model.parts import Media, Refusal, Text, Thinking, ToolCall, WebSearch
from aimux.model.response import AnswerPart, Response
from aimux.wire import jsontext
from aimux.wire.gemini import media
from aimux.wire.gemini.answer import JSON, Answer
from aimux.wire.target import Audience


def write_response(response: Response, audience: Audience) -> bytes:
    """An answer for the client."""
    answer = Answer(audience)
    answer.id = response.id
    parts = [said for part in response.parts for said in _said(part, answer)]
    finish = Finish(response.finish, response.usage, detail=response.detail)
    return jsontext.dumps(answer.ending(finish, [*parts, *answer.waiting()]))


def _said(part: AnswerPart, answer: Answer) -> list[JSON]:
    """A part as parts of the content."""
    match part:
        case Text(text, citations, state):
            answer.spoken.begin()
            answer.spoken.add(text)
            for citation in citations:
                answer.grounding.add_citation(citation, answer.spoken)
            return [*_text(text), *answer.text_ends(state)]
        case Thinking(text, state):
            before = answer.waiting()
            shown = [{**each, "thought": True} for each in _text(text) if answer.shown]
            return [*before, *shown, *answer.thought_ends(state, text)]
        case Refusal(text):
            answer.spoken.begin()
            answer.spoken.add(text)
            answer.refusal += text
            return _text(text)
        case ToolCall():
            return [answer.call(part, part.arguments, part.state)]
        case Media():
            return [media.written(part)]
        case WebSearch():
            answer.grounding.add_search(part)
            return []
        case _:
            assert_never(part)


def _text(text: str) -> list[JSON]:
    return [{"text": text}] if text else []
