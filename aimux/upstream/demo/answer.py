"""What the demo provider says: a pure function of the question.

It is honest about what it is: some lines of text, no language model.  It repeats what was asked, so
that one sees it arrive, and says what aimux did.

It calls a tool when the request demands one, or when the last thing the person wrote asks for one
in so many words: "use a tool", "call get_weather".  Texts of the arguments are always "demo" and
numbers the smallest that are allowed: an agent may really run what is called here, so nothing a
person wrote gets into a command line.  After a tool's result it says what came back.  An answer that
must follow a JSON Schema is the smallest value that does.  ``max_tokens`` cuts it; temperature, stop
sequences and the like mean nothing to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from aimux.upstream.demo.question import (
    BYTES_PER_TOKEN,
    THINKER,
    JsonObject,
    Question,
    Tool,
    compact_json,
    tokens,
)
from aimux.upstream.demo.sample import sample

EXCERPT_CHARACTERS: Final = 120

_ASKS_FOR_TOOL: Final = r"\b(?:use|call)\s+(?:(?:the|a|your)\s+)?(?:tool\s+)?[`'\"]?"

_THINKING: Final = (
    "The question arrived whole. I am no model, so I had better not pretend: "
    "I will say who I am, and how these words travelled."
)
_HEARD: Final = "You asked: {asked}"
_GREETING: Final = (
    "Hello! I am the demo provider: a few lines of Python, no language model. "
    "I know nothing and cost nothing, but the road to me is the real one."
)
_EXPLANATION: Final = (
    "Your program called one local address. aimux checked its token, chose a provider by your "
    "rules, passed the request on, and hands you my words as I say them. Put a real provider in "
    "my place: your program will not notice."
)
_CALLING: Final = (
    "You asked for a tool, so the demo provider calls {name!r} with the smallest arguments that "
    "its schema allows."
)
_RESULT: Final = (
    "The tool answered: {result}\n\n"
    "That closes the circle. Your program offered a tool, the demo provider called it, it ran on "
    "your side, and aimux carried its result back here."
)


class Finish(StrEnum):
    """Why the answer ends; each format has its own words for these."""

    STOP = "stop"
    LENGTH = "length"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool."""

    name: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, before it is written in a format.  Thinking comes first, then text, then a call."""

    id: str
    """24 hexadecimal digits from the request's own bytes."""
    thinking: str
    text: str
    call: Call | None
    finish: Finish
    input_tokens: int

    @property
    def thinking_tokens(self) -> int:
        """Tokens of the thinking."""
        return tokens(self.thinking)

    @property
    def output_tokens(self) -> int:
        """Tokens of everything that was said, thinking included."""
        call = tokens(compact_json(self.call.arguments)) if self.call else 0
        return self.thinking_tokens + tokens(self.text) + call


def answer(question: Question, answer_id: str) -> Answer:
    """The answer to a question; the same question always gets the same one."""
    tool = _tool_to_call(question)
    said = Answer(
        id=answer_id,
        thinking=_thinking(question),
        text=_text(question, tool),
        call=Call(tool.name, _arguments(tool)) if tool else None,
        finish=Finish.TOOL if tool else Finish.STOP,
        input_tokens=question.input_tokens,
    )
    if question.max_tokens is None or said.output_tokens <= question.max_tokens:
        return said
    return _cut(said, question.max_tokens)


def excerpt(text: str) -> str:
    """The beginning of a text, quoted, on one line and without what could drive a terminal."""
    line = "".join(c for c in " ".join(text.split()) if c.isprintable())
    if len(line) > EXCERPT_CHARACTERS:
        line = line[: EXCERPT_CHARACTERS - 3].rstrip() + "..."
    return f'"{line}"'


def _tool_to_call(question: Question) -> Tool | None:
    if question.must_call:
        return next(iter(question.tools), None)
    if question.result is not None:
        return None
    for tool in question.tools:
        if _asks_for(question.asked, tool.name):
            return tool
    return next(iter(question.tools), None) if _asks_for(question.asked, "tool") else None


def _asks_for(text: str, name: str) -> bool:
    return re.search(rf"{_ASKS_FOR_TOOL}{re.escape(name)}(?!\w)", text, re.IGNORECASE) is not None


def _arguments(tool: Tool) -> JsonObject:
    value = sample(tool.parameters)
    return value if isinstance(value, dict) else {}


def _thinking(question: Question) -> str:
    if question.model != THINKER or not question.thinking:
        return ""
    return _THINKING


def _text(question: Question, tool: Tool | None) -> str:
    if tool:
        return _CALLING.format(name=tool.name)
    if question.schema is not None:
        return compact_json(sample({"type": "object", **question.schema}))
    if question.result is not None:
        return _RESULT.format(result=excerpt(question.result))
    heard = [_HEARD.format(asked=excerpt(question.asked))] if question.asked else []
    return "\n\n".join([*heard, _GREETING, _EXPLANATION])


def _cut(said: Answer, max_tokens: int) -> Answer:
    """The answer up to its last permitted token; a call is made whole or not at all."""
    thinking = _first_tokens(said.thinking, max_tokens)
    text = _first_tokens(said.text, max_tokens - tokens(thinking))
    return replace(said, thinking=thinking, text=text, call=None, finish=Finish.LENGTH)


def _first_tokens(text: str, count: int) -> str:
    return text.encode()[: count * BYTES_PER_TOKEN].decode(errors="ignore")
