"""Writes neutral events as a Messages stream, the way Anthropic's own server does.

Every event has its ``event:`` line, indexes have no gap, every block is closed, and input of a call
comes in pieces of which the first is empty: clients fail without any of that (measured with Claude
Code 2.1.330 and the SDK 2.12).

A block of text or thinking is begun in the stream when the first word of it is there, since an empty
one is not allowed.  What begins a piece is the same bytes for all pieces of a block, so it is made
once, and a piece is a concatenation.  Of thinking that the client does not want to read the words are
kept, for the carrier in the block's signature (``display: omitted``) or in place of the block.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, assert_never

from aimux.errors import AimuxError
from aimux.model.events import (
    BlockStart,
    BlockStop,
    Cite,
    Delta,
    Event,
    Failure,
    Finish,
    Sign,
    Start,
)
from aimux.model.parts import (
    Media,
    Opaque,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    WebSearch,
)
from aimux.model.request import WebSearchTool
from aimux.model.response import UNKNOWN, AnswerPart, Usage
from aimux.wire import jsontext, sse
from aimux.wire.anthropic.endings import ending
from aimux.wire.anthropic.errors import error_object
from aimux.wire.anthropic.response import call_shell, is_signed, words_for
from aimux.wire.anthropic.served import citation_object, search_blocks
from aimux.wire.anthropic.state import Shown, redacted, shown_to, signature_of, thinking_block
from aimux.wire.anthropic.usage import first_usage, usage_object
from aimux.wire.target import Audience

Block = dict[str, Any]

_DELTA: Final = (
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
    b'"delta":{"type":"%b","%b":'
)
_END: Final = b"}}\n\n"
_STOP: Final = b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n'
_LAST: Final = sse.event(b'{"type":"message_stop"}', "message_stop")


def _in_one_line(written: bytes) -> bytes:
    """JSON without the two line ends of Unicode that some readers of streams stumble over."""
    if b"\xe2\x80" in written:
        written = written.replace(b"\xe2\x80\xa8", b"\\u2028").replace(b"\xe2\x80\xa9", b"\\u2029")
    return written


def _event(name: str, **fields: Any) -> bytes:
    return sse.event(jsontext.dumps({"type": name, **fields}), name)


class AnthropicWriter:
    """One client's stream."""

    __slots__ = (
        "_called", "_cites", "_hidden", "_index", "_model", "_part", "_prefix", "_refused", "_said",
        "_searches", "_shown", "_state", "_usage", "_words",
    )  # fmt: skip

    def __init__(self, audience: Audience) -> None:
        request = audience.request
        self._model = request.model
        self._shown = shown_to(request)
        self._cites = any(isinstance(tool, WebSearchTool) for tool in request.tools)
        """Text may be cited by its characters, so that it has to be kept."""
        self._usage: Usage = UNKNOWN
        self._index = 0
        """Of the block that is open, or of the next."""
        self._part: AnswerPart | None = None
        self._prefix = b""
        """What a piece of the open block begins with; empty while the block is not begun."""
        self._said = False
        """There was a piece."""
        self._hidden: list[str] = []
        self._words: list[str] = []
        self._state: Opaque | None = None
        self._called = False
        self._refused = False
        self._searches = 0

    def write(self, events: Iterable[Event]) -> bytes:
        """The bytes of these events."""
        out: list[bytes] = []
        for event in events:
            if type(event) is not Delta:
                self._other(event, out)
            elif self._prefix:
                self._said = True
                if self._cites:
                    self._words.append(event[1])
                out += (self._prefix, jsontext.dumps(event[1]), _END)
            else:
                self._first(event[1], out)
        return _in_one_line(b"".join(out))

    def fail(self, error: AimuxError, request_id: str) -> bytes:
        """An error as the last event; no ``message_stop`` follows it."""
        return sse.event(jsontext.dumps(error_object(error, request_id)), "error")

    def _other(self, event: Event, out: list[bytes]) -> None:
        match event:
            case Start():
                out.append(self._message(event))
            case BlockStart():
                self._begin(event.part, out)
            case Cite():
                if self._said:
                    text = "".join(self._words)
                    self._write_delta(
                        "citations_delta", "citation", citation_object(event.citation, text), out
                    )
            case Sign():
                self._state = event.state
            case BlockStop():
                self._stop(out)
            case Finish():
                self._finish(event, out)
            case Delta() | Failure():
                pass  # written before; said by fail
            case _:
                assert_never(event)

    # ------------------------------------------------------------ the message

    def _message(self, start: Start) -> bytes:
        self._usage = start.usage
        message: Block = {
            "id": start.id,
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": first_usage(start.usage),
        }
        return _event("message_start", message=message)

    def _finish(self, finish: Finish, out: list[bytes]) -> None:
        delta = ending(
            finish.reason,
            finish.stop_sequence,
            finish.detail,
            calls=self._called,
            refused=self._refused,
        )
        usage = usage_object(self._usage.updated(finish.usage), self._searches)
        out += (_event("message_delta", delta=delta, usage=usage), _LAST)

    # ------------------------------------------------------------ blocks

    def _begin(self, part: AnswerPart, out: list[bytes]) -> None:
        self._part = part
        self._prefix = b""
        self._said = False
        self._state = None
        self._hidden.clear()
        self._words.clear()
        match part:
            case Text() | Thinking():
                self._state = part.state
                self._first(part.text, out)
            case Refusal():
                self._refused = True
                self._first(part.text, out)
            case ToolCall():
                self._call(part, out)
            case WebSearch():
                self._search(part, out)
            case Media():
                self._first(words_for(part), out)
            case _:
                assert_never(part)

    def _first(self, text: str, out: list[bytes]) -> None:
        """The first words of a text or of thinking; all words of thinking that is not shown."""
        if not text:
            return
        if not isinstance(self._part, Thinking):
            self._open({"type": "text", "text": ""}, "text_delta", "text", out)
        elif self._shown is Shown.OPEN:
            shell = {"type": "thinking", "thinking": "", "signature": ""}
            self._open(shell, "thinking_delta", "thinking", out)
        else:
            self._hide(text, out)
            return
        self._said = True
        if self._cites:
            self._words.append(text)
        out += (self._prefix, jsontext.dumps(text), _END)

    def _hide(self, text: str, out: list[bytes]) -> None:
        """Thinking without its words; whoever has omitted them still sees that there is thinking."""
        if self._shown is Shown.OMITTED and not self._hidden:
            self._start({"type": "thinking", "thinking": "", "signature": ""}, out)
        self._hidden.append(text)

    def _open(self, shell: Block, delta: str, slot: str, out: list[bytes]) -> None:
        self._start(shell, out)
        self._prefix = _DELTA % (self._index, delta.encode(), slot.encode())

    def _start(self, shell: Block, out: list[bytes]) -> None:
        out.append(_event("content_block_start", index=self._index, content_block=shell))

    def _write_delta(self, delta: str, slot: str, value: object, out: list[bytes]) -> None:
        prefix = _DELTA % (self._index, delta.encode(), slot.encode())
        out += (prefix, jsontext.dumps(value), _END)

    def _close(self, out: list[bytes]) -> None:
        out.append(_STOP % self._index)
        self._index += 1
        self._prefix = b""

    def _whole(self, block: Block, out: list[bytes]) -> None:
        """A block that comes at once."""
        self._start(block, out)
        self._close(out)

    def _call(self, call: ToolCall, out: list[bytes]) -> None:
        self._called = True
        if call.state is not None:
            self._whole(redacted(call.state), out)
        self._open(call_shell(call), "input_json_delta", "partial_json", out)
        out += (self._prefix, b'""', _END)
        if call.arguments:
            self._said = True
            out += (self._prefix, jsontext.dumps(call.arguments), _END)

    def _search(self, search: WebSearch, out: list[bytes]) -> None:
        self._searches += 1
        call, result = search_blocks(search)
        self._start({**call, "input": {}}, out)
        given = jsontext.text_of(call["input"])
        for piece in ("", given):
            self._write_delta("input_json_delta", "partial_json", piece, out)
        self._close(out)
        self._whole(result, out)

    def _stop(self, out: list[bytes]) -> None:
        part, state = self._part, self._state
        match part:
            case Thinking():
                self._stop_thinking(state, out)
            case ToolCall() if not self._said:
                out += (self._prefix, b'"{}"', _END)
            case _:
                pass
        if self._prefix:
            self._close(out)
        if is_signed(state) and isinstance(part, Text | ToolCall):
            self._whole(redacted(state), out)
        self._part = None

    def _stop_thinking(self, state: Opaque | None, out: list[bytes]) -> None:
        hidden = "".join(self._hidden)
        if self._prefix or (hidden and self._shown is Shown.OMITTED):
            if signature := signature_of(state, hidden):
                self._write_delta("signature_delta", "signature", signature, out)
            self._close(out)
            return
        block = thinking_block(hidden, state, self._shown)
        if block is None:
            return
        if block["type"] == "redacted_thinking":
            self._whole(block, out)
            return
        self._start({**block, "signature": ""}, out)
        self._write_delta("signature_delta", "signature", block["signature"], out)
        self._close(out)
