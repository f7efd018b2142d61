"""Streams of Chat Completions made and read, for the tests beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from aimux.model.events import Event, Failure, collect
from aimux.model.parts import Opaque, OpaqueKind, ToolCall
from aimux.model.response import AnswerPart, Response
from aimux.wire.openai_chat import OpenAIChat
from aimux.wire.sse import BlockReader
from aimux.wire.target import Target
from tests.support.grammar import neutral

TARGET: Final = Target("mine", "model-1")
WRITTEN_BY: Final = Opaque(OpaqueKind.TEXT, "", "mine", "model-1")
"""The state of thinking that has none."""
DONE: Final = b"data: [DONE]\n\n"
ID: Final = "chatcmpl-up"


def block(data: Any, name: str = "") -> bytes:
    """One event; a string is its data as it stands."""
    text = data if isinstance(data, str) else json.dumps(data)
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {text}\n\n".encode()


def chunk(delta: Any = None, finish: Any = None, **more: Any) -> bytes:
    """One chunk of one choice; ``more`` are further fields of it, on its top level."""
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    envelope = {"id": ID, "object": "chat.completion.chunk", "created": 1, "model": "m-up"}
    return block({**envelope, "choices": [choice], **more})


def calls(*fragments: Any) -> bytes:
    """A chunk of fragments of calls."""
    return chunk({"tool_calls": list(fragments)})


def fragment(index: Any, arguments: Any = None, *, id: Any = None, name: Any = None) -> Any:  # noqa: A002
    """A fragment of a call; what is None is left out."""
    function = {"name": name, "arguments": arguments}
    said = {"index": index, "id": id}
    if id is not None or name is not None:
        said["type"] = "function"
    said = {key: value for key, value in said.items() if value is not None}
    return {**said, "function": {k: v for k, v in function.items() if v is not None}}


def events_of(stream: bytes, target: Target = TARGET) -> list[Event]:
    """The events of a stream, the same whole and cut at every byte, and a word of the grammar."""
    whole = _read([stream], target)
    assert _read((stream[at : at + 1] for at in range(len(stream))), target) == whole
    neutral.judge(whole)
    return whole


def _read(pieces: Iterable[bytes], target: Target) -> list[Event]:
    blocks, reader = BlockReader(), OpenAIChat().reader(target)
    events = [event for piece in pieces for cut in blocks.feed(piece) for event in reader.read(cut)]
    return [*events, *reader.read(blocks.rest), *reader.end()]


def answer_of(*blocks: bytes, target: Target = TARGET, end: bytes = DONE) -> Response:
    """The answer that a stream amounts to."""
    return collect(events_of(b"".join(blocks) + end, target))


def parts_of(*blocks: bytes, target: Target = TARGET) -> tuple[AnswerPart, ...]:
    """The parts of an answer that ends with ``stop`` and ``[DONE]``."""
    return answer_of(*blocks, chunk(finish="stop"), target=target).parts


def calls_of(*blocks: bytes) -> list[tuple[str, str, str]]:
    """The calls of such an answer: id, name, arguments."""
    return [
        (part.id, part.name, part.arguments)
        for part in parts_of(*blocks)
        if isinstance(part, ToolCall)
    ]


def failure_of(*blocks: bytes, target: Target = TARGET) -> Failure:
    """How a stream breaks off."""
    last = events_of(b"".join(blocks), target)[-1]
    assert isinstance(last, Failure), last
    return last
